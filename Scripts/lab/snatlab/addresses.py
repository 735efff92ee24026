"""Who has which address. The same plan for both address families."""

from __future__ import annotations

from dataclasses import dataclass

PORT = 80
SIDES = (1, 2)
"""The two client networks; their results are clients-a.json and clients-c.json."""


@dataclass(frozen=True)
class Plan:
    """The addresses of one run."""

    v6: bool

    @property
    def host_bits(self) -> int:
        return 128 if self.v6 else 32

    @property
    def network_bits(self) -> int:
        return 64 if self.v6 else 24

    @property
    def virtual(self) -> str:
        return "fd20::1" if self.v6 else "172.20.1.1"

    @property
    def server(self) -> str:
        return "fd68:1::1" if self.v6 else "192.168.1.1"

    @property
    def server_gateway(self) -> str:
        return "fd68:1::fe" if self.v6 else "192.168.1.254"

    def client(self, side: int, number: int) -> str:
        return f"fd16:{side}::{number:x}" if self.v6 else f"172.16.{side}.{number}"

    def client_gateway(self, side: int) -> str:
        return f"fd16:{side}::fe" if self.v6 else f"172.16.{side}.254"

    def client_network(self, side: int) -> str:
        return f"fd16:{side}::/64" if self.v6 else f"172.16.{side}.0/24"

    @property
    def crafted(self) -> str:
        """Where segments made by hand come from."""
        return self.snat(200)

    def snat(self, number: int) -> str:
        return f"fd10::{number:x}" if self.v6 else f"10.10.1.{number}"

    def snat_addresses(self, count: int) -> list[str]:
        return [self.snat(number) for number in range(1, count + 1)]


def with_port(address: str, port: int | str) -> str:
    """`address:port`, with the brackets that IPv6 needs."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
