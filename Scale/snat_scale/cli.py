"""The command line of the job: that of `snat-audit analyze`, and where it is to run."""

from __future__ import annotations

import argparse
import functools
import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from .captures import Source, expand
from .errors import ScaleError

# Which step takes which options of `analyze`.
_SELECTING = ("--filter", "--since", "--until")
_JUDGING = ("--time-wait", "--server-stack", "--rfc1337", "--lb", "--max-findings")
_MERGING = ("--report", "--time-zone")

_LONGEST_KEY_FILE = 1024  # bytes; longer ones hold no key

_FAILED = 2
_INTERRUPTED = 130
_TERMINATED = 143

_ROOT = Path(__file__).resolve().parents[2]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="submit", description="Audits captures on Spark, with the report of snat-audit analyze.",
        epilog="docs/scale.md says how it works.", allow_abbrev=False)
    parser.add_argument("captures", nargs="*", default=[], metavar="GLOB", help="captures whose side is not said")
    for side in ("server", "client"):
        parser.add_argument(f"--{side}", nargs="+", action="extend", default=[], metavar="[POINT][@BALANCER]=GLOB",
                            help=f"captures of the {side} side; a path, or a URI of a file system that Spark reads")
    for option in (*_SELECTING, *_JUDGING, *_MERGING):
        parser.add_argument(option, action="append", default=[], metavar="VALUE", help="as of snat-audit analyze")
    parser.add_argument("--anonymize", metavar="KEYFILE", help="as of snat-audit analyze")
    where = parser.add_argument_group("where it runs")
    where.add_argument("--master", metavar="URL", help="of a cluster; else worker processes on this machine")
    where.add_argument("--executors", type=_count, default=2, metavar="N", help="how many of those (2)")
    where.add_argument("--partitions", type=_count, metavar="N",
                       help="tasks that judge; as many as there are load balancers, if not said")
    where.add_argument("--judge-cores", type=_count, metavar="N",
                       help="cores of an executor for each task that judges (as spark.task.cpus says, or 1)")
    where.add_argument("--conf", action="append", default=[], metavar="KEY=VALUE", help="settings of Spark")
    where.add_argument("--binary", metavar="PROGRAM", help="the snat-audit to send; else what was built here")
    return parser


def main() -> int:
    arguments = _parser().parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))  # So that Spark is stopped on the way.
    try:
        return _run(arguments)
    except ScaleError as error:
        print(f"submit: {error}", file=sys.stderr)
        return _FAILED
    except KeyboardInterrupt:
        return _INTERRUPTED


def _run(arguments: argparse.Namespace) -> int:
    # Only now: Spark takes its time to load, and `--help` needs none of it.
    from . import session
    from .hadoop import matches
    from .job import Plan, partial_summaries
    from .program import send

    binary = _binary(arguments.binary)
    sources = [Source.parse("server", text) for text in arguments.server]
    sources += [Source.parse("client", text) for text in arguments.client]
    sources += [Source.parse(None, text) for text in arguments.captures]
    if not sources:
        raise ScaleError("name captures: --server, --client, or their paths")
    key = _key(arguments.anonymize) if arguments.anonymize else None
    master = arguments.master or session.local_cluster(arguments.executors, arguments.judge_cores or 1)
    settings = _settings(arguments.conf)
    with ExitStack() as stack:
        # Started when it is first needed: what is wrong with paths of this machine shows before.
        spark = functools.cache(lambda: stack.enter_context(session.connect(master, settings)))
        captures = expand(sources, lambda pattern: matches(spark(), pattern))
        plan = Plan(captures, _given(arguments, _SELECTING), _given(arguments, _JUDGING), key, arguments.partitions,
                    arguments.judge_cores)
        program = send(spark(), binary)
        summaries = session.wait_for(spark(), lambda: partial_summaries(spark(), plan, program))
    lines = "".join(line + "\n" for line in summaries)
    merging = [binary, "merge", *_given(arguments, _MERGING)]
    return subprocess.run(merging, input=lines, text=True, check=False).returncode


def _count(text: str) -> int:
    if not (text.isdecimal() and int(text)):
        raise argparse.ArgumentTypeError(f"{text}: at least 1, please")
    return int(text)


def _given(arguments: argparse.Namespace, options: tuple[str, ...]) -> list[str]:
    """Those options as they were written."""
    values = vars(arguments)
    return [word for option in options for value in values[option[2:].replace("-", "_")] for word in (option, value)]


def _key(path: str) -> bytes:
    """What the file holds; whether that is a key, the program says."""
    try:
        with open(path, "rb") as file:
            return file.read(_LONGEST_KEY_FILE + 1)
    except OSError as error:
        raise ScaleError(f"{path}: {error.strerror}") from None


def _settings(texts: list[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    for key, equals, _ in pairs:
        if not (key and equals):
            raise ScaleError(f"--conf {key}: KEY=VALUE, please")
    return {key: value for key, _, value in pairs}


def _binary(asked: str | None) -> str:
    """The one asked for, or the latest release build."""
    builds = [_ROOT / folder / "release" / "snat-audit" for folder in (".build", ".build-install")]
    choices = [asked] if asked else builds
    found = [path for path in map(Path, choices) if os.access(path, os.X_OK)]
    if not found:
        raise ScaleError(f"{asked or 'snat-audit'}: no such program; `make build` builds it, --binary names it")
    return str(max(found, key=lambda path: path.stat().st_mtime).resolve())
