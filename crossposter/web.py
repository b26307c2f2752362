"""The one client for what a city's own site serves: feeds and pictures. Platforms are reached by their adapters.

Bounded in time, size and redirects; certificates are checked; no proxy or credentials come from the environment.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
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


class WebClient:
    """Keeps connections; safe to use from several threads."""

    def __init__(self) -> None:
        context = ssl.create_default_context(cafile=certifi.where())
        self._pool = urllib3.PoolManager(num_pools=20, maxsize=_KEPT_PER_HOST, ssl_context=context, retries=False)

    def close(self) -> None:
        """Close the kept connections."""
        self._pool.clear()

    def get(self, url: str, *, max_bytes: int, headers: Mapping[str, str] | None = None) -> Response:
        """Fetch an http(s) address, decompressed.

        Raises:
            WebError: It could not be had within the limits; the message says why.
        """
        deadline = time.monotonic() + DEADLINE_S
        for _ in range(MAX_REDIRECTS + 1):
            if urlsplit(url).scheme not in ("http", "https"):
                raise WebError(say("{url!r} is no http(s) address", url=url))
            response = self._request(url, headers or {}, deadline)
            try:
                target = response.headers.get("location")
                if response.status in _REDIRECTS and target:
                    url = urljoin(url, target)
                    continue
                return _checked(url, response, max_bytes=max_bytes, deadline=deadline)
            finally:
                response.close()  # a whole body has given its connection back by then
        raise WebError(say("{url!r} redirects more than {count} times", url=url, count=MAX_REDIRECTS))

    def _request(self, url: str, headers: Mapping[str, str], deadline: float) -> urllib3.BaseHTTPResponse:
        sent = {"User-Agent": f"crossposter/{__version__}", "Accept-Encoding": "gzip", **headers}
        left = deadline - time.monotonic()
        timeout = urllib3.Timeout(connect=min(SILENCE_S, left), read=min(SILENCE_S, left))
        try:
            return self._pool.request("GET", url, headers=sent, timeout=timeout, redirect=False, preload_content=False)
        except urllib3.exceptions.HTTPError as error:
            raise WebError(say("{url!r} cannot be reached: {cause}", url=url, cause=_cause(error))) from error


def _checked(url: str, response: urllib3.BaseHTTPResponse, *, max_bytes: int, deadline: float) -> Response:
    if response.status not in (200, 304):
        sentence = say("{url!r} answered with status {status}", url=url, status=response.status)
        raise WebError(sentence, status=response.status)
    body = bytearray()
    try:
        for chunk in response.stream(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > max_bytes:
                raise WebError(say("{url!r} is larger than {limit} bytes", url=url, limit=max_bytes))
            if time.monotonic() > deadline:
                raise WebError(say("{url!r} took longer than {limit} s", url=url, limit=int(DEADLINE_S)))
    except urllib3.exceptions.HTTPError as error:
        raise WebError(say("{url!r} broke off: {cause}", url=url, cause=_cause(error))) from error
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Response(url=url, status=response.status, headers=headers, body=bytes(body))


def _cause(error: Exception) -> str:
    """Name the innermost error: urllib3 wraps it in its own words."""
    reason = getattr(error, "reason", None)
    return f"{type(reason or error).__name__}: {reason or error}"
