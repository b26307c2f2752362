"""The one client for what a city's own site serves: feeds and pictures. Platforms are reached by their adapters.

Bounded in time, size and redirects; certificates are checked; no proxy or credentials come from the environment.
"""

from __future__ import annotations

import http.client
import os
import re
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import certifi
import urllib3

from crossposter import __version__
from crossposter.errors import CrossposterError
from crossposter.wording import Message, say

#: Seconds for the whole of one fetch, redirects included.
DEADLINE_S = 30.0
#: Seconds of silence that end it sooner.
SILENCE_S = 10.0
MAX_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CHUNK = 64 * 1024
#: As many as accounts are worked on at the same time.
_KEPT_PER_HOST = 16
#: Characters of an address that a sentence shows.
_SHOWN = 200
#: In front of the host; up to the last @ when a password holds what would end the host (`u:p/w@host`).
_USERINFO = re.compile(r"(?<=//)(?:[^/?#]*?:(?!\d*(?:[/?#]|$)).*@|[^/?#]*@)", re.DOTALL)
#: urllib3 lets some of the standard library's through.
_FAILURES = (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, ValueError)


def shown(url: str) -> str:
    """Give an address as sentences show it: without a name or password, and not endless."""
    bare = _USERINFO.sub("", url, count=1)
    return bare if len(bare) <= _SHOWN else bare[: _SHOWN - 1] + "…"


class WebError(CrossposterError):
    """Nothing usable came back; `status` is the HTTP status where there was one."""

    def __init__(self, message: Message, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An answer with status 200 or 304; header names in lower case."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


class _Watchdog:
    """Shuts the sockets of one fetch down at its deadline.

    A timeout holds for one read only: a server that sends a byte now and then would never meet it.
    """

    def __init__(self, seconds: float) -> None:
        self.has_bitten = False
        self._deadline = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._bite)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._token = _watchdog.set(self)
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        _watchdog.reset(self._token)
        self._timer.cancel()
        self._timer.join()
        for watched in self._sockets:
            watched.close()

    @property
    def left(self) -> float:
        """Seconds."""
        return self._deadline - time.monotonic()

    def watch(self, sock: socket.socket) -> None:
        """Keep a handle of our own: urllib3 closes and wraps its socket while the connection goes on."""
        own = socket.socket(fileno=os.dup(sock.fileno()))
        with self._lock:
            self._sockets.append(own)
            if self.has_bitten:
                _shut(own)

    def _bite(self) -> None:
        with self._lock:
            self.has_bitten = True
            for watched in self._sockets:
                _shut(watched)


_watchdog: ContextVar[_Watchdog | None] = ContextVar("watchdog", default=None)


def _watch(sock: socket.socket | None) -> None:
    watchdog = _watchdog.get()
    if watchdog and sock:
        watchdog.watch(sock)


def _shut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the server has gone already


class _HTTPConnection(urllib3.connection.HTTPConnection):
    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        _watch(sock)
        return sock

    def request(self, *args: Any, **kwargs: Any) -> None:
        _watch(self.sock)  # a kept connection was made under another watchdog
        super().request(*args, **kwargs)


class _HTTPSConnection(urllib3.connection.HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        _watch(sock)  # before the handshake, which can be drawn out as well
        return sock

    def request(self, *args: Any, **kwargs: Any) -> None:
        _watch(self.sock)
        super().request(*args, **kwargs)


class _HTTPPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _HTTPConnection


class _HTTPSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _HTTPSConnection

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "ssl_context": _certificates()})


@cache
def _certificates() -> ssl.SSLContext:
    """Load the authorities when the first address wants them: that takes longer than a fetch."""
    return ssl.create_default_context(cafile=certifi.where())


class WebClient:
    """Keeps connections; safe to use from several threads."""

    def __init__(self) -> None:
        self._pool = urllib3.PoolManager(num_pools=20, maxsize=_KEPT_PER_HOST, retries=False)
        self._pool.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}

    def close(self) -> None:
        """Close the kept connections."""
        self._pool.clear()

    def get(self, url: str, *, max_bytes: int, headers: Mapping[str, str] | None = None) -> Response:
        """Fetch an http(s) address, decompressed. A name or password in it is not sent.

        Raises:
            WebError: It could not be had within the limits; the message says why.
        """
        with _Watchdog(DEADLINE_S) as watchdog:
            try:
                return self._followed(_USERINFO.sub("", url, count=1), headers or {}, max_bytes, watchdog)
            except WebError as error:
                # Whatever the cut connection looked like, this is the reason.
                if watchdog.has_bitten and error.status is None:
                    raise _late(url) from error
                raise

    def _followed(self, url: str, headers: Mapping[str, str], max_bytes: int, watchdog: _Watchdog) -> Response:
        for _ in range(MAX_REDIRECTS + 1):
            _check_address(url)
            response = self._request(url, headers, watchdog)
            try:
                target = response.headers.get("location")
                if response.status not in _REDIRECTS or not target:
                    return _checked(url, response, max_bytes=max_bytes, watchdog=watchdog)
                url = _redirected(url, target)
            finally:
                response.close()  # a whole body has given its connection back by then
        raise WebError(say("{url!r} redirects more than {count} times", url=shown(url), count=MAX_REDIRECTS))

    def _request(self, url: str, headers: Mapping[str, str], watchdog: _Watchdog) -> urllib3.BaseHTTPResponse:
        sent = {"User-Agent": f"crossposter/{__version__}", "Accept-Encoding": "gzip", **headers}
        left = min(SILENCE_S, watchdog.left)
        if left <= 0:
            raise _late(url)
        timeout = urllib3.Timeout(connect=left, read=left)
        try:
            return self._pool.request("GET", url, headers=sent, timeout=timeout, redirect=False, preload_content=False)
        except _FAILURES as error:
            raise WebError(say("{url!r} cannot be reached: {cause}", url=shown(url), cause=_cause(error))) from error


def _check_address(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable:
        raise WebError(say("{url!r} is no http(s) address", url=shown(url)))


def _redirected(url: str, target: str) -> str:
    try:
        address = urljoin(url, target)
        has_userinfo = "@" in urlsplit(address).netloc
    except ValueError:
        raise WebError(say("{url!r} is no http(s) address", url=shown(target))) from None
    if has_userinfo:
        sentence = say("{url!r} redirects to an address that holds a name or a password", url=shown(url))
        raise WebError(sentence)
    return address


def _late(url: str) -> WebError:
    return WebError(say("{url!r} took longer than {limit} s", url=shown(url), limit=int(DEADLINE_S)))


def _checked(url: str, response: urllib3.BaseHTTPResponse, *, max_bytes: int, watchdog: _Watchdog) -> Response:
    if response.status not in (200, 304):
        sentence = say("{url!r} answered with status {status}", url=shown(url), status=response.status)
        raise WebError(sentence, status=response.status)
    body = bytearray()
    try:
        for chunk in response.stream(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > max_bytes:
                raise WebError(say("{url!r} is larger than {limit} bytes", url=shown(url), limit=max_bytes))
    except _FAILURES as error:
        raise WebError(say("{url!r} broke off: {cause}", url=shown(url), cause=_cause(error))) from error
    # A body without a length ends where its connection was shut down.
    if watchdog.has_bitten or watchdog.left < 0:
        raise _late(url)
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Response(url=url, status=response.status, headers=headers, body=bytes(body))


def _cause(error: Exception) -> str:
    """Name the innermost error: urllib3 wraps it in its own words."""
    reason = getattr(error, "reason", None)
    return f"{type(reason or error).__name__}: {reason or error}"
