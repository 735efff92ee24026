"""A TCP of one's own, small enough to say every segment by hand.

Stands in the LB's namespace behind an address that no kernel owns, so nobody but the script answers
the server. IPv4 only.
"""

from __future__ import annotations

import select
import socket
import struct
import time
from dataclasses import dataclass

from . import conversation, packets
from .addresses import PORT
from .packets import ACK, FIN, PSH, RST, SYN

_DEVICE = "server0"
_IPV4 = 0x0800
_PACKET_OUTGOING = 4
_WINDOW = 64240
_MAXIMUM_SEGMENT = 1400
_PATIENCE = 0.3
"""Seconds until no answer is silence. On one machine an answer takes less than a millisecond."""

_MASK = 0xFFFFFFFF


class Line:
    """Raw sockets towards the server, and the order in which ports are used."""

    def __init__(self, source: str, server: str, first_port: int) -> None:
        self.source, self.server = source, server
        self._port = first_port
        self._out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self._in = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_IPV4))
        self._in.bind((_DEVICE, _IPV4))
        self._in.setblocking(False)

    def next_port(self) -> int:
        self._port += 1
        return self._port - 1

    def send(
        self,
        port: int,
        flags: int,
        sequence: int,
        acknowledgment: int = 0,
        timestamp: tuple[int, int] | None = None,
        payload: bytes = b"",
    ) -> None:
        options = b"\x02\x04" + struct.pack("!H", _MAXIMUM_SEGMENT) if flags & SYN else b""
        if timestamp is not None:
            options += b"\x01\x01\x08\x0a" + struct.pack("!II", timestamp[0] & _MASK, timestamp[1])
        header = struct.pack(
            "!HHIIBBHHH", port, PORT, sequence & _MASK, acknowledgment & _MASK if flags & ACK else 0,
            (20 + len(options)) // 4 << 4, flags, _WINDOW, 0, 0,
        )
        segment = header + options + payload
        addresses = socket.inet_aton(self.source) + socket.inet_aton(self.server)
        pseudo = addresses + struct.pack("!BBH", 0, socket.IPPROTO_TCP, len(segment))
        segment = segment[:16] + struct.pack("!H", _checksum(pseudo + segment)) + segment[18:]
        # Zeros are the kernel's to fill in: length, identification and checksum.
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 0, 0, 0x4000, 64, socket.IPPROTO_TCP, 0)
        self._out.sendto(ip + addresses + segment, (self.server, 0))

    def receive(self, port: int, seconds: float) -> tuple[packets.Segment, int | None] | None:
        """The server's next segment on a port, with its TSval. Segments on other ports are dropped."""
        deadline = time.monotonic() + seconds
        while (remaining := deadline - time.monotonic()) > 0:
            received = self.next(remaining)
            if received is None or received[0].destination_port == port:
                return received
        return None

    def next(self, seconds: float) -> tuple[packets.Segment, int | None] | None:
        """The server's next segment on any port, with its TSval."""
        deadline = time.monotonic() + seconds
        while select.select([self._in], [], [], max(0.0, deadline - time.monotonic()))[0]:
            frame, address = self._in.recvfrom(65536)
            if address[2] == _PACKET_OUTGOING or not (segment := packets.parse(frame)):
                continue
            if segment.source_port == PORT:
                return segment, _timestamp(frame)
        return None

    def discard(self) -> None:
        """Forgets what has arrived."""
        while select.select([self._in], [], [], 0)[0]:
            self._in.recv(65536)


def _checksum(data: bytes) -> int:
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def _timestamp(frame: bytes) -> int | None:
    """TSval of a frame that is known to hold a TCP segment over IPv4."""
    start = 14 + (frame[14] & 0x0F) * 4
    options = frame[start + 20 : start + (frame[start + 12] >> 4) * 4]
    at = 0
    while at < len(options) and options[at] != 0:
        if options[at] == 8:
            return struct.unpack_from("!I", options, at + 2)[0]
        at += 1 if options[at] == 1 else options[at + 1]
    return None


@dataclass
class Peer:
    """The other end of one of the server's tuples.

    `sequence` and `acknowledgment` are what it sends next: once the server holds the tuple, they are
    the holder's RCV.NXT and SND.NXT. `timestamp` is its TSval; it stands still unless the script moves it.
    """

    line: Line
    sequence: int
    timestamp: int | None
    port: int = 0
    acknowledgment: int = 0
    echo: int = 0

    def __post_init__(self) -> None:
        self.port = self.port or self.line.next_port()

    def send(
        self,
        flags: int,
        offset: int = 0,
        acknowledgment: int = 0,
        timestamp: int | None = 0,
        payload: bytes = b"",
    ) -> None:
        """Sends a segment; the numbers are distances from the peer's own. A timestamp of None leaves it out."""
        stamp = None
        if self.timestamp is not None and timestamp is not None:
            # A SYN echoes nothing.
            stamp = self.timestamp + timestamp, self.echo if flags & ACK else 0
        self.line.send(self.port, flags, self.sequence + offset, self.acknowledgment + acknowledgment, stamp, payload)

    def receive(self, seconds: float = _PATIENCE) -> packets.Segment | None:
        received = self.line.receive(self.port, seconds)
        if received is None:
            return None
        segment, self.echo = received[0], received[1] or self.echo
        return segment

    def open(self) -> "Peer":
        self.line.discard()
        self.send(SYN)
        answer = self.expect(SYN | ACK)
        self.sequence += 1
        self.acknowledgment = answer.next_sequence
        self.send(ACK)
        return self

    def request(self, number: int = 0) -> None:
        text = conversation.request(1, number, keep_alive=False)
        self.send(PSH | ACK, payload=text)
        self.sequence += len(text)

    def read_until_fin(self, acknowledges_fin: bool = True) -> None:
        """Takes the response and the server's FIN, in order as everything is on a link without loss."""
        while True:
            segment = self.expect(ACK)
            if segment.next_sequence == self.acknowledgment:
                continue
            fin = bool(segment.flags & FIN)
            self.acknowledgment = segment.next_sequence - (fin and not acknowledges_fin) & _MASK
            if not fin or acknowledges_fin:
                self.send(ACK)
            if fin:
                return

    def close(self) -> None:
        self.send(FIN | ACK)
        self.sequence += 1
        self.expect(ACK)

    def abort(self) -> None:
        self.send(RST | ACK)

    def expect(self, flags: int) -> packets.Segment:
        segment = self.receive(2.0)
        if segment is None or segment.flags & flags != flags or segment.flags & RST:
            raise RuntimeError(f"port {self.port}: no {flags:#x} but {segment}")
        return segment
