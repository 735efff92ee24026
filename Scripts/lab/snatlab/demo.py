"""The demonstration: the incident in a box, told in a screen or two.

What `make lab` shows. One run, snat-audit's view of it, and three witnesses: the server's kernel,
the LB's conntrack, and the clients' watches.
"""

from __future__ import annotations

import os
import pty
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from . import clients, comparison, conntrack, experiment, join_identities, leftovers, options, verdict
from .identities import Sight
from .recorded import Run

_OPTIONS = ("--conns", "70", "--ports", "40")
_FIRST_SCREEN = 26
_WIDEST = 100

_OPENING = """\
THE INCIDENT IN A BOX  a network in namespaces of this machine

  4 clients 172.16.1.x ---.
                           LB 172.20.1.1:80 ------- server 192.168.1.1:80
  4 clients 172.16.2.x ---'   |                       |
                              SNAT to 10.10.1.1,      closes first, so it holds
                              ports 4000-4039;        each tuple in TIME_WAIT
                              forgets a connection    for 60 s
                              1 s after its close

  {connections} connections within {seconds:.0f} s have to share {ports} ports. The LB gives ports away
  again that the server still holds: SYNs meet TIME_WAIT, and clients wait.
"""


def run(binary: Path, keep: Path | None) -> int:
    """One collide run, shown. Returns 1 when an identity is broken."""
    chosen = options.parse(list(_OPTIONS))
    first, last = chosen.port_range
    print(_OPENING.format(connections=2 * chosen.conns, seconds=chosen.conns / chosen.rate, ports=last - first + 1))
    with ExitStack() as cleanup:
        # An interrupt while the run is analysed must leave as little behind as one during the run.
        directory = keep or leftovers.directory(Path(tempfile.gettempdir()), cleanup) / "collide"
        print("  running, 10 s or so ...", end="", flush=True)
        begin = time.monotonic()
        try:
            experiment.run(chosen, directory)
        except BaseException:
            print()
            raise
        print(f" {time.monotonic() - begin:.0f} s.")
        _show_report(binary, directory / "server.pcap")
        broken = _show_kernel(binary, directory)
        _show_conntrack(directory / "conntrack.txt")
        _show_clients(binary, directory)
    if keep:
        print(f"\nThe captures are in {keep}.")
    return 1 if broken else 0


def _heading(title: str, remark: str = "") -> None:
    print(f"\n{title}  {remark}".rstrip())


def _show_report(binary: Path, capture: Path) -> None:
    _heading("WHAT SNAT-AUDIT SAYS", "about the packets on the LB's link to the server")
    text = _on_a_terminal(binary, capture) if sys.stdout.isatty() else verdict.text(binary, capture)
    lines = text.splitlines()
    shown = _first_screen(lines)
    print("\n".join(f"  {line}".rstrip() for line in lines[:shown]))
    if shown < len(lines):
        print(f"  ... and {len(lines) - shown} more lines")


def _first_screen(lines: list[str]) -> int:
    """As many lines as fit, to the end of a paragraph."""
    if len(lines) <= _FIRST_SCREEN:
        return len(lines)
    paragraphs = [number for number, line in enumerate(lines[: _FIRST_SCREEN + 1]) if not line.strip()]
    return paragraphs[-1] if paragraphs else _FIRST_SCREEN


def _on_a_terminal(binary: Path, capture: Path) -> str:
    """The text report as snat-audit would show it here, less two columns: with colours, and lines that fit."""
    width = min(shutil.get_terminal_size().columns, _WIDEST) - 2
    ours, theirs = pty.openpty()
    command = [str(binary.absolute()), "analyze", "--server", capture.name, "--report", "text"]
    try:
        subprocess.run(["stty", "cols", str(width), "-opost"], stdin=theirs, check=True)
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=theirs, cwd=capture.parent) as process:
            os.close(theirs)
            pieces = []
            while piece := _read(ours):
                pieces.append(piece)
        if process.returncode:
            return verdict.text(binary, capture)
    finally:
        os.close(ours)
    return b"".join(pieces).decode()


def _read(descriptor: int) -> bytes:
    """Linux says EIO when the last writer of a terminal has gone."""
    try:
        return os.read(descriptor, 65536)
    except OSError:
        return b""


def _show_kernel(binary: Path, directory: Path) -> int:
    results = [result for result in comparison.compare(directory, binary, [join_identities.TWO_FILES]) if not result.unsupported]
    _heading("SNAT-AUDIT BESIDE THE KERNEL", "packets against counters and sockets")
    _show_results([result for result in results if result.sight is not Sight.JOINED], "kernel")
    _heading("SNAT-AUDIT BESIDE THE LB AND ITS CLIENTS", "both sides joined")
    _show_results([result for result in results if result.sight is Sight.JOINED], "lab")
    return sum(not result.holds for result in results)


def _show_results(results: list[comparison.Result], witness: str) -> None:
    print(f"  {'':50} {witness:>7} {'tool':>7}")
    for result in results:
        said = ("equal" if result.relation.sign == "=" else "within") if result.holds else "DIFFERENT"
        print(f"  {result.relation.name:50} {result.kernel:7} {result.tool:7}  {said}")


def _show_conntrack(events: Path) -> None:
    _heading("THE LB'S OWN ACCOUNT", "conntrack's events")
    seen = conntrack.reuse(events)
    again = f"again after {_duration(min(seen.pauses))} at the least, {_duration(statistics.median(seen.pauses))} in the median"
    print(f"  {seen.ports} ports, given away {seen.given} times;\n  {again}")


def _show_clients(binary: Path, directory: Path) -> None:
    _heading("WHAT THE CLIENTS WAITED FOR", "their own connect()")
    times = clients.connect_times(Run(directory), verdict.analyze(binary, directory / "server.pcap"))
    print(f"  {'':36} {'connections':>11} {'median':>9} {'99 %':>9} {'longest':>9}")
    names = {
        "refused": "a SYN was refused by a held tuple",
        "accepted": "the SYN met one and was let in",
        "nothing": "the SYN met nothing",
    }
    for group, name in names.items():
        measured = times[group]
        if measured.seconds:
            columns = (_duration(measured.quantile(share)) for share in (0.5, 0.99, 1))
            print(f"  {name:36} {len(measured.seconds):11}" + "".join(f" {column:>9}" for column in columns))


def _duration(seconds: float) -> str:
    if seconds < 0.001:
        return f"{seconds * 1e6:.0f} us"
    return f"{seconds * 1000:.2f} ms" if seconds < 1 else f"{seconds:.2f} s"
