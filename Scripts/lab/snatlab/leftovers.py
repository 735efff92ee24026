"""Names that say which lab made a thing, and the removal of what a killed lab could not remove.

A lab that is interrupted or fails tears everything down itself. One that is killed outright
(SIGKILL, out of memory) cannot: its programs die with it, and its namespaces and directories are
found by the next lab through the process number in their names.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

from . import processes

_PREFIX = "snatlab"
_PATTERN = re.compile(rf"\.?{_PREFIX}-(\d+)-\w+")


def name(role: str) -> str:
    """The name of this lab's thing of that role."""
    return f"{_PREFIX}-{os.getpid()}-{role}"


def directory(parent: Path, cleanup: ExitStack) -> Path:
    """A new hidden directory that goes away at the end, unless it was moved elsewhere by then."""
    made = Path(tempfile.mkdtemp(prefix=f".{name('run')}_", dir=parent))
    cleanup.callback(shutil.rmtree, made, ignore_errors=True)
    return made


def remove(output_parent: Path) -> None:
    """Removes namespaces and directories of labs that are no longer running."""
    for line in processes.run(["ip", "netns", "list"]).splitlines():
        if _is_orphan(line.split()[0]):
            processes.run(["ip", "netns", "del", line.split()[0]])
    for parent in (output_parent, Path(tempfile.gettempdir())):
        for entry in parent.glob(f".{_PREFIX}-*"):
            if _is_orphan(entry.name):
                shutil.rmtree(entry, ignore_errors=True)


def _is_orphan(candidate: str) -> bool:
    found = _PATTERN.fullmatch(candidate)
    return bool(found) and not Path(f"/proc/{found.group(1)}").exists()
