"""The crafted conversations: each SYN with what it must meet, and how the kernel must answer it.

They reach what programs on both sides cannot: the exact edges of the rules for sequence numbers and
timestamps, states that last for microseconds, and every segment that does or does not restart a timer.
What must happen is the reference's word (time-wait.md, sections 1.4, 3 and 5.1); the run fails where
the kernel does otherwise, so the reference is tried here as well as snat-audit.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from typing import Callable

from . import conversation, randomized
from .handmade import Line, Peer
from .packets import ACK, FIN, RST, SYN

_HALF = 1 << 31
_RATE_LIMIT = 0.5
_SILENCE = 1.0
_SETTLED = 0.1
"""Seconds after which the server's application has taken what was sent to it."""


class Script:
    """What the scripts have in common, and what they write down."""

    def __init__(self, line: Line, server_process: int, options: dict) -> None:
        self.line = line
        self.server_process = server_process
        self.options = options
        self.random = random.Random(options["seed"])
        self.syns: list[dict] = []
        self.connections = 0

    def peer(self, timestamps: bool = True, port: int = 0) -> Peer:
        stamp = self.random.getrandbits(32) if timestamps else None
        return Peer(self.line, self.random.getrandbits(32), stamp, port)

    def connected(self, timestamps: bool = True) -> Peer:
        """A connection whose response has been taken, and whose server has sent its FIN."""
        peer = self.responding(timestamps)
        peer.read_until_fin()
        return peer

    def responding(self, timestamps: bool = True) -> Peer:
        peer = self.peer(timestamps).open()
        peer.request(self.connections)
        self.connections += 1
        return peer

    def time_wait(self, timestamps: bool = True) -> Peer:
        peer = self.connected(timestamps)
        peer.close()
        return peer

    def syn(
        self,
        peer: Peer,
        distance: int,
        answer: str,
        *,
        state: str = "",
        reason: str = "",
        reuse: str = "",
        timestamp: int | None = 0,
    ) -> None:
        """Sends a SYN so far from RCV.NXT and compares the answer with what it must be.

        It meets a tuple held in `state` for the reason given, or it is a reuse without a hit.
        """
        self.line.discard()
        isn = peer.sequence + distance & 0xFFFFFFFF
        peer.send(SYN, offset=distance, timestamp=timestamp)
        got = _name(peer.receive(), isn)
        self.syns.append(
            {
                "port": peer.port,
                "isn": isn,
                "state": state,
                "answer": answer,
                "reason": reason or reuse,
                "result": "ok" if got == answer else f"unexpected: {got}",
            }
        )
        if got == "accepted":
            # A half-open connection would answer for seconds.
            self.line.send(peer.port, RST, isn + 1)


def _name(segment, isn: int) -> str:
    if segment is None:
        return "unanswered"
    if segment.flags & RST:
        return "reset"
    own = segment.acknowledgment == isn + 1 & 0xFFFFFFFF
    return "accepted" if segment.flags & SYN and own else "rejected"


def rules(script: Script) -> None:
    """Every cell of the truth table for a SYN in TIME_WAIT, at the edges of both comparisons."""
    for old in (True, False):
        for stamp in (None, -1, 0, 1) if old else (None, 1):
            for distance in (1, _HALF, 0, _HALF + 1, -1):
                is_newer = 1 <= distance <= _HALF
                if old and stamp == -1:
                    expected = "rejected", "timestamp-older"
                elif is_newer:
                    expected = "accepted", "sequence-newer"
                elif old and stamp == 1:
                    expected = "accepted", "timestamp-newer"
                else:
                    expected = "rejected", "sequence-not-newer"
                peer = script.time_wait(timestamps=old)
                if not old and stamp:
                    # The connection had none, so TIME_WAIT does not look at this one.
                    peer.timestamp = script.random.getrandbits(32)
                script.syn(peer, distance, expected[0], state="time-wait", reason=expected[1], timestamp=stamp)


def timers(script: Script) -> None:
    """What restarts a TIME_WAIT, and what does not: the kernel's timers tell at the end."""
    held = {name: script.time_wait() for name in _AFTERWARDS}
    time.sleep(4)
    for name, peer in held.items():
        _AFTERWARDS[name](script, peer)


_AFTERWARDS: dict[str, Callable[[Script, Peer], None]] = {
    "nothing": lambda script, peer: None,
    "last ACK again": lambda script, peer: peer.send(ACK),
    "keepalive": lambda script, peer: peer.send(ACK, offset=-1),
    "FIN again": lambda script, peer: peer.send(FIN | ACK, offset=-1),
    "FIN without ACK": lambda script, peer: peer.send(FIN, offset=-1),
    "data": lambda script, peer: peer.send(ACK, payload=b"late"),
    "RST beside RCV.NXT": lambda script, peer: peer.send(RST, offset=1),
    "RST with an older timestamp": lambda script, peer: peer.send(RST, timestamp=-1),
    "RST at RCV.NXT": lambda script, peer: peer.send(RST),
    "SYN refused by its timestamp": lambda script, peer: script.syn(
        peer, 1, "rejected", state="time-wait", reason="timestamp-older", timestamp=-1
    ),
    "SYN refused by its number": lambda script, peer: script.syn(
        peer, -1000, "rejected", state="time-wait", reason="sequence-not-newer", timestamp=None
    ),
}


def orphans(script: Script) -> None:
    """FIN_WAIT_2 without an application: resets what falls into its window, answers what does not."""
    inside = script.connected()
    script.syn(inside, 0, "reset", state="closing", reason="orphan-refused")
    outside = script.connected()
    script.syn(outside, -1000, "rejected", state="closing", reason="orphan-answered")
    script.syn(outside, -2000, "unanswered", state="closing", reason="rate-limited")
    # Silence is an answer only while the capture goes on.
    time.sleep(_SILENCE)
    older = script.connected()
    script.syn(older, 0, "rejected", state="closing", reason="orphan-answered", timestamp=-1)
    closed = script.connected()
    closed.close()
    script.syn(closed, -1000, "rejected", state="time-wait", reason="sequence-not-newer")


def dances(script: Script) -> None:
    """What a peer does that is refused: RST, and the same SYN or another one again on the same tuple."""
    for begin, state, reason in (
        (script.time_wait, "time-wait", "sequence-not-newer"),
        (script.connected, "closing", "orphan-answered"),
    ):
        # The same SYN a moment later, the same within one tick of the peer's clock, and another one.
        for retry, later in ((-1000, 10), (-1000, 0), (-2000, 10)):
            peer = begin()
            script.syn(peer, -1000, "rejected", state=state, reason=reason)
            peer.send(RST, timestamp=None)
            script.syn(peer, retry, "accepted", reuse="reset", timestamp=later)


def states(script: Script) -> None:
    """SYN_RECEIVED under another ISN, and CLOSING."""
    for distance, answer in ((100, "reset"), (-1000, "rejected")):
        half_open = script.peer()
        script.line.discard()
        half_open.send(SYN)
        half_open.expect(SYN | ACK)
        script.syn(half_open, distance, answer, reuse="syn-received", timestamp=1)
        half_open.send(RST, offset=1, timestamp=None)
    for ends in ("kept", "killed", "time-wait"):
        crossing = script.responding()
        crossing.read_until_fin(acknowledges_fin=False)
        crossing.send(FIN | ACK)
        crossing.sequence += 1
        crossing.expect(ACK)
        script.syn(crossing, 1, "rejected", state="closing", reason="challenge", timestamp=1)
        if ends == "killed":
            crossing.send(RST, timestamp=None)
        elif ends == "time-wait":
            crossing.send(ACK, acknowledgment=1)
            time.sleep(_RATE_LIMIT)
            script.syn(crossing, -1000, "rejected", state="time-wait", reason="sequence-not-newer")


def queue(script: Script) -> None:
    """A full accept queue: TIME_WAIT gives way to the SYN, which then gets no answer."""
    held, fresh = script.time_wait(), script.time_wait()
    script.syn(fresh, 1, "accepted", state="time-wait", reason="sequence-newer")
    os.kill(script.server_process, signal.SIGSTOP)
    try:
        waiting = [script.peer().open() for _ in range(2)]
        script.syn(held, 1, "unanswered", state="time-wait", reason="accept-queue-full")
    finally:
        os.kill(script.server_process, signal.SIGCONT)
    time.sleep(_SILENCE)
    script.syn(held, 1, "accepted", reuse="gone", timestamp=1000)
    for peer in waiting:
        peer.abort()


def listener(script: Script) -> None:
    """Nobody listens any more: what TIME_WAIT would have let in is refused like the rest."""
    newer, older = script.time_wait(), script.time_wait()
    os.kill(script.server_process, signal.SIGUSR1)
    time.sleep(_SETTLED)
    script.syn(older, 1, "rejected", state="time-wait", reason="timestamp-older", timestamp=-1)
    script.syn(newer, 1, "rejected", state="time-wait", reason="no-listener")
    newer.send(RST, timestamp=None)
    script.syn(newer, 1, "reset", reuse="reset")


def limits(script: Script) -> None:
    """What uses up the right to answer a SYN, in each kind of socket, and when it begins anew."""
    for flags, offset in ((ACK, -1), (RST, 500)):
        live = script.peer().open()
        live.send(flags, offset=offset)
        live.expect(ACK)
        script.syn(live, -1000, "unanswered", state="established", reason="rate-limited")
    # An orphan answers a RST beside its window, and refuses what falls into it all the same.
    for distance, answer, reason in ((0, "reset", "orphan-refused"), (-2000, "unanswered", "rate-limited")):
        orphan = script.connected()
        orphan.send(RST, offset=-1000)
        orphan.expect(ACK)
        script.syn(orphan, distance, answer, state="closing", reason=reason)
    # Silence is an answer only while the capture goes on.
    time.sleep(_SILENCE)
    # Data is answered without limit, as in a keepalive of one byte.
    live = script.peer().open()
    live.send(ACK, offset=-1, payload=b"k")
    live.expect(ACK)
    script.syn(live, -1000, "rejected", state="established", reason="challenge")
    # The limit of a socket ends with it.
    closing = script.peer().open()
    script.syn(closing, -1000, "rejected", state="established", reason="challenge")
    closing.request(script.connections)
    script.connections += 1
    closing.read_until_fin()
    closing.close()
    script.syn(closing, -1000, "rejected", state="time-wait", reason="sequence-not-newer")


def resets(script: Script) -> None:
    """RSTs with an older timestamp: TIME_WAIT ignores them until TS.Recent is a minute old, whatever its timer."""
    young, old = script.time_wait(), script.time_wait()
    time.sleep(30)
    for peer in (young, old):
        script.syn(peer, 1, "rejected", state="time-wait", reason="timestamp-older", timestamp=-1)
    time.sleep(28)
    young.send(RST, timestamp=-1)
    script.syn(young, -1000, "rejected", state="time-wait", reason="sequence-not-newer", timestamp=None)
    time.sleep(4)
    old.send(RST, timestamp=-1)
    script.syn(old, -1000, "accepted", reuse="reset", timestamp=None)


SCRIPTS: dict[str, Callable[[Script], None]] = {
    script.__name__: script for script in (rules, timers, dances, orphans, states, queue, listener, limits, resets)
} | {"random": randomized.converse}


def main() -> None:
    settings = json.loads(sys.argv[1])
    line = Line(settings["source"], settings["target"], settings["first_port"])
    script = Script(line, settings["server_process"], settings["options"])
    SCRIPTS[settings["options"]["script"]](script)
    conversation.write_whole(settings["report"], script.syns)
    print("done", flush=True)
    signal.pause()


if __name__ == "__main__":
    main()
