"""Whole processes over one capture, in rounds, so that a busy machine slows all of them alike."""

import json
import shutil
import sys
import tempfile
from pathlib import Path

from . import captures, runs, tables, truth


class Program:
    """A command over a capture; slow ones get a tenth of the packets."""

    def __init__(self, name, command, cpu=None, isSlow=False):
        self.name, self.command, self.cpu, self.isSlow = name, command, cpu, isSlow
        self.runs = []


def compare(arguments, generator):
    whole = generator.capture("--packets", arguments.packets, "--seed", arguments.seed, client=True)
    tenth = generator.capture("--packets", arguments.packets // 10, "--seed", arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        programs = ours(arguments.binary, whole, Path(folder)) + others(generator, Path(folder))
        runs.warm(whole.server, whole.client, tenth.server)
        for number in range(arguments.rounds):
            for program in programs:
                print(f"round {number + 1}, {program.name} ...", file=sys.stderr)
                input = (tenth if program.isSlow else whole).server
                program.runs.append(runs.run(program.command(input), program.cpu))
        wrong = check(whole, Path(folder))
    show(programs, whole, tenth, arguments)
    print("\nAll counts are right." if not wrong else "\nWrong: " + "; ".join(wrong))
    return not wrong


def ours(binary, capture, folder):
    def analyze(name, *inputs, limit="1000"):
        report = f"json={folder / name}"
        return lambda _: [binary, "analyze", *inputs, "--max-findings", limit, "--report", report]

    server, client = ("--server", capture.server), ("--client", capture.client)
    return [
        Program("snat-audit", analyze("server.json", *server)),
        Program("snat-audit, one core", analyze("one-core.json", *server), cpu=0),
        Program(
            "snat-audit, all findings listed",
            analyze("listed.json", *server, limit="100000")),
        Program("snat-audit, client side", analyze("client.json", *client)),
        Program("snat-audit, both sides joined", analyze("joined.json", *client, *server)),
    ]


def others(generator, folder):
    """libpcap's empty loop first, then what is installed."""
    flows = folder / "flows"
    flows.mkdir()
    all = [
        Program("tcpdump", lambda path: ["tcpdump", "-r", path, "-w", "/dev/null"]),
        Program("nfpcapd", lambda path: ["nfpcapd", "-r", path, "-w", flows]),
        Program("argus", lambda path: ["argus", "-X", "-r", path, "-w", "/dev/null"], isSlow=True),
        Program("tcptrace", lambda path: ["tcptrace", "-n", path], isSlow=True),
        Program(
            "tshark",
            lambda path: ["tshark", "-n", "-r", path, "-Y", "tcp.analysis.reused_ports"],
            isSlow=True),
    ]
    empty = generator.programs / "empty-loop"
    return [Program("libpcap, empty loop", lambda path: [empty, path])] + [
        program for program in all if shutil.which(program.name)]


def check(capture, folder):
    """What the last round's reports count wrong."""
    wrong = []
    for name, joined in (
            ("server", False), ("one-core", False), ("listed", False), ("joined", True)):
        report = json.loads((folder / f"{name}.json").read_text())
        wrong += [f"{name}: {text}" for text in truth.differences(report, capture, joined)]
    if (folder / "server.json").read_bytes() != (folder / "one-core.json").read_bytes():
        wrong.append("one core gives another report than all")
    return wrong


def show(programs, whole, tenth, arguments):
    by_name = {program.name: program for program in programs}
    floor = by_name["libpcap, empty loop"]
    rows = []
    for program in programs:
        packets = (tenth if program.isSlow else whole).packets
        if "joined" in program.name:
            packets += whole.truth["packets"]["client"]
        share = whole.packets / packets
        ratios = [run.wall * share / empty.wall for run, empty in zip(program.runs, floor.runs)]
        walls = [run.wall for run in program.runs]
        low, high = runs.spread(ratios)
        rows.append({
            "program": program.name,
            "packets": packets,
            "seconds": f"{runs.median(walls):.2f}",
            "from, to": "{:.2f}, {:.2f}".format(*runs.spread(walls)),
            "CPU s": f"{runs.median([run.cpu for run in program.runs]):.2f}",
            "million/s": f"{packets / runs.median(walls) / 1e6:.2f}",
            "per packet, of the empty loop": f"{runs.median(ratios):.2f}",
            "ratio from, to": f"{low:.2f}, {high:.2f}",
            "peak MB": f"{max(run.peak for run in program.runs) / 1e6:.0f}",
        })
    joined = by_name["snat-audit, both sides joined"].runs
    alone = zip(by_name["snat-audit"].runs, by_name["snat-audit, client side"].runs)
    extra = [both.wall / (one.wall + other.wall) for both, (one, other) in zip(joined, alone)]
    print(f"{whole.packets} packets, {whole.truth['mostLive']} tuples alive at most, medians of "
          f"{arguments.rounds} rounds; argus, tcptrace and tshark read a tenth.\n")
    tables.show("compare", rows)
    print("\nBoth sides joined take {:.2f} times what they take alone (from {:.2f} to {:.2f})."
          .format(runs.median(extra), *runs.spread(extra)))
