"""What the server's kernel says happened: its counters over the run, and what it still holds at the end."""

from __future__ import annotations

import time
from pathlib import Path

from . import processes
from .errors import LabError

_GAUGES = {"TcpRtoAlgorithm", "TcpRtoMin", "TcpRtoMax", "TcpMaxConn", "TcpCurrEstab"}
_QUIET_PATIENCE = 30.0
_STEP = 0.1

_MOVED_BY_ARRIVALS = (
    "TcpInSegs",
    "TcpPassiveOpens",
    "TcpExtTW",
    "TcpExtPAWSTimewait",
    "TcpExtTCPSYNChallenge",
    "TcpExtTCPACKSkippedTimeWait",
)
"""Counters that may not move between reading them and the end of the captures."""


class Counters:
    """The TCP counters of one namespace, read through a process that lives in it."""

    def __init__(self, process_id: int) -> None:
        self._tables = [Path(f"/proc/{process_id}/net/{name}") for name in ("snmp", "netstat")]
        self._start: dict[str, int] = {}

    def begin(self) -> None:
        self._start = self._read()

    def changes(self) -> dict[str, int]:
        """Every counter's growth since `begin`, zeros included."""
        return {name: value - self._start[name] for name, value in self._read().items()}

    def _read(self) -> dict[str, int]:
        counters = {}
        for table in self._tables:
            lines = table.read_text().splitlines()
            for names, values in zip(lines[::2], lines[1::2]):
                group = names.partition(":")[0]
                if group in ("Tcp", "TcpExt"):
                    for name, value in zip(names.split()[1:], values.split()[1:]):
                        if group + name not in _GAUGES:
                            counters[group + name] = int(value)
        return counters

    def wait_until_quiet(self, seconds: float) -> None:
        """Until nothing has arrived for so long.

        Only arrivals count: a socket whose FIN nobody answers sends it again for minutes, and that
        changes nothing about who holds what.
        """
        deadline = time.monotonic() + _QUIET_PATIENCE + seconds
        last, since = self._read()["TcpInSegs"], time.monotonic()
        while time.monotonic() - since < seconds:
            if time.monotonic() > deadline:
                raise LabError(f"segments kept arriving at the server for {_QUIET_PATIENCE:.0f} s after the clients were done")
            time.sleep(_STEP)
            now = self._read()["TcpInSegs"]
            if now != last:
                last, since = now, time.monotonic()

    def require_unmoved(self, reading: dict[str, int]) -> None:
        """Fails when something arrived between a reading and now: packets and counters would not agree."""
        now = self.changes()
        moved = [f"{name} {reading[name]} -> {now[name]}" for name in _MOVED_BY_ARRIVALS if reading[name] != now[name]]
        if moved:
            raise LabError(f"the server was not quiet while the captures ended: {', '.join(moved)}")


def nonzero(counters: dict[str, int]) -> dict[str, int]:
    return {name: value for name, value in counters.items() if value}


def time_wait(namespace: str) -> list[str]:
    """`ss -tan state time-wait`, a line a socket. FIN_WAIT_2 mini-sockets are not among them."""
    return processes.run(["ss", "-Htan", "state", "time-wait"], namespace).splitlines()


def sockets(namespace: str) -> list[dict]:
    """Every TCP socket that does not listen: state, addresses, and what ss adds (timers, inode, ...)."""
    found = []
    for line in processes.run(["ss", "-Htanoe"], namespace).splitlines():
        state, receive_queue, send_queue, local, peer, *more = line.split()
        if state != "LISTEN":
            found.append(
                {
                    "state": state,
                    "recv_q": int(receive_queue),
                    "send_q": int(send_queue),
                    "local": local,
                    "peer": peer,
                    "more": " ".join(more),
                }
            )
    return found
