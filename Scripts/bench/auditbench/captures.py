"""Generated captures, kept under .build-bench/ until the generator changes."""

import hashlib
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / ".build-bench"
PACKAGE = ROOT / "Benchmarks" / "Tools"


@dataclass
class Capture:
    server: Path
    client: Path | None
    truth: dict

    @property
    def packets(self):
        return self.truth["packets"]["server"]


class Generator:
    """Builds the programs of Benchmarks/, and makes captures with them."""

    def __init__(self):
        options = ["-c", "release", "--package-path", PACKAGE, "--scratch-path", FOLDER / "tools"]
        for product in ("make-capture", "empty-loop", "random-probe"):
            quietly(["swift", "build", *options, "--product", product])
        self.programs = FOLDER / "tools" / "release"
        sources = sorted((PACKAGE / "Sources" / "make-capture").glob("*.swift"))
        self.version = hashlib.sha256(b"".join(file.read_bytes() for file in sources)).hexdigest()

    def capture(self, *options, client=False):
        """The capture of these options of make-capture, a new one only where there is none yet."""
        options = [str(option) for option in options]
        key = hashlib.sha256("\n".join([self.version, *options]).encode()).hexdigest()[:16]
        stem = FOLDER / "captures" / key
        server, truth = stem.with_suffix(".server.pcap"), stem.with_suffix(".json")
        front = stem.with_suffix(".client.pcap")
        if not truth.exists() or not server.exists() or (client and not front.exists()):
            stem.parent.mkdir(parents=True, exist_ok=True)
            part = stem.with_suffix(".part")
            command = [self.programs / "make-capture", *options, "--server", server, "--truth", part]
            quietly(command + (["--client", front] if client else []))
            part.rename(truth)
        return Capture(server, front if client else None, json.loads(truth.read_text()))


def quietly(command):
    """Runs a command; shows what it said only when it fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{done.stdout}\n{' '.join(map(str, command))}: failed")
