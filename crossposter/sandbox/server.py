"""The sandbox's life cycle: binds the servers, makes the accounts, and takes everything down again."""

from __future__ import annotations

import contextlib
import functools
import shutil
import socket
import socketserver
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from crossposter.sandbox.accounts import facebook_accounts, instagram_accounts, professional_accounts, twitter_accounts
from crossposter.sandbox.connections import Connections
from crossposter.sandbox.control import Control
from crossposter.sandbox.desk import Desk, Platform
from crossposter.sandbox.exchange import Outcome, RecordedRequest, Request, Response, json_response
from crossposter.sandbox.faults import FaultScript, parse_fault, parse_faults
from crossposter.sandbox.graph import Graph
from crossposter.sandbox.http1 import Http1Connection
from crossposter.sandbox.instagram import Instagram
from crossposter.sandbox.instagram_graph import InstagramGraph
from crossposter.sandbox.pages import Pages
from crossposter.sandbox.tls_proxy import ProxyConnection, make_tls_context
from crossposter.sandbox.twitter import Twitter
from crossposter.sandbox.world import Moment, SandboxAccount, World

_LOOPBACK = "127.0.0.1"
_T = TypeVar("_T")


class Site(Protocol):
    """A web site to be served under /site."""

    def respond(self, method: str, path: str, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
        """Answer a request for a path with its query, without the /site prefix: status, headers, body."""
        ...


class Sandbox:
    """X, Facebook and Instagram on 127.0.0.1, with accounts that work and faults on demand."""

    def __init__(
        self,
        port: int = 0,
        site: Site | None = None,
        *,
        # The sandbox stands in for other people's servers, which read their own clocks.
        clock: Callable[[], float] = time.time,  # noqa: TID251 - its clock is given, and this the default
    ) -> None:
        """Prepare a sandbox; port 0 takes any free one. `clock` gives seconds since the epoch."""
        self._port = port
        self._site = site
        self._world = World(clock)
        self._script = FaultScript()
        self._connections = Connections()
        self._desk = Desk(self._world, self._script)
        self._control = Control(
            self._world, add_faults=self._add_faults, clear_faults=self.clear_faults, reset=self.reset
        )
        self._pages = Pages(self._world)
        self._folder: Path | None = None
        self._front: _Server | None = None
        self._tunnel: _Server | None = None
        self.twitter = Twitter(self._world)
        self.graph = Graph(self._world)
        self.instagram = Instagram(self._world)
        self.instagram_graph = InstagramGraph(self._world, self.graph)
        self._professionals: tuple[SandboxAccount, ...] = ()

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def start(self) -> None:
        """Bind both servers, make the CA and the accounts, and begin to serve. A sandbox starts once.

        Raises:
            OSError: the port is taken.
        """
        try:
            self._bind()
        except OSError:
            self.stop()
            raise
        for server in (_started(self._front), _started(self._tunnel)):
            server.begin()

    def _bind(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="crossposter-sandbox-"))
        context = make_tls_context(self._folder / "ca.pem")
        answer_instagram = functools.partial(self._desk.answer, self.instagram)
        self._front = _Server(
            self._port,
            functools.partial(Http1Connection, answer=self._answer, connections=self._connections),
        )
        self._tunnel = _Server(
            0,
            functools.partial(
                ProxyConnection,
                context=context,
                answer=answer_instagram,
                refuse=self._note_refused_host,
                connections=self._connections,
            ),
        )
        self._world.accounts = (
            *twitter_accounts(self.twitter, url=f"{self.url}/twitter"),
            *facebook_accounts(self.graph, url=f"{self.url}/graph"),
            *instagram_accounts(
                self.instagram,
                proxy=self.proxy,
                ca_file=self.ca_file,
                folder=self._folder,
                now=self._world.clock(),
            ),
        )
        self.instagram_graph.url = self.url
        self._professionals = tuple(
            professional_accounts(
                self.instagram_graph,
                self._world.accounts_of(self.instagram.name),
                app={"app_id": self.graph.app_id, "app_secret": self.graph.app_secret},
                url=f"{self.url}/instagram",
            )
        )

    def stop(self) -> None:
        """End every connection, stop the servers and remove the temporary folder. Safe to call twice."""
        servers = [each for each in (self._front, self._tunnel) if each is not None]
        for server in servers:
            server.end()
        self._connections.close_all()
        self._front = self._tunnel = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    @property
    def url(self) -> str:
        """Give the address of the HTTP server."""
        return f"http://{_LOOPBACK}:{_started(self._front).port}"

    @property
    def proxy(self) -> str:
        """Give the address of the CONNECT proxy that leads to Instagram."""
        return f"http://{_LOOPBACK}:{_started(self._tunnel).port}"

    @property
    def ca_file(self) -> str:
        """Give the path of the CA certificate (PEM)."""
        return str(_started(self._folder) / "ca.pem")

    @property
    def accounts(self) -> tuple[SandboxAccount, ...]:
        """Give the six accounts, two per platform."""
        return self._world.accounts

    @property
    def professionals(self) -> tuple[SandboxAccount, ...]:
        """Give Instagram's two accounts as the Graph API knows them: by another id, with a token each."""
        return self._professionals

    @property
    def refused_hosts(self) -> tuple[str, ...]:
        """Give the hosts a client wanted to reach through the proxy in vain."""
        with self._world.lock:
            return tuple(self._world.refused_hosts)

    def account(self, platform: str, handle: str) -> SandboxAccount:
        """Look an account up.

        Raises:
            LookupError: there is no such account.
        """
        for account in self.accounts:
            if (account.platform, account.handle) == (platform, handle):
                return account
        raise LookupError(f"the sandbox has no account {handle!r} on {platform!r}")

    def professional(self, handle: str) -> SandboxAccount:
        """Look one of Instagram's accounts up, as the Graph API knows it.

        Raises:
            LookupError: there is no such account.
        """
        for account in self.professionals:
            if account.handle == handle:
                return account
        raise LookupError(f"the sandbox has no professional account {handle!r}")

    def posts(self) -> list[dict[str, Any]]:
        """Give what stands on the platforms, as `GET /_sandbox/posts` does, oldest first."""
        with self._world.lock:
            return [post.as_json() for post in self._world.all_posts()]

    def requests(self, platform: str | None = None, operation: str | None = None) -> list[RecordedRequest]:
        """Give the requests received, in order; None does not filter."""
        with self._world.lock:
            return [
                request
                for request in self._world.requests
                if platform in (None, request.platform) and operation in (None, request.operation)
            ]

    def inject(
        self,
        platform: str,
        operation: str,
        do: str,
        *,
        times: int = 1,
        skip: int = 0,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Script a fault.

        Raises:
            FaultError: a value is not allowed.
        """
        raw = {"platform": platform, "operation": operation, "do": do, "times": times, "skip": skip}
        fault = parse_fault(raw | {"body": body, "headers": headers})
        with self._world.lock:
            self._script.add(fault)

    def clear_faults(self) -> None:
        """Drop all faults, and end the requests that a fault keeps without an answer."""
        with self._world.lock:
            self._script.clear()
        # After the script's own signal: a request between its fault and its silence sees that one.
        self._connections.release_silent()

    def reset(self) -> None:
        """Forget posts, pictures, faults and requests; accounts, sessions and settings stay."""
        with self._world.lock:
            self._world.reset()
            for platform in (self.twitter, self.graph, self.instagram, self.instagram_graph):
                platform.reset()
        self.clear_faults()

    def delete(self, platform: str, post_id: str) -> None:
        """Take a post away, as somebody does in the app."""
        with self._world.lock:
            if post := self._world.post(platform, post_id):
                self._world.change(post, deleted=True)

    def moment(self) -> Moment:
        """Give how the platforms stand, to go back to."""
        with self._world.lock:
            return self._world.moment()

    def go_back(self, moment: Moment) -> None:
        """Let the platforms stand as they did; requests and faults are forgotten, uploads and rate windows stay."""
        with self._world.lock:
            self._world.go_back(moment)
        self.clear_faults()

    def _add_faults(self, raw: object) -> None:
        faults = parse_faults(raw)
        with self._world.lock:
            for fault in faults:
                self._script.add(fault)

    def _answer(self, request: Request) -> Outcome:
        first = request.path.split("/")[1] if "/" in request.path else ""
        platforms: dict[str, Platform] = {
            "twitter": self.twitter,
            "graph": self.graph,
            "instagram": self.instagram_graph,
        }
        if first in platforms:
            return self._desk.answer(platforms[first], request)
        if first == "_sandbox":
            return Outcome(response=self._control.respond(request))
        if request.path == "/" or first == "page":
            return Outcome(response=self._pages.respond(request))
        if first == "site" and self._site is not None:
            return Outcome(response=_visit(self._site, request))
        return Outcome(response=json_response(404, {"error": f"{request.path}: unknown"}))

    def _note_refused_host(self, host: str) -> None:
        with self._world.lock:
            self._world.refused_hosts.append(host)


class _Server(socketserver.ThreadingTCPServer):
    """A server on the loopback address. Not http.server's: that one asks the resolver for its own name."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, port: int, connection: Callable[..., socketserver.BaseRequestHandler]) -> None:
        super().__init__((_LOOPBACK, port), connection)
        self.port: int = self.server_address[1]
        self._ended = False
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def begin(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._ended = True
        if self._thread.is_alive():
            # Wakes the thread. serve_forever() would look for its end at intervals, which is slow and never idle.
            with contextlib.suppress(OSError):
                socket.create_connection((_LOOPBACK, self.port), timeout=1).close()
            self._thread.join()
        self.server_close()

    def verify_request(self, request: Any, client_address: Any) -> bool:
        return not self._ended

    def _serve(self) -> None:
        while not self._ended:
            self.handle_request()


def _visit(site: Site, request: Request) -> Response:
    path = request.path.removeprefix("/site") or "/"
    target = f"{path}?{request.query_string}" if request.query_string else path
    status, headers, body = site.respond(request.method, target, request.headers)
    return Response(status=status, headers={name.lower(): value for name, value in headers.items()}, body=body)


def _started(value: _T | None) -> _T:
    if value is None:
        raise RuntimeError("the sandbox is not running: call start() first")
    return value
