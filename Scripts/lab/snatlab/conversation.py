"""What client and server say to each other, and how each of them closes.

Both programs take the run's options as one JSON argument. A connection is `GET /SIDE/INDEX`, so the
payload on either side of the LB tells which connections belong together.
"""

from __future__ import annotations

import json
import os
import random
import socket
import struct
import threading
import time
from pathlib import Path

from .options import NEVER

_PROXY_V2_SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
_HEAD_LIMIT = 16384

_kept: list[socket.socket] = []
"""Sockets that stay open until the run is over: without a reference Python would close them."""


def request(side: int, index: int, keep_alive: bool) -> bytes:
    connection = "keep-alive" if keep_alive else "close"
    return f"GET /{side}/{index} HTTP/1.1\r\nHost: vip\r\nX-Conn: {side}-{index}\r\nConnection: {connection}\r\n\r\n".encode()


def response(path: str, seed: int, keep_alive: bool, close_at: float | None) -> bytes:
    """A body of some hundred to some thousand bytes, the same for the same path and seed."""
    size = random.Random(f"{seed}{path}").randint(100, 4000)
    connection = "keep-alive" if keep_alive else "close"
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\nConnection: {connection}\r\n"
    if close_at is not None:
        head += f"X-Close-At: {close_at:.6f}\r\n"
    return head.encode() + b"\r\n" + b"x" * size


def read_head(connection: socket.socket, already: bytes = b"") -> tuple[bytes, bytes]:
    """Head and the first bytes after it; an empty head when the peer closed instead."""
    received = already
    while b"\r\n\r\n" not in _without_proxy_header(received):
        if len(received) > _HEAD_LIMIT:
            raise ValueError("head too long")
        piece = connection.recv(16384)
        if not piece:
            return b"", received
        received += piece
    head, _, rest = _without_proxy_header(received).partition(b"\r\n\r\n")
    return head, rest


def _without_proxy_header(received: bytes) -> bytes:
    """Bytes after a PROXY v2 header; nothing while the header is incomplete."""
    if not received.startswith(_PROXY_V2_SIGNATURE[: len(received)]) or not received:
        return received
    if len(received) < 16:
        return b""
    (length,) = struct.unpack_from("!H", received, 14)
    return received[16 + length :]


def header(head: bytes, name: str) -> str | None:
    for line in head.decode("latin-1").split("\r\n")[1:]:
        key, _, value = line.partition(":")
        if key.strip().lower() == name.lower():
            return value.strip()
    return None


def wait(seconds: float, connection: socket.socket) -> bool:
    """Waits before a close. False: the socket stays open until the run is over."""
    if seconds == NEVER:
        _kept.append(connection)
        return False
    if seconds > 0:
        time.sleep(seconds)
    return True


def wait_until(instant: float) -> None:
    delay = instant - time.time()
    if delay > 0:
        time.sleep(delay)


def abort(connection: socket.socket) -> None:
    """Closes with RST instead of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def socket_family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def start_thread(target, *arguments) -> threading.Thread:
    thread = threading.Thread(target=target, args=arguments, daemon=True)
    thread.start()
    return thread


def write_whole(path: str | Path, value) -> None:
    """Writes aside and renames: a reader never sees half a file."""
    aside = f"{path}.part"
    with open(aside, "w") as file:
        json.dump(value, file)
    os.replace(aside, path)
