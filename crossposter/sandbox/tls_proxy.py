"""The way to the sandbox's Instagram: a CONNECT proxy that ends the tunnel in its own TLS.

The unmodified client needs nothing but the proxy's address and the CA certificate:
`Client(proxy=sandbox.proxy, tls_verify=sandbox.ca_file)`. Every other host is refused.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from socketserver import BaseServer, StreamRequestHandler
from typing import Any

import trustme

from crossposter.sandbox.connections import Connections
from crossposter.sandbox.exchange import Outcome, Request
from crossposter.sandbox.http1 import Http1Connection
from crossposter.sandbox.http2 import Http2Connection

HOSTS = ("i.instagram.com", "b.i.instagram.com", "www.instagram.com")
_HANDSHAKE_LIMIT_S = 10.0


def make_tls_context(ca_file: Path) -> ssl.SSLContext:
    """Make a throw-away CA, write its certificate to `ca_file`, and give a context for HOSTS."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(ca_file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.sslsocket_class = _TlsSocket
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # instagrapi's "curl" transport speaks HTTP/2 only, its other sessions HTTP/1.1.
    context.set_alpn_protocols(["h2", "http/1.1"])
    authority.issue_cert(*HOSTS).configure_cert(context)
    return context


class _TlsSocket(ssl.SSLSocket):
    """Leaves nothing open when the client is gone before the handshake, as a process that was killed is.

    Python's own (seen in 3.11.7, 3.12.1 and 3.13.0) takes the descriptor over, asks who is at the other end, and when
    reading from nobody fails, raises without closing.
    """

    def getpeername(self) -> Any:
        try:
            return super().getpeername()
        except OSError:
            self.close()
            raise ConnectionResetError from None


class ProxyConnection(StreamRequestHandler):
    """Serves one CONNECT and what comes through the tunnel."""

    # Unbuffered, so that no byte of the TLS handshake is swallowed with the CONNECT header.
    rbufsize = 0
    disable_nagle_algorithm = True
    connection: socket.socket

    def __init__(
        self,
        connection: socket.socket,
        client_address: Any,
        server: BaseServer,
        *,
        context: ssl.SSLContext,
        answer: Callable[[Request], Outcome],
        refuse: Callable[[str], None],
        connections: Connections,
    ) -> None:
        self._context = context
        self._answer = answer
        self._refuse = refuse
        self._connections = connections
        super().__init__(connection, client_address, server)

    def handle(self) -> None:
        """Open the tunnel for a known host, refuse any other."""
        with self._connections.track(self.connection), contextlib.suppress(ConnectionError, TimeoutError):
            method, target = self._read_connect()
            host = target.rpartition(":")[0]
            if method != "CONNECT" or host not in HOSTS:
                self._refuse(host or target)
                self.wfile.write(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                return
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            self._tunnel(host)

    def _read_connect(self) -> tuple[str, str]:
        words = self.rfile.readline(8192).decode("latin-1").split()
        while self.rfile.readline(8192).strip():
            pass
        return (words[0], words[1]) if len(words) >= 2 else ("", "")

    def _tunnel(self, host: str) -> None:
        self.connection.settimeout(_HANDSHAKE_LIMIT_S)
        try:
            # The TLS socket takes the descriptor over and closes it.
            with self._context.wrap_socket(self.connection, server_side=True) as tls:
                tls.settimeout(None)
                with self._connections.track(tls):
                    self._serve(tls, host)
        except (ssl.SSLError, ConnectionError, TimeoutError):
            # The client does not trust the certificate, or left.
            return

    def _serve(self, tls: ssl.SSLSocket, host: str) -> None:
        if tls.selected_alpn_protocol() == "h2":
            Http2Connection(tls, host=host, answer=self._answer, connections=self._connections).serve()
        else:
            Http1Connection(
                tls, self.client_address, self.server, answer=self._answer, connections=self._connections, host=host
            )
