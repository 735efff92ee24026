"""The LB at L7: HAProxy or nginx, with the SNAT addresses and ports as their own source addresses."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from . import processes
from .addresses import PORT, with_port
from .errors import LabError
from .processes import Processes
from .topology import Topology, set_sysctls

_START_PATIENCE = 10.0


def start(topology: Topology, started: Processes, scratch: Path) -> None:
    if topology.options.mode == "l7nginx":
        process, messages = _start_nginx(topology, started, scratch)
    else:
        process, messages = _start_haproxy(topology, started, scratch)
    deadline = time.monotonic() + _START_PATIENCE
    while not _listens(topology):
        if process.poll() is not None or time.monotonic() > deadline:
            raise LabError(f"the proxy does not listen: {messages.read_text().strip()}")
        time.sleep(0.02)


def _start_haproxy(topology: Topology, started: Processes, scratch: Path) -> tuple[subprocess.Popen, Path]:
    config, messages = scratch / "haproxy.cfg", scratch / "haproxy.messages"
    config.write_text(_haproxy_config(topology))
    return started.start(["haproxy", "-db", "-f", str(config)], topology.lb, stderr=messages), messages


def _haproxy_config(topology: Topology) -> str:
    options, plan = topology.options, topology.plan
    http = options.mode in ("l7", "l7pool")
    first, last = options.port_range
    lines = [
        "global",
        " maxconn 4000",
        "defaults",
        f" mode {'http' if http else 'tcp'}",
        f" timeout connect {options.connect_timeout:.0f}s",
        " timeout client 120s",
        " timeout server 120s",
        " retries 0",
        "frontend vip",
        f" bind {with_port(plan.virtual, PORT)}",
        " default_backend pool",
        "backend pool",
    ]
    if http:
        lines.append(" option forwardfor")
    if options.mode == "l7pool":
        lines += [" option http-keep-alive", " http-reuse always"]
    proxy_header = " send-proxy-v2" if options.mode == "l7proxy" else ""
    for number, address in enumerate(plan.snat_addresses(options.snat_ips), 1):
        source = with_port(address, f"{first}-{last}")
        lines.append(f" server s{number} {with_port(plan.server, PORT)} source {source}{proxy_header}")
    return "\n".join([*lines, ""])


def _start_nginx(topology: Topology, started: Processes, scratch: Path) -> tuple[subprocess.Popen, Path]:
    config, messages = scratch / "nginx.conf", scratch / "nginx.messages"
    config.write_text(_nginx_config(topology, scratch))
    # nginx leaves the choice of the port to the kernel, so the pool is the kernel's range of local ports.
    first, last = topology.options.port_range
    set_sysctls(topology.lb, {"net.ipv4.ip_local_port_range": f"{first} {last}"})
    command = ["nginx", "-c", str(config), "-e", str(messages)]
    return started.start(command, topology.lb, stderr=messages), messages


def _nginx_config(topology: Topology, scratch: Path) -> str:
    options, plan = topology.options, topology.plan
    addresses = plan.snat_addresses(options.snat_ips)
    share = 100 / len(addresses)
    shares = [f"  {share:.2f}% {address};" for address in addresses[:-1]] + [f"  * {addresses[-1]};"]
    temporary = [f" {kind}_temp_path {scratch};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")]
    return "\n".join(
        [
            "daemon off;",
            "master_process off;",
            f"pid {scratch}/nginx.pid;",
            "events { worker_connections 4096; }",
            "http {",
            " access_log off;",
            *temporary,
            ' split_clients "$remote_addr$remote_port" $snat {',
            *shares,
            " }",
            " server {",
            f"  listen {with_port(plan.virtual, PORT)};",
            "  location / {",
            f"   proxy_pass http://{with_port(plan.server, PORT)};",
            "   proxy_bind $snat;",
            f"   proxy_connect_timeout {options.connect_timeout:.0f}s;",
            "   proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
            "  }",
            " }",
            "}",
            "",
        ]
    )


def _listens(topology: Topology) -> bool:
    return bool(processes.run(["ss", "-Hltn", f"sport = :{PORT}"], topology.lb).strip())
