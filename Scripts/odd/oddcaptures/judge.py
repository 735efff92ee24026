"""One run of snat-audit, and what is wrong with it."""

import json
import re
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

# Seconds; what a run may take at most.
LIMIT = 10


@dataclass
class Case:
    name: str
    path: Path
    plain: Path
    # What is wrong with its compression.
    wrong: str


@dataclass
class Result:
    seconds: float = 0
    ending: str = ""
    faults: list = field(default_factory=list)


@dataclass
class Run:
    """What a run left behind."""
    status: int
    messages: list
    capture: dict
    faults: list
    seconds: float


def _run(case, binary):
    begin = time.monotonic()
    try:
        process = subprocess.run(
            [binary, "analyze", "--server", str(case.path), "--report", "json"], capture_output=True,
            timeout=4 * LIMIT, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return Run(-1, [], {}, ["does not end"], time.monotonic() - begin)
    seconds = time.monotonic() - begin
    faults = [f"takes {seconds:.1f} s"] if seconds > LIMIT else []
    messages = [line for line in process.stderr.decode(errors="replace").splitlines() if line]
    if process.returncode not in (0, 2):
        return Run(process.returncode, messages, {}, faults + [f"exit {process.returncode}: {messages[-3:]}"], seconds)
    try:
        capture = json.loads(process.stdout)["captures"][0]
    except (ValueError, KeyError, IndexError) as error:
        return Run(process.returncode, messages, {}, faults + [f"no report: {error}"], seconds)
    return Run(process.returncode, messages, capture, faults, seconds)


def check(case, binary, libpcap, counts):
    """Holds a run against libpcap, and against the counts of capinfos."""
    run = _run(case, binary)
    result = Result(run.seconds, faults=run.faults)
    if not run.capture:
        result.ending = "without a report"
        return result
    expect = result.faults.append
    if (wanted := {0: 0, 2: 1}[run.status]) != len(run.messages):
        expect(f"exit {run.status} with {len(run.messages)} lines: {run.messages[:3]}")
    packets = run.capture["packets"]
    accounted = run.capture["tcpSegments"] + run.capture["duplicates"] + sum(run.capture["skipped"].values())
    if packets != accounted:
        expect(f"{packets} packets, {accounted} accounted for")
    result.ending = _compare(case, run, libpcap.read(str(case.plain)), counts.get(str(case.plain)), expect)
    return result


def _is_overcautious(error):
    """Whether libpcap refuses without need: interfaces that differ, sections of both byte orders. It looks
    at the length of a section's header before it looks at the byte order."""
    if "different from the" in error or "different byte orders" in error:
        return True
    size = re.fullmatch(r"pcapng block size (\d+) > maximum.*", error)
    return size is not None and int.from_bytes(int(size[1]).to_bytes(4, "little"), "big") < 1024


def _compare(case, run, reading, counted, expect):
    """Says what kind of file it was."""
    packets, message = run.capture["packets"], " ".join(run.messages)
    what = f"exit {run.status}, {packets} packets ({message}); libpcap: {reading}, capinfos: {counted}"
    if case.wrong == "damaged":
        if run.status != 2 or packets > reading.packets and not reading.error:
            expect(f"damaged compression: {what}")
        return "with damaged compression"
    if "its link type" in message or not reading.is_refused and not reading.is_ours and run.status == 0:
        # In pcapng another interface than the first, which libpcap goes by, may be one of ours.
        if run.status == 0 and counted not in (None, packets) or run.status == 2 and (
                packets or reading.is_ours or reading.link not in message):
            expect(f"link type: {what}")
        return "of other link types"
    if reading.error and _is_overcautious(reading.error):
        if packets < reading.packets or counted is not None and run.status == 0 and packets != counted:
            expect(f"libpcap stops without need: {what}")
        return "where libpcap stops without need"
    if reading.is_refused:
        is_cut = "truncated" in reading.error and case.wrong
        if run.status != 2 and not is_cut:
            expect(f"refused by libpcap: {what}")
        return "refused"
    if packets != reading.packets:
        expect(f"counts differ: {what}")
    is_whole = reading.error is None and not case.wrong
    if is_whole:
        if run.status != 0 or run.capture["truncated"] or counted is not None and counted != packets:
            expect(f"whole: {what}")
        return "read whole"
    if reading.is_cut or reading.error is None:
        if run.status != 0 or not run.capture["truncated"]:
            expect(f"cut: {what}")
        return "read up to a cut"
    if run.status != 2:
        expect(f"damaged: {what}")
    return "read up to damage"
