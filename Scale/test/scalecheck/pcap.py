"""Cutting pcap files up, as captures are that rotate."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

_FILE_HEADER = 24
_PACKET_HEADER = struct.Struct("<IIII")
_UNITS = {0xA1B2C3D4: 1_000_000, 0xA1B23C4D: 1_000_000_000}  # in a second, by the file's magic number


class Packet(NamedTuple):
    time: int  # in units of the file
    lengths: tuple[int, int]  # captured, and on the wire
    content: bytes


class Pcap:
    """A little-endian pcap file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._header = path.open("rb").read(_FILE_HEADER)
        self._units = _UNITS[int.from_bytes(self._header[:4], "little")]

    def packets(self) -> Iterator[Packet]:
        with self._path.open("rb") as file:
            file.seek(_FILE_HEADER)
            while head := file.read(_PACKET_HEADER.size):
                seconds, units, captured, length = _PACKET_HEADER.unpack(head)
                yield Packet(seconds * self._units + units, (captured, length), file.read(captured))

    def rotate(self, stem: Path, files: int, window: tuple[float, float] = (0, 1), delay: float = 0) -> None:
        """Cuts it by time into so many files, STEM-00.pcap and on.

        Arguments: `window` is the part of its time, from and to, of which packets are written, 0 to 1 being all;
        `delay` is added to their times, in seconds.
        """
        times = [packet.time for packet in self.packets()]
        span = max(times) - min(times) + 1
        begin, end = (min(times) + round(share * span) for share in window)
        with ExitStack() as stack:
            names = [f"{stem}-{number:02}.pcap" for number in range(files)]
            outputs = [stack.enter_context(open(name, "wb")) for name in names]
            for output in outputs:
                output.write(self._header)
            for packet in self.packets():
                if begin <= packet.time < end:
                    time = divmod(packet.time + round(delay * self._units), self._units)
                    output = outputs[(packet.time - begin) * files // (end - begin)]
                    output.write(_PACKET_HEADER.pack(*time, *packet.lengths) + packet.content)
