"""Which number of the lab's must be which number of snat-audit's, once both sides of the LB are joined.

The same as `identities`, for the join: when a relation binds, and why. Each is judged twice, on the
captures of the two sides and on the one file that shows both.
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

INPUTS = {
    "two files": ("--client", crossing.CLIENT_SIDE, "--server", crossing.SERVER_SIDE),
    "lb-any": (crossing.BOTH_SIDES,),
}
"""What snat-audit is given, by the name in the tables. The one file comes without a word about its side."""


@dataclass(frozen=True)
class JoinCase:
    """What snat-audit says of both sides of a run; `alone` is its report on the server side alone."""

    run: Run
    crossing: Crossing
    capture: str
    joined: Joined
    alone: Report
    two_files: Joined

    @property
    def report(self) -> Report:
        return self.joined.report

    @property
    def mode(self) -> str:
        return self.run.options.mode


def applies(run: Run) -> bool:
    """Segments made by hand start at the LB: there is no client side."""
    return run.options.mode != "crafted"


# When a relation binds.


def _unless_l4(case: JoinCase) -> str:
    return "" if case.mode == "l4" else "nothing is translated by conntrack"


def _unless_l7(case: JoinCase) -> str:
    return "" if case.mode in L7_MODES else "no proxy passes requests on"


def _unless_dsr(case: JoinCase) -> str:
    return "" if case.mode == "dsr" else "the LB translates"


def _at_proxy(case: JoinCase) -> str:
    return "a proxy answers every client itself" if case.mode in L7_MODES else ""


def _answers_unseen(case: JoinCase) -> str:
    return "the LB does not see the server's answers" if case.mode == "dsr" else ""


def _setup_unseen(case: JoinCase) -> str:
    return _at_proxy(case) or _answers_unseen(case)


def _is_two_files(case: JoinCase) -> str:
    return "" if case.joined is not case.two_files else "these are the two files"


# Pairs.


def _written(pairs: set[crossing.Pair]) -> set[str]:
    return {f"{client} - {server}" for client, server in pairs}


def _pairs(case: JoinCase) -> set[str]:
    return _written(case.joined.pairs())


def _true_pairs(case: JoinCase) -> set[str]:
    return _written(case.crossing.pairs)


# Names.


def _named(case: JoinCase) -> set[str]:
    return {
        f"hit in frame {hit['frame']}: {verdict.finding_client(finding)} after {verdict.previous_client(hit)}"
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
            previous = None if before is None else case.crossing.last_client(before)
            names.add(f"hit in frame {hit['frame']}: {case.crossing.first_client(isn)} after {previous}")
    return names


# Set-up times.


def _lateness(case: JoinCase) -> list[float]:
    """By how much each connected finding's set-up time differs from what its client measured."""
    measured = case.crossing.connect_seconds
    return [
        abs(finding["setupSeconds"] - measured[isn]) if finding["setupSeconds"] is not None else math.inf
        for finding in case.report.findings
        if (isn := finding["hits"][0]["isn"]) in measured
    ]


def _setup_within(seconds: float, share: float, words: str) -> Relation:
    return Relation(
        f"{words} <= set up within {seconds * 1000:g} ms",
        "Of the connections with a hit: set-up time against the connect() of the same client. "
        "What differs is the client's process being late.",
        lambda case: math.ceil(share * len(_lateness(case))),
        lambda case: sum(each <= seconds for each in _lateness(case)),
        _setup_unseen,
        sign="<=",
        sights=(Sight.JOINED,),
    )


def _relation(name, why, kernel, tool, unless=lambda case: "") -> Relation:
    return Relation(name, why, kernel, tool, unless, sights=(Sight.JOINED,))


RELATIONS = (
    _relation(
        "conntrack's translations = pairs",
        "The same pairs of a client's address and port with a SNAT address and port. "
        "conntrack logs each SYN that it gives a port, also those that the server rejects.",
        _true_pairs,
        _pairs,
        _unless_l4,
    ),
    _relation(
        "request lines = pairs",
        "No two connections ask for the same path, and a proxy leaves it as it is. "
        "A connection that is kept alive has many partners.",
        _true_pairs,
        _pairs,
        _unless_l7,
    ),
    _relation(
        "same tuples = pairs",
        "Without translation a connection is its own partner.",
        _true_pairs,
        _pairs,
        _unless_dsr,
    ),
    _relation(
        "client-side SYNs = client SYNs",
        "The lab's own count, repeated ones too.",
        lambda case: len(case.crossing.syns[crossing.CLIENT_SIDE]),
        lambda case: case.report.summary["clientSyns"]["total"],
    ),
    _relation(
        "SYNs missing behind the LB = not forwarded",
        "The LB leaves ISNs as they are: for each, as many SYNs were not forwarded as the server side has less.",
        lambda case: case.crossing.not_forwarded,
        lambda case: case.report.summary["clientSyns"]["notForwarded"],
        _at_proxy,
    ),
    _relation(
        "ISNs missing behind the LB = never forwarded",
        "Attempts of which the server side shows nothing.",
        lambda case: case.crossing.never_forwarded,
        lambda case: case.report.summary["attempts"]["neverForwarded"],
        _at_proxy,
    ),
    _relation(
        "clients of each hit = clients named",
        "Who sent the SYN, and who used the tuple's last connection that got a SYN-ACK: by their ISNs, "
        "through a proxy by the requests that these connections carried.",
        _to_be_named,
        _named,
        _answers_unseen,
    ),
    _setup_within(0.0002, 0.5, "half of them"),
    _setup_within(0.001, 0.9, "90 % of them"),
    _setup_within(0.025, 1, "all of them"),
    _relation(
        "hits of the server side alone = hits",
        "What a SYN meets, and how it is answered, does not hang on who sees its client.",
        lambda case: case.alone.met(),
        lambda case: case.report.met(),
    ),
    _relation(
        "findings of two files = findings of one",
        "The same identities, verdicts and clients from `tcpdump -i any` on the LB.",
        lambda case: case.two_files.report.told(),
        lambda case: case.report.told(),
        _is_two_files,
    ),
)
