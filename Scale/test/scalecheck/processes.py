"""Runs of programs, each of which ends in time, with all that it started."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

_PATIENCE = 300.0  # seconds: for a job, or an analysis
_PAUSE = 0.05


@dataclass(frozen=True)
class Run:
    status: int
    output: bytes
    messages: bytes
    seconds: float
    left: list[int]  # processes that it has not ended


def run(command: list[str], meanwhile: Callable[[Callable[[], bool]], None] | None = None) -> Run:
    """Runs a command in a session of its own; `meanwhile` is called with a function that tells if it runs still."""
    begin = time.monotonic()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               start_new_session=True)
    try:
        if meanwhile:
            meanwhile(lambda: process.poll() is None and time.monotonic() - begin < _PATIENCE)
        output, messages = process.communicate(timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        output, messages = b"", b"not finished in time"
    finally:
        seconds = time.monotonic() - begin
        left = list(_session(process.pid))
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        process.wait()
    return Run(process.returncode, output, messages, seconds, left)


def wait_for(path: Path, is_running: Callable[[], bool]) -> bool:
    """Whether the file came into being while something ran."""
    while is_running():
        if path.exists():
            return True
        time.sleep(_PAUSE)
    return False


def ancestor(pid: int, mark: str) -> int:
    """The nearest process above one that has a word in its command line, as one of its arguments or part of it."""
    while pid > 1:
        if mark in _read(pid, "cmdline"):
            return pid
        pid = int(_after_name(pid)[1])
    raise ValueError(f"no {mark} above")


def _session(leader: int) -> Iterator[int]:
    """Processes of a session; not those that are dead already and wait to be noticed."""
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            fields = _after_name(int(entry))
            if fields and int(fields[3]) == leader and fields[0] != "Z":
                yield int(entry)


def _after_name(pid: int) -> list[str]:
    """Of `/proc/PID/stat`: state, parent, group, session and so on; nothing where the process is gone."""
    return _read(pid, "stat").rpartition(")")[2].split()


def _read(pid: int, what: str) -> str:
    try:
        return Path(f"/proc/{pid}/{what}").read_text()
    except OSError:
        return ""
