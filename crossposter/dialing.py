"""Where connections of the web client come from: a name is resolved once, every address checked, a checked one dialled.

Also what ends them: the watchdog of one fetch. Speaks no HTTP.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any, Self

import urllib3

from crossposter.core.addresses import Address, is_allowed, is_refused, may_be_our_own, parsed
from crossposter.errors import CrossposterError
from crossposter.watchdog import Watch
from crossposter.wording import Message, say


class RefusedError(CrossposterError):
    """The address leads where the program must not go; nothing was connected."""


class Fetch:
    """One fetch: where it may go, and the end of its time, when its sockets are shut down.

    A timeout holds for one read only: a server that sends a byte now and then would never meet it.
    """

    def __init__(self, seconds: float, *, allowed: Sequence[str] = ()) -> None:
        self.has_ended = False
        self.allowed = allowed
        self._deadline = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []

    def __enter__(self) -> Self:
        self._token = _fetch.set(self)
        self._watch = Watch(self.left, self._end)
        return self

    def __exit__(self, *_: object) -> None:
        _fetch.reset(self._token)
        self._watch.stop()
        for watched in self._sockets:
            watched.close()

    @property
    def left(self) -> float:
        """Seconds."""
        return self._deadline - time.monotonic()

    def watch(self, sock: socket.socket) -> None:
        """Keep a handle of our own: urllib3 closes and wraps its socket while the connection goes on."""
        own = socket.socket(sock.family, sock.type, sock.proto, fileno=os.dup(sock.fileno()))
        with self._lock:
            self._sockets.append(own)
            if self.has_ended:
                _shut(own)

    def _end(self) -> None:
        with self._lock:
            self.has_ended = True
            for watched in self._sockets:
                _shut(watched)


_fetch: ContextVar[Fetch | None] = ContextVar("fetch", default=None)


def _shut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the server has gone already


def _watch(sock: socket.socket | None) -> None:
    fetch = _fetch.get()
    if fetch and sock:
        fetch.watch(sock)


class _Dialling(urllib3.connection.HTTPConnection):
    """A connection to an address that was checked; to a proxy as the configuration names it."""

    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn() if self.proxy else self._checked_conn()
        _watch(sock)  # before a handshake, which can be drawn out as well
        return sock

    def request(self, *args: Any, **kwargs: Any) -> None:
        _watch(self.sock)  # a kept connection was made under another watchdog
        super().request(*args, **kwargs)

    def _checked_conn(self) -> socket.socket:
        fetch = _fetch.get()
        try:
            found = checked(self._dns_host, self.port or self.default_port, fetch)
        except socket.gaierror as error:
            raise urllib3.exceptions.NameResolutionError(self.host, self, error) from error
        problem: OSError | None = None
        for family, place in found:
            try:
                return self._dial(family, place)
            except OSError as error:
                problem = error
        if isinstance(problem, TimeoutError):
            raise urllib3.exceptions.ConnectTimeoutError(self, f"{self.host} did not answer") from problem
        raise urllib3.exceptions.NewConnectionError(self, str(problem)) from problem

    def _dial(self, family: int, place: Any) -> socket.socket:
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            for option in self.socket_options or ():
                sock.setsockopt(*option)
            sock.settimeout(self.timeout)
            sock.connect(place)
        except BaseException:
            sock.close()
            raise
        return sock


class _HTTPConnection(_Dialling):
    pass


class _HTTPSConnection(_Dialling, urllib3.connection.HTTPSConnection):
    pass


class HTTPPool(urllib3.HTTPConnectionPool):
    """Of checked connections."""

    ConnectionCls = _HTTPConnection


class HTTPSPool(urllib3.HTTPSConnectionPool):
    """Of checked connections."""

    ConnectionCls = _HTTPSConnection


def checked(host: str, port: int, fetch: Fetch | None) -> list[tuple[int, Any]]:
    """Resolve a name, and give its addresses as (family, what `connect` takes); one that is refused refuses them all.

    Raises:
        RefusedError: It leads to an address that is refused, and not opened by the configuration.
        socket.gaierror: It leads nowhere.
    """
    found = _resolved(host, port, fetch.left if fetch else None)
    for _, place in found:
        check(host, parsed(str(place[0])), fetch.allowed if fetch else ())
    return found


def check(host: str, address: Address, allowed: Sequence[str]) -> None:
    """Make sure that an address may be dialled.

    Raises:
        RefusedError: It may not.
    """
    if is_refused(address) and not is_allowed(address, host, allowed):
        raise RefusedError(_refusal(host, address))


def check_unresolved(host: str, port: int, allowed: Sequence[str], *, seconds: float) -> None:
    """Check what a proxy will resolve, as far as it is known here: an unknown name is the proxy's business.

    Raises:
        RefusedError: It leads to an address that is refused, and not opened by the configuration.
    """
    bare = host.rstrip(".").lower()
    if bare == "localhost" or bare.endswith(".localhost"):
        check(host, parsed("127.0.0.1"), allowed)  # wherever: RFC 6761
    try:
        found = _resolved(bare, port, seconds)
    except OSError:
        return
    for _, place in found:
        check(host, parsed(str(place[0])), allowed)


def _refusal(host: str, address: Address) -> Message:
    if may_be_our_own(address):
        line = f"network: {{allow: [{address}/{address.max_prefixlen}]}}"
        return say(
            "{host!r} leads to {address}, which is no address of the public internet: nothing was connected; "
            "if it is the city's own site, add to the configuration: {line}",
            host=host,
            address=str(address),
            line=line,
        )
    return say(
        "{host!r} leads to {address}, which is no address of the public internet: nothing was connected",
        host=host,
        address=str(address),
    )


def _resolved(host: str, port: int, seconds: float | None) -> list[tuple[int, Any]]:
    """Ask the system, which knows no timeout: on a thread of its own, that is left behind when it takes too long."""
    found: list[tuple[int, Any]] = []
    problems: list[OSError] = []

    def resolve() -> None:
        try:
            answers = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:  # a label of 64 letters
            problems.append(error if isinstance(error, OSError) else socket.gaierror(str(error)))
        else:
            found.extend((family, place) for family, _, _, _, place in answers)

    thread = threading.Thread(target=resolve, name="resolve", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise TimeoutError(f"the name {host!r} was not resolved in time")
    if problems or not found:
        raise problems[0] if problems else socket.gaierror(f"no address for {host!r}")
    return found
