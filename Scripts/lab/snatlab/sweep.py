"""Options drawn at random, run after run: what no scenario was made for.

A run that differs from the kernel is kept, and its options are said; all others leave nothing behind.
"""

from __future__ import annotations

import dataclasses
import random
import shutil
import time
from pathlib import Path

from . import comparison, experiment
from .errors import LabError
from .options import L7_MODES, Options

_CRAFTED_SHARE = 0.2
"""Of all runs, those with conversations at random (`randomized`)."""


def run(binary: Path, output: Path, seed: int, minutes: float) -> int:
    """Runs with seed, seed + 1 and so on, and compares each. Returns the exit code."""
    deadline = time.monotonic() + 60 * minutes
    judged = different = 0
    while time.monotonic() < deadline:
        options = draw(seed)
        directory = output / str(seed)
        seed += 1
        try:
            experiment.run(options, directory)
        except LabError as error:
            print(f"{directory.name}: not judged: {error}", flush=True)
            continue
        judged += 1
        broken = [result for result in comparison.compare(directory, binary) if not result.holds]
        if not broken:
            shutil.rmtree(directory)
            continue
        different += 1
        print(f"{directory.name}: {described(options)}", flush=True)
        for result in broken:
            print(f"  {result.row()}", flush=True)
    print(f"{judged - different} of {judged} runs exact" + (f"; the others are in {output}" if different else ""))
    return 1 if different else 0


def described(options: Options) -> str:
    """As on the command line of `run`, without what is as usual."""
    usual = Options()
    changed = [field.name for field in dataclasses.fields(Options) if getattr(options, field.name) != getattr(usual, field.name)]
    return " ".join(f"--{name.replace('_', '-')} {getattr(options, name) or repr('')}" for name in changed)


def draw(seed: int) -> Options:
    """The same for the same seed."""
    chance = random.Random(seed)
    pick, happens = chance.choice, lambda share: chance.random() < share
    if happens(_CRAFTED_SHARE):
        return Options(
            mode="crafted", script="random", conns=pick((40, 80)), rate=pick((4, 8)), timestamps=pick((1, 1, 0)),
            rfc1337=pick((0, 0, 1)), snaplen=pick((0, 0, 96)), seed=seed,
        ).validate()
    mode = pick(("l4",) * 6 + ("dsr", *L7_MODES))
    closer = pick(("server", "server", "client", "reset", "server-half", "both"))
    chosen: dict = dict(mode=mode, closer=closer, seed=seed, conns=pick((30, 50, 70, 100)), rate=pick((8, 15, 25, 40, 60, 100)))
    chosen |= dict(timestamps=pick((1, 1, 0)), rfc1337=pick((0, 0, 1)), linger=pick((0, 0, 0.3, 1.5)))
    if closer != "both":
        chosen["hold"] = pick((0, 0, 0.3, 1))
    if mode == "dsr":
        chosen |= dict(client_ports=pick((8, 12, 25)), server_tap=1)
    else:
        chosen |= dict(ports=pick(("8", "16", "24", "40", "64", "200")), v6=int(happens(0.3)))
    if mode == "l4":
        chosen |= dict(snat_ips=pick((1, 1, 2, 3)), snat_flags=pick(("", "", "random", "fully-random", "persistent", "sequential")))
        chosen |= dict(lb_time_wait=pick((1, 1, 2, 5)), stray=pick(("translate", "translate", "drop", "reset")))
        chosen |= dict(lb_closing=pick((1, 2, 4))) if happens(0.3) else {}
        chosen |= dict(lb_established=pick((1, 2))) if happens(0.3) else {}
        chosen |= dict(client_ports=pick((10, 25))) if happens(0.3) else {}
        # Somebody who never closes.
        if closer != "both" and happens(0.3):
            chosen[pick(("hold", "linger"))] = -1
    if mode == "l7pool":
        chosen |= dict(pool_requests=pick((0, 2, 3, 8)), pool_idle=pick((0.5, 2)))
    if happens(0.4):
        places = ("server", "wire") if mode in L7_MODES else ("lb", "server", "wire")
        chosen |= dict(loss=pick((1, 3, 5, 10)), loss_at=pick(places), server_tap=1, settle=4)
    if closer == "both" or happens(0.4):
        chosen["delay_ms"] = pick((1, 5, 20, 60))
    # What is cut off must leave the line that names the client.
    if happens(0.2) and mode not in L7_MODES:
        chosen["snaplen"] = pick((112, 128))
    if happens(0.1):
        chosen["pause"] = pick((3, 20))
    return Options(**chosen).validate()
