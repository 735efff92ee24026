"""What must be there before anything is touched."""

from __future__ import annotations

import os
import shutil

from .errors import LabError
from .options import Options

_PACKAGE_OF = {
    "ip": "iproute2",
    "ss": "iproute2",
    "sysctl": "procps",
    "nft": "nftables",
    "conntrack": "conntrack",
    "tcpdump": "tcpdump",
    "haproxy": "haproxy",
    "nginx": "nginx",
}


def programs_for(options: Options) -> list[str]:
    """The programs that this run needs."""
    needed = ["ip", "ss", "sysctl", "tcpdump"]
    if options.translates:
        needed += ["nft", "conntrack"]
    elif options.loss > 0:
        needed.append("nft")
    if options.mode == "l7nginx":
        needed.append("nginx")
    elif options.mode.startswith("l7"):
        needed.append("haproxy")
    return needed


def check(options: Options) -> None:
    """Says everything that is missing at once, not one thing per attempt."""
    problems = []
    if os.geteuid() != 0:
        problems.append("must run as root: it makes network namespaces")
    if programs := missing(programs_for(options)):
        problems.append(programs)
    if problems:
        raise LabError("; ".join(problems))


def missing(programs: list[str]) -> str:
    """Which of the programs are not there, and what installs them; empty when all are."""
    absent = [program for program in programs if shutil.which(program) is None]
    packages = sorted({_PACKAGE_OF[program] for program in absent})
    return f"missing {', '.join(absent)}: apt-get install {' '.join(packages)}" if absent else ""
