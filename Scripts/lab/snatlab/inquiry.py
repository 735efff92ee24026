"""Asking the server's kernel what it holds for one tuple, between two segments."""

from __future__ import annotations

import ctypes
import os
import socket
import struct
from pathlib import Path

from .addresses import PORT

_CLONE_NEWNET = 0x40000000
_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_NLM_F_REQUEST = 1
_NLMSG_ERROR = 2
_ALL_STATES = 0xFFFFFFFF
_NO_COOKIE = b"\xff" * 8

_STATES = {
    1: "ESTAB", 3: "SYN-RECV", 4: "FIN-WAIT-1", 5: "FIN-WAIT-2", 6: "TIME-WAIT",
    8: "CLOSE-WAIT", 9: "LAST-ACK", 11: "CLOSING", 12: "SYN-RECV",
}  # fmt: skip


class Inquiry:
    """Of the kernel that a process lives in. IPv4 only."""

    def __init__(self, process_id: int, server: str) -> None:
        self._server = socket.inet_aton(server)
        self._netlink = _in_namespace_of(process_id)

    def state(self, source: str, port: int) -> str:
        """Of the socket, mini-socket or request that a segment from there would meet; empty for none.

        The kernel looks for it as for a segment, so that it finds the listener last (state 10).
        """
        tuple_ = struct.pack("!HH", PORT, port) + self._server + bytes(12) + socket.inet_aton(source) + bytes(12)
        request = struct.pack("=BBBxI", socket.AF_INET, socket.IPPROTO_TCP, 0, _ALL_STATES) + tuple_ + bytes(4) + _NO_COOKIE
        header = struct.pack("=IHHII", 16 + len(request), _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST, 0, 0)
        self._netlink.send(header + request)
        answer = self._netlink.recv(65536)
        if struct.unpack_from("=IH", answer)[1] == _NLMSG_ERROR:
            return ""
        return _STATES.get(answer[17], "")


def _in_namespace_of(process_id: int) -> socket.socket:
    """A netlink socket there. It stays there, whereas this process comes back."""
    libc = ctypes.CDLL(None, use_errno=True)
    own, other = (os.open(Path("/proc", who, "ns/net"), os.O_RDONLY) for who in ("self", str(process_id)))
    try:
        _enter(libc, other)
        try:
            return socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _NETLINK_SOCK_DIAG)
        finally:
            _enter(libc, own)
    finally:
        os.close(own)
        os.close(other)


def _enter(libc: ctypes.CDLL, namespace: int) -> None:
    if libc.setns(namespace, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")
