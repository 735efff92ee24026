"""One run from an empty machine to a directory of captures, and back to an empty machine."""

from __future__ import annotations

import dataclasses
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from . import capture, evidence, leftovers, loss, processes, proxies, requirements, topology, translation, truth
from .addresses import SIDES
from .errors import LabError
from .options import L7_MODES, Options

_CLIENT_FILES = {1: "clients-a.json", 2: "clients-c.json"}
_READY_PATIENCE = 10.0


class Interrupted(Exception):
    """A signal asked the lab to end: unwinds like any failure, so everything is torn down."""


def run(options: Options, output: Path) -> dict[str, int]:
    """Runs one experiment and returns its facts. `output` appears only when the run succeeded."""
    requirements.check(options)
    output.parent.mkdir(parents=True, exist_ok=True)
    leftovers.remove(output.parent)
    with ExitStack() as cleanup:
        interrupt_on_signals(cleanup)
        unfinished = leftovers.directory(output.parent, cleanup)
        scratch = leftovers.directory(Path(tempfile.gettempdir()), cleanup)
        cleanup.callback(_ignore_signals)
        facts = _Experiment(options, unfinished, scratch, cleanup).run()
        unfinished.chmod(0o755)
        if output.exists():
            shutil.rmtree(output)
        os.replace(unfinished, output)
    return facts


class _Experiment:
    def __init__(self, options: Options, output: Path, scratch: Path, cleanup: ExitStack) -> None:
        self.options = options
        self.output = output
        self.scratch = scratch
        self.net = topology.Topology(options)
        self.started = processes.Processes()
        # Undone in reverse: first the programs, then the namespaces they ran in.
        cleanup.callback(self.net.destroy)
        cleanup.callback(self.started.stop_all)

    def run(self) -> dict[str, int]:
        self.net.build()
        if self.options.has_wire:
            self._start_wire()
        if self.options.translates:
            translation.install(self.net)
        if self.options.loss > 0 and self.options.loss_at == "lb":
            loss.install(self.net)
        server = self._start_server()
        if self.options.mode in L7_MODES:
            proxies.start(self.net, self.started, self.scratch)

        captures = capture.Captures(self.net, self.started, self.output)
        captures.start()
        events = capture.Events(self.net, self.started, self.output)
        if self.options.translates:
            events.start()
        counters = truth.Counters(server.pid)
        counters.begin()

        clients = self._start_clients(server.pid)
        self._await("done", clients, self.options.seconds_at_most)
        counters.wait_until_quiet(self.options.settle)

        reading = counters.changes()
        time_wait = truth.time_wait(self.net.server)
        sockets = truth.sockets(self.net.server)
        capture_counts = captures.stop()
        counters.require_unmoved(reading)
        events.stop()
        lost = self._lost()
        # SIGTERM makes the server write what its application saw; then nobody is left to react to the end.
        self.started.stop(server)
        self._write_truth(reading, time_wait, sockets, capture_counts, lost)
        return evidence.collect(self.output, reading, sockets)

    def _start_wire(self) -> None:
        settings = {
            "loss": self.options.loss,
            "loss_at": self.options.loss_at,
            "delay_ms": self.options.delay_ms,
            "seed": self.options.seed,
            "log": str(self.output / "lost.ndjson"),
        }
        self._start_helper("wire", settings, self.net.wire)

    def _start_server(self) -> subprocess.Popen:
        # An empty address listens on all: with direct return the server owns the virtual address too.
        any_address = "::" if self.net.plan.v6 else "0.0.0.0"
        settings = {
            "options": dataclasses.asdict(self.options),
            "address": any_address if self.options.mode == "dsr" else self.net.plan.server,
            "report": str(self.output / "server.json"),
        }
        return self._start_helper("server", settings, self.net.server)

    def _start_clients(self, server_process: int) -> list[subprocess.Popen]:
        if self.options.mode == "crafted":
            return [self._start_script(server_process)]
        return [self._start_client(side) for side in SIDES]

    def _start_script(self, server_process: int) -> subprocess.Popen:
        settings = {
            "options": dataclasses.asdict(self.options),
            "source": self.net.plan.crafted,
            "target": self.net.plan.server,
            "first_port": self.options.port_range[0],
            "server_process": server_process,
            "report": str(self.output / "crafted.json"),
        }
        command = topology.helper("scripts", json.dumps(settings))
        return self.started.start(command, self.net.lb, stdout=subprocess.PIPE, stderr=self.scratch / "script.messages")

    def _start_client(self, side: int) -> subprocess.Popen:
        plan = self.net.plan
        settings = {
            "options": dataclasses.asdict(self.options),
            "side": side,
            "sources": [plan.client(side, number) for number in range(1, self.options.clients + 1)],
            "target": plan.virtual,
            "report": str(self.output / _CLIENT_FILES[side]),
        }
        command = topology.helper("client", json.dumps(settings))
        messages = self.scratch / f"client{side}.messages"
        return self.started.start(command, self.net.client(side), stdout=subprocess.PIPE, stderr=messages)

    def _start_helper(self, module: str, settings: dict, namespace: str) -> subprocess.Popen:
        command = topology.helper(module, json.dumps(settings))
        messages = self.scratch / f"{module}.messages"
        process = self.started.start(command, namespace, stdout=subprocess.PIPE, stderr=messages)
        self._await("ready", [process], _READY_PATIENCE)
        return process

    def _await(self, word: str, programs: list[subprocess.Popen], seconds: float) -> None:
        """Waits until each program has said the word on its standard output."""
        deadline = time.monotonic() + seconds
        waiting = {program.stdout: program for program in programs}
        while waiting:
            readable, _, _ = select.select(list(waiting), [], [], max(0.0, deadline - time.monotonic()))
            if not readable:
                raise LabError(f"{len(waiting)} program(s) not {word} after {seconds:.0f} s")
            for stream in readable:
                said = os.read(stream.fileno(), 100).decode().strip()
                if said != word:
                    raise LabError(f"a program ended early: {self._messages() or said or 'without a word'}")
                del waiting[stream]

    def _messages(self) -> str:
        return " ".join(file.read_text().strip() for file in sorted(self.scratch.glob("*.messages"))).strip()

    def _lost(self) -> dict[str, int]:
        """Segments that the run lost on purpose, by the interface they were lost at."""
        if self.options.has_wire:
            log = self.output / "lost.ndjson"
            directions = [json.loads(line)["toward"] for line in log.read_text().splitlines()]
            return {f"wire toward {name}": directions.count(name) for name in sorted(set(directions))}
        if self.options.loss > 0:
            return loss.count(self.net)
        return {}

    def _write_truth(self, counters: dict, time_wait: list, sockets: list, captures: dict, lost: dict) -> None:
        content = {
            "args": self.options.as_arguments(),
            "server_counters": truth.nonzero(counters),
            "time_wait_at_end": time_wait,
            "sockets_at_end": sockets,
            "captures": captures,
            "lost": lost,
            "kernel": os.uname().release,
        }
        (self.output / "truth.json").write_text(json.dumps(content, indent=1) + "\n")


def interrupt_on_signals(cleanup: ExitStack) -> None:
    """From now until the cleanup, a signal raises Interrupted."""

    def interrupt(number: int, _frame) -> None:
        raise Interrupted(signal.Signals(number).name)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        cleanup.callback(signal.signal, number, signal.signal(number, interrupt))


def _ignore_signals() -> None:
    """First step of every teardown: a second Ctrl-C must not stop it half-way."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
