"""What snat-audit says about a capture.

Relies on the fields that the contract fixes, and on `heldAtEnd` and `timeWaits.serverFinWait2`.
"""

from __future__ import annotations

import datetime
import json
from pathlib import Path

from . import processes
from .addresses import with_port
from .errors import LabError

_PATIENCE = 60.0

class Report:
    """The JSON report on one server-side capture."""

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

    def answers_by_frame(self) -> dict[int, str]:
        """How the SYN in each frame was answered, for SYNs that hit."""
        return {hit["frame"]: hit["answer"] for hit in self._hits}

    @property
    def total_hits(self) -> int:
        return sum(self.summary["syns"][held]["total"] for held in ("timeWait", "established", "closing"))

    def held(self, state: str) -> dict[str, float | None]:
        """Peers whose tuples the server holds at the end in that state, and when each is free again."""
        tuples = self.content["heldAtEnd"]["tuples"]
        return {
            with_port(entry["tuple"]["source"]["ip"], entry["tuple"]["source"]["port"]): _instant(entry["freeAt"])
            for entry in tuples
            if entry["state"] == state
        }


def analyze(binary: Path, capture: Path) -> Report:
    """Runs snat-audit on a capture of the server side."""
    arguments = ["analyze", "--server", str(capture), "--report", "json"]
    output = processes.run([str(binary.absolute()), *arguments], timeout=_PATIENCE)
    try:
        return Report(json.loads(output))
    except (ValueError, KeyError) as problem:
        raise LabError(f"{binary.name}: its report is not as it must be: {problem!r}") from None


def text(binary: Path, capture: Path) -> str:
    """What snat-audit says to people."""
    command = [str(binary.absolute()), "analyze", "--server", capture.name, "--report", "text"]
    return processes.run(command, timeout=_PATIENCE, directory=capture.parent)


def _instant(text: str | None) -> float | None:
    """Seconds since 1970 of an RFC 3339 time; Python reads six of its nine digits."""
    if text is None:
        return None
    return datetime.datetime.fromisoformat(text[:26] + "+00:00").timestamp()
