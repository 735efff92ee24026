"""The short form for `make test`: a handful of telling scenarios, side by side, each compared exactly."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from . import comparison, experiment, join_identities, leftovers, processes, requirements, scenarios
from .errors import LabError

SCENARIOS = ("no-timestamps", "rfc1337", "half-open", "collide", "exhausted", "v6", "l7-http", "l7-pool", "crafted-rules", "client-fin", "reset")
"""The slowest first, so that the others fill the gaps."""

_AT_ONCE = 3
"""Scenarios mostly wait. More of them at once would make tcpdump and the relay late on two cores."""

_LAB = Path(__file__).resolve().parent.parent / "lab"


def run(binary: Path, budget: float, names: list[str]) -> int:
    """Runs, compares, says one line a scenario and a plain last one. Returns the exit code."""
    chosen = scenarios.choose(names or list(SCENARIOS), short=False)
    reason, is_missing_program = _why_not(chosen)
    if reason:
        print(f"lab skipped: {reason}")
        # Where the machine is set up on purpose, a forgotten package must not pass for a test that ran.
        return 1 if is_missing_program and os.environ.get("CI") else 0
    with ExitStack() as cleanup:
        experiment.interrupt_on_signals(cleanup)
        directory = leftovers.directory(Path(tempfile.gettempdir()), cleanup)
        outcomes = _Test(binary, directory, time.monotonic() + budget).run(chosen)
    exact, different = outcomes.count(True), outcomes.count(False)
    late = outcomes.count(None)
    print(f"lab: {exact} scenarios exact, {different} different" + (f", {late} not run for lack of time" if late else ""))
    return 1 if different or (late and os.environ.get("CI")) else 0


def _why_not(chosen: list[scenarios.Scenario]) -> tuple[str, bool]:
    """Why the lab cannot run here, and whether all it takes is a package."""
    if os.geteuid() != 0:
        return "not root, and it makes network namespaces", False
    wanted = dict.fromkeys(program for scenario in chosen for program in requirements.programs_for(scenario.parsed()))
    if missing := requirements.missing(list(wanted)):
        return missing, True
    name = leftovers.name("probe")
    try:
        processes.run(["ip", "netns", "add", name])
        processes.run(["ip", "netns", "del", name])
    except LabError as error:
        return f"no network namespaces here ({error})", False
    return "", False


class _Test:
    def __init__(self, binary: Path, directory: Path, deadline: float) -> None:
        self.binary = binary
        self.directory = directory
        self.deadline = deadline
        self.running: set[subprocess.Popen] = set()
        self.lock = threading.Lock()

    def run(self, chosen: list[scenarios.Scenario]) -> list[bool | None]:
        """True, False, or None for a scenario that there was no time for."""
        pool = ThreadPoolExecutor(_AT_ONCE)
        try:
            return list(pool.map(self.judge, chosen))
        except BaseException:
            # Each lab tears itself down; leaving before they have would take their directories away.
            self.deadline = 0
            self.interrupt_all()
            raise
        finally:
            pool.shutdown(cancel_futures=True)

    def judge(self, scenario: scenarios.Scenario) -> bool | None:
        begin = time.monotonic()
        said = self.run_one(scenario)
        if said:
            # The run itself was spoilt, by a busy machine as a rule; a verdict is never asked for twice.
            print(f"{scenario.name}: once more, since {said}", flush=True)
            shutil.rmtree(self.directory / scenario.name, ignore_errors=True)
            said = self.run_one(scenario)
        if said is None:
            print(f"{scenario.name}: not run for lack of time", flush=True)
            return None
        if said:
            print(f"{scenario.name}: {said}", flush=True)
            return False
        results = comparison.compare(self.directory / scenario.name, self.binary, join_identities.SHORT)
        broken = [result for result in results if not result.holds]
        judged = sum(not result.unsupported for result in results)
        verdict = f"{judged} relations exact" if not broken else f"{len(broken)} of {judged} relations DIFFERENT"
        print(f"{scenario.name}: {verdict} ({time.monotonic() - begin:.0f} s)", flush=True)
        for result in broken:
            numbers = f"kernel {result.kernel}, snat-audit {result.tool}"
            print(f"  {result.capture}: {result.relation.name}: {numbers}; {result.difference}")
        return not broken

    def run_one(self, scenario: scenarios.Scenario) -> str | None:
        """Runs a scenario in a process of its own: empty when all is well, None when time was up."""
        remaining = self.deadline - time.monotonic()
        if remaining <= 0:
            return None
        command = [sys.executable, "-B", str(_LAB), "scenarios", scenario.name, "--output", str(self.directory)]
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=processes.interrupt_with_parent,
        )
        with self.lock:
            self.running.add(process)
        try:
            output, _ = process.communicate(timeout=remaining)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
            process.communicate()
            return None
        finally:
            with self.lock:
                self.running.discard(process)
        return "" if process.returncode == 0 else output.strip()

    def interrupt_all(self) -> None:
        with self.lock:
            for process in self.running:
                process.send_signal(signal.SIGINT)
