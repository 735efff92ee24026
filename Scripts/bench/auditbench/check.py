"""Small captures of all kinds: does the report say what is true?"""

import json
import subprocess
import tempfile
from pathlib import Path

from . import truth

SETTINGS = {
    "default": [],
    "another seed": ["--seed", 2],
    "many hits": ["--seed", 3, "--snat-addresses", 1, "--rate", 500],
    "exhausted": ["--seed", 4, "--snat-addresses", 1, "--ports", 5000, "--rate", 700],
    "least recently used": ["--seed", 5, "--snat-addresses", 1, "--ports", 20000, "--rate", 500,
                            "--pick", "lru"],
    "LB without hold": ["--seed", 6, "--snat-addresses", 2, "--hold", 0, "--rate", 300],
    "lost resets": ["--seed", 7, "--snat-addresses", 1, "--rate", 500, "--lost-resets", 0.7],
    "no timestamps": ["--seed", 8, "--snat-addresses", 1, "--rate", 500,
                      "--without-timestamps", 1],
    "nanoseconds, clocks apart": ["--seed", 9, "--nanoseconds", "--clock-offset", 3.5],
    "pcapng, IPv6": ["--seed", 10, "--format", "pcapng", "--ipv6", "--rate", 500,
                     "--snat-addresses", 1],
    "slow": ["--seed", 11, "--rate", 40, "--snat-addresses", 1, "--ports", 8000],
    "kept alive": ["--seed", 12, "--live", 20000, "--data", 3],
    "handshakes only": ["--seed", 13, "--data", 0, "--snat-addresses", 4],
    "a hot address": ["--seed", 14, "--hot-address", 0.5, "--snat-addresses", 3, "--rate", 500],
    "a hot tuple": ["--seed", 15, "--hot-tuple", 0.5, "--snat-addresses", 1, "--rate", 500],
}


def check(arguments, generator):
    """Prints a line per setting; tells whether all reports were right."""
    isRight = True
    for name, options in SETTINGS.items():
        capture = generator.capture("--packets", arguments.packets, *options, client=True)
        for inputs in (["--server", capture.server],
                       ["--client", capture.client, "--server", capture.server]):
            joined = len(inputs) > 2
            report = analyze(arguments.binary, inputs)
            wrong = truth.differences(report, capture, joined)
            isRight = isRight and not wrong
            sides = "both sides" if joined else "server side"
            hits = capture.truth["hits"]["total"]
            print(f"{name}, {sides}: {'; '.join(wrong) or f'right, with {hits} hits'}")
    return isRight


def analyze(binary, inputs):
    """The JSON report; findings are counted, but not listed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.json"
        command = [binary, "analyze", *inputs, "--max-findings", "1", "--report", f"json={path}"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return json.loads(path.read_text())
