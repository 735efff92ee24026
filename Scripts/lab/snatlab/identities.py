"""Which number of the kernel's must be which number of snat-audit's, when, and why.

This is the one place that says so, and `join_identities` that for both sides of the LB. A relation binds only where its reasons hold: `unless` names what
would make the two differ although both are right, and that text stands in every table instead of a
verdict.
"""

from __future__ import annotations

import enum
import statistics
from dataclasses import dataclass
from typing import Callable

from .errors import LabError
from .options import L7_MODES, Options
from .recorded import Run, numbered
from .verdict import Report


class Sight(enum.Enum):
    """What the captures show of the segments that reached and left the server."""

    COMPLETE = "every segment that reached or left the server"
    LOSSY = "segments that never arrived, or not the answers that were lost"
    ONE_WAY = "one direction only"
    JOINED = "both sides of the LB"


def sight(capture: str, options: Options) -> Sight:
    """Losses at the LB's own interface happen before a capture there: it still shows what the server saw."""
    if capture == "server-own.pcap":
        return Sight.COMPLETE
    if options.mode == "dsr":
        return Sight.ONE_WAY
    if options.loss and options.loss_at != "lb":
        return Sight.LOSSY
    return Sight.COMPLETE


@dataclass(frozen=True)
class Case:
    """One capture of a run, and snat-audit's report on it."""

    run: Run
    capture: str
    report: Report

    @property
    def own(self) -> dict[str, int]:
        """The lab's own count of this capture."""
        return self.run.seen(self.capture)

    @property
    def truly(self) -> dict[str, int]:
        """The lab's own count of what the server truly saw."""
        if not self.run.options.server_tap:
            raise LabError(f"{self.run.name}: what the server saw is not known; such runs need --server-tap 1")
        return self.run.seen("server-own.pcap")


Value = int | set | dict


@dataclass(frozen=True)
class Relation:
    """`kernel` and `tool` are numbers or sets; `sign` stands between them.

    `why` says what makes it binding; `unless` gives the reason why it does not bind a case.
    """

    name: str
    why: str
    kernel: Callable[[Case], Value]
    tool: Callable[[Case], Value]
    unless: Callable[[Case], str] = lambda case: ""
    sign: str = "="
    sights: tuple[Sight, ...] = (Sight.COMPLETE,)


def _with_crafted(case: Case) -> str:
    return "the script says which SYN had which answer" if case.run.crafted else ""


def _without_crafted(case: Case) -> str:
    if case.run.asked:
        return "the script does not know, and asks the kernel"
    return "" if case.run.crafted else "no segments were made by hand"


def _without_asked(case: Case) -> str:
    return "" if case.run.asked else "nobody asked the kernel before each SYN"


def _with_timestamps(case: Case) -> str:
    return "with timestamps the kernel itself counts them" if case.run.options.timestamps else ""


def _older_segments(case: Case) -> str:
    options = case.run.options
    if case.run.asked:
        return "not all of what the rate limit kept silent had timestamps"
    sent = options.mode == "crafted" and options.script in ("timers", "resets")
    return "a RST with an old timestamp moves it too, and is no SYN" if sent else ""


def _crossing(case: Case) -> str:
    if reason := _with_crafted(case):
        return reason
    return "with a delay the lab cannot tell an old connection's last ACK from an answer" if case.run.options.delay_ms else ""


def _outlasts(seconds: float, limit: float) -> bool:
    """Whether something takes longer than the LB remembers; what is negative never ends during the run."""
    return seconds < 0 or seconds > limit


def _closes_end(case: Case) -> str:
    """Where the LB forgets a connection before its close is over, none ends in order."""
    options = case.run.options
    forgets_open = options.lb_established <= 1 and _outlasts(options.hold, options.lb_established)
    forgets_closing = options.lb_closing and _outlasts(options.linger, options.lb_closing)
    if not (forgets_open or forgets_closing):
        return "connections also end in order"
    if options.closer == "reset":
        return "the server itself resets them"
    if options.stray == "reset":
        return "the LB itself resets those that it has forgotten"
    return "orphans are not live connections" if case.run.counter("TW") else ""


def _proxy_resets(case: Case) -> str:
    return "a proxy also resets what it has opened itself" if case.run.options.mode in L7_MODES else ""


def _server_ends(case: Case) -> str:
    """EstabResets counts ESTABLISHED and CLOSE_WAIT only: the states of a server that has closed nothing."""
    if reason := _proxy_resets(case):
        return reason
    if case.run.options.stray == "reset":
        return "the LB resets those that it has forgotten"
    return "the server's own closes and resets move it too" if case.own["serverFin"] or case.own["serverRst"] else ""


def _application_reads(case: Case) -> str:
    if reason := _proxy_resets(case):
        return reason
    options = case.run.options
    if options.stray == "reset":
        return "the LB resets those that it has forgotten"
    if options.closer == "client" and options.linger:
        return "the application was not reading"
    if options.hold == 0 and options.closer not in ("client", "server-half"):
        return "the application had closed already"
    return ""


def _killed_while_reading(case: Case) -> int:
    """After a shutdown of its sending half only, the application still reads in FIN_WAIT_2."""
    if case.run.options.closer == "server-half":
        return case.report.summary["killedConnections"]
    return case.report.hits(state="established", end="killed")


def _is_hit(case: Case) -> str:
    """Nothing that a hit would have left, neither in the kernel's counters nor on the wire."""
    counters = ("PAWSTimewait", "TCPSYNChallenge", "TCPACKSkippedTimeWait", "TCPACKSkippedFinWait2")
    met = any(case.run.counter(name) for name in counters) or case.own["foreignAck"] or case.own["fromTimeWait"]
    return "SYNs met tuples that were held" if met else ""


def _limited(report: Report, *states: str) -> int:
    return sum(report.hits(state=state, reason="rate-limited") for state in states)


def _challenges(case: Case) -> int:
    report = case.report
    rejected = report.syns("established", "rejected") + report.syns("closing", "rejected")
    return rejected + _limited(report, "established", "closing") - report.hits(reason="orphan-answered")


def _not_accepted(case: Case, *states: str) -> int:
    """Every SYN that may have been refused there, as far as a capture that misses segments can tell."""
    report = case.report
    hits = sum(report.syns(state, "rejected", "unanswered", "undetermined") for state in states)
    reuses = report.summary["syns"]["reuses"]
    return hits + sum(reuses[reason] for reason in ("duplicate", "gone", "lost", "unknown"))


def _orphans_untold(case: Case) -> str:
    """IPv4's identification is zero in the answer of an orphan."""
    may_answer = case.run.options.v6 and case.run.options.closer != "server-half" and case.report.summary["timeWaits"]["serverFinWait2"]
    return "nothing in IPv6 tells the answer of an orphan in FIN_WAIT_2 from a socket's" if may_answer else ""


def _time_waits(case: Case) -> int:
    """TW counts mini-sockets as they are made: an orphan in FIN_WAIT_2 is one, a full socket there is not."""
    entered = case.report.summary["timeWaits"]
    orphans = 0 if case.run.options.closer == "server-half" else entered["serverFinWait2"]
    return entered["server"] + entered["both"] + orphans


_CLOSING = ("FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "LAST-ACK", "CLOSING")
_TIMER_PRECISION = 1.1
"""ss drops fractions of seconds."""


_ENDING = 6.0
"""Seconds in which a TIME_WAIT may end between the last packet and the look of ss, timers being late: of tuples that
are left alone at any time, as in conversations at random. Everywhere else all tuples are compared."""

_ORPHANED = 60 - _ENDING
"""Seconds after which an orphan in FIN_WAIT_2 may be gone, in the same way."""


def _time_waits_kept(case: Case) -> set[str]:
    if not case.run.asked:
        return case.run.peers("TIME-WAIT")
    held = case.report.held("time-wait")
    return {peer for peer, left in case.run.time_wait_timers().items() if left > _ENDING or peer in held}


def _time_waits_held(case: Case) -> set[str]:
    if not case.run.asked:
        return set(case.report.held("time-wait"))
    kept, instant = case.run.time_wait_timers(), case.run.quiet_at
    return {peer for peer, free in case.report.held("time-wait").items() if peer in kept or free is None or free > instant + _ENDING}


def _closing_held(case: Case) -> set[str]:
    if not case.run.asked:
        return set(case.report.held("closing"))
    kept, instant = case.run.peers(*_CLOSING), case.run.quiet_at
    held = case.report.held_since("closing")
    return {peer for peer, since in held.items() if peer in kept or since is None or instant - since < _ORPHANED}


def _refused_by_paws(case: Case) -> int:
    """What the rate limit kept silent has no reason of its own; with timestamps it was PAWS too."""
    refused = case.report.hits(state="time-wait", answer="rejected", reason="timestamp-older")
    return refused + (_limited(case.report, "time-wait") if case.run.options.timestamps else 0)


def _reuses(case: Case) -> set[str]:
    return numbered(case.report.summary["syns"]["reuses"])


def _timers(case: Case) -> int:
    return len(_time_waits_kept(case) if case.run.asked else case.run.time_wait_timers())


def _timers_met(case: Case) -> int:
    """TIME_WAIT sockets whose kernel timer runs out when the report says that the tuple is free.

    When ss looked is known only roughly, but it is one instant: the same for all sockets of a run.
    """
    timers, held = case.run.time_wait_timers(), case.report.held("time-wait")
    looked_at = {peer: held[peer] - timers[peer] for peer in timers if held.get(peer) is not None}
    if not looked_at:
        return 0
    instant = statistics.median(looked_at.values())
    if instant < case.run.quiet_at - (_TIMER_PRECISION if case.run.asked else 0):
        return 0
    return sum(abs(each - instant) <= _TIMER_PRECISION for each in looked_at.values())


_EXACT = (
    Relation(
        "PAWSTimewait = rejected by timestamp + rate-limited",
        "Every SYN that TIME_WAIT refuses for its timestamp counts, also when the answer is withheld. "
        "Without timestamps there are none.",
        lambda case: case.run.counter("PAWSTimewait"),
        _refused_by_paws,
        _older_segments,
    ),
    Relation(
        "ACKs with foreign numbers = rejected",
        "Without timestamps no counter tells how many SYNs were refused: the lab's own reader counts the answers.",
        lambda case: case.own["foreignAck"],
        lambda case: sum(case.report.syns(held, "rejected") for held in ("timeWait", "established", "closing")),
        lambda case: _with_timestamps(case) or _crossing(case),
    ),
    Relation(
        "TCPACKSkippedTimeWait = TIME_WAIT rate-limited",
        "TIME_WAIT answers at most once per half second.",
        lambda case: case.run.moved_by_syns("TCPACKSkippedTimeWait"),
        lambda case: _limited(case.report, "time-wait"),
    ),
    Relation(
        "TCPSYNChallenge = live sockets' refusals",
        "A live socket challenges every SYN, and counts it also when the rate limit withholds the challenge. "
        "An orphan in FIN_WAIT_2 answers without a counter; what its rate limit withholds is in TCPACKSkippedFinWait2.",
        lambda case: case.run.moved_by_syns("TCPSYNChallenge") + case.run.moved_by_syns("TCPACKSkippedFinWait2"),
        _challenges,
        _orphans_untold,
    ),
    Relation(
        "ISNs 65537 beyond the old = accepted",
        "Linux counts nothing here, but a SYN that TIME_WAIT lets in gets this ISN and no other does: "
        "the lab's own reader counts them.",
        lambda case: case.own["fromTimeWait"],
        lambda case: case.report.syns("timeWait", "accepted"),
    ),
    Relation(
        "TW = TIME_WAITs of the server + orphans",
        "TW counts mini-sockets as they are made. An orphan in FIN_WAIT_2 is one already (and is not counted "
        "again when it goes on to TIME_WAIT), or will be for its last minute; FIN_WAIT_2 with an application is not.",
        lambda case: case.run.counter("TW") + case.run.full_orphans,
        _time_waits,
    ),
    Relation(
        "TIME_WAIT sockets at the end = held tuples",
        "The same tuples, not only as many; of conversations at random, but for those that end while ss looks.",
        _time_waits_kept,
        _time_waits_held,
    ),
    Relation(
        "their timers = free at",
        "Each socket's remaining time, as ss shows it, ends when the report says that the tuple is free: "
        "within 1.1 s, as ss drops fractions of seconds.",
        _timers,
        _timers_met,
    ),
    Relation(
        "established sockets at the end = held tuples",
        "The same tuples.",
        lambda case: case.run.peers("ESTAB"),
        lambda case: set(case.report.held("established")),
    ),
    Relation(
        "closing sockets at the end = held tuples",
        "The same tuples: FIN_WAIT_1, FIN_WAIT_2 (socket or orphan), CLOSE_WAIT, LAST_ACK, CLOSING. "
        "In conversations at random an orphan may have gone after a minute without a word.",
        lambda case: case.run.peers(*_CLOSING),
        _closing_held,
    ),
    Relation(
        "PassiveOpens - sockets at the end = killed",
        "Where the LB forgets connections before their close is over, none ends in order: "
        "what was opened and is no longer there was killed.",
        lambda case: case.run.counter("PassiveOpens") - len(case.run.peers("ESTAB", *_CLOSING)),
        lambda case: case.report.summary["killedConnections"],
        lambda case: _with_crafted(case) or _closes_end(case),
    ),
    Relation(
        "EstabResets = killed",
        "Counts resets in ESTABLISHED and CLOSE_WAIT only: it tells where the server itself closes and resets nothing.",
        lambda case: case.run.counter("EstabResets"),
        lambda case: case.report.summary["killedConnections"],
        lambda case: _with_crafted(case) or _server_ends(case),
    ),
    Relation(
        "ECONNRESET at the application = killed",
        "Only an application that still reads hears of a reset.",
        lambda case: case.run.application_resets,
        _killed_while_reading,
        lambda case: _with_crafted(case) or _application_reads(case),
    ),
    Relation(
        "crafted SYNs = hits, answers and reasons",
        "Each SYN made by hand with what it met, how it was answered, and why.",
        lambda case: case.run.crafted_hits,
        lambda case: case.report.described_hits(),
        _without_crafted,
    ),
    Relation(
        "crafted SYNs = reuses without a hit",
        "How many, and for which reasons.",
        lambda case: case.run.crafted_reuses,
        _reuses,
        _without_crafted,
    ),
    Relation(
        "SYNs that met a socket = hits and answers",
        "Before each SYN the kernel was asked what it holds for the tuple.",
        lambda case: case.run.asked_hits,
        lambda case: numbered(case.report.answered_hits()),
        _without_asked,
    ),
    Relation(
        "nothing was met = no hits",
        "Where no counter moved and no answer shows it, there must be no hit.",
        lambda case: 0,
        lambda case: case.report.total_hits,
        _is_hit,
    ),
)

_COUNTS = (
    Relation(
        "SYNs = SYNs",
        "The lab's own count.",
        lambda case: case.own["syns"],
        lambda case: case.report.summary["syns"]["total"],
        sights=(Sight.COMPLETE, Sight.LOSSY, Sight.ONE_WAY),
    ),
    Relation(
        "sources and ISNs = attempts",
        "The lab's own count.",
        lambda case: case.own["attempts"],
        lambda case: case.report.summary["attempts"]["total"],
        sights=(Sight.COMPLETE, Sight.LOSSY, Sight.ONE_WAY),
    ),
)

_BOUNDS = (
    Relation(
        "PAWSTimewait >= rejected by timestamp",
        "An ACK that was captured was sent: what the tool calls rejected, the kernel has refused.",
        lambda case: case.run.counter("PAWSTimewait"),
        lambda case: case.report.hits(state="time-wait", answer="rejected", reason="timestamp-older"),
        sign=">=",
        sights=(Sight.LOSSY, Sight.ONE_WAY),
    ),
    Relation(
        "PAWSTimewait <= SYNs that may have been refused",
        "What the kernel refused passed the capture before: it is among the SYNs that the tool did not see accepted.",
        lambda case: case.run.counter("PAWSTimewait"),
        lambda case: _not_accepted(case, "timeWait"),
        sign="<=",
        sights=(Sight.LOSSY,),
    ),
    Relation(
        "TCPSYNChallenge >= live sockets' rejections",
        "The same for live sockets.",
        lambda case: case.run.counter("TCPSYNChallenge"),
        lambda case: case.report.syns("established", "rejected")
        + case.report.syns("closing", "rejected")
        - case.report.hits(reason="orphan-answered"),
        _orphans_untold,
        sign=">=",
        sights=(Sight.LOSSY, Sight.ONE_WAY),
    ),
    Relation(
        "TCPSYNChallenge <= SYNs that may have been refused",
        "The same for live sockets.",
        lambda case: case.run.counter("TCPSYNChallenge"),
        lambda case: _not_accepted(case, "timeWait", "established", "closing"),
        sign="<=",
        sights=(Sight.LOSSY,),
    ),
    Relation(
        "ISNs 65537 beyond the old >= accepted",
        "What the tool calls accepted out of TIME_WAIT was, as the server's own interface shows.",
        lambda case: case.truly["fromTimeWait"],
        lambda case: case.report.syns("timeWait", "accepted"),
        sign=">=",
        sights=(Sight.LOSSY, Sight.ONE_WAY),
    ),
    Relation(
        "SYNs at the server <= SYNs",
        "Losses towards the server happen behind the capture.",
        lambda case: case.truly["syns"],
        lambda case: case.report.summary["syns"]["total"],
        sign="<=",
        sights=(Sight.LOSSY, Sight.ONE_WAY),
    ),
    Relation(
        "TW >= TIME_WAITs of the server + orphans",
        "The server's FINs are not seen; what the peer's acknowledgments prove is there.",
        lambda case: case.run.counter("TW"),
        _time_waits,
        sign=">=",
        sights=(Sight.ONE_WAY,),
    ),
)

RELATIONS = (*_EXACT, *_COUNTS, *_BOUNDS)
