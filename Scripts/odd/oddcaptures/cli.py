"""Makes odd captures and holds what snat-audit reads of them against libpcap and capinfos."""

import argparse
import concurrent.futures
import os
import pathlib
import random
import shutil
import sys
import tempfile
import time

from . import kinds, oracle, wrappings
from .judge import Case, check

ROOT = pathlib.Path(__file__).resolve().parents[3]


def _arguments():
    parser = argparse.ArgumentParser(prog="odd", description=__doc__)
    parser.add_argument("--binary", required=True, metavar="PROGRAM", help="the snat-audit to be tested")
    parser.add_argument("--count", type=int, default=600, help="how many captures (600)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same captures (1)")
    parser.add_argument("--keep", metavar="FOLDER", help="where captures go that fail")
    return parser.parse_args()


def _make(index, seed, folder, makers):
    """One capture; the same number and seed always make the same."""
    generator = random.Random(seed << 32 | index)
    maker = makers[index % len(makers)]
    name = getattr(maker, "__name__", "fixture")
    content = maker(generator)
    plain = folder / f"{index:06}-{name}.bin"
    plain.write_bytes(content)
    return Case(f"{name} {index}", *wrappings.wrap(generator, plain, content))


def main():
    arguments = _arguments()
    begin = time.monotonic()
    makers = kinds.KINDS + [kinds.Fixtures(ROOT / "Tests/Fixtures/Captures")]
    libpcap = oracle.Libpcap()
    failures = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        cases = [_make(index, arguments.seed, folder, makers) for index in range(arguments.count)]
        counts = oracle.capinfos(sorted({str(case.plain) for case in cases}))
        slowest = 0.0
        endings = {}
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            results = pool.map(lambda case: check(case, arguments.binary, libpcap, counts), cases)
            for case, result in zip(cases, results):
                slowest = max(slowest, result.seconds)
                endings[result.ending] = endings.get(result.ending, 0) + 1
                if not result.faults:
                    continue
                failures += 1
                print(f"{case.name} (seed {arguments.seed}): " + "; ".join(result.faults))
                if arguments.keep:
                    os.makedirs(arguments.keep, exist_ok=True)
                    shutil.copy(case.path, arguments.keep)
    print(f"{arguments.count} odd captures of seed {arguments.seed} in {time.monotonic() - begin:.0f} s: "
          + ", ".join(f"{count} {ending}" for ending, count in sorted(endings.items()))
          + f"; the slowest took {slowest:.2f} s; {failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
