"""What the job costs: bytes shuffled, and seconds beside those of `analyze` and of its own steps without Spark."""

from __future__ import annotations

import itertools
import json
import os
import statistics
import subprocess
import time
from collections import Counter, defaultdict
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
    records: Counter[str] = field(default_factory=Counter)  # bytes, by side


def measure(folder: Path, binary: str, groups: list[Group], rounds: int) -> None:
    """Prints the figures of so many rounds as tables, in each of which all ran once."""
    files = [file for group in groups for file in group.files]
    size = sum(os.path.getsize(file) for file in files)
    print(f"{len(files)} captures, {size / 1e9:.2f} GB, medians of {rounds} rounds\n")
    seconds: defaultdict[str, list[float]] = defaultdict(list)
    for number in range(rounds):
        steps, report = _steps(folder, binary, groups), folder / "analyze.json"
        analyze = [binary, "analyze", *words(groups, by_pattern=False), "--report", f"json={report}"]
        seconds["`analyze`"].append(_timed(analyze))
        seconds["`analyze --workers 1`"].append(_timed([*analyze, "--workers", "1"]))
        for step, taken in steps.seconds.items():
            seconds[f"{step} without Spark, one after the other"].append(taken)
        for executors in (1, 2):
            taken, events = _job(folder / f"job-{number}-{executors}", binary, groups, executors, report.read_bytes())
            name = f"job, {executors} executor{'s'[:executors - 1]}"
            seconds[name].append(taken)
            seconds[f"{name}: from its first task to its last"].append(events.job)
            for stage, step in enumerate(("extraction", "judging")):
                seconds[f"{name}: tasks of {step}, added up"].append(events.seconds[stage])
    _print_table(("", "seconds", "from, to"),
                 [(name, f"{statistics.median(taken):.2f}", f"{min(taken):.2f}, {max(taken):.2f}")
                  for name, taken in seconds.items()])
    connections = json.loads(report.read_bytes())["summary"]["attempts"]["total"]
    print(f"\n{connections:,} connections\n")
    sizes = [*steps.records.items(), ("both", steps.records.total()), ("both, as Spark compresses them", events.shuffled)]
    _print_table(("records of the side", "bytes", "a connection"),
                 [(side, f"{count:,}", f"{count / connections:.1f}") for side, count in sizes])


def _job(folder: Path, binary: str, groups: list[Group], executors: int, expected: bytes) -> tuple[float, Events]:
    """A run of the job: how long it took in all, and what Spark says of it."""
    log, report = folder / "events", folder / "report.json"
    log.mkdir(parents=True)
    taken = _timed([str(SUBMIT), *words(groups, by_pattern=True), "--binary", binary, "--report", f"json={report}",
                    "--executors", str(executors), "--conf", "spark.eventLog.enabled=true",
                    "--conf", f"spark.eventLog.dir=file://{log}"])
    if report.read_bytes() != expected:
        raise SystemExit("the job's report is not that of analyze")
    return taken, Events.of(log)


def _steps(folder: Path, binary: str, groups: list[Group]) -> Steps:
    """Records go to files, one for each load balancer."""
    steps = Steps()
    numbers = itertools.count()
    for group in groups:
        with open(_records(folder, group), "ab") as records:
            records.truncate(0 if group.side == "server" else None)
            before = records.seek(0, os.SEEK_END)
            for path in group.files:
                named = [f"--{group.side}", group.argument(path)]
                steps.seconds["extraction"] += _timed(
                    [binary, "extract-records", "--number", str(next(numbers)), *named], stdout=records)
            steps.records[str(group.side)] += records.seek(0, os.SEEK_END) - before
    summaries = folder / "summaries"
    with open(summaries, "wb") as output:
        for path in dict.fromkeys(_records(folder, group) for group in groups):
            with open(path, "rb") as records:
                steps.seconds["judging"] += _timed([binary, "judge"], stdin=records, stdout=output)
    with open(summaries, "rb") as lines:
        merge = [binary, "merge", "--report", f"json={folder}/merged.json"]
        steps.seconds["merging"] += _timed(merge, stdin=lines)
    return steps


def _records(folder: Path, group: Group) -> Path:
    return folder / f"{group.label}.records"


def _timed(command: list[str], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) -> float:
    begin = time.perf_counter()
    subprocess.run(command, check=True, stdin=stdin, stdout=stdout, stderr=subprocess.DEVNULL, timeout=_PATIENCE)
    return time.perf_counter() - begin


def _print_table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    print("| " + " | ".join(head) + " |\n| --- " + "| ---: " * (len(head) - 1) + "|")
    for row in rows:
        print("| " + " | ".join(row) + " |")
