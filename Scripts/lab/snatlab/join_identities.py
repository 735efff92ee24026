"""Which number of the lab's must be which number of snat-audit's, once both sides of the LB are joined.

The same as `identities`, for the join: when a relation binds, and why. Each is judged on the
captures of the two sides and on the one file that shows both; in full also without saying which side is
which, and with the clock of one side set wrong.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from . import crossing, verdict
from .crossing import Crossing
from .identities import Relation, Sight
from .options import L7_MODES
from .recorded import Run
from .verdict import Joined, Report


@dataclass(frozen=True)
class Input:
    """What snat-audit is given of both sides."""

    name: str
    arguments: tuple[str, ...]
    """As on its command line; CLIENTS stands for the client side's capture."""
    shift: float = 0
    """Seconds by which the client side's clock is set wrong."""

    @property
    def is_one_file(self) -> bool:
        return len(self.arguments) == 1


CLIENTS = "CLIENTS"
_SAID = ("--client", CLIENTS, "--server", crossing.SERVER_SIDE)

TWO_FILES = Input("two files", _SAID)
ONE_FILE = Input("lb-any", (crossing.BOTH_SIDES,))
"""Comes without a word about its sides."""
SHORT = (TWO_FILES, ONE_FILE)
INPUTS = (
    *SHORT,
    Input("sides not said", (CLIENTS, crossing.SERVER_SIDE)),
    Input("clients 7.25 s slow", _SAID, -7.25),
    Input("clients 3600 s fast", _SAID, 3600),
)


@dataclass(frozen=True)
class JoinCase:
    """What snat-audit says of both sides of a run; `alone` is its report on the server side alone."""

    run: Run
    crossing: Crossing
    input: Input
    joined: Joined
    alone: Report
    two_files: Joined

    @property
    def capture(self) -> str:
        return self.input.name

    @property
    def client_side(self) -> str:
        """Two captures see one packet some microseconds apart: what is timed must be timed in the same."""
        return crossing.BOTH_SIDES if self.input.is_one_file else crossing.CLIENT_SIDE

    @property
    def report(self) -> Report:
        return self.joined.report

    @property
    def isns_hit(self) -> set[int]:
        return {finding["hits"][0]["isn"] for finding in self.report.findings}

    @property
    def mode(self) -> str:
        return self.run.options.mode


def applies(run: Run) -> bool:
    """Segments made by hand start at the LB: there is no client side."""
    return run.options.mode != "crafted"


# When a relation binds.


def _at_proxy(case: JoinCase) -> str:
    return "a proxy answers every client itself" if case.mode in L7_MODES else ""


def _not_passed_on(case: JoinCase) -> str:
    return _at_proxy(case) or _one_packet_twice(case)


def _answers_unseen(case: JoinCase) -> str:
    return "the LB does not see the server's answers" if case.mode == "dsr" else ""


def _one_packet_twice(case: JoinCase) -> str:
    """By the contract these are duplicates, and leave one side."""
    is_untold = case.mode == "dsr" and "--client" not in case.input.arguments
    return "nobody said that an untranslated packet was seen on two sides, so it is a copy" if is_untold else ""


def _setup_unseen(case: JoinCase) -> str:
    return _at_proxy(case) or _answers_unseen(case)


def _is_two_files(case: JoinCase) -> str:
    return "these are the two files" if case.input is TWO_FILES else _one_packet_twice(case)


# Pairs.


def _written(pairs: set[crossing.Pair]) -> set[str]:
    return {f"{client} - {server}" for client, server in pairs}


def _pairs(case: JoinCase) -> set[str]:
    return _written(case.joined.pairs())


def _true_pairs(case: JoinCase) -> set[str]:
    return _written(case.crossing.pairs)


# SYNs.


def _started(case: JoinCase) -> set[str]:
    return {f"{client} at {at:.6f}" for client, at in case.joined.starts()}


def _to_be_started(case: JoinCase) -> set[str]:
    return {f"{client} at {at + case.input.shift:.6f}" for at, client in case.crossing.begun(case.client_side).values()}


def _until(case: JoinCase) -> float:
    """To when it can be told what was forwarded."""
    return math.inf if case.input.is_one_file else case.crossing.server_side_until


def _client_syns(case: JoinCase, which: str) -> int:
    """Null where snat-audit saw no client side."""
    return (case.report.summary["clientSyns"] or {which: 0})[which]


# Clocks.


def _has_one_clock(case: JoinCase) -> str:
    return "one file has one clock" if case.input.is_one_file else _one_packet_twice(case)


def _offset(case: JoinCase) -> int:
    """Milliseconds by which the client side's clock is ahead of the server side's, for snat-audit."""
    points = {capture["role"]: capture["point"] for capture in case.report.content["captures"]}
    offsets = {clock["point"]: clock["offsetSeconds"] for clock in case.report.content["clock"]}
    return round(1000 * (offsets.get(points.get("client"), 0) - offsets.get(points.get("server"), 0)))


# Names.


def _named(case: JoinCase) -> set[str]:
    return {
        f"hit in frame {hit['frame']}: {verdict.finding_client(finding)} after {verdict.previous_clients(hit)}"
        for finding in case.report.findings
        for hit in finding["hits"]
    }


def _to_be_named(case: JoinCase) -> set[str]:
    """The same for the same hits; whether these are all hits, other relations say."""
    captures = case.report.content["captures"]
    occupants: dict[str, crossing.Occupants] = {}
    names = set()
    for finding in case.report.findings:
        for hit in finding["hits"]:
            capture = captures[hit["capture"]]["path"]
            if capture not in occupants:
                occupants[capture] = case.crossing.occupants(capture)
            isn, before = occupants[capture][hit["frame"]]
            previous = [] if before is None else case.crossing.clients_before(before)
            names.add(f"hit in frame {hit['frame']}: {case.crossing.first_client(isn)} after {previous}")
    return names


# Set-up times.


def _setups(case: JoinCase) -> set[str]:
    return {
        f"ISN {finding['hits'][0]['isn']}: {_microseconds(finding['setupSeconds'])}"
        for finding in case.report.findings
        if finding["setupSeconds"] is not None
    }


def _waits(case: JoinCase) -> set[str]:
    """Of those that succeeded."""
    waits = case.crossing.waits(case.client_side)
    return {f"ISN {isn}: {_microseconds(waits[isn])}" for isn in case.isns_hit & waits.keys() & case.crossing.connect_seconds.keys()}


def _microseconds(seconds: float) -> str:
    return f"{seconds * 1e6:.0f} us"


def _errors(case: JoinCase) -> list[float]:
    """By how much the set-up time of each connection with a hit differs from what its client measured."""
    setups = {finding["hits"][0]["isn"]: finding["setupSeconds"] for finding in case.report.findings}
    measured = case.crossing.connect_seconds
    return [math.inf if setups[isn] is None else abs(setups[isn] - measured[isn]) for isn in setups.keys() & measured.keys()]


def _within(seconds: float, share: float, words: str) -> Relation:
    def client_was_late(case: JoinCase) -> str:
        if reason := _setup_unseen(case):
            return reason
        late = [case.crossing.lateness.get(isn, 0) for isn in case.isns_hit]
        in_time = sum(each <= seconds for each in late) >= share * len(late)
        return "" if in_time else "the packets show that the clients' processes were late themselves"

    return Relation(
        f"{words} <= as the client measured, within {seconds * 1000:g} ms",
        "Of the connections with a hit, set-up times against the connect() of the same client. What differs is its "
        "process being late; a run whose packets show that (watch to SYN, SYN-ACK to request) is not judged.",
        lambda case: math.ceil(share * len(_errors(case))),
        lambda case: sum(each <= seconds for each in _errors(case)),
        client_was_late,
        sign="<=",
        sights=(Sight.JOINED,),
    )


def _relation(name, why, kernel, tool, unless=lambda case: "") -> Relation:
    return Relation(name, why, kernel, tool, unless, sights=(Sight.JOINED,))


RELATIONS = (
    _relation(
        "true pairs = pairs",
        "The same pairs of a client's address and port with those behind the LB. At L4 conntrack logs each SYN that "
        "it gives a port, also those that the server rejects. A proxy leaves the request lines as they are, and no "
        "two connections ask for the same path. Without translation a connection is its own partner.",
        _true_pairs,
        _pairs,
        _one_packet_twice,
    ),
    _relation(
        "ISNs on the client side = lines of connections",
        "One line for each attempt of a client, with the time of its first SYN to the microsecond.",
        _to_be_started,
        _started,
        _one_packet_twice,
    ),
    _relation(
        "client-side SYNs = client SYNs",
        "The lab's own count, repeated ones too.",
        lambda case: len(case.crossing.syns[crossing.CLIENT_SIDE]),
        lambda case: _client_syns(case, "total"),
        _one_packet_twice,
    ),
    _relation(
        "SYNs missing behind the LB = not forwarded",
        "The LB leaves ISNs as they are: for each, as many SYNs were not forwarded as the server side has less. A file of its "
        "own shows that up to its last packet, one with both sides to the end.",
        lambda case: case.crossing.not_forwarded(_until(case)),
        lambda case: _client_syns(case, "notForwarded"),
        _not_passed_on,
    ),
    _relation(
        "ISNs missing behind the LB = never forwarded",
        "Attempts of which the server side shows nothing, though it was captured for all of their SYNs.",
        lambda case: case.crossing.never_forwarded(_until(case)),
        lambda case: case.report.summary["attempts"]["neverForwarded"] or 0,
        _not_passed_on,
    ),
    _relation(
        "clients of each hit = clients named",
        "Who sent the SYN, and who used the tuple's last connection that got a SYN-ACK: by their ISNs, through a proxy "
        "by the requests that these connections carried, all of them and the last one first.",
        _to_be_named,
        _named,
        _answers_unseen,
    ),
    _relation(
        "connects that succeeded = connected",
        "Of the connections with a hit: those whose client says so.",
        lambda case: {f"ISN {isn}" for isn in case.isns_hit & case.crossing.connect_seconds.keys()},
        lambda case: {f"ISN {finding['hits'][0]['isn']}" for finding in case.report.findings if finding["outcome"] == "connected"},
        _setup_unseen,
    ),
    _relation(
        "SYN to SYN-ACK on the client side = set-up times",
        "Of the connections with a hit: from the client's first SYN to the first SYN-ACK for it, to the microsecond.",
        _waits,
        _setups,
        _setup_unseen,
    ),
    _within(0.0002, 0.5, "half"),
    _within(0.001, 0.9, "90 %"),
    _within(0.025, 1, "all"),
    _relation(
        "error of the client side's clock = offset found",
        "In milliseconds.",
        lambda case: round(1000 * case.input.shift),
        _offset,
        _has_one_clock,
    ),
    _relation(
        "hits of the server side alone = hits",
        "What a SYN meets, and how it is answered, does not hang on who sees its client.",
        lambda case: case.alone.met(),
        lambda case: case.report.met(),
    ),
    _relation(
        "findings of two files = findings",
        "The same identities, verdicts and clients from `tcpdump -i any` on the LB, without saying which side is which, "
        "and with the clients' clock set wrong.",
        lambda case: case.two_files.report.told(),
        lambda case: case.report.told(),
        _is_two_files,
    ),
)
