"""Mail servers and webhooks on loopback that work, are down, are slow, or refuse."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

#: The password of every address here.
PASSWORD = "hunter2-hunter2"


@dataclass
class Webhook:
    """Takes JSON messages, or answers as it is told."""

    port: int = 0
    status: int = 200
    #: Seconds before an answer.
    delay_s: float = 0
    got: list[dict[str, Any]] = field(default_factory=list)
    #: Where each of them was sent.
    addressed: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.port}/hook/{PASSWORD}"

    def sent_to(self, part: str) -> list[dict[str, Any]]:
        """Give the messages to addresses with this part."""
        return [message for message, path in zip(self.got, self.addressed, strict=True) if part in path]

    @property
    def titles(self) -> list[str]:
        return [message["title"] for message in self.got]


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    hook = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            hook.released.wait(hook.delay_s)
            if hook.status == 200:
                hook.addressed.append(self.path)
                hook.got.append(body)
            self._answer()

        def do_GET(self) -> None:
            hook.paths.append(self.path)
            self._answer()

        def _answer(self) -> None:
            self.send_response(hook.status)
            if hook.status == 302:
                self.send_header("location", f"http://127.0.0.1:{hook.port}/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hook.port = server.server_address[1]
    running = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    running.start()
    yield hook
    hook.released.set()
    server.shutdown()
    running.join()
    server.server_close()


class MailServer:
    """A real SMTP server that wants a password."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        return "250 OK"

    def authenticate(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, login: Any) -> AuthResult:
        assert isinstance(login, LoginPassword)
        return AuthResult(success=login.password == PASSWORD.encode(), handled=False)


@pytest.fixture
def mail() -> Iterator[tuple[MailServer, str]]:
    """Give the server and Apprise's address of it."""
    server = MailServer()
    port = free_port()
    controller = Controller(
        server,
        hostname="127.0.0.1",
        port=port,
        authenticator=server.authenticate,
        auth_require_tls=False,
    )
    controller.start()
    yield (
        server,
        f"mailto://basin:{PASSWORD}@127.0.0.1:{port}?from=basin@izmir.example&to=nobet@izmir.example&mode=insecure",
    )
    controller.stop()


def free_port() -> int:
    """Give a port on which nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
