"""Packets as suites have them: conversations, nonsense, tunnels inside of tunnels, and damage."""

import struct

PORTS = [0, 1, 22, 53, 80, 443, 4789, 6081, 8472, 32768, 65535]
FLAGS = [0x02, 0x12, 0x10, 0x18, 0x11, 0x04, 0x14, 0x00, 0xFF, 0x03, 0x06, 0x29]


def noise(random, length):
    return random.randbytes(length)


def options(random):
    """TCP options, right and wrong; whole words."""
    made = b""
    for _ in range(random.randrange(5)):
        made += random.choice([
            b"\x02\x04\x05\xb4", b"\x01", b"\x03\x03\x07", b"\x04\x02",
            b"\x08\x0a" + noise(random, 8), b"\x08\x00", b"\x08\xff", b"\x05\x0a" + noise(random, 8),
            b"\x1c\x0a" + noise(random, 8), b"\x00", b"\xfe\x02", noise(random, 3),
        ])
    made = made[:40]
    return made + bytes(-len(made) % 4)


def tcp(random, ports=None, flags=None):
    extra = options(random)
    offset = 5 + len(extra) // 4
    if random.random() < 0.1:
        offset = random.randrange(16)
    source, destination = ports or (random.choice(PORTS), random.choice(PORTS))
    flags = random.choice(FLAGS) if flags is None else flags
    sequence = random.choice([0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, random.getrandbits(32)])
    head = struct.pack(
        ">HHIIBBHHH", source, destination, sequence, random.getrandbits(32), offset << 4, flags,
        random.getrandbits(16), 0, 0)
    return head + extra + noise(random, random.choice([0, 0, 1, 40]))


def ipv4(random, protocol, payload, ends=None):
    source, destination = ends or (0x0A000001 + random.randrange(4), 0x0A000101)
    words = 5
    length = 20 + len(payload)
    fragment = 0x4000
    if random.random() < 0.1:
        words, length = random.randrange(16), random.choice([0, 1, 19, 20, 65535, length + 1])
    if random.random() < 0.1:
        fragment = random.choice([0x2000, 0x2001, 0x0001, 0x1FFF, 0x8000, 0x3FFF])
    return struct.pack(
        ">BBHHHBBHII", 0x40 | words, 0, length, random.randrange(4), fragment, 64, protocol, 0, source,
        destination) + payload


def ipv6(random, protocol, payload):
    chain = b""
    following = protocol
    for _ in range(random.choice([0, 0, 0, 1, 2, 20])):
        kind = random.choice([0, 43, 44, 51, 60, 135, 139])
        units = random.choice([0, 0, 1, 255])
        if kind == 44:
            chain = struct.pack(">BBHI", following, 0, random.choice([0, 1, 9, 0xFFF8]), 7) + chain
        else:
            chain = bytes([following, units]) + bytes(6 if kind != 51 else 10) + chain
        following = kind
    payload = chain + payload
    length = random.choice([len(payload)] * 8 + [0, 65535])
    return struct.pack(
        ">IHBB16s16s", 0x60000000, length, following, 64, b"\xfd" + bytes(14) + b"\1",
        b"\xfd" + bytes(14) + b"\2") + payload


def _ip(random, protocol, payload):
    return (ipv4 if random.random() < 0.7 else ipv6)(random, protocol, payload)


def tunnelled(random, depth):
    """An IP packet with tunnels in tunnels, some of which promise what is not there."""
    if depth == 0:
        return _ip(random, 6, tcp(random))
    inner = tunnelled(random, depth - 1)
    ethernet = bytes(12) + struct.pack(">H", 0x86DD if inner[0] >> 4 == 6 else 0x0800) + inner
    kind = random.randrange(7)
    if kind == 0:
        return _ip(random, 41 if inner[0] >> 4 == 6 else 4, inner)
    if kind == 1:
        flags = random.choice([0, 0x2000, 0xB000, 0x4000, 0x3081, 0x0007])
        return _ip(random, 47, struct.pack(">HH", flags, random.choice([0x0800, 0x6558, 0x88BE, 0x8847])) + inner)
    if kind == 2:
        return _ip(random, 17, struct.pack(">HHHHII", 9, random.choice([4789, 8472, 4790]),
                                           len(ethernet) + 16, 0, 0x08000000, 256) + ethernet)
    if kind == 3:
        words = random.choice([0, 0, 1, 63])
        return _ip(random, 17, struct.pack(">HHHHBBHI", 9, 6081, 0, 0, words, 0, 0x6558, 0)
                   + bytes(4 * min(words, 8)) + ethernet)
    if kind == 4:
        return _ip(random, 137, b"".join(b"\0\1\0\x40" for _ in range(random.randrange(40))) + b"\0\1\1\x40" + inner)
    if kind == 5:
        return _ip(random, 97, b"\x30\0" + ethernet)
    return _ip(random, 17, struct.pack(">HHHHBBH", 9, 6080, 0, 0, random.randrange(256), 4, 0) + inner)


def conversation(random):
    """One connection after the other on a few tuples: handshakes, closes, SYNs that hit what is held."""
    client, server = 0x0A000001, 0x0A000101
    packets = []
    for _ in range(random.randrange(1, 6)):
        port = random.choice([32768, 32769])
        for is_client, flags in random.sample(
                [(True, 2), (False, 0x12), (True, 0x10), (True, 0x18), (False, 0x11), (True, 0x11),
                 (False, 0x10), (True, 4)], random.randrange(1, 9)):
            ends, ports = ((client, server), (port, 80)) if is_client else ((server, client), (80, port))
            packets.append(ipv4(random, 6, tcp(random, ports, flags), ends))
    return packets


def without_tcp(random):
    """ICMP, UDP, ARP by its bytes, and protocols of nobody."""
    return _ip(random, random.choice([0, 1, 17, 50, 58, 132, 255]), noise(random, random.randrange(60)))


def some(random, count):
    """So many IP packets or so, of one of these kinds."""
    kind = random.randrange(6)
    if kind == 0:
        return conversation(random)
    if kind == 1:
        return [tunnelled(random, random.randrange(1, 20)) for _ in range(count)]
    if kind == 2:
        return [without_tcp(random) for _ in range(count)]
    if kind == 3:
        return [noise(random, random.randrange(120)) for _ in range(count)]
    packets = conversation(random) + [_ip(random, 6, tcp(random)) for _ in range(count)]
    return [damaged(random, packet) for packet in packets] if kind == 4 else packets


def damaged(random, data, places=2):
    """The same with some bytes changed, or cut."""
    data = bytearray(data)
    for _ in range(random.randrange(1, places + 1)):
        if not data:
            break
        place = random.randrange(len(data))
        if random.random() < 0.15:
            del data[place:]
        else:
            data[place] = random.choice([0, 1, 0x7F, 0x80, 0xFF, random.randrange(256)])
    return bytes(data)
