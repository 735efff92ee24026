"""Namespaces, links, addresses and routes.

    client1 --- 172.16.1.0/24 ---.
                                  lb --- 192.168.1.0/24 --- server
    client2 --- 172.16.2.0/24 ---'

The LB owns the virtual address and the SNAT addresses on its loopback. With loss or delay between LB
and server, a fifth namespace sits there, whose relay passes the frames on:

    lb [server0] --- [lb0] wire [server0] --- [eth0] server

With direct server return the server owns the virtual address too and has a link of its own to each
client network.
"""

from __future__ import annotations

import sys
from pathlib import Path

from . import leftovers, processes
from .addresses import SIDES, Plan
from .errors import LabError
from .options import Options

_PACKAGE_PARENT = str(Path(__file__).resolve().parent.parent)


def helper(module: str, *arguments: str) -> list[str]:
    """The command line that runs one of the lab's own modules in a process of its own."""
    return [
        "env",
        f"PYTHONPATH={_PACKAGE_PARENT}",
        "PYTHONDONTWRITEBYTECODE=1",
        sys.executable,
        "-m",
        f"snatlab.{module}",
        *arguments,
    ]


class Topology:
    """The namespaces of one run. Their names carry the lab's process number, so runs cannot meet."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.plan = Plan(bool(options.v6))
        self._made: list[str] = []

    def name(self, role: str) -> str:
        return leftovers.name(role)

    @property
    def lb(self) -> str:
        return self.name("lb")

    @property
    def server(self) -> str:
        return self.name("server")

    @property
    def wire(self) -> str:
        return self.name("wire")

    def client(self, side: int) -> str:
        return self.name(f"client{side}")

    def build(self) -> None:
        roles = ["lb", "server", *(f"client{side}" for side in SIDES)]
        if self.options.has_wire:
            roles.append("wire")
        for role in roles:
            self._add_namespace(self.name(role))
        for side in SIDES:
            self._link(self.client(side), "eth0", self.lb, f"client{side}")
        if self.options.has_wire:
            self._link(self.lb, "server0", self.wire, "lb0")
            self._link(self.wire, "server0", self.server, "eth0")
        else:
            self._link(self.lb, "server0", self.server, "eth0")
        self._address_clients()
        self._address_server()
        self._address_lb()
        if self.options.mode == "dsr":
            self._return_directly()

    def destroy(self) -> None:
        """Removes the namespaces, and with them every link, rule and route."""
        failures = []
        while self._made:
            try:
                processes.run(["ip", "netns", "del", self._made.pop()])
            except LabError as error:
                failures.append(str(error))
        if failures:
            raise LabError("teardown: " + "; ".join(failures))

    def _add_namespace(self, name: str) -> None:
        # Recorded first: an interrupt between the two statements must not leave it behind.
        self._made.append(name)
        processes.run(["ip", "netns", "add", name])
        ipv6_off = "0" if self.options.v6 else "1"
        self._sysctl(
            name,
            {
                "net.ipv6.conf.all.disable_ipv6": ipv6_off,
                "net.ipv6.conf.default.disable_ipv6": ipv6_off,
                "net.ipv6.conf.all.accept_dad": 0,
                "net.ipv6.conf.default.accept_dad": 0,
                "net.ipv6.conf.default.router_solicitations": 0,
                "net.ipv4.conf.all.rp_filter": 0,
                "net.ipv4.conf.default.rp_filter": 0,
                "net.ipv4.tcp_timestamps": self.options.timestamps,
            },
        )
        self._ip(name, "link set lo up")

    def _link(self, namespace: str, device: str, peer_namespace: str, peer_device: str) -> None:
        self._ip(namespace, f"link add {device} type veth peer name {peer_device} netns {peer_namespace}")
        for owner, end in ((namespace, device), (peer_namespace, peer_device)):
            self._ip(owner, f"link set {end} up")
            processes.run(helper("offload", end), owner)

    def _address_clients(self) -> None:
        plan = self.plan
        for side in SIDES:
            for number in range(1, self.options.clients + 1):
                self._add_address(self.client(side), plan.client(side, number), plan.network_bits, "eth0")
            self._ip(self.client(side), f"route add default via {plan.client_gateway(side)}")

    def _address_server(self) -> None:
        plan = self.plan
        self._add_address(self.server, plan.server, plan.network_bits, "eth0")
        self._ip(self.server, f"route add default via {plan.server_gateway}")
        self._sysctl(self.server, {"net.ipv4.tcp_rfc1337": self.options.rfc1337} | self.options.sysctls)

    def _address_lb(self) -> None:
        plan = self.plan
        for side in SIDES:
            self._add_address(self.lb, plan.client_gateway(side), plan.network_bits, f"client{side}")
        self._add_address(self.lb, plan.server_gateway, plan.network_bits, "server0")
        if self.options.mode == "crafted":
            # Nobody owns the address that the script speaks for, and no router complains about it.
            self._ip(self.lb, f"route add blackhole {plan.crafted}/{plan.host_bits}")
        if self.options.mode == "dsr":
            self._ip(self.lb, f"route add {plan.virtual} via {plan.server}")
        else:
            self._add_address(self.lb, plan.virtual, plan.host_bits, "lo")
            for address in plan.snat_addresses(self.options.snat_ips):
                self._add_address(self.lb, address, plan.host_bits, "lo")
        self._sysctl(self.lb, {"net.ipv4.ip_forward": 1, "net.ipv6.conf.all.forwarding": 1})

    def _return_directly(self) -> None:
        self._add_address(self.server, self.plan.virtual, self.plan.host_bits, "lo")
        for side in SIDES:
            self._link(self.server, f"return{side}", self.client(side), "return0")
            self._ip(self.server, f"route add {self.plan.client_network(side)} dev return{side}")

    def _add_address(self, namespace: str, address: str, bits: int, device: str) -> None:
        nodad = " nodad" if self.plan.v6 else ""
        self._ip(namespace, f"addr add {address}/{bits} dev {device}{nodad}")

    def _ip(self, namespace: str, command: str) -> None:
        family = ["-6"] if self.plan.v6 else []
        processes.run(["ip", *family, "-n", namespace, *command.split()])

    def _sysctl(self, namespace: str, values: dict) -> None:
        set_sysctls(namespace, values)


def set_sysctls(namespace: str, values: dict) -> None:
    processes.run(["sysctl", "-qw", *(f"{key}={value}" for key, value in values.items())], namespace)
