"""HTTP/1.1 on one connection, plain or inside TLS: reads requests, writes outcomes."""

from __future__ import annotations

import socket
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import BaseServer
from typing import Any

from crossposter.sandbox.connections import Connections, reset
from crossposter.sandbox.exchange import Ending, Outcome, Request, read_request


class Http1Connection(BaseHTTPRequestHandler):
    """Serves one connection until either side closes it."""

    protocol_version = "HTTP/1.1"
    # Header and body are two writes; without this each answer waits 40 ms for the client's delayed ACK.
    disable_nagle_algorithm = True
    connection: socket.socket

    def __init__(
        self,
        connection: socket.socket,
        client_address: Any,
        server: BaseServer,
        *,
        answer: Callable[[Request], Outcome],
        connections: Connections,
        host: str = "",
    ) -> None:
        self._answer = answer
        self._connections = connections
        self._host = host
        super().__init__(connection, client_address, server)

    def handle(self) -> None:
        """Serve requests; a client that goes away in the middle is its own business."""
        with self._connections.track(self.connection):
            try:
                super().handle()
            except (ConnectionError, TimeoutError):
                self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Stay quiet: the request log is `Sandbox.requests`."""

    def _exchange(self) -> None:
        if "transfer-encoding" in self.headers:
            self.send_error(HTTPStatus.LENGTH_REQUIRED)
            return
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        request = read_request(
            self.command,
            host=self._host,
            target=self.path,
            headers=dict(self.headers.items()),
            body=body,
            protocol="h1",
        )
        self._write(self._answer(request))

    def _write(self, outcome: Outcome) -> None:
        if outcome.ending is Ending.RESET:
            self.close_connection = True
            reset(self.connection)
            return
        if outcome.ending is Ending.SILENT:
            self.close_connection = True
            self._connections.wait_for_hang_up(self.connection, outcome.released)
            if outcome.afterwards:
                outcome.afterwards()
            return
        response = outcome.response
        length = len(response.body)
        if outcome.ending is Ending.TRUNCATED:
            self.close_connection = True
            length = 2 * length + 1
        self.send_response_only(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        has_body = response.status not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
        if has_body and "content-length" not in response.headers:
            self.send_header("content-length", str(length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _exchange
