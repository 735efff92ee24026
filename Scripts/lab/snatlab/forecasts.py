"""What is forecast, and what must come of it: the two tables behind docs/forecasting.md."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from . import options
from .options import Options

COVERED = (
    "collide",
    "no-timestamps",
    "random-ports",
    "several-addresses",
    "sequential-ports",
    "preserved-ports",
    "v6",
    "v6-no-timestamps",
    "exhausted",
    "rfc1337",
)
"""Scenarios whose own world is replayed."""

COVERED_SEEDS = range(501, 511)
"""Seeds that were not used while the model was made (5 to 14, 101 to 105, 301 to 305, 401 to 410)."""

WORLD_SEEDS = range(201, 205)
"""The forecast is made from the first of them, and held against the runs of all."""


@dataclass(frozen=True)
class Measure:
    """A change of a world, in the lab and in the forecast."""

    name: str
    what: str
    options: str
    group: str
    value: float = 0
    row_name: str | None = None
    explained: str = ""
    """Why the forecast does not hold, where it is known not to."""


@dataclass(frozen=True)
class World:
    name: str
    options: str
    measures: tuple[Measure, ...]

    def run_options(self, measure: Measure, seed: int) -> Options:
        words = f"{self.options} {measure.options}".split()
        return dataclasses.replace(options.parse(words), seed=seed)


RECORDED = Measure("recorded", "as it is", "", "recorded")
_RECORDED_PROXY = dataclasses.replace(
    RECORDED,
    explained="How many connections leave a TIME_WAIT at the server varies from run to run: 227 to 264 of 300. The replay "
    "keeps those that were recorded, and where ports are taken in turn it leaves nothing else to chance, so the "
    "interval is a single number. Replayed with their own parameters three of the four runs come within two hits, "
    "and one is 12 too low (162 for 174), which is not explained yet.",
)
_TWICE_THE_ADDRESSES = Measure("addresses-2", "2 SNAT addresses", "--snat-ips 2", "addresses", 2)
_MORE_ADDRESSES = Measure("addresses-4", "4 SNAT addresses", "--snat-ips 4", "addresses", 4)
_TWICE_THE_RATE = Measure("load-2", "twice the rate", "--conns 400 --rate 70", "load", 2)
_PORTS = "--conns 200 --ports 200"

WORLDS = (
    World(
        "random",
        _PORTS,
        (
            RECORDED,
            _TWICE_THE_ADDRESSES,
            _MORE_ADDRESSES,
            Measure("client-closes", "the client closes first", "--closer client", "client-closes"),
            Measure("rfc1337", "rfc1337 on", "--rfc1337 1", "rfc1337", 0, "on"),
            _TWICE_THE_RATE,
        ),
    ),
    World("no-timestamps", f"{_PORTS} --timestamps 0", (RECORDED, _TWICE_THE_ADDRESSES, _MORE_ADDRESSES, _TWICE_THE_RATE)),
    World("in-turn", f"{_PORTS} --snat-flags sequential", (RECORDED, _TWICE_THE_ADDRESSES, _TWICE_THE_RATE)),
    World(
        "slow",
        "--conns 120 --rate 10 --ports 200",
        (
            RECORDED,
            Measure("hold-7", "the LB holds for 7 s", "--lb-time-wait 7", "hold", 7),
            Measure("hold-65", "the LB holds for 65 s", "--lb-time-wait 65", "hold", 65),
        ),
    ),
    World(
        "proxy",
        "--mode l7pool --conns 150 --ports 100 --pool-requests 1",
        (
            _RECORDED_PROXY,
            Measure("pool-3", "keep-alive, 3 requests", "--pool-requests 3", "pooling", 3),
            Measure("pool-10", "keep-alive, 10 requests", "--pool-requests 10", "pooling", 10),
        ),
    ),
)


def covered_directory(runs: Path, scenario: str, seed: int) -> Path:
    """As `lab scenarios --output RUNS/seed-N` lays it out."""
    return runs / f"seed-{seed}" / scenario


def world_directory(runs: Path, world: World, measure: Measure, seed: int) -> Path:
    return runs / world.name / measure.name / f"seed-{seed}"
