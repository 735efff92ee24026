"""What the job costs: bytes shuffled, and seconds beside those of `analyze` and of its own steps without Spark."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from .captures import Group, words
from .checks import SUBMIT
from .events import Events

_PATIENCE = 600.0  # seconds


@dataclass
class Steps:
    """The steps of the job one after the other, without Spark."""

    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))  # by step
    bytes: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))  # of frames, by side


def measure(folder: Path, binary: str, groups: list[Group], rounds: int) -> None:
    """Prints the figures of so many rounds as tables, in each of which all ran once."""
    files = [file for group in groups for file in group.files]
    print(f"{len(files)} captures, {sum(os.path.getsize(file) for file in files) / 1e9:.2f} GB, medians of {rounds} rounds")
    seconds: dict[str, list[float]] = defaultdict(list)
    for number in range(rounds):
        steps = _steps(folder, binary, groups)
        report = folder / "report.json"
        reporting = ["--report", f"json={report}"]
        analyze = [binary, "analyze", *words(groups, by_pattern=False), *reporting]
        seconds["`analyze`"].append(_timed(analyze))
        seconds["`analyze --workers 1`"].append(_timed([*analyze, "--workers", "1"]))
        expected = report.read_bytes()
        for step, taken in steps.seconds.items():
            seconds[f"without Spark: {step}"].append(taken)
        for executors in (1, 2):
            name = f"{executors} executor{'s'[:executors - 1]}"
            log = folder / f"events-{number}-{executors}"
            log.mkdir()
            seconds[f"job, {name}"].append(_timed(
                [str(SUBMIT), *words(groups, by_pattern=True), "--binary", binary, *reporting,
                 "--executors", str(executors), "--conf", "spark.eventLog.enabled=true",
                 "--conf", f"spark.eventLog.dir=file://{log}"]))
            if report.read_bytes() != expected:
                raise SystemExit("the job's report is not that of analyze")
            events = Events.of(log)
            seconds[f"job, {name}: from its first task to its last"].append(events.job)
            for stage, step in enumerate(("extraction", "judging")):
                seconds[f"job, {name}: tasks of {step}, added up"].append(events.seconds[stage])
    _print_table(("", "seconds", "from, to"), ((name, f"{statistics.median(taken):.2f}", f"{min(taken):.2f}, {max(taken):.2f}")
                                               for name, taken in seconds.items()))
    connections = json.loads(expected)["summary"]["attempts"]["total"]
    rows = [*steps.bytes.items(), ("both", sum(steps.bytes.values())), ("both, as Spark compresses them", events.shuffled)]
    print(f"\n{connections} connections")
    _print_table(("frames", "bytes", "a connection"), ((side, f"{count:,}", f"{count / connections:.1f}") for side, count in rows))


def _steps(folder: Path, binary: str, groups: list[Group]) -> Steps:
    """Frames go to files, one for each load balancer."""
    steps = Steps()
    number = 0
    for group in groups:
        with open(folder / f"{group.label}.frames", "wb" if group.side == "server" else "ab") as frames:
            for path in group.files:
                before = frames.tell()
                steps.seconds["extraction"] += _timed([binary, "extract-records", "--number", str(number),
                                                       f"--{group.side}", group.argument(path)], stdout=frames)
                frames.seek(0, os.SEEK_END)
                steps.bytes[group.side] += frames.tell() - before
                number += 1
    summaries = folder / "summaries"
    with open(summaries, "wb") as output:
        for label in dict.fromkeys(group.label for group in groups):
            with open(folder / f"{label}.frames", "rb") as frames:
                steps.seconds["judging"] += _timed([binary, "judge"], stdin=frames, stdout=output)
    with open(summaries, "rb") as lines:
        steps.seconds["merging"] += _timed([binary, "merge", "--report", f"json={folder}/merged.json"], stdin=lines)
    return steps


def _timed(command: list[str], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) -> float:
    begin = time.perf_counter()
    subprocess.run(command, check=True, stdin=stdin, stdout=stdout, stderr=subprocess.DEVNULL, timeout=_PATIENCE)
    return time.perf_counter() - begin


def _print_table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    print("| " + " | ".join(head) + " |\n| --- " + "| ---: " * (len(head) - 1) + "|")
    for row in rows:
        print("| " + " | ".join(row) + " |")
