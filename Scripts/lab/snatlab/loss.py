"""Losing segments as they leave the LB.

The drop sits in the egress hook of the interface, where a full queue would drop: the capture on that
interface does not show the segment, the capture on the LB's other side does. (netem would lose it at
the same place; nftables is there anyway and works on kernels without netem.) The choice is the
kernel's random one and does not follow the seed.
"""

from __future__ import annotations

import json

from . import processes
from .addresses import SIDES
from .topology import Topology


def install(topology: Topology) -> None:
    devices = ["server0", *(f"client{side}" for side in SIDES)]
    threshold = round(topology.options.loss * 100)
    lines = ["table netdev loss {"]
    for device in devices:
        lines += [
            f" chain {device} {{",
            f'  type filter hook egress device "{device}" priority 0',
            f"  meta l4proto tcp numgen random mod 10000 < {threshold} counter drop",
            " }",
        ]
    processes.run(["nft", "-f", "-"], topology.lb, text="\n".join([*lines, "}", ""]))


def count(topology: Topology) -> dict[str, int]:
    """Segments lost so far at each interface."""
    listing = json.loads(processes.run(["nft", "-j", "list", "table", "netdev", "loss"], topology.lb))
    lost = {}
    for item in listing["nftables"]:
        for expression in item.get("rule", {}).get("expr", []):
            if "counter" in expression:
                lost[item["rule"]["chain"]] = expression["counter"]["packets"]
    return lost
