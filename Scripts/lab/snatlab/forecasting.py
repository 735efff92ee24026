"""Writes docs/forecasting.md: what `snat-audit whatif` forecasts, beside what then happened.

Runs are made where they are missing, and used again where they are not. The text depends on the runs and on
snat-audit alone.
"""

from __future__ import annotations

import json
import math
import statistics
import textwrap
from dataclasses import dataclass
from pathlib import Path

from . import experiment, forecasts, processes, scenarios
from .errors import LabError
from .forecasts import Measure, World
from .options import Options
from .recorded import Run

_WIDTH = 110
_PATIENCE = 120.0
_CAPTURE = "lb-any.pcap"
_OF_GROUP = {"--addresses": "addresses", "--hold": "hold", "--requests": "pooling", "--load": "load"}
_CHEAP = 1
COVERAGE = (0.80, 0.98)
"""The share of runs whose observed number must lie within the interval: not too few, and not all."""


@dataclass(frozen=True)
class Forecast:
    """What `whatif` says of one run."""

    content: dict

    @property
    def observed(self) -> int:
        """Attempts that met something the server held: what happened, not a forecast."""
        return self.content["basis"]["attemptsHit"]

    def interval(self, measure: Measure) -> Interval:
        for row in self.content["rows"]:
            if (row["group"], row["value"], row.get("name")) == (measure.group, measure.value, measure.row_name):
                return Interval(**row["attemptsHit"])
        raise LabError(f"the forecast has no row {measure.group} {measure.value:g}")


@dataclass(frozen=True)
class Interval:
    low: float
    median: float
    high: float

    def __contains__(self, number: float) -> bool:
        return self.low <= number <= self.high

    def __str__(self) -> str:
        return f"{self.median:.0f} ({self.low:.0f}–{self.high:.0f})"


@dataclass(frozen=True)
class Replayed:
    """A run, replayed with its own parameters."""

    observed: int
    interval: Interval

    @property
    def holds(self) -> bool:
        return self.observed in self.interval

    @property
    def width(self) -> float:
        """In parts of what is allowed."""
        allowed = max(0.3 * self.observed, 4 * math.sqrt(self.observed), 1)
        return (self.interval.high - self.interval.low) / allowed


@dataclass(frozen=True)
class Applied:
    """A measure, forecast from one run of its world and then applied."""

    world: World
    measure: Measure
    interval: Interval
    observed: list[int]

    @property
    def mean(self) -> float:
        return statistics.fmean(self.observed)

    @property
    def holds(self) -> bool:
        """Each run has traffic of its own, so that one of them may lie outside; their mean may not."""
        return self.mean in self.interval


def run(binary: Path, runs: Path, output: Path) -> int:
    """Makes the runs that are missing, judges all, writes the page. Returns 1 where a forecast fails."""
    _make_missing(runs)
    covered = {name: [_replay(binary, forecasts.covered_directory(runs, name, seed)) for seed in forecasts.COVERED_SEEDS] for name in forecasts.COVERED}
    applied = [each for world in forecasts.WORLDS for each in _apply(binary, runs, world)]
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(_page(covered, applied, _kernels(runs)))
    failures = _failures(covered, applied)
    for failure in failures:
        print(f"lab: {failure}")
    print(f"{output} written")
    return 1 if failures else 0


def _make_missing(runs: Path) -> None:
    by_name = {scenario.name: scenario for scenario in scenarios.TABLE}
    for directory, wanted in [
        *(
            (forecasts.covered_directory(runs, name, seed), by_name[name].parsed(seed))
            for seed in forecasts.COVERED_SEEDS
            for name in forecasts.COVERED
        ),
        *(
            (forecasts.world_directory(runs, world, measure, seed), world.run_options(measure, seed))
            for seed in forecasts.WORLD_SEEDS
            for world in forecasts.WORLDS
            for measure in world.measures
        ),
    ]:
        if not _is_made(directory, wanted):
            print(f"{directory.relative_to(runs)}", flush=True)
            experiment.run(wanted, directory)


def _is_made(directory: Path, wanted: Options) -> bool:
    return (directory / "truth.json").exists() and Run(directory).options == wanted


def _forecast(binary: Path, capture: Path, *words: str) -> Forecast:
    command = [str(binary.absolute()), "whatif", str(capture.absolute()), *words, "--report", "json"]
    return Forecast(json.loads(processes.run(command, timeout=_PATIENCE))["forecast"])


def _replay(binary: Path, directory: Path) -> Replayed:
    forecast = _forecast(binary, directory / _CAPTURE, *_options(()))
    return Replayed(forecast.observed, forecast.interval(forecasts.RECORDED))


def _options(measures: tuple[Measure, ...]) -> list[str]:
    """No more worlds than are looked at; those that the options leave are cheap."""
    words = []
    for option, group in _OF_GROUP.items():
        values = [measure.value for measure in measures if measure.group == group]
        words += [option, ",".join(f"{value:g}" for value in values or [_CHEAP])]
    return words


def _observed(binary: Path, directory: Path) -> int:
    command = [str(binary.absolute()), "analyze", str((directory / _CAPTURE).absolute()), "--report", "json"]
    return json.loads(processes.run(command, timeout=_PATIENCE))["summary"]["attempts"]["hit"]


def _apply(binary: Path, runs: Path, world: World) -> list[Applied]:
    before = forecasts.world_directory(runs, world, forecasts.RECORDED, forecasts.WORLD_SEEDS[0])
    forecast = _forecast(binary, before / _CAPTURE, *_options(world.measures))
    found = []
    for measure in world.measures:
        directories = [forecasts.world_directory(runs, world, measure, seed) for seed in forecasts.WORLD_SEEDS]
        observed = [_observed(binary, directory) for directory in directories]
        found.append(Applied(world, measure, forecast.interval(measure), observed))
    return found


def _kernels(runs: Path) -> str:
    run_of = Run(forecasts.covered_directory(runs, forecasts.COVERED[0], forecasts.COVERED_SEEDS[0]))
    return ".".join(run_of.kernel.split(".")[:2])


# What must hold


def _coverage(replayed: list[Replayed]) -> float:
    return sum(each.holds for each in replayed) / len(replayed)


def _failures(covered: dict[str, list[Replayed]], applied: list[Applied]) -> list[str]:
    replayed = [each for group in covered.values() for each in group]
    coverage, width = _coverage(replayed), statistics.median(each.width for each in replayed)
    failures = []
    if not COVERAGE[0] <= coverage <= COVERAGE[1]:
        failures.append(f"{coverage:.0%} of the runs lie within their interval")
    if width > 1:
        failures.append(f"the median interval is {width:.2f} times as wide as it may be")
    failures += [
        f"{each.world.name}, {each.measure.what}: forecast {each.interval}, observed {each.mean:.1f} in the mean"
        for each in applied
        if not each.holds and not each.measure.explained
    ]
    return failures


# The page


def _page(covered: dict[str, list[Replayed]], applied: list[Applied], kernel: str) -> str:
    replayed = [each for group in covered.values() for each in group]
    holding = sum(each.holds for each in replayed)
    width = statistics.median(each.width for each in replayed)
    means = sum(each.holds for each in applied)
    lines = [
        "# Forecasts beside what happened",
        "",
        "Written by `Scripts/lab/lab forecast`; change the lab, not this page.",
        "",
        *_paragraph(
            f"`snat-audit whatif` was given one capture of the load balancer, `{_CAPTURE}`, of runs on Linux {kernel}. "
            "Numbers are attempts that met something that the server held; intervals go from the 5th to the 95th "
            "percentile of replays, a tenth wider on either side of the median, which stands before them."
        ),
        f"**Replay: {holding} of {len(replayed)} runs lie within their interval ({holding / len(replayed):.0%}); "
        f"the median interval is {width:.2f} times as wide as it may be.**",
        "",
        f"**Measures: {means} of {len(applied)} forecasts hold.**",
        "",
        "## The recorded world, replayed",
        "",
        *_paragraph(
            f"Each scenario of the lab's table with the seeds {forecasts.COVERED_SEEDS[0]} to {forecasts.COVERED_SEEDS[-1]}, "
            "which were not looked at while the model was made; how wide intervals are was set with 200 other runs. It is fitted to each run's capture and replays its "
            f"arrivals. Between {COVERAGE[0]:.0%} and {COVERAGE[1]:.0%} of all runs must lie within their interval. An "
            "interval may be as wide as 30 % of the observed number, or 4 times its square root if that is more; its "
            "width is given in parts of that. Bold numbers lie outside."
        ),
        "| scenario | within | width | observed: forecast |",
        "| --- | ---: | ---: | --- |",
        *(_covered_row(name, group) for name, group in covered.items()),
        "",
        "## Measures, forecast and then applied",
        "",
        *_paragraph(
            f"Each forecast is made from the first run of its world (seed {forecasts.WORLD_SEEDS[0]}). Then the measure is "
            f"applied in the lab, with the same seed and {len(forecasts.WORLD_SEEDS) - 1} others, that is with other traffic of "
            "the same kind. The forecast holds if the mean of the runs lies within its interval. Some of these runs were "
            "looked at while the model was made, so they show that it fits, not that it fits anything."
        ),
        "| world | options |",
        "| --- | --- |",
        *(f"| {world.name} | `{world.options}` |" for world in forecasts.WORLDS),
        "",
        "| world | measure | applied with | forecast | observed | mean | holds |",
        "| --- | --- | --- | ---: | --- | ---: | --- |",
        *(_applied_row(each) for each in applied),
        "",
        *_explanations(applied),
    ]
    return "\n".join(lines) + "\n"


def _covered_row(name: str, group: list[Replayed]) -> str:
    cells = "; ".join(f"{_strong(each.observed, not each.holds)}: {each.interval}" for each in group)
    width = statistics.median(each.width for each in group)
    return f"| {name} | {sum(each.holds for each in group)} of {len(group)} | {width:.2f} | {cells} |"


def _applied_row(each: Applied) -> str:
    observed = ", ".join(_strong(number, number not in each.interval) for number in each.observed)
    verdict = "yes" if each.holds else "**no**"
    options = f"`{each.measure.options}`" if each.measure.options else ""
    return f"| {each.world.name} | {each.measure.what} | {options} | {each.interval} | {observed} | {each.mean:.1f} | {verdict} |"


def _explanations(applied: list[Applied]) -> list[str]:
    missed = [each for each in applied if not each.holds]
    if not missed:
        return []
    lines = ["## Where a forecast does not hold", ""]
    for each in missed:
        why = each.measure.explained or "Not explained yet."
        lines.append(textwrap.fill(f"- **{each.world.name}, {each.measure.what}**: {why}", _WIDTH, subsequent_indent="  "))
    return [*lines, ""]


def _strong(number: int, is_strong: bool) -> str:
    return f"**{number}**" if is_strong else str(number)


def _paragraph(text: str) -> list[str]:
    return [textwrap.fill(text, _WIDTH), ""]
