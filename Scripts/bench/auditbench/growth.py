"""What a packet costs as captures grow longer, and as more tuples are alive."""

import os
import subprocess
import sys
import tempfile

from . import runs, tables

MILLION = 1_000_000
# Packets, in which as many attempts are as a forecast keeps.
SHORT = 200_000


def growth(arguments, generator):
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "report.json")
        command = [arguments.binary, "analyze", "--max-findings", "1000",
                   "--report", f"json={report}", "--server"]
        longer(arguments, generator, command)
        print()
        more_live(arguments, generator, command)
    return True


def longer(arguments, generator, command):
    """From 1 million packets up, at the same number of tuples alive.

    Starting, reporting and forecasting, which knows no more than so many attempts, cost the same for all: what a
    short capture takes that begins alike is taken off.
    """
    sizes = [size * MILLION for size in (1, 2, 5, 10, 20, 50, 100)]
    short, *found = [
        generator.capture("--packets", size, "--rate", 200, "--snat-addresses", 2)
        for size in (SHORT, *sizes) if size <= arguments.packets]
    start, *done = interleaved([short, *found], command, arguments.rounds)
    rows, first = [], None
    for capture, its in zip(found, done):
        packets = capture.packets - short.packets
        cost = runs.median([run.wall - least.wall for run, least in zip(its, start)]) / packets * 1e9
        cpu = runs.median([run.cpu - least.cpu for run, least in zip(its, start)]) / packets * 1e9
        first = first or cost
        rows.append({
            "million packets": capture.packets // MILLION,
            "tuples alive": capture.truth["mostLive"],
            "seconds": f"{runs.median([run.wall for run in its]):.2f}",
            "ns per packet": f"{cost:.1f}",
            "CPU ns": f"{cpu:.1f}",
            "of the first": f"{cost / first:.2f}",
            "peak MB": f"{max(run.peak for run in its) / 1e6:.0f}",
        })
    print("Longer captures:\n")
    tables.show("growth-length", rows)


def more_live(arguments, generator, command):
    """Requests on connections taken at random, from 1 thousand to 10 million.

    To open them all takes packets, too: two captures that begin alike differ by the requests, and
    what these cost is the difference of the times.
    """
    extra = min(arguments.packets, 10 * MILLION)
    counts = [count for count in (1_000, 10_000, 100_000, MILLION, 10 * MILLION)
              if count <= arguments.live]
    rows, first, least = [], None, None
    for count in counts:
        options = ["--idle", count, "--rate", 20, "--requests", MILLION, "--data", 0,
                   "--snat-addresses", max(2, count // 50_000)]
        opening = generator.capture("--packets", 3 * count + 10_000, *options)
        whole = generator.capture("--packets", 3 * count + 10_000 + extra, *options)
        pairs = list(zip(*interleaved([opening, whole], command, arguments.rounds)))
        probe = runs.median([probe_cost(generator, count) for _ in range(arguments.rounds)])
        cost = runs.median([(long.wall - short.wall) / extra * 1e9 for short, long in pairs])
        cpu = runs.median([(long.cpu - short.cpu) / extra * 1e9 for short, long in pairs])
        peak = max(long.peak for _, long in pairs)
        first, least = first or (cost, probe), least or peak
        rows.append({
            "tuples alive": count,
            "ns per packet": f"{cost:.1f}",
            "CPU ns": f"{cpu:.1f}",
            "ns per random probe": f"{probe:.1f}",
            "grown by": f"{cost - first[0]:.1f}",
            "probe grown by": f"{probe - first[1]:.1f}",
            "packet / probe": f"{cost / probe:.2f}",
            "peak MB": f"{peak / 1e6:.0f}",
            "bytes per tuple": f"{(peak - least) / count:.0f}" if peak > least else "",
        })
    print("More tuples alive:\n")
    tables.show("growth-live", rows)


def probe_cost(generator, entries):
    """Nanoseconds per random probe of a table of so many entries of 256 bytes."""
    program = generator.programs / "random-probe"
    done = subprocess.run([program, str(entries), str(10 * MILLION)], check=True,
                          capture_output=True, text=True)
    return float(done.stdout)


def interleaved(found, command, rounds):
    """The runs over each capture, in rounds over all of them."""
    done = [[] for _ in found]
    for number in range(rounds):
        for capture, its in zip(found, done):
            print(f"round {number + 1}, {capture.packets} packets ...", file=sys.stderr)
            if number == 0:
                runs.warm(capture.server)
            its.append(runs.run([*command, capture.server]))
    return done
