"""What the clients of a run measured, and which of their SYNs met something."""

from __future__ import annotations

import collections
import json
import math
from dataclasses import dataclass
from pathlib import Path

from . import packets
from .addresses import PORT
from .recorded import Run
from .verdict import Report

_CLOCK_STEP = 0.001
"""A capture's times are those of the same clock, read a little apart."""


@dataclass(frozen=True)
class ConnectTimes:
    """Connect times of some connections, in seconds."""

    seconds: tuple[float, ...]

    def quantile(self, share: float) -> float:
        """The smallest time that so many connections did not exceed."""
        return sorted(self.seconds)[max(0, math.ceil(share * len(self.seconds)) - 1)]


def connect_times(run: Run, report: Report) -> dict[str, ConnectTimes]:
    """The connections that were made, by what their SYNs met.

    A client's SYN keeps its ISN through the LB, so the frames of the report's hits tell exactly
    whose SYNs they were.
    """
    met = _isns_met(run.directory / "server.pcap", report)
    opened = _opened(run.directory / "client-any.pcap")
    groups: dict[str, list[float]] = {"refused": [], "accepted": [], "nothing": []}
    for name in ("clients-a.json", "clients-c.json"):
        for record in json.loads((run.directory / name).read_text()):
            if record["connect_ms"] is not None:
                # A client's port may serve twice in a run: its SYN is the first one after the start.
                later = [isn for at, isn in opened[record["src"], record["sport"]] if at > record["start"] - _CLOCK_STEP]
                groups[met.get(later[0], "nothing")].append(record["connect_ms"] / 1000)
    return {group: ConnectTimes(tuple(seconds)) for group, seconds in groups.items()}


def _isns_met(capture: Path, report: Report) -> dict[int, str]:
    """Each ISN that met a held tuple: `refused` when at least one of its SYNs was, else `accepted`."""
    answers = report.answers_by_frame()
    met: dict[int, str] = {}
    for number, (_, segment) in enumerate(packets.read(capture), 1):
        if number in answers:
            accepted = answers[number] == "accepted" and met.get(segment.sequence) != "refused"
            met[segment.sequence] = "accepted" if accepted else "refused"
    return met


def _opened(capture: Path) -> dict[tuple[str, int], list[tuple[float, int]]]:
    """When each client port opened connections, and with which ISNs."""
    opened = collections.defaultdict(list)
    for at, segment in packets.read(capture):
        if segment.opens and segment.destination_port == PORT:
            opened[segment.source, segment.source_port].append((at, segment.sequence))
    return opened
