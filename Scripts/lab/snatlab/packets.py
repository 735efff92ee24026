"""Reading TCP segments out of frames and pcap files.

Deliberately small and separate from snat-audit, so that the two can disagree.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

from .errors import LabError

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10
ETHERNET, SLL2 = 1, 276
_HEADER_LENGTH = {ETHERNET: 14, SLL2: 20}
_ETHERTYPE_OFFSET = {ETHERNET: 12, SLL2: 0}


@dataclass(frozen=True, slots=True)
class Segment:
    """The fields of a TCP segment that the lab looks at."""

    source: str
    source_port: int
    destination: str
    destination_port: int
    flags: int
    sequence: int
    acknowledgment: int
    length: int
    payload: bytes

    @property
    def tuple(self) -> tuple:
        return (self.source, self.source_port, self.destination, self.destination_port)

    @property
    def reverse(self) -> tuple:
        return (self.destination, self.destination_port, self.source, self.source_port)

    @property
    def opens(self) -> bool:
        return self.flags & (SYN | ACK | RST) == SYN

    @property
    def next_sequence(self) -> int:
        occupied = self.length + bool(self.flags & SYN) + bool(self.flags & FIN)
        return (self.sequence + occupied) & 0xFFFFFFFF

    def describe(self) -> dict:
        names = ((SYN, "S"), (FIN, "F"), (RST, "R"), (PSH, "P"), (ACK, "."))
        return {
            "source": f"{self.source}:{self.source_port}",
            "destination": f"{self.destination}:{self.destination_port}",
            "flags": "".join(letter for bit, letter in names if self.flags & bit),
            "seq": self.sequence,
            "ack": self.acknowledgment,
            "length": self.length,
        }


def parse(frame: bytes, link_type: int = ETHERNET) -> Segment | None:
    """The TCP segment of a frame, or None for anything else. Extension headers do not occur in the lab."""
    offset = _HEADER_LENGTH[link_type]
    if len(frame) < offset + 40:
        return None
    (ethertype,) = struct.unpack_from("!H", frame, _ETHERTYPE_OFFSET[link_type])
    if ethertype == 0x0800 and frame[offset + 9] == 6:
        header = (frame[offset] & 0x0F) * 4
        (total,) = struct.unpack_from("!H", frame, offset + 2)
        source = socket.inet_ntop(socket.AF_INET, frame[offset + 12 : offset + 16])
        destination = socket.inet_ntop(socket.AF_INET, frame[offset + 16 : offset + 20])
        tcp, end = offset + header, offset + total
    elif ethertype == 0x86DD and frame[offset + 6] == 6:
        (payload_length,) = struct.unpack_from("!H", frame, offset + 4)
        source = socket.inet_ntop(socket.AF_INET6, frame[offset + 8 : offset + 24])
        destination = socket.inet_ntop(socket.AF_INET6, frame[offset + 24 : offset + 40])
        tcp, end = offset + 40, offset + 40 + payload_length
    else:
        return None
    if len(frame) < tcp + 20:
        return None
    source_port, destination_port, sequence, acknowledgment, data_offset, flags = struct.unpack_from("!HHIIBB", frame, tcp)
    start = tcp + (data_offset >> 4) * 4
    return Segment(
        source, source_port, destination, destination_port, flags, sequence, acknowledgment,
        end - start, frame[start:end],
    )


def shift(path: Path, seconds: float, output: Path) -> None:
    """Copies a pcap file with its clock set wrong by so many seconds."""
    content = bytearray(path.read_bytes())
    microseconds = round(seconds * 1_000_000)
    position = 24
    while position < len(content):
        whole, fraction, captured = struct.unpack_from("=III", content, position)
        struct.pack_into("=II", content, position, *divmod(whole * 1_000_000 + fraction + microseconds, 1_000_000))
        position += 16 + captured
    output.write_bytes(content)


def read(path: Path) -> Iterator[tuple[float, Segment]]:
    """Time and segment of each TCP packet of a pcap file written by tcpdump on this machine."""
    with open(path, "rb") as file:
        header = file.read(24)
        if len(header) < 24 or struct.unpack("=I", header[:4])[0] != 0xA1B2C3D4:
            raise LabError(f"{path}: not a microsecond pcap of this machine")
        link_type = struct.unpack("=I", header[20:24])[0]
        while record := file.read(16):
            seconds, microseconds, captured, _ = struct.unpack("=IIII", record)
            segment = parse(file.read(captured), link_type)
            if segment:
                yield seconds + microseconds / 1e6, segment
