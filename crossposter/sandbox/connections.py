"""The open connections: resets, silence, and a quick end for all of them."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import threading
from collections.abc import Iterator

#: Seconds after which a silent connection is given up. Longer than any sane client waits.
SILENCE_LIMIT_S = 90.0
_JOIN_LIMIT_S = 0.4


class Connections:
    """Knows each open connection and its thread, so that nobody has to poll for the end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._threads: dict[socket.socket, threading.Thread] = {}
        self._silent: set[socket.socket] = set()
        self._closed = False

    @contextlib.contextmanager
    def track(self, connection: socket.socket) -> Iterator[None]:
        """Keep a connection known while the block runs on its thread."""
        with self._lock:
            self._threads[connection] = threading.current_thread()
            if self._closed:
                _wake(connection)
        try:
            yield
        finally:
            with self._lock:
                self._threads.pop(connection, None)
                self._silent.discard(connection)

    def silence(self, connection: socket.socket, released: threading.Event) -> None:
        """Note that a request on this connection will not be answered, unless that is over already."""
        connection.settimeout(SILENCE_LIMIT_S)
        with self._lock:
            self._silent.add(connection)
            if released.is_set():
                _wake(connection)

    def end_silence(self, connection: socket.socket) -> None:
        """Note that the client no longer waits for the unanswered request, but keeps the connection."""
        connection.settimeout(None)
        with self._lock:
            self._silent.discard(connection)

    def wait_for_hang_up(self, connection: socket.socket, released: threading.Event) -> None:
        """Say nothing until the client goes away, the fault is cleared or SILENCE_LIMIT_S has passed."""
        self.silence(connection, released)
        with contextlib.suppress(OSError):
            while connection.recv(65536):
                pass

    def release_silent(self) -> None:
        """End every connection on which a request stays unanswered."""
        with self._lock:
            for connection in self._silent:
                _wake(connection)
            self._silent.clear()

    def close_all(self) -> None:
        """End every connection, now and from now on, and wait for the threads."""
        with self._lock:
            self._closed = True
            threads = list(self._threads.values())
            for connection in self._threads:
                _wake(connection)
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(_JOIN_LIMIT_S)


def reset(connection: socket.socket) -> None:
    """Close a connection with RST, so that the client reads ECONNRESET and no orderly end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    # close() would wait for the file objects that http.server keeps on the socket.
    os.close(connection.detach())


def _wake(connection: socket.socket) -> None:
    # The plain socket's shutdown: that of SSLSocket drops the TLS state under the thread that is reading.
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
