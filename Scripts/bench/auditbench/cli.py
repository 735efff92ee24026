"""The command line of the benchmarks."""

import argparse
from pathlib import Path

from . import captures


def main():
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="small captures of all kinds against the truth")
    check.add_argument("--packets", type=int, default=300_000)
    compare = commands.add_parser("compare", help="whole processes against others, in rounds")
    compare.add_argument("--packets", type=int, default=10_000_000)
    compare.add_argument("--rounds", type=int, default=5)
    compare.add_argument("--seed", type=int, default=1)
    growth = commands.add_parser("growth", help="time per packet and memory, as sizes grow")
    growth.add_argument("--packets", type=int, default=20_000_000, help="the longest capture")
    growth.add_argument("--live", type=int, default=10_000_000, help="the most tuples alive")
    growth.add_argument("--rounds", type=int, default=3)
    for command in (check, compare, growth):
        command.add_argument("--binary", type=Path, required=True, help="snat-audit, release")
    arguments = parser.parse_args()

    generator = captures.Generator()
    if arguments.command == "check":
        from .check import check as run
    elif arguments.command == "compare":
        from .compare import compare as run
    else:
        from .growth import growth as run
    return 0 if run(arguments, generator) else 1
