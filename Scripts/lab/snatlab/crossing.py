"""How each connection crossed the LB, told without snat-audit.

Four witnesses: conntrack's events, the sequence numbers that L4 translation leaves alone, the request
lines that a proxy leaves alone, and the clients' own watches. Each rule is the plainest one that is right
for the lab's traffic: ISNs do not repeat within a run, and no two connections ask for the same path.
"""

from __future__ import annotations

import collections
import functools
import json
import math
import re
from pathlib import Path

from . import conntrack, packets
from .addresses import PORT, Plan, with_port
from .options import L7_MODES
from .packets import ACK, SYN
from .recorded import Run

CLIENT_SIDE, SERVER_SIDE, BOTH_SIDES = "client-any.pcap", "server.pcap", "lb-any.pcap"

_REQUEST = re.compile(rb"GET (/\d+/\d+) HTTP/1")
_CLOCK_STEP = 0.001
"""A capture's times are those of the clients' clock, read a little apart."""

Pair = tuple[str, str]
"""A client's address and port, and those that the LB gave it."""

Occupants = dict[int, tuple[int, int | None]]
"""For the SYN in each frame: its ISN, and that of the tuple's last connection that got a SYN-ACK."""


class Crossing:
    """One run, seen from both sides of its LB."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.mode = run.options.mode
        self.virtual = Plan(bool(run.options.v6)).virtual

    # Who belongs to whom.

    @functools.cached_property
    def pairs(self) -> set[Pair]:
        """As conntrack says, or the request lines; without translation every client is its own partner."""
        if self.mode == "l4":
            return conntrack.pairs(self.run.directory / "conntrack.txt")
        if self.mode in L7_MODES:
            return {(self.asked[path], source) for source, paths in self._requests(SERVER_SIDE).items() for path in paths}
        return {(source, source) for source in self.client_of.values()}

    @functools.cached_property
    def asked(self) -> dict[str, str]:
        """The client of each path."""
        return {path: client for client, paths in self._requests(CLIENT_SIDE).items() for path in paths}

    def _requests(self, capture: str) -> dict[str, list[str]]:
        found = collections.defaultdict(list)
        for _, segment in packets.read(self.run.directory / capture):
            if segment.destination_port == PORT:
                found[_source(segment)] += _paths(segment)
        return found

    # SYNs on either side.

    @functools.cached_property
    def syns(self) -> dict[str, list[tuple[float, packets.Segment]]]:
        """The SYNs of each side, in time order."""
        return {
            side: [(at, segment) for at, segment in packets.read(self.run.directory / side) if segment.opens]
            for side in (CLIENT_SIDE, SERVER_SIDE)
        }

    @functools.cached_property
    def client_of(self) -> dict[int, str]:
        """Whose ISN it is."""
        return {segment.sequence: _source(segment) for _, segment in self.syns[CLIENT_SIDE]}

    def _of_each_isn(self, side: str, until: float = math.inf) -> collections.Counter:
        return collections.Counter(segment.sequence for at, segment in self.syns[side] if at <= until)

    @functools.cached_property
    def server_side_until(self) -> float:
        """The last packet of the server side's own file: what came later it may have missed."""
        return max((at for at, _ in packets.read(self.run.directory / SERVER_SIDE)), default=-math.inf)

    def not_forwarded(self, until: float) -> int:
        """Client-side SYNs without a copy on the server side; a SYN sent thrice may be missing twice."""
        return (self._of_each_isn(CLIENT_SIDE, until) - self._of_each_isn(SERVER_SIDE)).total()

    def never_forwarded(self, until: float) -> int:
        """ISNs of the client side that the server side never shows, and all of whose SYNs had come by then."""
        sent, in_time = self._of_each_isn(CLIENT_SIDE), self._of_each_isn(CLIENT_SIDE, until)
        return sum(in_time[isn] == count for isn, count in sent.items() if isn not in self._of_server_side)

    @functools.cached_property
    def _of_server_side(self) -> set[int]:
        return set(self._of_each_isn(SERVER_SIDE))

    # Who opened a server-side connection, and who left it behind.

    def occupants(self, capture: str) -> Occupants:
        """A rejected SYN leaves nothing behind: what the next one meets is the last that got a SYN-ACK."""
        found: Occupants = {}
        accepted: dict[tuple, int] = {}
        for frame, (_, segment) in enumerate(packets.read(self.run.directory / capture), 1):
            if segment.opens:
                found[frame] = segment.sequence, accepted.get(segment.tuple)
            elif segment.flags & (SYN | ACK) == SYN | ACK:
                accepted[segment.reverse] = (segment.acknowledgment - 1) & 0xFFFFFFFF
        return found

    def first_client(self, isn: int) -> str | None:
        """For whom the LB opened the server-side connection with this ISN."""
        users = self._users.get(isn)
        return users[0] if users else None

    def clients_before(self, isn: int) -> list[str]:
        """Who used it, the last one first."""
        return self._users.get(isn, [])[::-1]

    @functools.cached_property
    def _users(self) -> dict[int, list[str]]:
        """The clients of each server-side connection, in the order of their requests."""
        if self.mode not in L7_MODES:
            return {isn: [client] for isn, client in self.client_of.items()}
        users: dict[int, dict[str, str]] = collections.defaultdict(dict)
        current: dict[tuple, int] = {}
        for _, segment in packets.read(self.run.directory / SERVER_SIDE):
            if segment.opens:
                current[segment.tuple] = segment.sequence
            elif segment.tuple in current:
                # A request that is sent again is still one.
                users[current[segment.tuple]].update({path: self.asked[path] for path in _paths(segment)})
        return {isn: list(clients.values()) for isn, clients in users.items()}

    # When clients came, and how long they waited.

    def begun(self, capture: str) -> dict[int, tuple[float, str]]:
        """When each ISN of the client side was first seen, and whose it is."""
        found: dict[int, tuple[float, str]] = {}
        for at, segment in packets.read(self.run.directory / capture):
            if segment.opens and segment.destination == self.virtual:
                found.setdefault(segment.sequence, (at, _source(segment)))
        return found

    def waits(self, capture: str) -> dict[int, float]:
        """Seconds from a client's first SYN to the first SYN-ACK for it that goes to this client, by ISN."""
        begun = self.begun(capture)
        answered: dict[int, float] = {}
        for at, segment in packets.read(self.run.directory / capture):
            if segment.source == self.virtual and segment.flags & (SYN | ACK) == SYN | ACK:
                isn = (segment.acknowledgment - 1) & 0xFFFFFFFF
                if isn in begun and begun[isn][1] == _destination(segment):
                    answered.setdefault(isn, at - begun[isn][0])
        return answered

    @property
    def connect_seconds(self) -> dict[int, float]:
        """What each connected client's own watch says, by ISN."""
        return {isn: record["connect_ms"] / 1000 for isn, record in self._connected.items()}

    @functools.cached_property
    def lateness(self) -> dict[int, float]:
        """For how long a client's process, not the network, may have let its watch run.

        From starting the watch to the SYN, and from the SYN-ACK to the request, which follows connect() at once.
        """
        waits = self.waits(CLIENT_SIDE)
        late: dict[int, float] = {}
        for at, segment in packets.read(self.run.directory / CLIENT_SIDE):
            isn = (segment.sequence - 1) & 0xFFFFFFFF
            if segment.length and isn in waits and isn in self._connected and isn not in late:
                late[isn] = at - self._connected[isn]["start"] - waits[isn]
        return late

    @functools.cached_property
    def _connected(self) -> dict[int, dict]:
        """By ISN. A client's port may serve twice in a run: its SYN is the first one after the start."""
        opened = collections.defaultdict(list)
        for at, segment in self.syns[CLIENT_SIDE]:
            opened[_source(segment)].append((at, segment.sequence))
        found = {}
        for record in _records(self.run.directory):
            if record["connect_ms"] is not None:
                syns = opened[with_port(record["src"], record["sport"])]
                found[next(isn for at, isn in syns if at > record["start"] - _CLOCK_STEP)] = record
        return found


def _source(segment: packets.Segment) -> str:
    return with_port(segment.source, segment.source_port)


def _destination(segment: packets.Segment) -> str:
    return with_port(segment.destination, segment.destination_port)


def _paths(segment: packets.Segment) -> list[str]:
    return [path.decode() for path in _REQUEST.findall(segment.payload)]


def _records(directory: Path) -> list[dict]:
    return [record for name in ("clients-a.json", "clients-c.json") for record in json.loads((directory / name).read_text())]
