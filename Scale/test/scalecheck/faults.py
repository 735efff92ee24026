"""A snat-audit that once, at a chosen step, does not do its work."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

from .processes import kill_executor_above, wait_for

_HANG = 120  # seconds, at most

_SCRIPT = """\
#!/bin/sh
if [ "${{*#{step}}}" != "$*" ] && mkdir {once} 2>/dev/null; then
  {deed}
fi
exec {binary} "$@"
"""


class Fault:
    """A program in front of the real one, which it becomes but for the first call whose arguments begin with `step`."""

    def __init__(self, folder: Path, binary: str, step: str, deed: str) -> None:
        folder.mkdir()
        self.program = folder / "snat-audit"
        self._pid = folder / "pid"
        deed = deed.format(pid=shlex.quote(str(self._pid)))
        self.program.write_text(_SCRIPT.format(step=shlex.quote(step), once=shlex.quote(str(folder / "once")),
                                               deed=deed, binary=shlex.quote(binary)))
        self.program.chmod(0o755)

    @classmethod
    def failing(cls, folder: Path, binary: str, step: str) -> Fault:
        return cls(folder, binary, step, "echo 'made to fail' >&2; exit 1")

    @classmethod
    def hanging(cls, folder: Path, binary: str, step: str) -> Fault:
        """Says its number and waits, until `kill` finds its executor."""
        return cls(folder, binary, step, f"echo $$ > {{pid}}.part; mv {{pid}}.part {{pid}}; sleep {_HANG}")

    def kill(self, is_running: Callable[[], bool]) -> None:
        """Kills the executor that has come to the step."""
        if wait_for(self._pid, is_running):
            kill_executor_above(int(self._pid.read_text()))
