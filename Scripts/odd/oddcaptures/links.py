"""Link types by the numbers that files have, and headers to put packets behind."""

import struct

# The numbers in capture files that snat-audit decodes; docs/captures.md names them.
OURS = {
    0, 1, 6, 8, 9, 10, 11, 12, 14, 50, 51, 100, 101, 104, 107, 108, 109, 113, 117, 122, 138, 166,
    197, 204, 205, 206, 219, 226, 228, 229, 239, 240, 241, 242, 274, 276,
}
# What other projects' suites are full of: 802.11 and radiotap, Bluetooth, USB, DOCSIS, 802.15.4, CAN,
# Juniper's, SS7, PPI, PKTAP, switches' tags, what users defined for themselves, and numbers of nobody.
OTHERS = [
    3, 4, 5, 7, 13, 15, 99, 102, 105, 106, 114, 119, 123, 127, 129, 130, 133, 137, 140, 141, 143, 147,
    149, 162, 163, 177, 178, 183, 187, 189, 191, 192, 195, 201, 209, 215, 220, 224, 227, 230, 235, 238,
    243, 245, 249, 251, 253, 258, 263, 264, 266, 269, 271, 272, 275, 277, 279, 281, 285, 288, 290, 293,
    299, 400, 1000, 65535,
]


def _ethernet(ip, random):
    kind = ether_type(ip)
    tags = b"".join(
        struct.pack(">HH", random.choice([0x8100, 0x88A8, 0x9100]), random.randrange(1 << 16))
        for _ in range(random.choice([0, 0, 0, 1, 2, 7]))
    )
    return bytes(random.randrange(256) for _ in range(12)) + tags + struct.pack(">H", kind) + ip


def ether_type(ip):
    return 0x86DD if ip[:1] and ip[0] >> 4 == 6 else 0x0800


def _ppp(ip):
    return b"\xff\x03" + struct.pack(">H", 0x57 if ether_type(ip) == 0x86DD else 0x21) + ip


def _snap(ip):
    return b"\xaa\xaa\x03\0\0\0" + struct.pack(">H", ether_type(ip)) + ip


def framed(link, ip, random):
    """An IP packet behind a plausible header of the link type; of unknown ones, behind any bytes."""
    kind = ether_type(ip)
    if link in (1, 240, 241, 274):
        return bytes({240: 4, 241: 12, 274: 8}.get(link, 0)) + _ethernet(ip, random)
    if link == 113:
        return struct.pack(">HHH8sH", random.randrange(5), 1, 6, b"abcdef", kind) + ip
    if link == 276:
        return struct.pack(">HHIHBB8s", kind, 0, 2, 1, random.randrange(5), 6, b"abcdef") + ip
    if link in (12, 14, 101, 228, 229):
        return ip
    if link in (0, 108, 109):
        family = struct.pack(random.choice("<>") + "I", 2 if kind == 0x0800 else random.choice([10, 24, 28, 30]))
        return family + (bytes(8) if link == 109 else b"") + ip
    if link in (9, 50):
        return _ppp(ip)
    if link in (51, 166, 204):
        front = {51: struct.pack(">BBHH", 0x11, 0, 7, len(ip) + 2), 166: b"\0\1", 204: b"\1\xff\3"}[link]
        return front + _ppp(ip)[2:]
    if link in (104, 205):
        return (b"\1" if link == 205 else b"") + b"\x0f\0" + struct.pack(">H", kind) + ip
    if link in (107, 206):
        return (b"\1" if link == 206 else b"") + b"\x18\x41\x03" + (b"\x8e" if kind == 0x86DD else b"\xcc") + ip
    if link == 8:
        return bytes(16) + ip
    if link == 219:
        return b"\0\1\1\x40" + ip
    if link in (6, 10):
        return bytes([0x50 if link == 10 else 0x40]) + bytes(12 if link == 10 else 13) + _snap(ip)
    if link in (11, 100):
        return _snap(ip)
    if link == 122:
        return bytes(16) + _snap(ip)
    if link in (138, 242):
        return bytes(16 if link == 138 else 40) + struct.pack(">H", kind) + (bytes(2) if link == 242 else b"") + ip
    return bytes(random.randrange(256) for _ in range(random.randrange(64))) + ip
