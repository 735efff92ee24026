"""What the job costs: bytes shuffled, and seconds beside those of `analyze` and of its own steps without Spark."""

from __future__ import annotations

import itertools
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .captures import HOT_ADDRESS, HOT_TUPLE, Group, Maker, words
from .checks import SUBMIT
from .events import Events


@dataclass(frozen=True)
class Cost:
    """Of a run, in seconds."""

    wall: float = 0
    processor: float = 0  # 0: not known, as of Spark's processes, which nobody waits for

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.wall + other.wall, self.processor + other.processor)

    @classmethod
    def of(cls, command: list[str], stdin: int = subprocess.DEVNULL, stdout: int = subprocess.DEVNULL) -> Cost:
        """Runs a command, to its end."""
        begin = time.perf_counter()
        process = subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise SystemExit(f"{' '.join(command[:2])}: exit code {process.returncode}")
        return cls(time.perf_counter() - begin, usage.ru_utime + usage.ru_stime)


@dataclass
class Steps:
    """The steps of the job one after the other, without Spark."""

    costs: defaultdict[str, Cost] = field(default_factory=lambda: defaultdict(Cost))  # by step
    records: Counter[str] = field(default_factory=Counter)  # bytes, by side


@dataclass(frozen=True)
class Case:
    """Load balancers that are measured by themselves."""

    title: str
    captures: Callable[[Maker, int], list[Group]]  # for so many load balancers
    jobs: dict[str, list[str]]  # options of each job, by its name in tables
    with_steps: bool = False  # whether its steps are measured without Spark, too


_EXECUTORS = {"job, 1 executor": ["--executors", "1"], "job, 2 executors": ["--executors", "2"]}
_JUDGE_CORES = {"job, 1 executor": ["--executors", "1"],
                "job, 1 executor, `--judge-cores 2`": ["--executors", "1", "--judge-cores", "2"]}
CASES = {
    "alike": Case("Load balancers alike", Maker.alike, _EXECUTORS, with_steps=True),
    "uneven": Case("Half of it at one load balancer", Maker.uneven, _EXECUTORS),
    "hot-address": Case("Load balancers alike, half of the connections of each on one SNAT address",
                        lambda maker, count: maker.alike(count, *HOT_ADDRESS), _EXECUTORS),
    "hot-tuple": Case("Load balancers alike, half of the packets of each on one tuple",
                      lambda maker, count: maker.alike(count, *HOT_TUPLE), _EXECUTORS),
    "alone": Case("One load balancer, the server's side", Maker.alone, _JUDGE_CORES),
    "alone-joined": Case("One load balancer, both sides", Maker.joined, _JUDGE_CORES),
    "alone-hot-address": Case("One load balancer, the server's side, half of the connections on one SNAT address",
                              lambda maker, count: maker.alone(count, *HOT_ADDRESS), _JUDGE_CORES),
    "alone-hot-tuple": Case("One load balancer, the server's side, half of the packets on one tuple",
                            lambda maker, count: maker.alone(count, *HOT_TUPLE), _JUDGE_CORES),
}


def measure(folder: Path, binary: str, case: Case, groups: list[Group], rounds: int) -> None:
    """Prints the figures of so many rounds as tables, in each of which all ran once."""
    files = [file for group in groups for file in group.files]
    size = sum(os.path.getsize(file) for file in files)
    costs: defaultdict[str, list[Cost]] = defaultdict(list)
    for _ in range(rounds):
        report = folder / "analyze.json"
        analyze = [binary, "analyze", *words(groups, by_pattern=False), "--report", f"json={report}"]
        costs["`analyze`"].append(Cost.of(analyze))
        costs["`analyze --workers 1`"].append(Cost.of([*analyze, "--workers", "1"]))
        steps = _steps(folder, binary, groups) if case.with_steps else Steps()
        for step, cost in steps.costs.items():
            costs[f"`{step}` of all, without Spark"].append(cost)
        for name, options in case.jobs.items():
            cost, events = _job(folder, binary, groups, options, report.read_bytes())
            costs[name].append(cost)
            costs[f"{name}: without starting and stopping"].append(Cost(events.job))
            costs[f"{name}: tasks that extract, added up"].append(Cost(events.seconds[0]))
            costs[f"{name}: tasks that judge, added up"].append(Cost(events.seconds[1]))
    attempts = json.loads(report.read_bytes())["summary"]["attempts"]
    print(f"{case.title}: {len(files)} captures, {size / 1e9:.2f} GB, {attempts['total']:,} connections, "
          f"{attempts['hit']:,} of them hit; medians of {rounds} rounds\n")
    _print_table(("", "seconds", "from, to", "CPU s"), [(name, *_figures(taken)) for name, taken in costs.items()])
    if case.with_steps:
        sizes = [*steps.records.items(), ("both", steps.records.total()),
                 ("both, as Spark compresses them", events.shuffled)]
        print()
        _print_table(("records of the side", "bytes", "a connection"),
                     [(side, f"{count:,}", f"{count / attempts['total']:.1f}") for side, count in sizes])


def _job(folder: Path, binary: str, groups: list[Group], options: list[str], expected: bytes) -> tuple[Cost, Events]:
    """A run of the job: what it cost in all, and what Spark says of it."""
    own = Path(tempfile.mkdtemp(prefix="job-", dir=folder))
    log, report = own / "events", own / "report.json"
    log.mkdir()
    wall = Cost.of([str(SUBMIT), *words(groups, by_pattern=True), *options, "--binary", binary,
                    "--report", f"json={report}", "--conf", "spark.eventLog.enabled=true",
                    "--conf", f"spark.eventLog.dir=file://{log}"]).wall
    if report.read_bytes() != expected:
        raise SystemExit("the job's report is not that of analyze")
    return Cost(wall), Events.of(log)


def _steps(folder: Path, binary: str, groups: list[Group]) -> Steps:
    """Records go to files, one for each load balancer; one thread judges, as in an executor."""
    steps = Steps()
    numbers = itertools.count()
    paths = list(dict.fromkeys(folder / f"{group.label}.records" for group in groups))
    for path in paths:
        path.unlink(missing_ok=True)
    for group in groups:
        with open(folder / f"{group.label}.records", "ab") as records:
            before = records.tell()
            for capture in group.files:
                steps.costs["extract-records"] += Cost.of(
                    [binary, "extract-records", "--number", str(next(numbers)), f"--{group.side}",
                     group.argument(capture)], stdout=records.fileno())
            steps.records[str(group.side)] += records.seek(0, os.SEEK_END) - before
    summaries = folder / "summaries"
    with open(summaries, "wb") as output:
        for path in paths:
            with open(path, "rb") as records:
                judge = [binary, "judge", "--workers", "1"]
                steps.costs["judge"] += Cost.of(judge, records.fileno(), output.fileno())
    with open(summaries, "rb") as lines:
        steps.costs["merge"] += Cost.of([binary, "merge", "--report", f"json={folder}/merged.json"], lines.fileno())
    return steps


def _figures(costs: list[Cost]) -> tuple[str, str, str]:
    walls = [cost.wall for cost in costs]
    processor = statistics.median(cost.processor for cost in costs)
    return (f"{statistics.median(walls):.2f}", f"{min(walls):.2f}, {max(walls):.2f}",
            f"{processor:.2f}" if processor else "")


def _print_table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    print("| " + " | ".join(head) + " |\n| --- " + "| ---: " * (len(head) - 1) + "|")
    for row in rows:
        print("| " + " | ".join(row) + " |")
