"""The client program of one side: opens its connections at their times and measures each.

Started once for each client network. Prints `done` when every connection has had its answer (or its
failure) and stays alive, with the sockets that the run keeps open, until it is ended.
"""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import sys
import time

from . import conversation
from .addresses import PORT

_FIRST_CLIENT_PORT = 30000
_RESPONSE_TIMEOUT = 30.0
_FIN_PATIENCE = 10.0


class Client:
    """Thread per connection, so that a slow handshake does not delay the next."""

    def __init__(self, settings: dict) -> None:
        self.options = settings["options"]
        self.side = settings["side"]
        self.sources = settings["sources"]
        self.target = settings["target"]
        self.report = settings["report"]
        self.random = random.Random(f"{self.options['seed']}-{self.side}")

    def run(self) -> None:
        plan = self.plan()
        records = [{"i": index, "src": source} for index, (_, source, _) in enumerate(plan)]
        threads = []
        begin = time.monotonic() + 0.05
        for (offset, _, port), record in zip(plan, records):
            delay = begin + offset - time.monotonic()
            if delay > 0:
                time.sleep(delay)
            threads.append(conversation.start_thread(self.attempt, record, port))
        for thread in threads:
            thread.join()
        conversation.write_whole(self.report, records)
        print("done", flush=True)
        signal.pause()

    def plan(self) -> list[tuple[float, str, int]]:
        """When, from which address and from which port (0: any). Depends on the seed only."""
        interval = 1 / self.options["rate"]
        offset, plan = 0.0, []
        for index in range(self.options["conns"]):
            if index == self.options["conns"] // 2:
                offset += self.options["pause"]
            port = 0
            if self.options["client_ports"]:
                port = _FIRST_CLIENT_PORT + self.random.randrange(self.options["client_ports"])
            plan.append((offset, self.random.choice(self.sources), port))
            offset += interval * self.random.uniform(0.5, 1.5)
        return plan

    def attempt(self, record: dict, port: int) -> None:
        connection = socket.socket(conversation.socket_family(self.target), socket.SOCK_STREAM)
        record.update(start=time.time(), connect_ms=None, sport=None, bytes=0, result="open")
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            connection.bind((record["src"], port))
            record["sport"] = connection.getsockname()[1]
            connection.settimeout(self.options["connect_timeout"])
            record["start"] = time.time()
            begin = time.perf_counter()
            connection.connect((self.target, PORT))
            record["connect_ms"] = round((time.perf_counter() - begin) * 1000, 3)
            connection.settimeout(_RESPONSE_TIMEOUT)
            self.talk(connection, record)
        except ConnectionRefusedError:
            record["result"] = "refused"
            connection.close()
        except ConnectionResetError:
            record["result"] = "reset"
            connection.close()
        except TimeoutError:
            record["result"] = "timeout"
            connection.close()
        except OSError as error:
            record["result"] = error.strerror or str(error)
            connection.close()
        record.setdefault("end", time.time())

    def talk(self, connection: socket.socket, record: dict) -> None:
        connection.sendall(conversation.request(self.side, record["i"], keep_alive=False))
        head, body = conversation.read_head(connection)
        if not head:
            raise ConnectionResetError
        record["bytes"] = len(head) + 4 + len(body)
        expected = len(head) + 4 + int(conversation.header(head, "Content-Length") or 0)
        while record["bytes"] < expected:
            piece = connection.recv(16384)
            if not piece:
                raise ConnectionResetError
            record["bytes"] += len(piece)
        record["result"] = "ok"
        record["end"] = time.time()
        close_at = conversation.header(head, "X-Close-At")
        self.close(connection, float(close_at) if close_at else None)

    def close(self, connection: socket.socket, close_at: float | None) -> None:
        closer, hold, linger = (self.options[name] for name in ("closer", "hold", "linger"))
        try:
            if close_at is not None:
                conversation.wait_until(close_at)
            elif closer == "client":
                if not conversation.wait(hold, connection):
                    return
            elif hold == -1:
                conversation.wait(hold, connection)
                return
            else:
                # The server closes first: its FIN, or its RST, is what recv waits for.
                connection.settimeout(hold + _FIN_PATIENCE)
                while connection.recv(16384):
                    pass
                if not conversation.wait(linger, connection):
                    return
        except OSError:
            pass
        connection.close()


def _hurry() -> None:
    """Ahead of everything else on the machine: a watch that waits for the processor measures the wait too."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except OSError:
        pass  # Some containers do not allow it; the times are right all the same, only later.


def main() -> None:
    _hurry()
    Client(json.loads(sys.argv[1])).run()


if __name__ == "__main__":
    main()
