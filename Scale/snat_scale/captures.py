"""The captures of a job: what the command line names, numbered in the order in which `analyze` takes them."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .errors import ScaleError


@dataclass(frozen=True)
class Source:
    """`[POINT][@BALANCER]=GLOB` on the command line, and the option that it stood behind."""

    side: str | None  # "server" or "client"; None where the captures themselves tell
    label: str  # what stands before the equals sign
    pattern: str

    @classmethod
    def parse(cls, side: str | None, argument: str) -> Source:
        """As `analyze` reads it: what holds a slash is no name. A URI of a file here is its path."""
        label, equals, pattern = argument.partition("=")
        if side is None or not equals or not label or "/" in label:
            label, pattern = "", argument
        return cls(side, label, pattern.removeprefix("file://"))


@dataclass(frozen=True)
class Capture:
    """One file, or object, of the job."""

    number: int  # among all of the job, from 0
    side: str | None
    label: str
    path: str

    @property
    def balancer(self) -> str:
        """The load balancer whose traffic it shows; "" is that of all captures which name none."""
        return self.label.partition("@")[2]

    @property
    def is_remote(self) -> bool:
        """Whether only Hadoop's file systems can open it."""
        return is_remote(self.path)

    def arguments(self, path: str) -> list[str]:
        """Of `extract-records`, for the capture under another path."""
        named = f"{self.label}={path}" if self.label else path
        return ["--number", str(self.number), *([f"--{self.side}", named] if self.side else [named])]


def is_remote(path: str) -> bool:
    """Whether it is a URI, of whatever scheme."""
    return "://" in path


def is_pattern(path: str) -> bool:
    """Whether it may stand for several files, or for none."""
    return any(mark in path for mark in "*?[") or is_remote(path) and "{" in path


def local_matches(pattern: str) -> list[str]:
    """The files here that match, without those that are hidden."""
    return [path for path in glob.glob(pattern) if not os.path.isdir(path)]


def expand(sources: Iterable[Source], remote_matches: Callable[[str], list[str]]) -> list[Capture]:
    """Every capture of the sources: of each source by name. A path that is no pattern is taken as it stands, so
    that the report can say what is wrong with it."""
    captures: list[Capture] = []
    for source in sources:
        paths = [source.pattern]
        if is_pattern(source.pattern):
            find = remote_matches if is_remote(source.pattern) else local_matches
            paths = sorted(find(source.pattern))
            if not paths:
                raise ScaleError(f"{source.pattern}: no capture matches")
        elif os.path.isdir(source.pattern):
            raise ScaleError(f"{source.pattern}: a directory; write {os.path.join(source.pattern, '*')}")
        captures += [Capture(len(captures) + index, source.side, source.label, path)
                     for index, path in enumerate(paths)]
    return captures
