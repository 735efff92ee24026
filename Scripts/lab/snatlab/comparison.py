"""snat-audit's verdict beside the kernel's counters, for one run.

Each identity holds exactly, or the run cannot support it and says why. The reading of the report
relies on the fields that the contract fixes and on nothing else.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from . import evidence, processes
from .errors import LabError

_ANALYSIS_PATIENCE = 60.0
_ORPHANS = "orphaned FIN_WAIT_2 sockets count as TW and answer without a counter"


@dataclass(frozen=True)
class Identity:
    """A number of the kernel's and the tool's number for the same thing."""

    name: str
    kernel: int
    tool: int
    unsupported: str = ""

    @property
    def holds(self) -> bool:
        return bool(self.unsupported) or self.kernel == self.tool

    def row(self, capture: str) -> str:
        verdict = f"not comparable: {self.unsupported}" if self.unsupported else ("equal" if self.holds else "DIFFERENT")
        return f"| {capture} | {self.name} | {self.kernel} | {self.tool} | {verdict} |"


HEADING = "| capture | what | kernel | snat-audit | |\n| --- | --- | ---: | ---: | --- |"


def compare(directory: Path, binary: Path) -> list[tuple[str, Identity]]:
    """Analyses the run's server-side captures and sets every identity beside the truth.

    server-own.pcap, where it was made, shows exactly what the server saw, so everything is comparable
    there even when segments were lost between LB and server.
    """
    truth = json.loads((directory / "truth.json").read_text())
    found = []
    for capture in ("server.pcap", "server-own.pcap"):
        path = directory / capture
        if path.exists():
            summary = _analyze(path, binary)
            try:
                identities = _identities(path, truth, summary)
            except KeyError as missing:
                raise LabError(f"{binary.name}: the report has no field {missing}") from None
            found += [(f"{directory.name}/{path.stem}", identity) for identity in identities]
    return found


def _analyze(capture: Path, binary: Path) -> dict:
    command = [str(binary), "analyze", "--server", str(capture), "--report", "json"]
    return json.loads(processes.run(command, timeout=_ANALYSIS_PATIENCE))["summary"]


def _identities(capture: Path, truth: dict, summary: dict) -> list[Identity]:
    options, counters = truth["args"], truth["server_counters"]
    syns, time_waits = summary["syns"], summary["timeWaits"]
    in_time_wait, established, closing = syns["timeWait"], syns["established"], syns["closing"]
    challenged = sum(state[answer] for state in (established, closing) for answer in ("rejected", "unanswered"))

    unseen = _unseen(capture, options)
    orphans = _ORPHANS if options["closer"] == "server" and options.get("linger") else ""
    no_paws = "" if options["timestamps"] else "without timestamps the kernel does not count rejections"
    # A FIN_WAIT_2 mini-socket that still waits for the peer's FIN has been counted as TW already.
    waiting = sum(socket["state"] == "FIN-WAIT-2" and "timewait" in socket["more"] for socket in truth.get("sockets_at_end", []))
    return [
        Identity(
            "PAWSTimewait = TIME_WAIT rejected + unanswered",
            counters.get("TcpExtPAWSTimewait", 0),
            in_time_wait["rejected"] + in_time_wait["unanswered"],
            unseen or no_paws,
        ),
        Identity(
            "TCPACKSkippedTimeWait = TIME_WAIT unanswered",
            counters.get("TcpExtTCPACKSkippedTimeWait", 0),
            in_time_wait["unanswered"],
            unseen,
        ),
        Identity(
            "TCPSYNChallenge = established and closing, rejected + unanswered",
            counters.get("TcpExtTCPSYNChallenge", 0),
            challenged,
            unseen or orphans,
        ),
        Identity(
            "SYN-ACKs with old number + 65537 = accepted",
            evidence.from_capture(capture)["fromTimeWait"],
            in_time_wait["accepted"],
            unseen,
        ),
        Identity(
            "TW = TIME_WAITs of the server",
            counters.get("TcpExtTW", 0) - waiting,
            time_waits["server"] + time_waits["both"],
            unseen or orphans,
        ),
    ]


def _unseen(capture: Path, options: dict) -> str:
    """Why this capture cannot show what the server saw, if it cannot."""
    if capture.stem == "server-own":
        return ""
    if options["mode"] == "dsr":
        return "the server's answers do not pass the LB"
    if options["loss"] and options.get("loss_at", "lb") != "lb":
        return "segments were lost where no capture of the LB sees it"
    return ""
