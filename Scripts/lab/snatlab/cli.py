"""The command line."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from . import comparison, demo, experiment, forecasting, options, quick, scenarios, sweep, validation
from .errors import LabError

_DOCUMENTS = Path(__file__).resolve().parents[3] / "docs"
_VALIDATION = _DOCUMENTS / "validation.md"
_FORECASTING = _DOCUMENTS / "forecasting.md"


def main(arguments: list[str] | None = None) -> int:
    parser = _parser()
    parsed = parser.parse_args(arguments)
    try:
        return parsed.command(parsed)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nlab: interrupted; nothing was left behind", file=sys.stderr)
        return 130
    except experiment.Interrupted as signal_name:
        print(f"lab: interrupted ({signal_name}); everything was torn down", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lab", description="SNAT collisions in network namespaces, with the kernel as the judge.")
    commands = parser.add_subparsers(required=True)

    run = commands.add_parser("run", help="one run with options of your own")
    run.add_argument("output", type=Path, help="directory to make (replaced if it is there)")
    options.add_arguments(run)
    run.set_defaults(command=_run)

    table = commands.add_parser("scenarios", help="the scenario table: shows it, or runs it")
    table.add_argument("names", nargs="*", help="scenarios to run (default: all)")
    table.add_argument("--output", type=Path, help="run them, each into a directory of its name here")
    table.add_argument("--seed", type=int, help="another seed than the default one")
    table.add_argument("--short", action="store_true", help="only those that take a few seconds")
    table.set_defaults(command=_scenarios)

    show = commands.add_parser("demo", help="the incident in a box: one run, and what everybody says about it")
    show.add_argument("--binary", type=_program, required=True, help="the snat-audit to show")
    show.add_argument("--keep", type=Path, metavar="DIR", help="keep the captures there (default: nothing is left behind)")
    show.set_defaults(command=lambda parsed: demo.run(parsed.binary, parsed.keep))

    test = commands.add_parser("test", help="the short form: a few scenarios at once, compared exactly; skips where it cannot run")
    test.add_argument("names", nargs="*", help="scenarios to run (default: those that tell most in the least time)")
    test.add_argument("--binary", type=_program, required=True, help="the snat-audit to judge")
    test.add_argument("--budget", type=float, default=90, help="seconds it may take (default: 90)")
    test.set_defaults(command=lambda parsed: quick.run(parsed.binary, parsed.budget, parsed.names))

    compare = commands.add_parser("compare", help="snat-audit's verdict on earlier runs beside the kernel's counters")
    compare.add_argument("runs", nargs="+", type=Path, help="directories that `run` or `scenarios` made")
    compare.add_argument("--binary", type=_program, required=True, help="the snat-audit to judge")
    compare.add_argument("--different", action="store_true", help="show only what does not hold")
    compare.set_defaults(command=_compare)

    draw = commands.add_parser("sweep", help="runs with options drawn at random, each compared; those that differ are kept")
    draw.add_argument("output", type=Path, help="directory for the runs that differ")
    draw.add_argument("--binary", type=_program, required=True, help="the snat-audit to judge")
    draw.add_argument("--minutes", type=float, default=15, help="how long; a run that has begun is ended (default: 15)")
    draw.add_argument("--seed", type=int, default=1, help="the first run's; the next has one more (default: 1)")
    draw.set_defaults(command=lambda parsed: sweep.run(parsed.binary, parsed.output, parsed.seed, parsed.minutes))

    validate = commands.add_parser("validate", help="docs/validation.md: every scenario over many runs")
    validate.add_argument("runs", nargs="+", type=Path, help="directories of runs, or of directories of runs")
    validate.add_argument("--binary", type=_program, required=True, help="the snat-audit to judge")
    validate.add_argument("--output", type=Path, default=_VALIDATION, help="the page (default: docs/validation.md)")
    validate.set_defaults(command=_validate)

    forecast = commands.add_parser("forecast", help="docs/forecasting.md: what whatif forecasts, beside what then happens")
    forecast.add_argument("runs", type=Path, help="directory of the runs; those that are missing are made (30 minutes for all)")
    forecast.add_argument("--binary", type=_program, required=True, help="the snat-audit to judge")
    forecast.add_argument("--output", type=Path, default=_FORECASTING, help="the page (default: docs/forecasting.md)")
    forecast.set_defaults(command=lambda parsed: forecasting.run(parsed.binary, parsed.runs, parsed.output))
    return parser


def _program(text: str) -> Path:
    """Looked for before anything runs, not after."""
    path = Path(text)
    if not (path.is_file() and os.access(path, os.X_OK)):
        raise argparse.ArgumentTypeError(f"{text}: no program")
    return path


def _run(parsed: argparse.Namespace) -> int:
    facts = experiment.run(options.from_namespace(parsed), parsed.output)
    print(json.dumps({name: value for name, value in facts.items() if value}, indent=1))
    return 0


def _scenarios(parsed: argparse.Namespace) -> int:
    chosen = scenarios.choose(parsed.names, parsed.short)
    if parsed.output is None:
        for scenario in chosen:
            print(scenario.line())
        return 0
    failed = 0
    for scenario in chosen:
        failed += not _run_scenario(scenario, parsed.output / scenario.name, parsed.seed)
    print(f"{len(chosen) - failed} of {len(chosen)} scenarios as they must be")
    return 1 if failed else 0


def _run_scenario(scenario: scenarios.Scenario, output: Path, seed: int | None) -> bool:
    try:
        facts = experiment.run(scenario.parsed(seed), output)
    except LabError as error:
        print(f"{scenario.name}: FAILED: {error}", flush=True)
        return False
    untrue = scenario.untrue(facts)
    (output / "scenario.json").write_text(
        json.dumps({"name": scenario.name, "options": scenario.options, "must": scenario.must, "untrue": untrue, "facts": {name: value for name, value in facts.items() if value}}, indent=1)
        + "\n"
    )
    print(f"{scenario.name}: " + (f"NOT AS IT MUST BE: {'; '.join(untrue)}" if untrue else "ok"), flush=True)
    return not untrue


def _compare(parsed: argparse.Namespace) -> int:
    print(comparison.HEADING)
    judged = different = 0
    for directory in parsed.runs:
        for result in comparison.compare(directory, parsed.binary):
            judged += not result.unsupported
            different += not result.holds
            if not parsed.different or not result.holds:
                print(result.row(), flush=True)
    print(f"\n{judged - different} of {judged} relations hold")
    return 1 if different else 0


def _validate(parsed: argparse.Namespace) -> int:
    broken = validation.write(parsed.binary, parsed.runs, parsed.output)
    print(f"{parsed.output} written; relations that do not hold: {broken}")
    return 1 if broken else 0
