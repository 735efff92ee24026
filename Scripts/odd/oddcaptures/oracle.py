"""What libpcap and capinfos make of a file."""

import ctypes
import ctypes.util
import re
import subprocess
from dataclasses import dataclass

from .links import OURS


@dataclass
class Reading:
    """`error` is libpcap's; None where it reads the whole file. `link` is its name of the link type."""
    packets: int = 0
    error: str | None = None
    is_refused: bool = False
    link: str | None = None
    is_ours: bool = False

    @property
    def is_cut(self):
        return self.error is not None and "truncated" in self.error


class Libpcap:
    """libpcap, called directly: no program around it adds anything."""

    def __init__(self):
        name = ctypes.util.find_library("pcap") or "libpcap.so.0.8"
        self._library = library = ctypes.CDLL(name)
        library.pcap_open_offline.restype = ctypes.c_void_p
        for call in ("pcap_close", "pcap_geterr", "pcap_datalink"):
            getattr(library, call).argtypes = [ctypes.c_void_p]
        library.pcap_geterr.restype = ctypes.c_char_p
        library.pcap_datalink_val_to_name.restype = ctypes.c_char_p
        library.pcap_next_ex.argtypes = [ctypes.c_void_p] * 3

    def read(self, path):
        library = self._library
        reason = ctypes.create_string_buffer(256)
        handle = library.pcap_open_offline(path.encode(), reason)
        if not handle:
            return Reading(error=reason.value.decode(errors="replace"), is_refused=True)
        number = library.pcap_datalink(handle)
        name = library.pcap_datalink_val_to_name(number)
        reading = Reading(link=name.decode() if name else str(number), is_ours=number in OURS)
        header, data = ctypes.c_void_p(), ctypes.c_void_p()
        while (code := library.pcap_next_ex(handle, ctypes.byref(header), ctypes.byref(data))) == 1:
            reading.packets += 1
        if code != -2:
            reading.error = library.pcap_geterr(handle).decode(errors="replace")
        library.pcap_close(handle)
        return reading


def capinfos(paths):
    """How many packets capinfos counts, by path; a file that it does not read to its end is not there."""
    counts = {}
    for start in range(0, len(paths), 200):
        part = paths[start:start + 200]
        result = subprocess.run(["capinfos", "-c", "-M", "-T", "-m", "-r", *part], capture_output=True, text=True)
        wrong = set(re.findall(r'An error occurred after reading \d+ packets from "(.*)"', result.stderr))
        for line in result.stdout.splitlines():
            path, _, count = line.rpartition(",")
            if count.isdigit() and path not in wrong:
                counts[path] = int(count)
    return counts
