"""A snat-audit that does not do its work at a chosen step, and what befalls workers meanwhile."""

from __future__ import annotations

import os
import shlex
import signal
from collections.abc import Callable
from pathlib import Path

from . import processes

_HANG = 120  # seconds, at most

# mkdir succeeds for one of all those that try it at a time.
_SCRIPT = """\
#!/bin/sh
if [ "${{*#{step}}}" != "$*" ]; then
  for time in $(seq {times}); do
    if mkdir {folder}/$time 2>/dev/null; then {deed}; fi
  done
fi
exec {binary} "$@"
"""
_FAIL = "echo 'made to fail' >&2; exit 1"
_HANG_ON = "echo $$ > {folder}/part; mv {folder}/part {folder}/pid; exec sleep {seconds}"


class Fault:
    """A program in front of the real one, which it becomes but for the first calls whose arguments begin with `step`."""

    def __init__(self, folder: Path, binary: str, step: str, deed: str, times: int = 1,
                 blow: Callable[[int], None] | None = None) -> None:
        folder.mkdir()
        self.program = folder / "snat-audit"
        self._pid = folder / "pid"
        self._blow = blow
        self.program.write_text(_SCRIPT.format(step=shlex.quote(step), folder=shlex.quote(str(folder)), times=times,
                                               deed=deed, binary=shlex.quote(binary)))
        self.program.chmod(0o755)

    @classmethod
    def failing(cls, folder: Path, binary: str, step: str, times: int = 1) -> Fault:
        return cls(folder, binary, step, _FAIL, times)

    @classmethod
    def killing(cls, folder: Path, binary: str, step: str) -> Fault:
        """The executor that comes to the step is killed outright, as if its machine went down."""
        return cls(folder, binary, step, _HANG_ON.format(folder=shlex.quote(str(folder)), seconds=_HANG),
                   blow=lambda pid: os.kill(processes.ancestor(pid, "CoarseGrainedExecutorBackend"), signal.SIGKILL))

    @classmethod
    def terminating(cls, folder: Path, binary: str, step: str) -> Fault:
        """The job is asked to end when it comes to the step."""
        return cls(folder, binary, step, _HANG_ON.format(folder=shlex.quote(str(folder)), seconds=_HANG),
                   blow=lambda pid: os.kill(processes.ancestor(pid, "snat_scale"), signal.SIGTERM))

    def strike(self, is_running: Callable[[], bool]) -> None:
        """Does what the fault does to others, once the step has come."""
        if self._blow and processes.wait_for(self._pid, is_running):
            self._blow(int(self._pid.read_text()))
