"""The scenario table: name, options, and what must be true of the run.

A condition is an expression over the facts of evidence.collect: kernel counters by their own names,
counts from the server-side capture, and what the programs saw.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from .errors import LabError
from .options import Options, parse


@dataclass(frozen=True)
class Scenario:
    """One line of the table."""

    name: str
    options: str
    must: tuple[str, ...]
    short: bool = True

    def parsed(self, seed: int | None = None) -> Options:
        """Its options, with another seed if one is given."""
        return parse(shlex.split(self.options) + (["--seed", str(seed)] if seed is not None else []))

    def untrue(self, facts: dict[str, int]) -> list[str]:
        """The conditions that do not hold, with the numbers that broke them."""
        broken = []
        for condition in (*self.must, *ALWAYS):
            # The conditions are this file's own text: eval reads them as they are printed.
            code = compile(condition, self.name, "eval")
            if not eval(code, {"__builtins__": {}}, facts):
                numbers = ", ".join(f"{name} = {facts[name]}" for name in code.co_names)
                broken.append(f"{condition} ({numbers})")
        return broken

    def line(self) -> str:
        return f"{self.name:22} {self.options:95} {'; '.join(self.must)}"


ALWAYS = ("otherwise == 0",)
"""Every client ended in one of the known ways."""

_ALL_OK = "ok == connections"
_PAWS_EXACT = "foreignAck + silent == PAWSTimewait"
_CHALLENGE_EXACT = "foreignAck + silent == TCPSYNChallenge"
_NO_HITS = ("PAWSTimewait == 0", "TCPSYNChallenge == 0", "foreignAck == 0", "fromTimeWait == 0", _ALL_OK)

GROUPS = {
    "TIME_WAIT met by a SYN": (
        Scenario("collide", "--conns 70 --ports 40", ("PAWSTimewait > 20", _PAWS_EXACT, "fromTimeWait > 20", "TW == 140", _ALL_OK)),
        Scenario("no-timestamps", "--conns 70 --rate 14 --ports 40 --timestamps 0", ("PAWSTimewait == 0", "foreignAck > 15", "fromTimeWait > 15", "TW == 140", _ALL_OK)),
        Scenario("rfc1337", "--conns 50 --rate 25 --ports 40 --rfc1337 1", ("PAWSTimewait > 20", _PAWS_EXACT, "TCPACKSkippedTimeWait > 0")),
        Scenario("rfc1337-no-timestamps", "--conns 50 --rate 14 --ports 40 --rfc1337 1 --timestamps 0", ("PAWSTimewait == 0", "foreignAck > 10", "TCPACKSkippedTimeWait > 0")),
        Scenario("v6", "--conns 50 --ports 32 --v6 1", ("PAWSTimewait > 10", _PAWS_EXACT, "fromTimeWait > 10", "TW == 100", _ALL_OK)),
        Scenario("v6-no-timestamps", "--conns 50 --rate 11 --ports 32 --v6 1 --timestamps 0", ("PAWSTimewait == 0", "foreignAck > 5", "fromTimeWait > 10", "TW == 100", _ALL_OK)),
        Scenario("several-addresses", "--conns 70 --snat-ips 3 --ports 16", ("PAWSTimewait > 10", _PAWS_EXACT, "fromTimeWait > 10", "TW == 140", _ALL_OK)),
        Scenario("random-ports", "--conns 70 --ports 40 --snat-flags fully-random", ("PAWSTimewait > 10", _PAWS_EXACT, "TW == 140", _ALL_OK)),
        Scenario("sequential-ports", "--conns 70 --ports 90 --snat-flags sequential", ("reused > 40", "PAWSTimewait > 10", _PAWS_EXACT, "TW == 140", _ALL_OK)),
        Scenario("exhausted", "--conns 60 --rate 40 --ports 40 --snat-flags sequential --hold 0.7 --connect-timeout 2.5", ("timeout > 5", "ok > 60", "PAWSTimewait > 5", "attempts < connections")),
        Scenario("preserved-ports", "--conns 70 --ports 1024-65535 --client-ports 25", ("reused > 10", "TW == 140")),
        Scenario("short-snap", "--conns 40 --ports 30 --snaplen 96", ("PAWSTimewait > 5", _PAWS_EXACT, "TW == 80", _ALL_OK)),
        Scenario("simultaneous", "--conns 50 --ports 40 --closer both --delay-ms 5", ("PAWSTimewait > 10", "TW > 90", "ok > 90")),
    ),
    "TIME_WAIT not met": (
        Scenario("clean", "--conns 40 --ports 50000 --snat-flags sequential", (*_NO_HITS, "TW == 80", "at_end_TIME_WAIT == 80")),
        Scenario("client-fin", "--conns 60 --rate 40 --ports 48 --closer client", (*_NO_HITS, "TW == 0", "reused > 20")),
        Scenario("reset", "--conns 60 --rate 40 --ports 48 --closer reset", (*_NO_HITS, "TW == 0", "reused > 20", "EstabResets == 120")),
        Scenario("expired", "--conns 30 --ports 30 --snat-flags sequential --pause 68", (*_NO_HITS, "reused == 30", "TW == 60", "at_end_TIME_WAIT == 30"), short=False),
        Scenario("expiry-edge", "--conns 60 --rate 10 --ports 60 --pause 58", ("reused > 60", _PAWS_EXACT, "TW == 120"), short=False),
    ),
    "Other states met by a SYN": (
        Scenario("half-open", "--conns 50 --ports 40 --hold -1 --lb-established 1 --stray drop", ("TCPSYNChallenge > 10", _CHALLENGE_EXACT, "killed > 10", "at_end_ESTAB > 0")),
        Scenario("half-open-v6", "--conns 50 --ports 40 --hold -1 --lb-established 1 --stray drop --v6 1", ("TCPSYNChallenge > 10", _CHALLENGE_EXACT, "killed > 10", "at_end_ESTAB > 0")),
        Scenario("half-open-no-timestamps", "--conns 50 --ports 40 --hold -1 --lb-established 1 --stray drop --timestamps 0", ("TCPSYNChallenge > 10", _CHALLENGE_EXACT, "killed > 10", "at_end_ESTAB > 0")),
        Scenario("half-open-loss", "--conns 50 --ports 40 --hold -1 --lb-established 1 --stray drop --loss 5 --loss-at wire --server-tap 1 --settle 4", ("TCPSYNChallenge > 10", "killed > 10")),
        Scenario("half-open-strays", "--conns 50 --ports 40 --closer client --hold 4 --lb-established 1", ("TCPSYNChallenge > 10", "killed > 10")),
        Scenario("closewait", "--conns 50 --ports 40 --closer client --linger -1 --lb-closing 1 --stray drop", ("TCPSYNChallenge > 10", _CHALLENGE_EXACT, "at_end_CLOSE_WAIT > 0")),
        Scenario("last-ack", "--conns 50 --ports 40 --closer client --linger 1.5 --lb-closing 1 --stray drop", ("TCPSYNChallenge > 5", "at_end_LAST_ACK > 0")),
        Scenario("fin-wait-1", "--conns 50 --ports 40 --hold 1.5 --lb-established 1 --stray drop", ("TCPSYNChallenge > 5",)),
        Scenario("fin-wait-2", "--conns 50 --ports 40 --linger -1 --lb-closing 1 --stray drop", ("foreignAck > 10", "TCPSYNChallenge == 0", "at_end_FIN_WAIT_2 > 0")),
        Scenario("fin-wait-2-full", "--conns 50 --ports 40 --closer server-half --linger -1 --lb-closing 1 --stray drop", ("TCPSYNChallenge > 10", _CHALLENGE_EXACT, "at_end_FIN_WAIT_2 > 0")),
        Scenario("fin-wait-2-expired", "--conns 30 --ports 30 --linger -1 --lb-closing 1 --stray drop --snat-flags sequential --pause 68", (*_NO_HITS, "reused == 30", "at_end_FIN_WAIT_2 == 30"), short=False),
    ),
    "Segments lost, or seen on one side only": (
        Scenario("loss-lb", "--conns 70 --ports 40 --loss 5 --server-tap 1 --settle 4", ("PAWSTimewait > 10", "served > 100")),
        Scenario("loss-server", "--conns 70 --ports 40 --loss 5 --loss-at server --server-tap 1 --settle 4", ("PAWSTimewait > 10", "served > 100")),
        Scenario("loss-wire", "--conns 70 --ports 40 --loss 5 --loss-at wire --server-tap 1 --settle 4", ("PAWSTimewait > 10", "served > 100")),
        Scenario("dsr", "--mode dsr --conns 60 --rate 40 --client-ports 12 --server-tap 1", ("reused > 10", "TW == 120", _ALL_OK)),
    ),
    "Proxies": (
        Scenario("l7-http", "--mode l7 --conns 60 --rate 40 --ports 64", ("TCPSYNChallenge == 0", _ALL_OK)),
        Scenario("l7-tcp", "--mode l7tcp --conns 60 --rate 40 --ports 64", ("TW == 120", "fromTimeWait > 10", _ALL_OK)),
        Scenario("l7-proxyv2", "--mode l7proxy --conns 60 --rate 40 --ports 64", ("TW == 120", "fromTimeWait > 10", _ALL_OK)),
        Scenario("l7-pool", "--mode l7pool --conns 60 --rate 40 --ports 12 --pool-requests 3 --pool-idle 0.5", ("served < 120", "reused > 5", _ALL_OK)),
        Scenario("l7-nginx", "--mode l7nginx --conns 60 --rate 40 --ports 64", ("fromTimeWait > 10", _ALL_OK)),
    ),
    "Segments made by hand": (
        Scenario("crafted-rules", "--mode crafted --script rules", ("connections == 30", "TW == 30", "PAWSTimewait == 5")),
        Scenario("crafted-timers", "--mode crafted --script timers", ("TW == 11", "at_end_TIME_WAIT == 10", "PAWSTimewait == 2")),
        Scenario("crafted-dances", "--mode crafted --script dances", ("connections == 12", "TCPSYNChallenge == 0")),
        Scenario("crafted-orphans", "--mode crafted --script orphans", ("TW == 4", "TCPACKSkippedFinWait2 == 1")),
        Scenario("crafted-states", "--mode crafted --script states", ("TCPSYNChallenge == 3", "at_end_CLOSING == 1")),
        Scenario("crafted-queue", "--mode crafted --script queue --backlog 1", ("ListenOverflows == 1", "fromTimeWait == 1")),
        Scenario("crafted-listener", "--mode crafted --script listener", ("PAWSTimewait == 1", "foreignAck == 2", "OutRsts == 1")),
        Scenario("crafted-limits", "--mode crafted --script limits", ("TCPACKSkippedChallenge == 2", "TCPACKSkippedFinWait2 == 1", "TW == 3")),
        Scenario("crafted-resets", "--mode crafted --script resets", ("TW == 2", "PAWSTimewait == 3")),
    ),
}
"""The table, by what the scenarios are about."""

TABLE = tuple(scenario for group in GROUPS.values() for scenario in group)


def choose(names: list[str], short: bool) -> list[Scenario]:
    known = {scenario.name: scenario for scenario in TABLE}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise LabError(f"no scenario {', '.join(unknown)}; there are {', '.join(known)}")
    chosen = [known[name] for name in names] if names else list(TABLE)
    return [scenario for scenario in chosen if scenario.short or not short]
