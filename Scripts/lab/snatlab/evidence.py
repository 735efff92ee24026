"""The facts of a run by which its scenario is judged.

Counted from the server-side capture by the plainest rules that are right for the lab's own traffic.
This is a check of the lab, not a second snat-audit: it keeps no TCP state beyond what each rule names.
"""

from __future__ import annotations

import collections
import json
from pathlib import Path

from . import packets
from .addresses import PORT
from .packets import ACK, FIN, RST, SYN

TIME_WAIT_ISN_STEP = 65537
"""Linux answers a SYN out of TIME_WAIT with an ISN this far beyond the old connection's last number."""

_ANSWER_WITHIN = 1.0


def from_capture(path: Path) -> dict[str, int]:
    """Counts of SYNs and of their answers.

    synAck, foreignAck, rst and silent tell how each SYN was answered; fromTimeWait are connections
    whose ISN continues the tuple's old connection; reused are SYNs with an ISN that is new on a tuple
    which an earlier connection used; serverFin and serverRst tell whether the server ended anything.
    """
    conversations = collections.defaultdict(list)
    for at, segment in packets.read(path):
        key = segment.tuple if segment.destination_port == PORT else segment.reverse
        conversations[key].append((at, segment))

    names = ("syns", "reused", "synAck", "fromTimeWait", "foreignAck", "rst", "silent", "serverFin", "serverRst")
    facts = collections.Counter(dict.fromkeys(names, 0))
    attempts = set()
    for tuple_, conversation in conversations.items():
        facts += _count_answers(tuple_, conversation)
        facts["fromTimeWait"] += _count_continued(tuple_, conversation)
        for _, segment in conversation:
            if segment.tuple != tuple_:
                facts["serverFin"] += bool(segment.flags & FIN)
                facts["serverRst"] += bool(segment.flags & RST)
            elif segment.opens:
                attempts.add((segment.source, segment.sequence))
    facts["attempts"] = len(attempts)
    facts["tuples"] = len(conversations)
    return {name: facts[name] for name in (*names, "attempts", "tuples")}


def last_arrival(path: Path) -> float:
    """When the last segment towards the server was captured."""
    return max(at for at, segment in packets.read(path) if segment.destination_port == PORT)


def _count_answers(tuple_: tuple, conversation: list[tuple[float, packets.Segment]]) -> collections.Counter:
    facts: collections.Counter = collections.Counter()
    isns: list[int] = []
    pending: tuple[float, packets.Segment] | None = None
    for at, segment in conversation:
        if segment.tuple == tuple_:
            if segment.opens:
                facts["silent"] += pending is not None
                facts["syns"] += 1
                facts["reused"] += bool(isns) and segment.sequence not in isns
                isns.append(segment.sequence)
                pending = at, segment
        elif pending and at - pending[0] <= _ANSWER_WITHIN:
            if name := _answer(pending[1], segment):
                facts[name] += 1
                pending = None
    facts["silent"] += pending is not None
    return facts


def _count_continued(tuple_: tuple, conversation: list[tuple[float, packets.Segment]]) -> int:
    """Connections that began where the server's numbers of the one before ended, plus 65537.

    Asks nothing but the server's own numbers, so lost and repeated segments do not disturb it as long
    as something of each connection's end was captured.
    """
    continued = 0
    isn: int | None = None
    highest: int | None = None
    for _, segment in conversation:
        if segment.tuple == tuple_ or segment.flags & RST:
            continue
        if segment.flags & SYN and segment.sequence != isn:
            if highest is not None:
                continued += _distance(highest, segment.sequence) == TIME_WAIT_ISN_STEP
            isn, highest = segment.sequence, segment.next_sequence
        elif highest is None or _distance(highest, segment.next_sequence) > 0:
            highest = segment.next_sequence
    return continued


def _distance(start: int, end: int) -> int:
    """From one sequence number to another, negative when it goes back."""
    return (end - start + 0x80000000 & 0xFFFFFFFF) - 0x80000000


def _answer(syn: packets.Segment, segment: packets.Segment) -> str | None:
    """How the server's segment answers the SYN; None for late data or FINs of the old connection."""
    own = segment.acknowledgment == (syn.sequence + 1) & 0xFFFFFFFF
    if segment.flags & RST:
        return "rst"
    if segment.flags & SYN:
        return "synAck" if own else None
    if segment.flags & ACK and not segment.flags & FIN and segment.length == 0:
        return "foreignAck"
    return None


def from_programs(output: Path) -> dict[str, int]:
    """What the clients and the server's application saw."""
    facts: collections.Counter = collections.Counter()
    for name in ("clients-a.json", "clients-c.json", "crafted.json"):
        for record in json.loads((output / name).read_text()) if (output / name).exists() else ():
            facts["connections"] += 1
            result = record["result"]
            facts[result if result in ("ok", "refused", "timeout", "reset") else "otherwise"] += 1
            facts["slow"] += (record.get("connect_ms") or 0) > 5
    for record in json.loads((output / "server.json").read_text()):
        facts["served"] += bool(record["paths"])
        facts["killed"] += record["result"] == "reset" and bool(record["paths"])
    names = ("connections", "ok", "refused", "timeout", "reset", "otherwise", "slow", "served", "killed")
    return {name: facts[name] for name in names}


def collect(output: Path, counters: dict[str, int], sockets: list[dict]) -> dict[str, int]:
    """All facts by name. Kernel counters keep their names without the group; states count as stateNAME."""
    facts = {name.removeprefix("TcpExt").removeprefix("Tcp"): value for name, value in counters.items()}
    facts.update(from_capture(output / "server.pcap"))
    facts.update(from_programs(output))
    states = collections.Counter(socket["state"] for socket in sockets)
    for state in ("TIME-WAIT", "ESTAB", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "LAST-ACK", "CLOSING"):
        facts["at_end_" + state.replace("-", "_")] = states[state]
    return facts
