"""Compression around a capture, whole and broken."""

import gzip
import pathlib
import subprocess
import zlib


def _gzip(content):
    return gzip.compress(content, 6, mtime=0)


def _members(random, content):
    """The content in several members, some of them empty."""
    places = sorted(random.randrange(len(content) + 1) for _ in range(random.randrange(1, 4)))
    parts = [content[start:end] for start, end in zip([0, *places], [*places, len(content)])]
    return b"".join(_gzip(part) for part in parts) + bytes(random.choice([0, 0, 512]))


def _by_program(program, content):
    return subprocess.run([program, "-c", "-q"], input=content, capture_output=True, check=True).stdout


def wrap(random, plain, content):
    """Three of four captures stay as they are.

    Gives the path of the file, that of the plain content as far as it can be decoded, and what is wrong
    with the wrapping: "", "cut" or "damaged".
    """
    if random.random() < 0.75 or not content:
        return plain, plain, ""
    kind = random.randrange(6)
    path = pathlib.Path(f"{plain}.packed")
    if kind == 0:
        path.write_bytes(_gzip(content))
    elif kind == 1:
        path.write_bytes(_members(random, content))
    elif kind == 2:
        path.write_bytes(_by_program("zstd", content))
    elif kind == 3:
        path.write_bytes(_by_program("lz4", content))
    elif kind == 4:
        return _cut(random, path, plain, content)
    else:
        packed = bytearray(_gzip(content))
        packed[random.choice([-1, -5, -8, len(packed) // 2])] ^= 0x55
        path.write_bytes(bytes(packed))
        return path, plain, "damaged"
    return path, plain, ""


def _cut(random, path, plain, content):
    """gzip that ends early: what zlib gets out of it is what counts."""
    packed = _gzip(content)
    packed = packed[:random.randrange(10, len(packed))]
    path.write_bytes(packed)
    rest = pathlib.Path(f"{plain}.rest")
    rest.write_bytes(zlib.decompressobj(31).decompress(packed))
    return path, rest, "cut"
