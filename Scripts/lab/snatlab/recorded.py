"""An earlier run, read back from its directory."""

from __future__ import annotations

import collections
import functools
import json
import re
from pathlib import Path

from . import evidence
from .errors import LabError
from .options import Options

CAPTURES = ("server.pcap", "server-own.pcap")
"""What is judged: the LB's link to the server and, where it was recorded, the server's own interface."""

_TIMER = re.compile(r"timer:\(timewait,(?:(\d+)min)?(?:(\d+)(?:sec|\.))?(?:(\d+)ms)?")


class Run:
    """What the kernel and the programs of a run knew."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        try:
            truth = json.loads((directory / "truth.json").read_text())
        except (OSError, ValueError) as problem:
            raise LabError(f"{directory}: no run of the lab: {problem}") from None
        self.options = Options(**{**truth["args"], "ports": str(truth["args"]["ports"])})
        self.kernel: str = truth["kernel"]
        self.counters: dict[str, int] = truth["server_counters"]
        self.sockets: list[dict] = truth["sockets_at_end"]

    @property
    def name(self) -> str:
        return self.directory.name

    @property
    def captures(self) -> list[Path]:
        return [self.directory / name for name in CAPTURES if (self.directory / name).exists()]

    def moved_by_syns(self, name: str) -> int:
        """How far SYNs have moved a counter. Of a script that has not asked, nothing else moves what this is for."""
        if self.asked:
            return sum(syn["counted"].get("TcpExt" + name, 0) for syn in self.asked)
        return self.counter(name)

    def counter(self, name: str) -> int:
        return self.counters.get("TcpExt" + name, self.counters.get("Tcp" + name, 0))

    def peers(self, *states: str) -> set[str]:
        """Who is at the other end of the server's sockets in these states, when the run ended."""
        return {_peer(socket) for socket in self.sockets if socket["state"] in states}

    def time_wait_timers(self) -> dict[str, float]:
        """Seconds that each TIME_WAIT socket still had to live. ss drops fractions above ten seconds, and shows
        none where the timer is due."""
        found = {}
        for socket in self.sockets:
            if socket["state"] == "TIME-WAIT" and (match := _TIMER.match(socket["more"])):
                minutes, seconds, milliseconds = (int(part or 0) for part in match.groups())
                if left := minutes * 60 + seconds + milliseconds / 1000:
                    found[_peer(socket)] = left
        return found

    @property
    def full_orphans(self) -> int:
        """Orphans in FIN_WAIT_2 that still are sockets. A mini-socket takes the place of one for its last minute only, and
        a retransmission timeout above 17 s makes it stay for longer than that (`tcp_fin_time`)."""
        return sum(socket["state"] == "FIN-WAIT-2" and "timer:(keepalive" in socket["more"] for socket in self.sockets)

    @functools.cache
    def seen(self, capture: str) -> dict[str, int]:
        """The lab's own count of a capture."""
        return evidence.from_capture(self.directory / capture)

    @functools.cached_property
    def quiet_at(self) -> float:
        """The earliest instant at which ss can have looked."""
        return evidence.last_arrival(self.captures[-1]) + self.options.settle

    @functools.cached_property
    def crafted(self) -> list[dict]:
        """The SYNs that a script made by hand, and what each must have met."""
        file = self.directory / "crafted.json"
        return json.loads(file.read_text()) if file.exists() else []

    @property
    def asked(self) -> list[dict]:
        """The SYNs before and after each of which the kernel was asked what it held, and what it had counted."""
        return [syn for syn in self.crafted if "counted" in syn]

    @property
    def asked_hits(self) -> set[str]:
        """Those that met something, and how they were answered."""
        described = [f"port {syn['port']} ISN {syn['isn']}: {syn['state']} {syn['answer']}" for syn in self.asked if syn["state"]]
        return numbered(collections.Counter(described))

    @property
    def crafted_hits(self) -> set[str]:
        return {
            f"port {syn['port']} ISN {syn['isn']}: {syn['state']} {syn['answer']} ({syn['reason']})"
            for syn in self.crafted
            if syn["state"] and not self.asked
        }

    @property
    def crafted_reuses(self) -> set[str]:
        counts = collections.Counter(syn["reason"] for syn in self.crafted if not syn["state"] and not self.asked)
        return numbered(counts)

    @functools.cached_property
    def application_resets(self) -> int:
        """Connections that ended with ECONNRESET for the server's application."""
        records = json.loads((self.directory / "server.json").read_text())
        return sum(record["result"] == "reset" for record in records)


def numbered(counts: dict[str, int]) -> set[str]:
    """Counts as a set, so that two of them can be compared as sets: {"reset": 2} is reset 1 and reset 2."""
    return {f"{name} {number}" for name, count in counts.items() for number in range(1, count + 1)}


def _peer(socket: dict) -> str:
    """ss shows IPv4 on an IPv6 listener as a mapped address."""
    return socket["peer"].replace("[::ffff:", "").replace("]:", ":") if "[::ffff:" in socket["peer"] else socket["peer"]
