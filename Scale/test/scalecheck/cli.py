"""The command lines of the checks and of the measurements."""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from .captures import SIZES, Maker


def check() -> int:
    arguments = _parser("check", "full").parse_args()
    from .checks import Checks

    with tempfile.TemporaryDirectory(prefix="snat-scale-check-") as name:
        folder = Path(name)
        groups = Maker(folder, arguments.generator, SIZES[arguments.size]).all()
        print(f"{sum(len(group.files) for group in groups)} captures of "
              f"{len({group.label.partition('@')[2] for group in groups})} load balancers", flush=True)
        checks = Checks(folder, str(arguments.binary), groups)
        checks.quick() if arguments.size == "small" else checks.thorough()
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


def _parser(name: str, size: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=name, description=__doc__)
    parser.add_argument("--binary", type=_program, required=True, help="snat-audit, release")
    parser.add_argument("--generator", type=_program, required=True, help="make-capture of the benchmarks")
    parser.add_argument("--size", choices=SIZES, default=size)
    return parser


def _program(text: str) -> Path:
    path = Path(text).resolve()
    if not os.access(path, os.X_OK):
        raise argparse.ArgumentTypeError(f"{text}: no such program")
    return path
