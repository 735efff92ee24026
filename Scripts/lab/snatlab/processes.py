"""Running other programs: short ones to their end, long ones until the lab stops them."""

from __future__ import annotations

import ctypes
import signal
import subprocess
from pathlib import Path
from typing import IO

from .errors import LabError

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def _die_with_parent() -> None:
    """Runs in the child: even a lab that is killed outright leaves no tcpdump behind."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def interrupt_with_parent() -> None:
    """Runs in a child that can tear down what it made, and does so when its parent is gone."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


def inside(namespace: str | None, argv: list[str]) -> list[str]:
    """The command line that runs `argv` in a network namespace."""
    return ["ip", "netns", "exec", namespace, *argv] if namespace else argv


def run(
    argv: list[str],
    namespace: str | None = None,
    text: str | None = None,
    timeout: float = 20,
    directory: Path | None = None,
) -> str:
    """Runs a program to its end and returns its standard output."""
    command = inside(namespace, argv)
    try:
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=timeout, cwd=directory)
    except subprocess.TimeoutExpired:
        raise LabError(f"{' '.join(argv)}: not finished after {timeout:.0f} s") from None
    if done.returncode != 0:
        raise LabError(f"{' '.join(argv)}: {done.stderr.strip() or f'exit {done.returncode}'}")
    return done.stdout


class Processes:
    """The long-running programs of one run. Ends these and nothing else."""

    def __init__(self) -> None:
        self._started: list[subprocess.Popen] = []

    def start(
        self,
        argv: list[str],
        namespace: str,
        stdout: IO | int = subprocess.DEVNULL,
        stderr: Path | None = None,
        environment: dict[str, str] | None = None,
    ) -> subprocess.Popen:
        """Starts a program in a namespace, out of reach of the terminal's Ctrl-C: the lab stops it in order."""
        with open(stderr or "/dev/null", "wb") as errors:
            process = subprocess.Popen(
                inside(namespace, argv),
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=errors,
                env=environment,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        self._started.append(process)
        return process

    def stop(self, process: subprocess.Popen, how: signal.Signals = signal.SIGTERM, patience: float = 5) -> None:
        """Asks a program to end, then insists."""
        if process.poll() is None:
            process.send_signal(how)
            try:
                process.wait(patience)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if process in self._started:
            self._started.remove(process)

    def stop_all(self) -> None:
        """Kills what is left, last started first. For the end of a run, good or bad."""
        for process in reversed(list(self._started)):
            self.stop(process, signal.SIGKILL)
