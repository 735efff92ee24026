"""conntrack's own account of which ports it gave away, to whom, and how soon again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from .addresses import with_port

_EVENT = re.compile(r"\[(?P<at>\d+\.\d+)\]\s+\[NEW\].* dst=(?P<address>\S+) sport=\d+ dport=(?P<port>\d+)")
"""Greedy: the last address and port of a line are the SNAT address and port, where replies go."""

_OPENED = re.compile(
    r"\[NEW\] .*SYN_SENT src=(?P<client>\S+) dst=\S+ sport=(?P<client_port>\d+) dport=\d+ .*"
    r" dst=(?P<address>\S+) sport=\d+ dport=(?P<port>\d+)"
)
"""A late segment of a connection that the LB has forgotten is NEW too, but in another state."""


@dataclass(frozen=True)
class Reuse:
    """The ports of an LB as its events show them."""

    ports: int
    given: int
    pauses: tuple[float, ...]
    """Seconds from giving a port away to giving it away again."""


def reuse(events: Path) -> Reuse:
    given = 0
    last_given: dict[tuple[str, str], float] = {}
    pauses = []
    for line in events.read_text().splitlines():
        if event := _EVENT.search(line):
            port, at = (event["address"], event["port"]), float(event["at"])
            given += 1
            if port in last_given:
                pauses.append(at - last_given[port])
            last_given[port] = at
    return Reuse(len(last_given), given, tuple(pauses))


def pairs(events: Path) -> set[tuple[str, str]]:
    """Each client's address and port with the SNAT address and port that its SYN was given."""
    found = (_OPENED.search(line) for line in events.read_text().splitlines())
    return {
        (with_port(event["client"], event["client_port"]), with_port(event["address"], event["port"]))
        for event in found
        if event
    }
