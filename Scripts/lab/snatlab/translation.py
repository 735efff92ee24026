"""The LB at L4: nftables rules that translate, and how soon conntrack forgets."""

from __future__ import annotations

from . import processes
from .addresses import PORT, with_port
from .options import Options
from .topology import Topology, set_sysctls


def install(topology: Topology) -> None:
    """Turns the LB's namespace into a load balancer with SNAT."""
    processes.run(["nft", "-f", "-"], topology.lb, text=_rules(topology))
    set_sysctls(topology.lb, _timeouts(topology.options))


def _rules(topology: Topology) -> str:
    options, plan = topology.options, topology.plan
    family = "ip6" if plan.v6 else "ip"
    return "\n".join(
        [
            f"table {family} lab {{",
            " chain strays {",
            "  type filter hook prerouting priority -150",
            *_stray_rules(options),
            " }",
            " chain inward {",
            "  type nat hook prerouting priority dstnat",
            f"  {family} daddr {plan.virtual} tcp dport {PORT} dnat to {with_port(plan.server, PORT)}",
            " }",
            " chain outward {",
            "  type nat hook postrouting priority srcnat",
            f"  {family} daddr {plan.server} tcp dport {PORT} {_source_nat(topology)}",
            " }",
            "}",
            "",
        ]
    )


def _stray_rules(options: Options) -> list[str]:
    """What happens to a segment that belongs to no connection the LB knows, and that opens none."""
    if options.stray == "translate":
        return []
    verdict = "drop" if options.stray == "drop" else "reject with tcp reset"
    return [f"  ct state {{ new, invalid }} tcp flags & (fin | syn | rst | ack) != syn counter {verdict}"]


def _source_nat(topology: Topology) -> str:
    options, plan = topology.options, topology.plan
    addresses = plan.snat_addresses(options.snat_ips)
    first, last = options.port_range
    if options.snat_flags == "sequential":
        # One counter over all pairs of address and port: the next SYN gets the next pair. A pair that
        # conntrack still uses is not skipped; that SYN is dropped, as by an LB that has run out of ports.
        pairs = [(address, port) for port in range(first, last + 1) for address in addresses]
        family = "ip6" if plan.v6 else "ip"
        entries = ", ".join(f"{index} : {address} . {port}" for index, (address, port) in enumerate(pairs))
        return f"snat {family} to numgen inc mod {len(pairs)} map {{ {entries} }}"
    if plan.v6:
        span = "-".join(f"[{address}]" for address in dict.fromkeys((addresses[0], addresses[-1])))
    else:
        span = "-".join(dict.fromkeys((addresses[0], addresses[-1])))
    return f"snat to {span}:{first}-{last} {options.snat_flags}".rstrip()


def _timeouts(options: Options) -> dict:
    prefix = "net.netfilter.nf_conntrack_tcp_timeout_"
    values = {
        prefix + "time_wait": options.lb_time_wait,
        prefix + "close": options.lb_time_wait,
        prefix + "established": options.lb_established,
    }
    if options.lb_closing:
        for state in ("fin_wait", "close_wait", "last_ack"):
            values[prefix + state] = options.lb_closing
    return values
