"""Switches segmentation, receive and checksum offload off, run inside a namespace.

With offload on, a capture on a veth shows super-frames and checksums that were never computed, which
no physical LB would show. This is `ethtool -K DEVICE ...` through the same ioctl, for machines
without ethtool.
"""

from __future__ import annotations

import array
import fcntl
import socket
import struct
import sys

_SIOCETHTOOL = 0x8946
_ETHTOOL_COMMANDS = {
    "rx checksum": 0x15,
    "tx checksum": 0x17,
    "scatter-gather": 0x19,
    "tso": 0x1F,
    "gso": 0x24,
    "gro": 0x2C,
}


def switch_off(device: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        # GRO first: it depends on the receive checksum. TSO before the checksum it depends on.
        for feature in ("gro", "tso", "gso", "scatter-gather", "tx checksum", "rx checksum"):
            value = array.array("B", struct.pack("=II", _ETHTOOL_COMMANDS[feature], 0))
            request = struct.pack("16sP", device.encode(), value.buffer_info()[0])
            try:
                fcntl.ioctl(control, _SIOCETHTOOL, request)
            except OSError as error:
                sys.exit(f"cannot switch off {feature} on {device}: {error}")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        switch_off(name)
