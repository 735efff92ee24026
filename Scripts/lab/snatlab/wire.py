"""The relay between LB and server: passes Ethernet frames on, some late, some never.

It stands where a switch would, outside the kernel stacks of both ends, so a loss here is one that
neither sender notices. Losses follow the seed and are written down, one JSON line each.
"""

from __future__ import annotations

import heapq
import itertools
import json
import random
import select
import socket
import sys
import time

from . import packets

_PACKET_OUTGOING = 4
_ALL_PROTOCOLS = 3
_FRAMES_PER_TURN = 64


def _open(device: str) -> socket.socket:
    end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL_PROTOCOLS))
    end.bind((device, _ALL_PROTOCOLS))
    end.setblocking(False)
    return end


def main() -> None:
    settings = json.loads(sys.argv[1])
    lossy = {"server": ("lb",), "wire": ("lb", "server")}.get(settings["loss_at"], ())
    chance = settings["loss"] / 100
    delay = settings["delay_ms"] / 1000
    randomness = random.Random(settings["seed"])
    lb, server = _open("lb0"), _open("server0")
    toward = {lb.fileno(): ("server", lb, server), server.fileno(): ("lb", server, lb)}
    poll = select.poll()
    for descriptor in toward:
        poll.register(descriptor, select.POLLIN)
    order = itertools.count()
    travelling: list[tuple[float, int, socket.socket, bytes]] = []

    with open(settings["log"], "w", buffering=1) as log:
        print("ready", flush=True)
        while True:
            wait = None
            if travelling:
                wait = max(0.0, (travelling[0][0] - time.monotonic()) * 1000)
            for descriptor, _ in poll.poll(wait):
                direction, source, target = toward[descriptor]
                for _ in range(_FRAMES_PER_TURN):
                    try:
                        frame, address = source.recvfrom(65536)
                    except BlockingIOError:
                        break
                    if address[2] == _PACKET_OUTGOING:
                        continue
                    if direction in lossy and (segment := packets.parse(frame)):
                        if randomness.random() < chance:
                            log.write(json.dumps({"at": time.time(), "toward": direction, **segment.describe()}) + "\n")
                            continue
                    heapq.heappush(travelling, (time.monotonic() + delay, next(order), target, frame))
            now = time.monotonic()
            while travelling and travelling[0][0] <= now:
                _, _, target, frame = heapq.heappop(travelling)
                target.send(frame)


if __name__ == "__main__":
    main()
