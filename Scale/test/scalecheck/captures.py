"""The captures of a check: several load balancers, both sides, several points, and what goes wrong with files."""

from __future__ import annotations

import gzip
import subprocess
from dataclasses import dataclass
from glob import glob
from pathlib import Path

from .pcap import Pcap

_FIXTURES = Path(__file__).resolve().parents[3] / "Tests" / "Fixtures" / "Captures"
_GENERATION_PATIENCE = 300.0  # seconds


@dataclass(frozen=True)
class Group:
    """Captures of one side and point, by a pattern."""

    side: str | None
    label: str
    pattern: str

    @property
    def files(self) -> list[str]:
        """As a shell gives them to a program; a path that leads nowhere is given as it is."""
        return sorted(glob(self.pattern)) or [self.pattern]

    def argument(self, path: str) -> str:
        return f"{self.label}={path}" if self.label else path


def words(groups: list[Group], by_pattern: bool) -> list[str]:
    """The groups as arguments of `analyze`, or of the job, which finds the files itself."""
    arguments: list[str] = []
    for group in sorted(groups, key=lambda group: group.side is not None):
        paths = [group.pattern] if by_pattern else group.files
        arguments += [f"--{group.side}"] if group.side else []
        arguments += [group.argument(path) for path in paths]
    return arguments


@dataclass(frozen=True)
class Size:
    """How much is generated."""

    packets: int  # of the server side of each generated load balancer
    files: int  # of each of their points
    lab: tuple[str, ...]  # real captures, of both sides


SIZES = {
    "small": Size(40_000, 3, ("l4-collide",)),
    "full": Size(300_000, 10, ("l4-collide", "l4-rfc1337", "l4-v6", "l7-http", "l7-proxyv2")),
}


# Options of the generator: half of the connections on one SNAT address, half of the packets on one tuple.
HOT_ADDRESS = ("--hot-address", 0.5)
HOT_TUPLE = ("--hot-tuple", 0.5)


class Maker:
    """Makes captures in a folder."""

    def __init__(self, folder: Path, generator: Path, size: Size) -> None:
        self._folder = folder
        self._generator = generator
        self._size = size

    def all(self) -> list[Group]:
        """Every kind of capture; some are damaged, one is missing."""
        return [*self.plain(), *self._hot(), *self._half(), *self._nanoseconds(), *self._damaged(), *self._lab(),
                *self._unnamed()]

    def plain(self) -> list[Group]:
        """Two load balancers with both sides, whose addresses are the same: only their names keep them apart. One
        is captured at two points behind it; of the other the clients' clock is 37.5 s ahead."""
        first = self._generated("one", "--seed", 1, "--rate", 400, "--snat-addresses", 1, client=True)
        Pcap(self._file("one-server")).rotate(self._folder / "one-mirror", max(2, self._size.files // 2),
                                              window=(0.3, 0.8), delay=0.000_04)
        second = self._generated("two", "--seed", 2, "--rate", 300, "--snat-addresses", 1, "--ports", 9000,
                                 "--clock-offset", 37.5, client=True)
        return [
            Group("server", "tap@one", f"{first}-server-*"),
            Group("server", "mirror@one", f"{first}-mirror-*"),
            Group("server", "@two", f"{second}-server-*"),
            Group("client", "@one", f"{first}-client-*"),
            Group("client", "@two", f"{second}-client-*"),
        ]

    def alike(self, count: int, *options: object) -> list[Group]:
        """So many load balancers with both sides, each with as much traffic as the others."""
        return _sides([self._generated(f"lb{number}", "--seed", number, "--rate", 2000, *options, client=True)
                       for number in range(count)])

    def uneven(self, count: int) -> list[Group]:
        """The same with as much traffic in all, half of which one load balancer takes."""
        shares = [self._size.packets * count // 2] + (count - 1) * [self._size.packets * count // 2 // (count - 1)]
        return _sides([self._generated(f"share{number}", "--seed", number, "--rate", 2000, "--packets", packets,
                                       client=True) for number, packets in enumerate(shares)])

    def alone(self, count: int, *options: object) -> list[Group]:
        """One load balancer, the server's side alone, with as many packets as there are on that side of so many."""
        return self._alone(count, *options)[:1]

    def joined(self, count: int) -> list[Group]:
        """The same with both sides."""
        return self._alone(count, client=True)

    def _alone(self, count: int, *options: object, client: bool = False) -> list[Group]:
        return _sides([self._generated("alone", "--seed", 1, "--rate", 2000, "--packets", self._size.packets * count,
                                       *options, client=client)])

    def _half(self) -> list[Group]:
        """Two with both sides, in few files: half of the connections on one SNAT address, half of the packets on one
        tuple."""
        options = ("--rate", 300, "--snat-addresses", 4, "--ports", 1000, "--hold", 1,
                   "--packets", self._size.packets // 4)
        return _sides([self._generated("address", "--seed", 6, *HOT_ADDRESS, *options, client=True, files=3),
                       self._generated("tuple", "--seed", 7, *HOT_TUPLE, *options, client=True, files=3)])

    def _nanoseconds(self) -> list[Group]:
        """IPv6, one side only, one file of it compressed."""
        stem = self._generated("three", "--seed", 3, "--rate", 500, "--snat-addresses", 1, "--nanoseconds", "--ipv6")
        last = Path(sorted(glob(f"{stem}-server-*"))[-1])
        Path(f"{last}.gz").write_bytes(gzip.compress(last.read_bytes(), mtime=0))
        last.unlink()
        return [Group("server", "@three", f"{stem}-server-*")]

    def _hot(self) -> list[Group]:
        """Three tuples, each used over and over, take nearly all."""
        stem = self._generated("hot", "--seed", 4, "--rate", 2, "--snat-addresses", 1, "--ports", 3, "--hold", 0,
                               "--packets", self._size.packets // 10)
        return [Group("server", "@hot", f"{stem}-server-*")]

    def _damaged(self) -> list[Group]:
        """Rotated files of one load balancer: one that ends in a packet, one of noise, and one that is not there."""
        stem = self._generated("bad", "--seed", 5, "--rate", 300, "--snat-addresses", 1)
        files = sorted(glob(f"{stem}-server-*"))
        cut, noise = Path(files[0]), Path(files[-1])
        cut.write_bytes(cut.read_bytes()[:-31])
        noise.write_bytes(bytes(number * 167 % 251 for number in range(5000)))
        return [Group("server", "@bad", f"{stem}-server-*"), Group("server", "@bad", f"{stem}-gone.pcap")]

    def _lab(self) -> list[Group]:
        groups = []
        for name in self._size.lab:
            for side, file in (("server", "server.pcap"), ("client", "client-any.pcap")):
                stem = self._folder / f"{name}-{side}"
                Pcap(_FIXTURES / name / file).rotate(stem, 2)
                groups.append(Group(side, f"@{name}", f"{stem}-*"))
        return groups

    def _unnamed(self) -> list[Group]:
        """Both sides in one file, of a load balancer that has no name; sides show in the files."""
        stem = self._folder / "both"
        Pcap(_FIXTURES / "l4-clean" / "lb-any.pcap").rotate(stem, 2)
        return [Group(None, "", f"{stem}-*")]

    def _generated(self, name: str, *options: object, client: bool = False, files: int | None = None) -> Path:
        """Captures of a generated load balancer, rotated; where their names begin."""
        sides = ("server", "client") if client else ("server",)
        command = [self._generator, "--packets", self._size.packets, *options]
        for side in sides:
            command += [f"--{side}", self._file(f"{name}-{side}")]
        subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL,
                       timeout=_GENERATION_PATIENCE)
        for side in sides:
            Pcap(self._file(f"{name}-{side}")).rotate(self._folder / f"{name}-{side}", files or self._size.files)
        return self._folder / name

    def _file(self, name: str) -> Path:
        """A whole capture, which no pattern matches."""
        return self._folder / f"{name}.whole"


def _sides(stems: list[Path]) -> list[Group]:
    """Both sides of load balancers, whose names are those of their captures."""
    return [Group(side, f"@{stem.name}", f"{stem}-{side}-*") for side in ("server", "client") for stem in stems]
