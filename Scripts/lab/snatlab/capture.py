"""What is recorded while the clients run: packets at three points of the LB, and conntrack's events."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from . import processes
from .addresses import SIDES
from .errors import LabError
from .topology import Topology

_START_PATIENCE = 10.0
_BUFFER_KIB = 16384
_NETLINK_NETFILTER = "12"


@dataclass
class _Tap:
    file: Path
    messages: Path
    process: subprocess.Popen


class Captures:
    """The tcpdumps of one run.

    client-any.pcap holds the LB's client links, server.pcap its server link, lb-any.pcap both in one
    file, as somebody gets who runs `tcpdump -i any` on the LB.
    """

    def __init__(self, topology: Topology, started: processes.Processes, output: Path) -> None:
        self.topology = topology
        self.started = started
        self.output = output
        self.taps: list[_Tap] = []

    def start(self) -> None:
        lb = self.topology.lb
        indices = [_interface_index(lb, f"client{side}") for side in SIDES]
        client_links = " or ".join(f"ifindex {index}" for index in indices)
        cooked = ["-i", "any", "-y", "LINUX_SLL2"]
        self._tap(lb, "client-any.pcap", cooked, f"tcp and ({client_links})")
        self._tap(lb, "server.pcap", ["-i", "server0"], "tcp")
        self._tap(lb, "lb-any.pcap", cooked, "tcp")
        if self.topology.options.server_tap:
            # With direct return the server's answers leave by other links than the requests came in.
            where = cooked if self.topology.options.mode == "dsr" else ["-i", "eth0"]
            self._tap(self.topology.server, "server-own.pcap", where, "tcp")
        for tap in self.taps:
            _wait_for_text(tap.messages, "listening on", tap.process)

    def stop(self) -> dict[str, dict]:
        """Ends the captures and returns their counts. A packet that tcpdump lost makes the run worthless."""
        for tap in self.taps:
            self.started.stop(tap.process, signal.SIGINT)
        counts = {tap.file.name: _counts(tap.messages) for tap in self.taps}
        for tap in self.taps:
            tap.messages.unlink()
        lossy = [name for name, count in counts.items() if count["dropped"]]
        if lossy:
            raise LabError(f"tcpdump lost packets in {', '.join(lossy)}; the machine is too busy for this rate")
        return counts

    def _tap(self, namespace: str, name: str, where: list[str], expression: str) -> None:
        file, messages = self.output / name, self.output / f"{name}.messages"
        command = ["tcpdump", *where, "-n", "-U", "-Z", "root", "-B", str(_BUFFER_KIB)]
        command += ["-s", str(self.topology.options.snaplen), "-w", str(file), expression]
        process = self.started.start(command, namespace, stderr=messages)
        self.taps.append(_Tap(file, messages, process))


class Events:
    """conntrack's own account of what it translated."""

    def __init__(self, topology: Topology, started: processes.Processes, output: Path) -> None:
        self.topology = topology
        self.started = started
        self.file = output / "conntrack.txt"
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        family = "ipv6" if self.topology.plan.v6 else "ipv4"
        command = ["conntrack", "-E", "-f", family, "-p", "tcp", "-o", "timestamp", "-e", "NEW,DESTROY"]
        with open(self.file, "wb") as file:
            self.process = self.started.start([*command, "--buffer-size", "8388608"], self.topology.lb, stdout=file)
        # conntrack does not say when it listens; its netlink socket does.
        deadline = time.monotonic() + _START_PATIENCE
        while not _has_netlink_socket(self.process):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise LabError("conntrack -E did not start")
            time.sleep(0.02)

    def stop(self) -> None:
        if self.process:
            self.started.stop(self.process, signal.SIGINT)


def _interface_index(namespace: str, device: str) -> int:
    return int(processes.run(["cat", f"/sys/class/net/{device}/ifindex"], namespace))


def _wait_for_text(file: Path, text: str, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + _START_PATIENCE
    while text not in file.read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            raise LabError(f"{file.name}: {file.read_text().strip() or 'no sign of life'}")
        time.sleep(0.02)


def _has_netlink_socket(process: subprocess.Popen) -> bool:
    """Whether somebody in the process's namespace, which is the LB's alone, receives conntrack events."""
    try:
        lines = Path(f"/proc/{process.pid}/net/netlink").read_text().splitlines()[1:]
    except OSError:
        return False
    # Columns: 2nd protocol, 4th the groups joined.
    return any(line.split()[1] == _NETLINK_NETFILTER and int(line.split()[3], 16) for line in lines)


def _counts(messages: Path) -> dict[str, int]:
    text = messages.read_text()
    found = {}
    for key, pattern in (
        ("captured", r"(\d+) packets? captured"),
        ("dropped", r"(\d+) packets? dropped by kernel"),
    ):
        match = re.search(pattern, text)
        if not match:
            raise LabError(f"{messages.name}: no count of {key} packets in: {text.strip()}")
        found[key] = int(match.group(1))
    return found
