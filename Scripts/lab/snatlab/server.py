"""The server program: answers each request and closes the way the run wants it.

Started in the server's namespace. On SIGTERM it writes what its application saw of every connection,
which is how the lab knows whose connection a foreign SYN destroyed.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import struct
import sys
import termios
import threading
import time

from . import conversation
from .addresses import PORT

_CONNECTIONS_AT_MOST = 20000
_UNSENT_PATIENCE = 1.0


class _ListenerGone(Exception):
    """A script wants a server on which nobody listens any more; its connections live on."""


class Server:
    """Thread per connection: a few hundred at a time, most of them for a millisecond."""

    def __init__(self, settings: dict) -> None:
        self.options = settings["options"]
        self.address = settings["address"]
        self.report = settings["report"]
        self.seen: list[dict] = []
        self.lock = threading.Lock()

    def listen(self) -> None:
        with socket.socket(conversation.socket_family(self.address), socket.SOCK_STREAM) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((self.address, PORT))
            listener.listen(self.options["backlog"])
            print("ready", flush=True)
            for _ in range(_CONNECTIONS_AT_MOST):
                connection, peer = listener.accept()
                seen = {"peer": peer[0], "port": peer[1], "accepted": time.time(), "paths": [], "result": "open"}
                with self.lock:
                    self.seen.append(seen)
                conversation.start_thread(self.serve, connection, seen)

    def serve(self, connection: socket.socket, seen: dict) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            close_at = self.answer(connection, seen)
            self.close(connection, seen, close_at)
        except ConnectionResetError:
            seen["result"] = "reset"
            connection.close()
        except OSError as error:
            seen["result"] = error.strerror or str(error)
            connection.close()
        seen["ended"] = time.time()

    def answer(self, connection: socket.socket, seen: dict) -> float | None:
        """Answers one request, or as many as the pool allows. Returns the agreed instant of closing."""
        limit = self.options["pool_requests"] or 1
        rest = b""
        for number in range(1, limit + 1):
            if number > 1:
                connection.settimeout(self.options["pool_idle"])
            try:
                head, rest = conversation.read_head(connection, rest)
            except TimeoutError:
                break
            if not head:
                break
            path = head.split(b" ")[1].decode("latin-1")
            seen["paths"].append(path)
            close_at = None
            if self.options["closer"] == "both":
                close_at = time.time() + 0.05 + 4 * self.options["delay_ms"] / 1000
            connection.sendall(conversation.response(path, self.options["seed"], number < limit, close_at))
        connection.settimeout(None)
        return close_at if seen["paths"] else None

    def close(self, connection: socket.socket, seen: dict, close_at: float | None) -> None:
        closer, hold, linger = (self.options[name] for name in ("closer", "hold", "linger"))
        if closer == "both" and close_at is not None:
            conversation.wait_until(close_at)
        elif closer == "client" or hold != 0:
            # Reading while waiting notices that the other end closed, or that a RST came.
            self.wait_reading(connection, -1 if closer == "client" else hold)
            if closer == "client" and not conversation.wait(linger, connection):
                seen["result"] = "kept"
                return
        if closer == "reset":
            self.wait_sent(connection)
            conversation.abort(connection)
            seen["result"] = "aborted"
            return
        if closer == "server-half":
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(16384):
                pass
        connection.close()
        seen["result"] = "closed"

    def wait_reading(self, connection: socket.socket, seconds: float) -> None:
        """Waits for the peer's FIN, at most `seconds` (negative: for ever). A RST raises."""
        connection.settimeout(seconds if seconds > 0 else None)
        try:
            while connection.recv(16384):
                pass
        except TimeoutError:
            pass
        connection.settimeout(None)

    def wait_sent(self, connection: socket.socket) -> None:
        """Until the peer acknowledged the response: an abort would throw the rest away."""
        deadline = time.monotonic() + _UNSENT_PATIENCE
        while time.monotonic() < deadline:
            pending = fcntl.ioctl(connection, termios.TIOCOUTQ, struct.pack("i", 0))
            if struct.unpack("i", pending)[0] == 0:
                return
            time.sleep(0.001)

    def finish(self, *_) -> None:
        conversation.write_whole(self.report, self.seen)
        # Threads may be blocked in recv for ever: there is nothing to unwind.
        os._exit(0)


def _stop_listening(*_) -> None:
    raise _ListenerGone


def main() -> None:
    server = Server(json.loads(sys.argv[1]))
    signal.signal(signal.SIGTERM, server.finish)
    signal.signal(signal.SIGUSR1, _stop_listening)
    try:
        server.listen()
    except _ListenerGone:
        while True:
            signal.pause()


if __name__ == "__main__":
    main()
