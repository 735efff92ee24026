"""The snat-audit of a job: how it travels to the executors, and how it is run there."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, BinaryIO

from pyspark import SparkContext, SparkFiles

from .errors import ProgramFailure, ScaleError

# Bytes: what Spark handles as one value. It gathers up to a thousand of them before it looks at its memory, and
# each costs Python some microseconds.
_PIECE = 1 << 16

# Parts of the C library: every machine has its own, and they must be of one kind.
_OF_THE_SYSTEM = ("ld-linux", "libc.so", "libm.so", "libdl.so", "libpthread.so", "librt.so", "libresolv.so")


def send(context: SparkContext, binary: str) -> Program:
    """Sends the binary with the job, and the libraries that it needs: executors need have neither."""
    for file in [binary, *_libraries(binary)]:
        context.addFile(file)
    return Program(os.path.basename(binary), os.getcwd())


def _libraries(binary: str) -> list[str]:
    """The shared libraries of a binary; none of a script."""
    try:
        listed = subprocess.run(["ldd", binary], capture_output=True, text=True, timeout=60, check=False).stdout
    except OSError as error:
        raise ScaleError(f"ldd: {error.strerror}") from None
    found = [line.split()[2] for line in listed.splitlines() if "=> /" in line]
    return [path for path in found if not os.path.basename(path).startswith(_OF_THE_SYSTEM)]


def scratch() -> str | None:
    """Where Spark wants what is large and temporary; it clears that away also after a kill."""
    return os.environ.get("SPARK_LOCAL_DIRS", "").split(",")[0] or None


@dataclass(frozen=True)
class Program:
    """The program on an executor."""

    name: str
    folder: str  # where the job was submitted: relative paths of captures start there

    def extract(self, arguments: list[str], content: BinaryIO | None = None) -> Iterator[bytes]:
        """The records of one capture, in pieces; `content` is what the program has on its standard input."""
        stdin = subprocess.DEVNULL if content is None else content
        with self._running(["extract-records", *arguments], stdin, subprocess.PIPE) as process:
            while piece := process.stdout.read(_PIECE):
                yield piece

    def judge(self, arguments: list[str], key: bytes | None, pieces: Iterable[bytes]) -> str:
        """The partial summary of one load balancer, from its records. Nothing of them is kept here."""
        with tempfile.TemporaryFile(dir=scratch()) as answer, _readable(key) as key_file:
            if key_file:
                arguments = [*arguments, "--anonymize", f"/dev/fd/{key_file}"]
            with self._running(["judge", *arguments], subprocess.PIPE, answer, key_file) as process:
                for piece in pieces:
                    process.stdin.write(piece)
                process.stdin.close()
            answer.seek(0)
            return answer.read().decode().rstrip("\n")

    @contextmanager
    def _running(self, arguments: list[str], stdin: IO | int, stdout: IO | int,
                 key_file: int | None = None) -> Iterator[subprocess.Popen]:
        """A run of the program, which must end well, and ends in any case. Its messages go to a file: a pipe
        that nobody reads meanwhile would fill up and stop it."""
        root = os.path.abspath(SparkFiles.getRootDirectory())
        with tempfile.TemporaryDirectory(dir=scratch()) as spool, tempfile.TemporaryFile() as messages:
            process = subprocess.Popen(
                [os.path.join(root, self.name), *arguments],
                stdin=stdin,
                stdout=stdout,
                stderr=messages,
                pass_fds=[key_file] if key_file else [],
                cwd=self.folder if os.path.isdir(self.folder) else None,
                env={**os.environ, "TMPDIR": spool, "LD_LIBRARY_PATH": root},
            )
            problem = ""
            try:
                try:
                    yield process
                except BrokenPipeError as error:
                    problem = str(error)  # It ended early; why, its messages say better.
                status = process.wait()
            finally:
                process.kill()
                process.wait()
            messages.seek(0)
            said = messages.read().decode(errors="replace").strip()
            print(said, file=sys.stderr)
            if status != 0 or problem:
                reason = said.splitlines()[-1] if said else problem
                raise ProgramFailure(f"{self.name} {arguments[0]}: exit code {status}: {reason}")


@contextmanager
def _readable(key: bytes | None) -> Iterator[int | None]:
    """A pipe that holds a key, to be read once; none without one. A file might outlive a worker that is killed."""
    if key is None:
        yield None
        return
    reader, writer = os.pipe()
    try:
        os.write(writer, key)
        os.close(writer)
        yield reader
    finally:
        os.close(reader)
