"""Every option of a run, in one place.

The same table gives the command line its options, a scenario its settings, and truth.json its `args`.
"""

from __future__ import annotations

import argparse
import dataclasses
from dataclasses import dataclass

from .errors import LabError

NEVER = -1.0
"""Value of a waiting time that lasts until the run is over."""

FIRST_PORT = 4000
"""First SNAT port of a pool that is given by its size only."""

L7_MODES = ("l7", "l7tcp", "l7proxy", "l7pool", "l7nginx")


def _option(default, text: str, choices: tuple = ()):
    return dataclasses.field(default=default, metadata={"help": text, "choices": choices})


@dataclass(frozen=True)
class Options:
    """One run. The order of the fields is the order of `--help`."""

    mode: str = _option(
        "l4",
        "l4: nftables DNAT and SNAT; dsr: no translation, the server answers the clients directly; "
        "l7: HAProxy in HTTP mode with X-Forwarded-For; l7tcp: HAProxy in TCP mode; "
        "l7proxy: the same with PROXY v2; l7pool: HAProxy keeping server connections alive; l7nginx: nginx; "
        "crafted: no clients, but segments made by hand",
        ("l4", "dsr", *L7_MODES, "crafted"),
    )
    script: str = _option("rules", "crafted: which conversation (rules, timers, dances, orphans, states, queue, listener, limits, resets, random)")
    conns: int = _option(70, "connections of each of the two client networks")
    rate: float = _option(35.0, "new connections per second of each client network")
    ports: str = _option("40", "SNAT ports of each address: how many (from 4000 on), or FIRST-LAST")
    snat_ips: int = _option(1, "number of SNAT addresses")
    snat_flags: str = _option(
        "",
        "how nftables chooses a SNAT port; empty is the kernel's default, `sequential` counts upwards",
        ("", "random", "fully-random", "persistent", "sequential"),
    )
    clients: int = _option(4, "client addresses of each client network")
    client_ports: int = _option(0, "clients bind ports of a pool of this size; 0: the kernel chooses")
    closer: str = _option(
        "server",
        "who closes first: server; client; reset: the server, with SO_LINGER 0; "
        "server-half: the server shuts down its sending half only, and closes when the client has; "
        "both: both at the same instant (needs --delay-ms for the FINs to cross)",
        ("server", "client", "reset", "server-half", "both"),
    )
    hold: float = _option(0.0, "seconds between the response and the first close; -1: nobody ever closes")
    linger: float = _option(0.0, "seconds until the other end closes too; -1: never during the run")
    pause: float = _option(0.0, "seconds without new connections after half of them")
    timestamps: int = _option(1, "TCP timestamps everywhere", (0, 1))
    rfc1337: int = _option(0, "the server ignores RST in TIME_WAIT", (0, 1))
    server_sysctls: str = _option("", "more settings of the server's kernel: names under net.ipv4 with values, as `tcp_syncookies=2 ...`")
    lb_time_wait: int = _option(1, "seconds the LB remembers a connection after both FINs or an RST")
    lb_closing: int = _option(0, "seconds the LB remembers one that waits for FIN or last ACK; 0: kernel's default")
    lb_established: int = _option(432000, "seconds the LB remembers an idle established connection")
    stray: str = _option(
        "translate",
        "segments of connections that the LB has forgotten: translate as new (the kernel's default), drop, or reset",
        ("translate", "drop", "reset"),
    )
    loss: float = _option(0.0, "percent of TCP segments lost")
    loss_at: str = _option(
        "lb",
        "lb: as they leave the LB, either way; server: between server and LB, unseen by any capture of the LB; "
        "wire: between LB and server, either way, so that the LB's captures show segments that never arrived",
        ("lb", "server", "wire"),
    )
    delay_ms: float = _option(0.0, "milliseconds a frame takes between LB and server, one way")
    pool_requests: int = _option(0, "requests the server answers on one connection before it closes; 0: one, no keep-alive")
    pool_idle: float = _option(2.0, "seconds after which the server closes an idle kept-alive connection")
    backlog: int = _option(4096, "connections that the server's kernel keeps for an application that does not accept")
    connect_timeout: float = _option(20.0, "seconds a client waits for its connection")
    settle: float = _option(2.0, "seconds without a segment arriving at the server that end the run")
    v6: int = _option(0, "IPv6", (0, 1))
    snaplen: int = _option(0, "snap length of the captures; 0: whole frames")
    server_tap: int = _option(0, "also capture inside the server's namespace: server-own.pcap", (0, 1))
    seed: int = _option(5, "seed of clients, sizes, times, and losses on the wire")

    @property
    def port_range(self) -> tuple[int, int]:
        """First and last SNAT port."""
        first, dash, last = self.ports.partition("-")
        if dash:
            return int(first), int(last)
        return FIRST_PORT, FIRST_PORT + int(first) - 1

    @property
    def translates(self) -> bool:
        """Whether the kernel of the LB translates, so that conntrack has something to tell."""
        return self.mode == "l4"

    @property
    def has_wire(self) -> bool:
        """Whether frames between LB and server go through the relay that delays and loses them."""
        return self.delay_ms > 0 or (self.loss > 0 and self.loss_at in ("server", "wire"))

    @property
    def seconds_at_most(self) -> float:
        """A generous bound for the part of the run in which clients are busy."""
        waits = max(self.hold, 0) + max(self.linger, 0) + self.pause
        return 30 + self.conns / self.rate * 1.5 + waits + 2 * self.connect_timeout

    def as_arguments(self) -> dict:
        """The `args` of truth.json. A pool given by its size stays a number there."""
        values = dataclasses.asdict(self)
        if self.ports.isdigit():
            values["ports"] = int(self.ports)
        return values

    @property
    def sysctls(self) -> dict[str, str]:
        """Settings of the server's kernel beside the usual ones."""
        return {f"net.ipv4.{name}": value for name, _, value in (pair.partition("=") for pair in self.server_sysctls.split())}

    def validate(self) -> "Options":
        try:
            first, last = self.port_range
        except ValueError:
            raise LabError(f"--ports {self.ports}: neither a number nor FIRST-LAST") from None
        if not 1024 <= first <= last <= 65535:
            raise LabError(f"--ports {self.ports}: ports {first}-{last} are not within 1024-65535")
        _require(1 <= self.conns <= 5000, "--conns must be 1 to 5000")
        _require(0.1 <= self.rate <= 1000, "--rate must be 0.1 to 1000")
        _require(1 <= self.clients <= 200, "--clients must be 1 to 200")
        _require(1 <= self.snat_ips <= 100, "--snat-ips must be 1 to 100")
        _require(0 <= self.loss <= 50, "--loss must be 0 to 50")
        _require(0 <= self.delay_ms <= 1000, "--delay-ms must be 0 to 1000")
        _require(self.pause <= 600 and self.hold <= 600 and self.linger <= 600, "waiting times end at 600 s")
        _require(0 < self.connect_timeout <= 180, "--connect-timeout must be within 180 s")
        _require(0.5 <= self.settle <= 10, "--settle must be 0.5 to 10")
        _require(1 <= self.backlog <= 4096, "--backlog must be 1 to 4096")
        _require(not (self.mode == "crafted" and self.v6), "--mode crafted is IPv4 only")
        _require(not (self.mode == "dsr" and self.v6), "--mode dsr is IPv4 only")
        _require(
            not (self.mode in L7_MODES and self.loss > 0 and self.loss_at == "lb"),
            "an L7 proxy would be told about losses at its own interface; use --loss-at wire",
        )
        _require(self.closer != "both" or self.hold == 0, "--closer both has its own instant; --hold does not apply")
        return self


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise LabError(message)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Gives a parser one option for each field."""
    for field in dataclasses.fields(Options):
        parser.add_argument(
            "--" + field.name.replace("_", "-"),
            type=type(field.default),
            default=field.default,
            choices=field.metadata["choices"] or None,
            metavar=None if field.metadata["choices"] else field.name.upper(),
            help=f"{field.metadata['help']} (default: {field.default!r})",
        )


def from_namespace(namespace: argparse.Namespace) -> Options:
    """What a parser that has `add_arguments` found."""
    names = [field.name for field in dataclasses.fields(Options)]
    return Options(**{name: getattr(namespace, name) for name in names}).validate()


def parse(words: list[str]) -> Options:
    """Options written as on the command line: this is how the scenario table writes them."""
    parser = argparse.ArgumentParser(add_help=False)
    add_arguments(parser)
    return from_namespace(parser.parse_args(words))
