"""Runs of whole processes: wall time, CPU time, and memory as the kernel counts it."""

import os
import statistics
import subprocess
import time
from dataclasses import dataclass


@dataclass
class Run:
    wall: float
    cpu: float
    peak: int  # bytes: ru_maxrss, what `/usr/bin/time -v` shows as maximum resident set size


def run(command, cpu=None):
    """One run of a command, on one core only where `cpu` names it."""
    command = [str(word) for word in command]
    if cpu is not None:
        command = ["taskset", "-c", str(cpu), *command]
    with open(os.devnull, "w") as nothing:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=nothing, stderr=nothing)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: exit code {process.returncode}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def warm(*paths):
    """Reads files once, so that every run finds them in the page cache.

    In small pieces: the kernel counts the memory of the process that starts a program as that
    program's, so this one has to stay small (about 15 MB).
    """
    for path in paths:
        with open(path, "rb") as file:
            while file.read(1 << 16):
                pass


def median(values):
    return statistics.median(values)


def spread(values):
    """The least and the most."""
    return min(values), max(values)
