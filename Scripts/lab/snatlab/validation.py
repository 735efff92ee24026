"""Writes docs/validation.md: all scenarios, kernel and tool side by side, over all runs given.

The text depends on the runs and on snat-audit's verdicts only, so it changes exactly when they do.
"""

from __future__ import annotations

import collections
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

from . import comparison, identities, join_identities, scenarios
from .comparison import Result
from .errors import LabError
from .identities import Sight
from .recorded import Run

_WIDTH = 110

_OF_SYNS = {
    "SYNs = SYNs": "SYNs",
    "sources and ISNs = attempts": "attempts",
    "PAWSTimewait = rejected by timestamp + rate-limited": "refused by PAWS",
    "ACKs with foreign numbers = rejected": "rejected, no timestamps",
    "TCPACKSkippedTimeWait = TIME_WAIT rate-limited": "rate-limited",
    "TCPSYNChallenge = live sockets' refusals": "challenged",
    "ISNs 65537 beyond the old = accepted": "accepted",
    "nothing was met = no hits": "hits of nothing",
}
_OF_STATE = {
    "TW = TIME_WAITs of the server + orphans": "TIME_WAITs made",
    "TIME_WAIT sockets at the end = held tuples": "in TIME_WAIT",
    "their timers = free at": "timers",
    "established sockets at the end = held tuples": "established",
    "closing sockets at the end = held tuples": "closing",
    "PassiveOpens - sockets at the end = killed": "killed",
    "EstabResets = killed": "reset",
    "ECONNRESET at the application = killed": "told to the application",
}
_OF_SCRIPTS = {
    "crafted SYNs = hits, answers and reasons": "SYNs that hit",
    "crafted SYNs = reuses without a hit": "reuses without a hit",
}

_OF_JOIN = {
    "true pairs = pairs": "pairs",
    "ISNs on the client side = lines of connections": "connections",
    "client-side SYNs = client SYNs": "client SYNs",
    "SYNs missing behind the LB = not forwarded": "not forwarded",
    "ISNs missing behind the LB = never forwarded": "never forwarded",
    "clients of each hit = clients named": "hits with both clients",
    "hits of the server side alone = hits": "hits",
    "findings of two files = findings": "findings",
}
_OF_WATCHES = {
    "connects that succeeded = connected": "connected",
    "SYN to SYN-ACK on the client side = set-up times": "set-up times",
    "half <= as the client measured, within 0.2 ms": "half, within 0.2 ms",
    "90 % <= as the client measured, within 1 ms": "90 %, within 1 ms",
    "all <= as the client measured, within 25 ms": "all, within 25 ms",
}

_JOIN_KNOWS = {
    "two files": "Here snat-audit was given the LB's client links as well, in a file of their own. At L4 conntrack says who "
    "was given which port, and ISNs pass through unchanged; through a proxy the request lines do. With direct return the LB "
    "does not see the answers, so it cannot say whose leftovers a SYN met.",
    "lb-any": "The same from one file, as `tcpdump -i any` on the LB writes it; nobody says that it shows both sides.",
    "inputs": "All relations, and in how many runs they hold: for the two files, for the one, for the two without saying "
    "which side is which, and for the two with the clock of the client side set wrong. With direct return both sides show "
    "the same packets, so without a word there is only one side.",
    "watches": "How long the connections with a hit took to set up: on the client side of the LB, to the microsecond, and as "
    "the clients measured it themselves. In the last three columns stand how many must be that close, and how many are; a run whose packets "
    "show that the clients' processes were late themselves counts for nothing there.",
}

_KNOWS = {
    "TIME_WAIT met by a SYN": "The LB's link to the server carries all that the server sees and says, a few "
    "microseconds before or after. So everything is comparable exactly, with one care: segments that cross on "
    "that link (`simultaneous` delays it by 5 ms) are captured in another order than the server saw them.",
    "TIME_WAIT not met": "The same link. These runs reuse tuples that the server does not hold, or no longer: "
    "what counts is that the tool finds nothing, and knows when a TIME_WAIT ends. Around its end, which Linux "
    "delays by up to 4 s, only the server's answer tells (`expiry-edge`).",
    "Other states met by a SYN": "The same link. In `half-open-loss` the wire behind it loses segments: there the "
    "server's own interface is compared exactly, and the link by what must hold in spite of it.",
    "Segments lost, or seen on one side only": "`loss-lb` loses segments at the LB's interfaces, before the capture "
    "on its way out and after the capture on its way in: the link still shows what the server saw. `loss-server` and "
    "`loss-wire` lose segments between link and server: the link shows SYNs that never arrived, and lacks answers "
    "that were sent. No analysis of such a capture can be exact; what it claims must still be true, so it is held to "
    "bounds, and the server's own interface to exactness. With direct server return (`dsr`) the LB sees one "
    "direction only, the server's interface both.",
    "Proxies": "The proxy's own connections to the server, on the same link. The proxy's kernel chooses its ISNs and "
    "timestamps for one host, so most reuses are let in.",
    "Segments made by hand": "The same link, without clients: a script sends each segment and knows what each must "
    "meet, so hits are compared one by one, with state, answer and reason. The runs themselves fail where the "
    "kernel does not answer as the reference says.",
}

_DIFFERENCES = """\
- `TcpExtTW` counts mini-sockets, and an orphan in FIN_WAIT_2 is one: `fin-wait-2` has many of them and no
  TIME_WAIT. The report keeps the two apart (`timeWaits.serverFinWait2`).
- An orphan in FIN_WAIT_2 that answers or resets a SYN moves no counter. Its answers have IP ID 0, like those
  of TIME_WAIT; those of a socket have not.
- `TcpExtPAWSTimewait` counts segments, not SYNs: an old RST, FIN or ACK moves it too (`crafted-timers`, `crafted-resets`).
- Without timestamps a refused SYN moves no counter; only one whose answer the rate limit withholds does.
- A SYN that TIME_WAIT refuses because nobody listens, or by its sequence number on a connection with
  timestamps, moves no counter either.
- A SYN that TIME_WAIT lets in moves no counter. Its ISN tells.
- `TcpExtTCPSYNChallenge` counts SYNs on live sockets whether or not they were answered.
- `TcpEstabResets` counts connections reset in ESTABLISHED and CLOSE_WAIT, by whomsoever, the server's own
  aborts included (`reset`); one that is killed in FIN_WAIT_1 or LAST_ACK is missing there.
- An application that has closed does not hear that its connection was reset.
- TIME_WAIT lasts 60 s and ends up to a granule of the kernel's timer wheel later; ss shows the nominal end,
  and so does the report's `freeAt`.
"""


@dataclass
class _Sum:
    """One relation of one capture over the runs of a scenario."""

    kernel: int = 0
    tool: int = 0
    judged: int = 0
    held: int = 0

    def add(self, result: Result) -> None:
        if not result.unsupported:
            self.kernel += result.kernel
            self.tool += result.tool
            self.judged += 1
            self.held += result.holds

    def cell(self) -> str:
        if not self.judged:
            return "–"
        text = f"{self.kernel:,} / {self.tool:,}"
        return text if self.held == self.judged else f"**{text}**"


@dataclass
class _Scenario:
    """All runs of a scenario, by capture and relation."""

    sums: dict[str, dict[str, _Sum]] = field(default_factory=dict)
    sights: dict[str, Sight] = field(default_factory=dict)
    runs: collections.Counter = field(default_factory=collections.Counter)
    exact: collections.Counter = field(default_factory=collections.Counter)

    def add(self, results: list[Result]) -> None:
        holding: dict[str, bool] = {}
        for result in results:
            self.sums.setdefault(result.capture, {}).setdefault(result.relation.name, _Sum()).add(result)
            self.sights[result.capture] = result.sight
            holding[result.capture] = holding.get(result.capture, True) and result.holds
        for capture, holds in holding.items():
            self.runs[capture] += 1
            self.exact[capture] += holds


def write(binary: Path, directories: list[Path], output: Path) -> int:
    """Judges all runs and writes the page. Returns the number of relations that do not hold."""
    runs = _runs(directories)
    found: dict[str, _Scenario] = collections.defaultdict(_Scenario)
    broken: list[tuple[int, Result]] = []
    judged = 0
    for run in runs:
        results = comparison.compare(run.directory, binary)
        found[run.name].add(results)
        judged += sum(not result.unsupported for result in results)
        broken += [(run.options.seed, result) for result in results if not result.holds]
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(_page(runs, found, judged, broken))
    return len(broken)


def _runs(directories: list[Path]) -> list[Run]:
    """The runs in these directories, or right below them, in the order of the table and of their seeds."""
    order = {scenario.name: number for number, scenario in enumerate(scenarios.TABLE)}
    runs = []
    for directory in directories:
        below = [directory] if (directory / "truth.json").exists() else sorted(directory.iterdir())
        runs += [Run(path) for path in below if (path / "truth.json").exists()]
    by_name = {scenario.name: scenario for scenario in scenarios.TABLE}
    seen = set()
    for run in runs:
        if run.name not in by_name or by_name[run.name].parsed(run.options.seed) != run.options:
            raise LabError(f"{run.directory}: not a scenario of the table, or of an earlier table")
        if (run.name, run.options.seed) in seen:
            raise LabError(f"{run.directory}: {run.name} with seed {run.options.seed} is there twice")
        seen.add((run.name, run.options.seed))
    return sorted(runs, key=lambda run: (order[run.name], run.options.seed))


def _page(runs: list[Run], found: dict[str, _Scenario], judged: int, broken: list[tuple[int, Result]]) -> str:
    seeds = sorted({run.options.seed for run in runs})
    kernels = sorted({".".join(run.kernel.split(".")[:2]) for run in runs})
    exact = len(runs) - len({(seed, result.run) for seed, result in broken})
    lines = [
        "# Validation: snat-audit beside the kernel",
        "",
        "Written by `Scripts/lab/lab validate`; change the lab, not this page.",
        "",
        textwrap.fill(
            f"{len(found)} scenarios were run with {_count(len(seeds), 'seed')} ({_ranges(seeds)}) on Linux "
            f"{', '.join(kernels)}, and snat-audit was given the packets alone. In each table, every cell shows the "
            "kernel's number, then snat-audit's, summed over the runs; – means that the two cannot be compared there, "
            "and bold that they differ in some run. Sockets are compared as sets of tuples.",
            _WIDTH,
        ),
        "",
        f"**{exact} of {len(runs)} runs are exact; {judged - len(broken):,} of {judged:,} relations hold.**",
        "",
        "What `whatif` forecasts is held against runs of its own: [forecasting.md](forecasting.md).",
        "",
    ]
    for title, group in scenarios.GROUPS.items():
        present = [scenario for scenario in group if scenario.name in found]
        if present:
            lines += _section(title, present, found)
    lines += _bounds(found)
    lines += _both_sides(found)
    lines += _differing(broken)
    lines += ["## What is compared, and when", ""]
    for relation in (*identities.RELATIONS, *join_identities.RELATIONS):
        lines.append(textwrap.fill(f"- **{relation.name}**: {relation.why}", _WIDTH, subsequent_indent="  "))
    lines += ["", "## Where counters and truth are known to differ", "", _DIFFERENCES]
    return "\n".join(lines)


def _section(title: str, present: list[scenarios.Scenario], found: dict[str, _Scenario]) -> list[str]:
    lines = [f"## {title}", "", textwrap.fill(_KNOWS[title], _WIDTH), ""]
    columns = (_OF_SYNS, _OF_STATE) if title != "Segments made by hand" else (_OF_SCRIPTS | _OF_SYNS, _OF_STATE)
    names = [scenario.name for scenario in present]
    lines += ["| scenario | options |", "| --- | --- |"]
    lines += [f"| {scenario.name} | `{scenario.options}` |" for scenario in present] + [""]
    for number, chosen in enumerate(columns):
        if number:
            lines += ["What the server held in the end, and what was killed:", ""]
        lines += _table(chosen, names, found, with_verdict=bool(number))
    return lines


def _both_sides(found: dict[str, _Scenario]) -> list[str]:
    """The join: a row a scenario; of set-up times only scenarios in which somebody waited for one."""
    lines = ["## Both sides of the load balancer", ""]
    everywhere, timed = list(found), [name for name in found if _joined_sum(found[name], "connects that succeeded = connected").kernel]
    for title, columns, names, capture in (
        ("two files", _OF_JOIN, everywhere, "two files"),
        ("watches", _OF_WATCHES, timed, "two files"),
        ("lb-any", _OF_JOIN, everywhere, "lb-any"),
    ):
        table = _table(columns, names, found, with_verdict=columns is _OF_JOIN, joined=capture)
        lines += [textwrap.fill(_JOIN_KNOWS[title], _WIDTH), "", *table]
    return lines + _summed(found)


def _summed(found: dict[str, _Scenario]) -> list[str]:
    """Every input that shows both sides, over all scenarios."""
    relations = dict.fromkeys(relation.name for relation in join_identities.RELATIONS)
    names = [given.name for given in join_identities.INPUTS]
    lines = [textwrap.fill(_JOIN_KNOWS["inputs"], _WIDTH), "", "| relation | " + " | ".join(names) + " |"]
    lines.append("| --- |" + " ---: |" * len(names))
    for relation in relations:
        cells = []
        for name in names:
            sums = [_joined_sum(scenario, relation, name) for scenario in found.values()]
            held, judged = sum(each.held for each in sums), sum(each.judged for each in sums)
            cells.append("–" if not judged else f"{held} of {judged}" if held == judged else f"**{held} of {judged}**")
        lines.append(f"| {relation} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def _joined_sum(scenario: _Scenario, relation: str, given: str = join_identities.TWO_FILES.name) -> _Sum:
    return scenario.sums.get(given, {}).get(relation, _Sum())


def _table(
    columns: dict[str, str], names: list[str], found: dict[str, _Scenario], with_verdict: bool, joined: str = ""
) -> list[str]:
    """A row for each capture that shows all of the server's segments, or for the input that shows both sides."""
    rows = [
        (name, "server" if joined else capture, [sums.get(relation, _Sum()).cell() for relation in columns])
        for name in names
        for capture, sums in found[name].sums.items()
        if (capture == joined if joined else found[name].sights[capture] is Sight.COMPLETE)
    ]
    rows = [row for row in rows if any(cell != "–" for cell in row[2])]
    # A column that no run of the class can fill says nothing.
    kept = [number for number in range(len(columns)) if any(cells[number] != "–" for _, _, cells in rows)]
    headings = list(columns.values())
    lines = ["| scenario | " + " | ".join(headings[number] for number in kept) + (" | exact |" if with_verdict else " |")]
    lines.append("| --- |" + " ---: |" * len(kept) + (" --- |" if with_verdict else ""))
    for name, capture, cells in rows:
        label = name if capture == "server" else f"{name}, {capture}"
        exact, judged = found[name].exact[joined or capture], found[name].runs[joined or capture]
        verdict = f" {exact} of {judged} |" if with_verdict else ""
        lines.append(f"| {label} | " + " | ".join(cells[number] for number in kept) + " |" + verdict)
    return [*lines, ""]


def _bounds(found: dict[str, _Scenario]) -> list[str]:
    rows = []
    for name, scenario in found.items():
        for capture, sums in scenario.sums.items():
            if scenario.sights[capture] in (Sight.LOSSY, Sight.ONE_WAY):
                rows += [
                    f"| {name}, {capture} | {relation} | {total.kernel:,} / {total.tool:,} | {total.held} of {total.judged} |"
                    for relation, total in sums.items()
                    if total.judged
                ]
    if not rows:
        return []
    heading = ["## Captures that miss segments", "", "Bounds that hold whatever was lost:", ""]
    return [*heading, "| capture | relation | kernel / snat-audit | holds |", "| --- | --- | ---: | --- |", *rows, ""]


def _differing(broken: list[tuple[int, Result]]) -> list[str]:
    lines = ["## Runs that differ", ""]
    if not broken:
        return [*lines, "None.", ""]
    lines += ["| seed | capture | relation | kernel | snat-audit | |", "| ---: | --- | --- | ---: | ---: | --- |"]
    for seed, result in broken:
        detail = result.difference.removeprefix("DIFFERENT").removeprefix(": ")
        numbers = f"{result.kernel} | {result.tool}"
        lines.append(f"| {seed} | {result.run}/{result.capture} | {result.relation.name} | {numbers} | {detail} |")
    return [*lines, ""]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number != 1 else ''}"


def _ranges(numbers: list[int]) -> str:
    """5, 6, 7, 9 as `5 to 7, 9`."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return ", ".join(str(part[0]) if len(part) == 1 else f"{part[0]} to {part[-1]}" for part in parts)
