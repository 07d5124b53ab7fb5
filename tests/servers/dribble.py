"""A server that never ends its answer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def dribbling() -> Iterator[tuple[str, threading.Event]]:
    """Give its address, and an event that is set when it is asked; it answers one request, byte by byte."""
    asked, closing = threading.Event(), threading.Event()

    def answer(server: socket.socket) -> None:
        with suppress(OSError):
            conn, _ = server.accept()
            with conn:
                conn.recv(65_536)
                conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n")
                asked.set()
                while not closing.wait(0.2):
                    conn.sendall(b" ")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer, args=(server,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", asked
        closing.set()
        thread.join(5)
