"""The scenario table: name, options, and what must be true of the run.

A condition is an expression over the facts of evidence.collect: kernel counters by their own names,
counts from the server-side capture, and what the programs saw.
"""

from __future__ import annotations

from dataclasses import dataclass

from .errors import LabError


@dataclass(frozen=True)
class Scenario:
    """One line of the table."""

    name: str
    options: str
    must: tuple[str, ...]
    short: bool = True

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

_EVERY_HIT_PAWS = "foreignAck + silent == PAWSTimewait"
_NO_HITS = ("PAWSTimewait == 0", "TCPSYNChallenge == 0", "foreignAck == 0", "fromTimeWait == 0", "slow == 0", "ok == connections")

TABLE = (
    Scenario("collide", "--conns 70 --ports 40", ("PAWSTimewait > 20", _EVERY_HIT_PAWS, "fromTimeWait > 20", "TW == 140", "ok == 140")),
    Scenario("clean", "--conns 40 --ports 50000", (*_NO_HITS, "TW == 80", "at_end_TIME_WAIT == 80")),
    Scenario("client-fin", "--conns 60 --rate 40 --ports 48 --closer client", (*_NO_HITS, "TW == 0", "reused > 20")),
    Scenario("reset", "--conns 60 --rate 40 --ports 48 --closer reset", (*_NO_HITS, "TW == 0", "reused > 20", "EstabResets == 120")),
    Scenario("no-timestamps", "--conns 70 --ports 40 --timestamps 0", ("PAWSTimewait == 0", "foreignAck > 15", "fromTimeWait > 15", "TW == 140", "ok == 140")),
    Scenario("rfc1337", "--conns 50 --rate 25 --ports 40 --rfc1337 1", ("PAWSTimewait > 20", _EVERY_HIT_PAWS, "TCPACKSkippedTimeWait > 0", "slow > 0")),
    Scenario("rfc1337-no-timestamps", "--conns 50 --rate 25 --ports 40 --rfc1337 1 --timestamps 0", ("PAWSTimewait == 0", "foreignAck > 10", "TCPACKSkippedTimeWait > 0", "slow > 0")),
)


def choose(names: list[str], short: bool) -> list[Scenario]:
    known = {scenario.name: scenario for scenario in TABLE}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise LabError(f"no scenario {', '.join(unknown)}; there are {', '.join(known)}")
    chosen = [known[name] for name in names] if names else list(TABLE)
    return [scenario for scenario in chosen if scenario.short or not short]
