"""The command lines of the checks and of the measurements."""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from . import measurements
from .captures import SIZES, Maker, Size
from .checks import Checks


def check() -> int:
    parser = _parser("check")
    parser.add_argument("--size", choices=SIZES, default="full")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="snat-scale-check-") as name:
        folder = Path(name)
        groups = Maker(folder, arguments.generator, SIZES[arguments.size]).all()
        print(f"{sum(len(group.files) for group in groups)} captures of "
              f"{len({group.label.partition('@')[2] for group in groups})} load balancers", flush=True)
        checks = Checks(folder, str(arguments.binary), groups)
        checks.quick() if arguments.size == "small" else checks.thorough()
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


def measure() -> int:
    parser = _parser("measure")
    parser.add_argument("--packets", type=int, default=10_000_000, help="of all server sides together (10,000,000)")
    parser.add_argument("--balancers", type=int, default=4, help="load balancers (4)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each kind (3)")
    parser.add_argument("--cases", nargs="+", choices=measurements.CASES, default=list(measurements.CASES),
                        metavar="CASE", help=f"what is measured (all): {', '.join(measurements.CASES)}")
    arguments = parser.parse_args()
    size = Size(arguments.packets // arguments.balancers, files=4, lab=())
    for case in [measurements.CASES[name] for name in arguments.cases]:
        with tempfile.TemporaryDirectory(prefix="snat-scale-measure-") as name:
            folder = Path(name)
            groups = case.captures(Maker(folder, arguments.generator, size), arguments.balancers)
            measurements.measure(folder, str(arguments.binary), case, groups, arguments.rounds)
        print(flush=True)
    return 0


def _parser(name: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=name, description=__doc__)
    parser.add_argument("--binary", type=_program, required=True, help="snat-audit, release")
    parser.add_argument("--generator", type=_program, required=True, help="make-capture of the benchmarks")
    return parser


def _program(text: str) -> Path:
    path = Path(text).resolve()
    if not os.access(path, os.X_OK):
        raise argparse.ArgumentTypeError(f"{text}: no such program")
    return path
