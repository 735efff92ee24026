"""Frames: what `extract-records` writes and `judge` reads. Here only their length matters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from .errors import ProgramFailure

_PREFIX = 4  # bytes, big-endian: the length of what follows


def read(stream: BinaryIO) -> Iterator[bytes]:
    """Each frame with its prefix, as it will be written again."""
    while prefix := stream.read(_PREFIX):
        length = int.from_bytes(prefix, "big")
        body = stream.read(length)
        if len(prefix) < _PREFIX or len(body) < length:
            raise ProgramFailure("its frames end in the middle of one")
        yield prefix + body
