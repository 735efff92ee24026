"""Conversations at random, on many tuples at once: what nobody thought of.

A peer knows what a TCP knows of its connection, and mostly does what is due; now and then it says
something else, or nothing. Nobody says beforehand what must come of it: of each SYN the server's kernel
is asked what it holds for the tuple just before, and its counters tell just after whether it withheld
an answer.
"""

from __future__ import annotations

import heapq
import random
import time
from collections.abc import Iterator

from . import conversation, packets
from .handmade import Line, Peer
from .inquiry import Inquiry
from .packets import ACK, FIN, PSH, RST, SYN
from .truth import Counters

_HALF = 1 << 31
_MASK = 0xFFFFFFFF
_PATIENCE = 0.02
"""Seconds until no answer is silence. The server's kernel answers before the SYN's send() returns."""

_LAST_WORDS = 5
"""ACKs that bring the server's FIN out at the end, a segment each."""

_ANSWERED = 0.06
"""Seconds within which the server's kernel acknowledges what it has got: delayed ACKs are included."""

_LONGEST = 64.0
"""Seconds that a conversation takes at most: long enough to outlive a TIME_WAIT."""

_COUNTED = ("TcpExtPAWSTimewait", "TcpExtTCPSYNChallenge", "TcpExtTCPACKSkippedTimeWait", "TcpExtTCPACKSkippedFinWait2")
"""Counters that a SYN may move. Other segments move them, too: the SYNs' own share is what a report can tell."""

_HELD = {"TIME-WAIT": "time-wait", "ESTAB": "established", "SYN-RECV": "", "": ""}
"""What the report calls a state, where a SYN that meets it is a hit; all others are `closing`."""


class Exchange:
    """Sends for all peers, and hears what comes back."""

    def __init__(self, line: Line, server_process: int, seed: int) -> None:
        self.line = line
        self.random = random.Random(seed)
        self.inquiry = Inquiry(server_process, line.server)
        self.counters = Counters(server_process)
        self.counters.begin()
        self.talkers: dict[int, Talker] = {}
        self.syns: list[dict] = []

    def run(self, count: int, rate: float) -> None:
        """Each peer goes its way; the one whose turn is next has it."""
        begin = time.monotonic()
        agenda: list[tuple[float, int, Iterator[float]]] = []
        for number in range(count):
            talker = Talker(self, number)
            self.talkers[talker.peer.port] = talker
            agenda.append((number / rate, number, talker.course()))
        ends = {number: at + _LONGEST for at, number, _ in agenda}
        while agenda:
            at, number, course = heapq.heappop(agenda)
            self.hear_until(begin + at)
            wait = next(course, None)
            if wait is not None and time.monotonic() - begin + wait < ends[number]:
                heapq.heappush(agenda, (time.monotonic() - begin + wait, number, course))
        for talker in self.talkers.values():
            talker.take_leave()

    def hear_until(self, instant: float) -> None:
        while True:
            if received := self.line.next(max(0.0, instant - time.monotonic())):
                segment, stamp = received
                if segment.destination_port in self.talkers:
                    self.talkers[segment.destination_port].hear(segment, stamp)
            elif time.monotonic() >= instant:
                return

    def ask(self, port: int) -> str:
        return self.inquiry.state(self.line.source, port)


class Talker:
    """One peer of the server, and what it says. Its own numbers are those of the last connection let in."""

    def __init__(self, exchange: Exchange, number: int) -> None:
        self.exchange, self.number = exchange, number
        self.clock = exchange.random.getrandbits(32) if exchange.random.random() < 0.7 else None
        """What SYNs have for a timestamp; a connection goes on from that of its own."""
        self.obedience = exchange.random.random()
        """How often it acknowledges what it hears."""
        self.peer = Peer(exchange.line, exchange.random.getrandbits(32), self.clock)
        self.heard: list[packets.Segment] = []
        """What came since the last SYN, whose number and timestamp are the next two."""
        self.isn: int | None = None
        self.stamp: int | None = None
        self.begun: int | None = None
        """Behind the ISN of the server that it has last taken."""
        self.refusal: int | None = None
        """What the server acknowledged last, where no RST has answered that yet."""
        self.spoke_at = 0.0
        self.is_half_open = self.is_open = self.is_asked = self.is_closed = self.server_closed = False

    def hear(self, segment: packets.Segment, stamp: int | None) -> None:
        self.heard.append(segment)
        if segment.flags & RST:
            return
        if segment.flags & SYN or not self.is_half_open:
            # Kernels since 6.15 take an ACK for the handshake's only where it echoes a SYN-ACK.
            self.peer.echo = stamp or self.peer.echo
        if segment.flags & SYN:
            is_new = segment.next_sequence != self.begun
            if is_new and self.isn is not None and segment.acknowledgment == self.isn + 1 & _MASK:
                self.begun = segment.next_sequence
                self.peer.sequence = segment.acknowledgment
                self.peer.acknowledgment = segment.next_sequence
                self.peer.timestamp = self.stamp
                self.is_half_open = True
                self.is_open = self.is_asked = self.is_closed = self.server_closed = False
            return
        self.refusal = segment.acknowledgment
        self.server_closed |= bool(segment.flags & FIN)
        if segment.sequence == self.peer.acknowledgment and segment.next_sequence != segment.sequence:
            if self.exchange.random.random() < self.obedience:
                self.peer.acknowledgment = segment.next_sequence
                self.peer.send(ACK)

    @property
    def hides_fin(self) -> bool:
        """The server's FIN waits behind data that nobody has acknowledged, so that no packet shows it."""
        return not self.server_closed and self.exchange.ask(self.peer.port) == "FIN-WAIT-1"

    def take_leave(self) -> None:
        for _ in range(_LAST_WORDS):
            if not self.hides_fin:
                break
            self.acknowledge()
            self.exchange.hear_until(time.monotonic() + _PATIENCE)

    # What it says

    def course(self) -> Iterator[float]:
        """Segment by segment; what it yields are the waits between them."""
        random = self.exchange.random
        for _ in range(random.randint(4, 24)):
            step = random.choice((0, 0, 1, 10, 1000))
            self.clock = self.clock and self.clock + step
            self.peer.timestamp = self.peer.timestamp and self.peer.timestamp + step
            say = random.choices(*self._choices())[0]
            if say not in self._due and time.monotonic() - self.spoke_at < _ANSWERED:
                # One ACK would be for this and for what came before.
                yield _ANSWERED
            say()
            if say not in (self.any_syn, self.repeat_syn):
                self.spoke_at = time.monotonic()
            yield self._wait()

    @property
    def _due(self) -> tuple:
        return self.finish_handshake, self.request, self.acknowledge, self.close, self.refuse

    def _wait(self) -> float:
        random = self.exchange.random
        return random.choices(
            (0.0, random.uniform(0.001, 0.05), random.uniform(0.1, 0.7), random.uniform(1, 4), random.uniform(10, 30), random.uniform(56, 64)),
            (3, 6, 6, 2, 0.5, 0.25),
        )[0]

    def _choices(self):
        odd = ((self.keepalive, 1), (self.any_reset, 1), (self.late_data, 1), (self.early_data, 0.5), (self.last_ack, 1), (self.any_fin, 1))
        if self.is_closed:
            usual = ((self.last_ack, 2), (self.any_syn, 12), (self.refuse, 3), (self.repeat_syn, 2), (self.repeat_fin, 1))
        elif self.is_open:
            usual = ((self.request, 0 if self.is_asked else 12), (self.acknowledge, 6), (self.close, 8), (self.any_syn, 5), (self.refuse, 1))
        elif self.is_half_open:
            usual = ((self.finish_handshake, 16), (self.repeat_syn, 2), (self.any_syn, 2), (self.refuse, 1))
        else:
            usual = ((self.any_syn, 20), (self.repeat_syn, 3), (self.refuse, 3))
        return tuple(zip(*(*usual, *odd)))

    def any_syn(self) -> None:
        random = self.exchange.random
        distance = random.choices(
            (random.choice((1, 0, -1, 2, _HALF, _HALF + 1, 64239, 64240, 64241)), random.randint(-3000, 3000), random.getrandbits(32)), (3, 2, 4)
        )[0]
        self.syn(self.peer.sequence + distance & _MASK, self._stamp())

    def repeat_syn(self) -> None:
        """The same SYN again, mostly a moment later."""
        self.syn(self.isn if self.isn is not None else self.peer.sequence, 0)

    def _stamp(self) -> int | None:
        random = self.exchange.random
        return random.choice((0, 0, 1, -1, 1000, -1000, random.getrandbits(32), None))

    def syn(self, isn: int, stamp: int | None) -> None:
        exchange, peer = self.exchange, self.peer
        flags = SYN | (FIN if exchange.random.random() < 0.02 else 0)
        payload = b"early" if exchange.random.random() < 0.05 else b""
        exchange.hear_until(time.monotonic())
        before, held = exchange.counters.changes(), exchange.ask(peer.port)
        if held == "FIN-WAIT-1" and not self.server_closed:
            # Its FIN waits behind data that nobody acknowledges: nothing has been said of it.
            held = "ESTAB"
        self.isn, self.refusal = isn, None
        self.stamp = self.clock + stamp & _MASK if self.clock is not None and stamp is not None else None
        self.clock = self.stamp if self.stamp is not None else self.clock
        del self.heard[:]
        self.peer.line.send(peer.port, flags, isn, timestamp=(self.stamp, 0) if self.stamp is not None else None, payload=payload)
        answer = self._answer(isn)
        after = exchange.counters.changes()
        exchange.syns.append(
            {
                "port": peer.port,
                "isn": isn,
                "state": _HELD.get(held, "closing"),
                "answer": answer,
                "counted": {name: after[name] - before[name] for name in _COUNTED},
                "result": "ok",
            }
        )

    def _answer(self, isn: int) -> str:
        """What the server's kernel says to a SYN."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            self.exchange.hear_until(time.monotonic())
            for segment in self.heard:
                if segment.flags & RST:
                    return "reset"
                if segment.flags & SYN and segment.acknowledgment == isn + 1 & _MASK:
                    return "accepted"
                if segment.flags & (SYN | FIN) == 0 and segment.length == 0:
                    return "rejected"
            if time.monotonic() > deadline:
                return "unanswered"
            time.sleep(0.001)

    def finish_handshake(self) -> None:
        self.is_open, self.is_half_open = True, False
        self.peer.send(ACK)

    def request(self) -> None:
        self.is_asked = True
        text = conversation.request(1, self.number, keep_alive=False)
        self.peer.send(PSH | ACK, payload=text)
        self.peer.sequence = self.peer.sequence + len(text) & _MASK

    def acknowledge(self) -> None:
        """All that it has heard in order, at last."""
        for segment in self.heard:
            if segment.sequence == self.peer.acknowledgment and not segment.flags & (SYN | RST):
                self.peer.acknowledgment = segment.next_sequence
        self.peer.send(ACK)

    def close(self) -> None:
        if self.hides_fin:
            # The server would enter a TIME_WAIT which no packet shows.
            self.acknowledge()
            return
        self.is_closed = True
        self.peer.send(FIN | ACK)
        self.peer.sequence = self.peer.sequence + 1 & _MASK

    def refuse(self) -> None:
        """As one in SYN_SENT that hears of foreign numbers."""
        if self.refusal is not None:
            self.peer.line.send(self.peer.port, RST, self.refusal)
            self.refusal = None

    def last_ack(self) -> None:
        self.peer.send(ACK, timestamp=self._stamp() or 0)

    def keepalive(self) -> None:
        random = self.exchange.random
        self.peer.send(ACK, offset=random.choice((-1, -1, 1, -1000)), payload=random.choice((b"", b"k")))

    def any_reset(self) -> None:
        random = self.exchange.random
        offset = random.choice((0, 0, -1, 1, 500, -500, random.getrandbits(32)))
        # Without ACK it would look like the answer to an answer that nobody has seen.
        flags = RST | random.choice((0, ACK)) if self.refusal is not None else RST | ACK
        self.peer.send(flags, offset=offset, timestamp=self._stamp())

    def late_data(self) -> None:
        self.peer.send(ACK, offset=-5, payload=b"again")

    def early_data(self) -> None:
        self.peer.send(ACK, offset=100, payload=b"behind a hole")

    def repeat_fin(self) -> None:
        self.peer.send(FIN | self.exchange.random.choice((ACK, ACK, 0)), offset=-1, timestamp=self._stamp())

    def any_fin(self) -> None:
        self.peer.send(FIN | ACK, offset=self.exchange.random.choice((100, -300)))


def converse(script) -> None:
    """The script `random`: as many tuples as --conns, --rate of them begun a second."""
    exchange = Exchange(script.line, script.server_process, script.random.getrandbits(32))
    exchange.run(script.options["conns"], script.options["rate"])
    script.syns = exchange.syns
