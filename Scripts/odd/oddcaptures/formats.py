"""Writers of pcap and pcapng that may lie in every field."""

import struct
from dataclasses import dataclass, field

MICROSECONDS, NANOSECONDS, MODIFIED = 0xA1B2C3D4, 0xA1B23C4D, 0xA1B2CD34
# What Wireshark or nobody knows: Alexey Kuznetzov's successors, Navtel, Ixia, and typing errors.
FOREIGN_MAGIC = [0xA1B234CD, 0xA12B3C4D, 0x1C0001AC, 0x1C0001AB, 0xA1B2C3D5, 0xA1B2C300, 0xD4C3A1B2]


@dataclass
class Pcap:
    """A pcap file; `order` is of `struct`."""
    link: int = 1
    order: str = "<"
    magic: int = MICROSECONDS
    version: tuple = (2, 4)
    snaplen: int = 65535
    records: bytes = b""

    @property
    def header(self):
        return struct.pack(self.order + "IHHiIII", self.magic, *self.version, 0, 0, self.snaplen,
                           self.link & 0xFFFFFFFF)

    def add(self, time, data, captured=None, original=None):
        """A packet at a time in units of the file, with lengths that may be wrong."""
        captured = len(data) if captured is None else captured
        original = max(captured, len(data)) if original is None else original
        unit = 10**9 if self.magic == NANOSECONDS else 10**6
        self.records += struct.pack(self.order + "IIII", time // unit & 0xFFFFFFFF, time % unit,
                                    captured & 0xFFFFFFFF, original & 0xFFFFFFFF)
        if self.magic == MODIFIED:
            self.records += struct.pack(self.order + "IHBB", 1, 0x0800, 0, 0)
        self.records += data

    @property
    def contents(self):
        return self.header + self.records


@dataclass
class Pcapng:
    """A pcapng file, block by block."""
    order: str = "<"
    blocks: bytes = b""
    ends: list = field(default_factory=list)

    def block(self, kind, body, length=None, last=None):
        body += bytes(-len(body) % 4)
        length = len(body) + 12 if length is None else length
        last = length if last is None else last
        self.blocks += struct.pack(self.order + "II", kind, length) + body + struct.pack(self.order + "I", last)
        self.ends.append(len(self.blocks))

    def section(self, order=None, length=-1, version=(1, 0), options=b""):
        self.order = order or self.order
        self.block(0x0A0D0D0A, struct.pack(self.order + "IHHq", 0x1A2B3C4D, *version, length) + options)

    def option(self, code, value):
        return struct.pack(self.order + "HH", code, len(value)) + value + bytes(-len(value) % 4)

    def interface(self, link=1, snaplen=0, options=b""):
        self.block(1, struct.pack(self.order + "HHI", link & 0xFFFF, 0, snaplen) + options)

    def enhanced(self, time, data, interface=0, captured=None, original=None, options=b""):
        captured = len(data) if captured is None else captured
        original = captured if original is None else original
        self.block(6, struct.pack(self.order + "IIIII", interface, time >> 32 & 0xFFFFFFFF,
                                  time & 0xFFFFFFFF, captured, original)
                   + data + bytes(-len(data) % 4) + options)

    def simple(self, data, original=None):
        self.block(3, struct.pack(self.order + "I", len(data) if original is None else original) + data)

    def obsolete(self, time, data, interface=0):
        self.block(2, struct.pack(self.order + "HHIIII", interface, 0xFFFF, time >> 32 & 0xFFFFFFFF,
                                  time & 0xFFFFFFFF, len(data), len(data)) + data)

    @property
    def contents(self):
        return self.blocks
