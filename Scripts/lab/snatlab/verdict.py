"""What snat-audit says about a capture, or about both sides of the LB.

Relies on the fields that the contract fixes, and on `heldAtEnd`, `timeWaits.serverFinWait2` and `hits[].isn`.
"""

from __future__ import annotations

import collections
import datetime
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from . import processes
from .addresses import with_port
from .errors import LabError

_PATIENCE = 60.0


class Report:
    """The JSON report on one analysis."""

    def __init__(self, content: dict) -> None:
        self.content = content
        self.summary = content["summary"]
        self._hits = [hit for finding in content["findings"] for hit in finding["hits"]]
        if content["findingsOmitted"] or content["heldAtEnd"]["tuplesOmitted"]:
            raise LabError("the report omits findings or held tuples, so they cannot be counted")

    def syns(self, held: str, *answers: str) -> int:
        """SYNs that met such a holder (timeWait, established, closing) and were answered so."""
        return sum(self.summary["syns"][held][answer] for answer in answers)

    def hits(self, *, state: str = "", answer: str = "", reason: str = "", end: str = "") -> int:
        """The same from the findings, where the reason and the holder's end are known."""
        wanted = (("answer", answer), ("reason", reason))
        return sum(
            all(not value or hit[key] == value for key, value in wanted)
            and (not state or hit["held"]["state"] == state)
            and (not end or hit["held"]["end"] == end)
            for hit in self._hits
        )

    def described_hits(self) -> set[str]:
        """Each hit in words: which SYN, what it met, how that was answered, and why."""
        return {
            f"port {hit['tuple']['source']['port']} ISN {hit['isn']}: {hit['held']['state']} {hit['answer']} ({hit['reason']})"
            for hit in self._hits
        }

    def answered_hits(self) -> collections.Counter:
        """The same without the reason, each as often as it was so."""
        return collections.Counter(
            f"port {hit['tuple']['source']['port']} ISN {hit['isn']}: {hit['held']['state']} {hit['answer']}" for hit in self._hits
        )

    def met(self) -> set[str]:
        """Each hit, by its SYN and what became of it; the same from whichever captures."""
        found = set()
        copies: collections.Counter = collections.Counter()
        for hit in self._hits:
            syn = f"{_endpoint(hit['tuple']['source'])} ISN {hit['isn']}"
            copies[syn] += 1
            found.add(f"{syn}, {copies[syn]}: {hit['held']['state']} {hit['held']['end']} {hit['answer']} ({hit['reason']})")
        return found

    def told(self) -> set[str]:
        """Each finding with its identity, its verdicts, and the clients it names."""
        return {
            f"{finding['id']} {finding['kind']} {finding['outcome']}: {finding_client(finding)}; "
            + ", ".join(f"{hit['answer']} after {previous_clients(hit)}" for hit in finding["hits"])
            for finding in self.findings
        }

    @property
    def findings(self) -> list[dict]:
        return self.content["findings"]

    def answers_by_frame(self) -> dict[int, str]:
        """How the SYN in each frame was answered, for SYNs that hit."""
        return {hit["frame"]: hit["answer"] for hit in self._hits}

    @property
    def total_hits(self) -> int:
        return sum(self.summary["syns"][held]["total"] for held in ("timeWait", "established", "closing"))

    def held(self, state: str) -> dict[str, float | None]:
        """Peers whose tuples the server holds at the end in that state, and when each is free again."""
        return self._held(state, "freeAt")

    def held_since(self, state: str) -> dict[str, float | None]:
        """The same, and since when each has been in that state."""
        return self._held(state, "since")

    def _held(self, state: str, instant: str) -> dict[str, float | None]:
        tuples = self.content["heldAtEnd"]["tuples"]
        return {_endpoint(entry["tuple"]["source"]): _instant(entry[instant]) for entry in tuples if entry["state"] == state}


@dataclass(frozen=True)
class Joined:
    """Both sides of an LB, as the report and the lines of `connections` tell of them."""

    report: Report
    connections: list[dict]

    def starts(self) -> list[tuple[str, float]]:
        """Each connection of the client side: who opened it, and when."""
        return [(_endpoint(line["client"]["source"]), _instant(line["start"])) for line in self.connections if line["client"]]

    def pairs(self) -> set[tuple[str, str]]:
        """Each client with each of its partners behind the LB."""
        return {
            (_endpoint(line["client"]["source"]), _endpoint(server["source"]))
            for line in self.connections
            if line["client"]
            for server in line.get("servers") or [line["server"]]
            if server
        }


def finding_client(finding: dict) -> str | None:
    return _endpoint(finding["current"]["client"])


def previous_clients(hit: dict) -> list[str]:
    """A connection that is kept alive carries many, the last one first."""
    previous = hit["previous"]
    return [_endpoint(client) for client in previous.get("clients") or [previous["client"]] if client]


def analyze(binary: Path, capture: Path) -> Report:
    """Runs snat-audit on a capture of the server side."""
    return _report(binary, ["--server", capture.name], capture.parent)


def join(binary: Path, directory: Path, inputs: Sequence[str]) -> Joined:
    """Runs snat-audit on captures of both sides, given as on its command line."""
    lines = processes.run([str(binary.absolute()), "connections", *inputs], timeout=_PATIENCE, directory=directory)
    return Joined(_report(binary, inputs, directory), [json.loads(line) for line in lines.splitlines()])


def _report(binary: Path, inputs: Sequence[str], directory: Path) -> Report:
    command = [str(binary.absolute()), "analyze", *inputs, "--report", "json"]
    output = processes.run(command, timeout=_PATIENCE, directory=directory)
    try:
        return Report(json.loads(output))
    except (ValueError, KeyError) as problem:
        raise LabError(f"{binary.name}: its report is not as it must be: {problem!r}") from None


def text(binary: Path, capture: Path) -> str:
    """What snat-audit says to people."""
    command = [str(binary.absolute()), "analyze", "--server", capture.name, "--report", "text"]
    return processes.run(command, timeout=_PATIENCE, directory=capture.parent)


def _endpoint(address: dict | None) -> str | None:
    return with_port(address["ip"], address["port"]) if address else None


def _instant(text: str | None) -> float | None:
    """Seconds since 1970 of an RFC 3339 time; Python reads six of its nine digits."""
    if text is None:
        return None
    return datetime.datetime.fromisoformat(text[:26] + "+00:00").timestamp()
