"""The one client for what a city's own site serves: feeds, pages and pictures. Platforms are reached by their adapters.

Bounded in time, size and redirects; every hop's address is checked before it is dialled (`dialing.py`); certificates
are checked; no proxy or credentials come from the environment.
"""

from __future__ import annotations

import http.client
import re
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import certifi
import urllib3

from crossposter import __version__
from crossposter.dialing import Fetch, HTTPPool, HTTPSPool, RefusedError, check_unresolved
from crossposter.errors import CrossposterError
from crossposter.wording import Message, say

#: Seconds for the whole of one fetch, redirects included.
DEADLINE_S = 30.0
#: Seconds of silence that end it sooner.
SILENCE_S = 10.0
MAX_REDIRECTS = 3
#: Seconds between the beginnings of two fetches from one host; not on this machine.
SPACING_S = 0.5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
#: Statuses below 500 that say nothing about tomorrow: timeout, too early, too many.
_PASSING = frozenset((408, 425, 429))
_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")
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
    """Nothing usable came back.

    Attributes:
        status: The HTTP status where there was one.
        retry_after_s: How long the server wants to be left alone; None when it says nothing.
    """

    def __init__(self, message: Message, *, status: int | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after_s = retry_after_s

    @property
    def is_permanent(self) -> bool:
        """Tell whether asking again would not help: the server refuses, and not for the moment only."""
        return self.status is not None and 400 <= self.status < 500 and self.status not in _PASSING


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An answer with status 200 or 304; header names in lower case."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    #: Where the page is from now on, by the server's word; None where it stayed, or moved for the moment.
    moved_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """How the program reaches the world.

    Attributes:
        allowed: Networks and host names that are opened although they are no part of the public internet.
        proxy: Through which everything goes; None for none.
        ca_file: Certificate authorities in place of the usual ones (path); None for the usual ones.
        contact: Whom a site's keeper can ask about us: an address of a page, or a mail address.
    """

    allowed: tuple[str, ...] = ()
    proxy: str | None = None
    ca_file: str | None = None
    contact: str | None = None


@cache
def _certificates(ca_file: str | None) -> ssl.SSLContext:
    """Load the authorities when the first address wants them: that takes longer than a fetch."""
    return ssl.create_default_context(cafile=ca_file or certifi.where())


class _HTTPSPool(HTTPSPool):
    def __init__(self, *args: Any, ca_certs: str | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "ssl_context": _certificates(ca_certs)})


class WebClient:
    """Keeps connections; safe to use from several threads."""

    def __init__(self, network: Network = Network()) -> None:
        self._network = network
        contact = f" (+{network.contact})" if network.contact else ""
        self._user_agent = f"crossposter/{__version__}{contact}"
        self._pool = _pool_of(network)
        self._pool.pool_classes_by_scheme = {"http": HTTPPool, "https": _HTTPSPool}
        self._lock = threading.Lock()
        #: By host, when the next fetch may begin (monotonic).
        self._turns: dict[str, float] = {}

    def close(self) -> None:
        """Close the kept connections."""
        self._pool.clear()

    def get(self, url: str, *, max_bytes: int, headers: Mapping[str, str] | None = None) -> Response:
        """Fetch an http(s) address, decompressed. A name or password in it is not sent.

        Raises:
            WebError: It could not be had within the limits; the message says why.
        """
        self._wait_turn(url)
        with Fetch(DEADLINE_S, allowed=self._network.allowed) as fetch:
            try:
                return self._followed(_USERINFO.sub("", url, count=1), headers or {}, max_bytes, fetch)
            except WebError as error:
                # Whatever the cut connection looked like, this is the reason.
                if fetch.has_ended and error.status is None:
                    raise _late(url) from error
                raise

    def _wait_turn(self, url: str) -> None:
        """Let others have the host in between: two feeds of one site are not asked at once."""
        host = _host_of(url)
        if not host or host in _THIS_MACHINE:
            return
        with self._lock:
            now = time.monotonic()
            turn = max(self._turns.get(host, now), now)
            self._turns[host] = turn + SPACING_S
        if turn > now:
            threading.Event().wait(turn - now)

    def _followed(self, url: str, headers: Mapping[str, str], max_bytes: int, fetch: Fetch) -> Response:
        moved_to: str | None = None
        moves_on = True
        for _ in range(MAX_REDIRECTS + 1):
            _check_address(url)
            response = self._request(url, headers, fetch)
            try:
                target = response.headers.get("location")
                if response.status not in _REDIRECTS or not target:
                    return _checked(url, response, max_bytes=max_bytes, fetch=fetch, moved_to=moved_to)
                url = _redirected(url, target)
                moves_on = moves_on and response.status in _PERMANENT
                moved_to = url if moves_on else moved_to
            finally:
                response.close()  # a whole body has given its connection back by then
        raise WebError(say("{url!r} redirects more than {count} times", url=shown(url), count=MAX_REDIRECTS))

    def _request(self, url: str, headers: Mapping[str, str], fetch: Fetch) -> urllib3.BaseHTTPResponse:
        sent = {"User-Agent": self._user_agent, "Accept-Encoding": "gzip", **headers}
        left = min(SILENCE_S, fetch.left)
        if left <= 0:
            raise _late(url)
        timeout = urllib3.Timeout(connect=left, read=left)
        try:
            if self._network.proxy:
                parts = urllib3.util.parse_url(url)
                check_unresolved(parts.host or "", parts.port or 80, self._network.allowed, seconds=left)
            return self._pool.request("GET", url, headers=sent, timeout=timeout, redirect=False, preload_content=False)
        except RefusedError as error:
            raise WebError(error.message) from error
        except _FAILURES as error:
            raise WebError(say("{url!r} cannot be reached: {cause}", url=shown(url), cause=_cause(error))) from error


def _pool_of(network: Network) -> urllib3.PoolManager:
    kept: dict[str, Any] = {"num_pools": 20, "maxsize": _KEPT_PER_HOST, "retries": False, "ca_certs": network.ca_file}
    if not network.proxy:
        return urllib3.PoolManager(**kept)
    proxy = urllib3.util.parse_url(network.proxy)
    headers = urllib3.make_headers(proxy_basic_auth=unquote(proxy.auth)) if proxy.auth else None
    if proxy.scheme == "https":
        kept["proxy_ssl_context"] = _certificates(network.ca_file)
    return urllib3.ProxyManager(proxy._replace(auth=None).url, proxy_headers=headers, **kept)


def _host_of(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _check_address(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable:
        raise WebError(say("{url!r} is no http(s) address", url=shown(url)))


def _redirected(url: str, target: str) -> str:
    with suppress(UnicodeError):  # headers are read as ISO 8859-1; addresses with letters are sent as UTF-8
        target = target.encode("latin-1").decode("utf-8")
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


def _checked(
    url: str, response: urllib3.BaseHTTPResponse, *, max_bytes: int, fetch: Fetch, moved_to: str | None
) -> Response:
    headers = {name.lower(): value for name, value in response.headers.items()}
    if response.status not in (200, 304):
        sentence = say("{url!r} answered with status {status}", url=shown(url), status=response.status)
        raise WebError(sentence, status=response.status, retry_after_s=_retry_after_s(headers))
    body = bytearray()
    try:
        for chunk in response.stream(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > max_bytes:
                raise WebError(say("{url!r} is larger than {limit} bytes", url=shown(url), limit=max_bytes))
    except _FAILURES as error:
        raise WebError(say("{url!r} broke off: {cause}", url=shown(url), cause=_cause(error))) from error
    # A body without a length ends where its connection was shut down.
    if fetch.has_ended or fetch.left < 0:
        raise _late(url)
    return Response(url=url, status=response.status, headers=headers, body=bytes(body), moved_to=moved_to)


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Read how long to wait: seconds, or a time by the server's own clock."""
    written = headers.get("retry-after", "").strip()
    if written.isascii() and written.isdigit():
        return float(written[:9])
    with suppress(ValueError, TypeError, OverflowError):  # no date; one with a zone and one without
        wait: datetime = parsedate_to_datetime(written)
        return max((wait - parsedate_to_datetime(headers.get("date", ""))).total_seconds(), 0.0)
    return None


def _cause(error: Exception) -> Message | str:
    """Name the innermost error, which urllib3 wraps in its own words: the frequent ones as people say it."""
    reason = getattr(error, "reason", None) or error
    if isinstance(reason, urllib3.exceptions.NameResolutionError):
        return say("its name is not known; is it written right, and is there a network?")
    if isinstance(reason, urllib3.exceptions.NewConnectionError):  # a TimeoutError too
        return say("no connection comes about ({cause})", cause=getattr(reason.__cause__, "strerror", None) or reason)
    if isinstance(reason, urllib3.exceptions.TimeoutError):
        return say("nothing comes from there in time")
    return f"{type(reason).__name__}: {reason}"
