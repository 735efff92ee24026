"""conntrack's own account of which ports it gave away, and how soon again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_EVENT = re.compile(r"\[(?P<at>\d+\.\d+)\]\s+\[NEW\].* dst=(?P<address>\S+) sport=\d+ dport=(?P<port>\d+)")
"""Greedy: the last address and port of a line are the SNAT address and port, where replies go."""


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
