"""The kinds of odd captures: each makes one of a random generator."""

import os
import struct

from . import formats, links, packets
from .formats import Pcap, Pcapng

SNAP_LENGTHS = [0, 1, 60, 64, 96, 1500, 65535, 65536, 262143, 262144, 262145, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]
SECOND = 10**6


def _order(random):
    return random.choice("<>")


def _link(random):
    """One of ours, two times of three."""
    return random.choice(sorted(links.OURS)) if random.random() < 0.67 else random.choice(links.OTHERS)


def _frames(random, link, count=None):
    made = packets.some(random, random.randrange(1, 12) if count is None else count)
    return [links.framed(link, packet, random) if packet else b"" for packet in made]


def _time(random, index):
    return random.choice([1700000000 * SECOND + index * 1000] * 9 + [random.getrandbits(50)])


def _filled(random, file, frames):
    for index, frame in enumerate(frames):
        file.add(_time(random, index), frame)
    return file.contents


def pcap(random):
    """Every link type, byte order, resolution, version; the modified format of old Linux."""
    link = _link(random)
    magic = random.choice([formats.MICROSECONDS] * 4 + [formats.NANOSECONDS, formats.MODIFIED])
    version = random.choice([(2, 4)] * 9 + [(2, 0), (2, 1), (2, 2), (2, 3), (543, 0)])
    file = Pcap(link=link, order=_order(random), magic=magic, version=version)
    return _filled(random, file, _frames(random, link))


def link_types(random):
    """The number of a link type, whatever it is, with bits beside it."""
    link = random.choice([random.randrange(300), random.randrange(1 << 16), random.getrandbits(32)])
    link |= random.choice([0] * 6 + [0x04000000, 0xF4000000, 0x00010000, 0x02000000])
    file = Pcap(link=link, order=_order(random))
    return _filled(random, file, _frames(random, link & 0x3FFFFFF))


def foreign_pcap(random):
    """Magic numbers and versions that libpcap does not read."""
    if random.random() < 0.6:
        file = Pcap(magic=random.choice(formats.FOREIGN_MAGIC), order=_order(random))
    else:
        file = Pcap(version=random.choice([(0, 0), (1, 4), (2, 5), (3, 0), (543, 1), (65535, 65535)]))
    return _filled(random, file, _frames(random, 1))


def pcap_lengths(random):
    """Snap lengths of all sizes, capture lengths beyond them, beyond the packet, beyond reason."""
    link = random.choice(sorted(links.OURS))
    file = Pcap(link=link, order=_order(random), snaplen=random.choice(SNAP_LENGTHS),
                magic=random.choice([formats.MICROSECONDS] * 3 + [formats.NANOSECONDS, formats.MODIFIED]))
    for index, frame in enumerate(_frames(random, link)):
        kind = random.randrange(12)
        if kind == 0:
            file.add(index, frame, original=random.choice([0, 1, len(frame) // 2, 0xFFFFFFFF]))
        elif kind == 1:
            frame = frame[:random.randrange(len(frame) + 1)]
            file.add(index, frame, original=len(frame) + 1000)
        elif kind == 2:
            frame += bytes(random.choice([1, 300, 66000, 262144 - len(frame), 262145 - len(frame)]))
            file.add(index, frame)
        elif kind == 3 and random.random() < 0.3:
            file.add(index, frame, captured=random.choice([0x7FFFFFFF, 0xFFFFFFFF, 262145, len(frame) + 9]))
        elif kind == 4:
            file.add(index, b"", original=0)
        else:
            file.add(index, frame)
    return file.contents


def no_packets(random):
    """Nothing but a header."""
    if random.random() < 0.5:
        return Pcap(link=_link(random), order=_order(random)).contents
    file = Pcapng()
    file.section(_order(random))
    for _ in range(random.randrange(3)):
        file.interface(_link(random))
    return file.contents


def times(random):
    """Times that jump, go back, and are the largest there are."""
    file = Pcap(order=_order(random), magic=random.choice([formats.MICROSECONDS, formats.NANOSECONDS]))
    for frame in _frames(random, 1, 10):
        file.add(0, frame)
    records = bytearray(file.records)
    position = 0
    while position < len(records):
        length = struct.unpack_from(file.order + "I", records, position + 8)[0]
        seconds = random.choice([0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1700000000])
        fraction = random.choice([0, 999999, 1000000, 999999999, 0x7FFFFFFF])
        struct.pack_into(file.order + "II", records, position, seconds, fraction)
        position += 16 + length
    file.records = bytes(records)
    return file.contents


def _options(random, file):
    made = b""
    if random.random() < 0.5:
        made += file.option(9, bytes([random.choice([6, 9, 3, 0, 0x80, 0x8A, 0x9E, 19])]))
    if random.random() < 0.3:
        made += file.option(14, struct.pack(file.order + "q", random.choice([0, 1, -1, 10**9])))
    if random.random() < 0.4:
        made += file.option(random.choice([1, 2, 3, 11, 12, 2988, 32768]), packets.noise(random, random.randrange(30)))
    return made + (file.option(0, b"") if made else b"")


def _other_block(random, file):
    """Names, secrets, journals, statistics, custom blocks, and numbers of nobody."""
    kind = random.choice([4, 5, 7, 8, 9, 10, 0xBAD, 0x40000BAD, 0x204, 0x80000001, 0x12345678, 0])
    body = packets.noise(random, random.choice([0, 4, 8, 40, 1000]))
    if kind == 5:
        body = struct.pack(file.order + "III", 0, 0, 0) + file.option(5, bytes(8))
    if kind == 10:
        body = struct.pack(file.order + "II", 0x544C534B, 5) + b"hello\0\0\0"
    if kind == 4:
        body = struct.pack(file.order + "HH", 1, 8) + b"\x0a\0\0\1abc\0" + bytes(4)
    file.block(kind, body)


def pcapng(random):
    """Sections, interfaces, all kinds of packets and other blocks, as writers may make them."""
    file = Pcapng()
    order, link = _order(random), _link(random)
    count = 0
    for _ in range(random.choice([1, 1, 1, 2, 5])):
        if random.random() < 0.1:
            order = _order(random)
        file.section(order, length=random.choice([-1] * 4 + [0, 4, 1 << 40]), options=random.choice(
            [b"", struct.pack(order + "HH4sHH", 4, 4, b"test", 0, 0)]))
        interfaces = random.choice([1, 1, 1, 2, 9])
        for _ in range(interfaces):
            if random.random() < 0.1:
                link = _link(random)
            file.interface(link, random.choice([0, 0, 65535, 262144]), _options(random, file))
        for frame in _frames(random, link, random.randrange(6)):
            if random.random() < 0.2:
                _other_block(random, file)
            kind = random.randrange(8)
            if kind == 0:
                file.simple(frame)
            elif kind == 1:
                file.obsolete(_time(random, count), frame, random.randrange(interfaces))
            else:
                file.enhanced(_time(random, count), frame, random.randrange(interfaces), options=random.choice(
                    [b"", struct.pack(order + "HHIHH", 2, 4, 1, 0, 0)]))
            count += 1
    return file.contents


def wrong_pcapng(random):
    """The same with one thing wrong in it."""
    file = Pcapng()
    file.section(_order(random), version=random.choice([(1, 0)] * 5 + [(1, 1), (1, 2), (2, 0), (0, 0)]))
    fault = random.randrange(10)
    frames = _frames(random, 1, 4)
    if fault == 0:
        file.enhanced(1, frames[0])
    file.interface(1, 60 if fault == 1 else 0, {
        2: file.option(9, b"\x09\x09"), 3: file.option(14, b"\1\2\3\4"), 4: struct.pack("<HH", 9, 500),
        5: file.option(9, bytes([random.choice([20, 0x7F, 0xC0, 0xFF])])),
    }.get(fault, b""))
    for index, frame in enumerate(frames):
        interface = random.choice([1, 0xFFFF, 0xFFFFFFFF]) if fault == 6 and index == 2 else 0
        captured = random.choice([0, len(frame) + 5, 0x7FFFFFFF]) if fault == 7 and index == 2 else None
        file.enhanced(index, frame, interface, captured)
        if fault == 8 and index == 1:
            file.block(6, bytes(random.choice([0, 4, 16])))
        if fault == 9 and index == 1:
            length = random.choice([0, 4, 8, 11, 13, 15, 12, 0x7FFFFFFC, 0xFFFFFFFF, 16 << 20, (16 << 20) + 4])
            file.block(random.choice([6, 3, 0xBAD]), bytes(20), length, random.choice([None, 32]))
    if random.random() < 0.3:
        file.simple(frames[0], random.choice([0, 1, 60, 5000, 0xFFFFFFFF]))
    return file.contents


def cut(random):
    """A good file that ends anywhere."""
    data = random.choice([pcap, pcapng])(random)
    return data[:random.randrange(len(data) + 1)]


def garbage_behind(random):
    """A good file with something else behind its end."""
    data = random.choice([pcap, pcapng])(random)
    return data + random.choice([
        b"\n", bytes(4), bytes(16), bytes(512), b"\xff" * 40, packets.noise(random, random.randrange(64)), data,
        b"GARBAGE", b"</html>\n"])


def broken(random):
    """A good file with a few bytes changed."""
    data = random.choice([pcap, pcapng, pcap_lengths, wrong_pcapng])(random)
    return packets.damaged(random, data, 6)


def other_files(random):
    """What is no capture at all, or one of another program."""
    return random.choice([
        b"", b"\0", b"\n", b"hello\n", bytes(4096), b"\x7fELF\2\1\1" + bytes(500), b"%PDF-1.4\n" + bytes(90),
        b"snoop\0\0\0" + struct.pack(">II", 2, 4) + packets.noise(random, 60),
        b"\x1c\0\1\xac" + bytes(60), b"RTSS\1\0" + bytes(200), b"GMBU\0\2" + bytes(200), b"XCP\0" + bytes(200),
        b"TRSNIFF data    \x1a" + bytes(60), b"\x8d\x00" + bytes(14) + packets.noise(random, 100),
        b"PK\3\4" + bytes(60), b"BZh9" + bytes(60), b"\xfd7zXZ\0" + bytes(60), b"\x89PNG\r\n\x1a\n" + bytes(60),
        b"#!/bin/sh\nexec tcpdump\n", b"{\"packets\": []}\n", b"\xff\xfe" + "text".encode("utf-16-le"),
        b"12:00:00.0 IP 10.0.0.1.80 > 10.0.0.2.1: Flags [S]\n", b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18",
        b"btsnoop\0" + struct.pack(">II", 1, 1001) + bytes(24), b"\xd4\xc3\xb2", b"\x0a\x0d\x0d", b"\x0a\x0d\x0d\x0a",
        packets.noise(random, random.randrange(1, 300)),
    ])


class Fixtures:
    """Frames of real captures, which other kinds bring into other files."""

    def __init__(self, folder):
        self.files = []
        for name, _, files in sorted(os.walk(folder)):
            for file in sorted(files):
                if file.endswith(".pcap"):
                    with open(os.path.join(name, file), "rb") as stream:
                        self.files.append(stream.read())

    def __call__(self, random):
        """A real capture, of a part of its packets, damaged in places."""
        data = random.choice(self.files)
        order = "<" if data[:1] in b"\xd4\x4d" else ">"
        nano = data[:4] in (b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d")
        link = struct.unpack_from(order + "I", data, 20)[0]
        file = Pcap(link=link, order=_order(random),
                    magic=formats.NANOSECONDS if nano else formats.MICROSECONDS)
        position = 24
        share = random.choice([0.02, 0.1, 0.3])
        harm = random.choice([0, 0, 0.1, 1])
        while position < len(data):
            seconds, fraction, captured, original = struct.unpack_from(order + "IIII", data, position)
            frame = data[position + 16:position + 16 + captured]
            position += 16 + captured
            if random.random() > share:
                continue
            if random.random() < harm:
                frame = packets.damaged(random, frame)
            unit = 10**9 if nano else 10**6
            file.add(seconds * unit + fraction, frame, original=max(original, len(frame)))
        return file.contents


KINDS = [pcap, link_types, foreign_pcap, pcap_lengths, no_packets, times, pcapng, wrong_pcapng, cut,
         garbage_behind, broken, other_files]
