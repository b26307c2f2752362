"""A sign of life for somebody outside: fetched while all is well. Its absence is that service's alarm."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from crossposter.errors import LedgerError
from crossposter.references import Secret
from crossposter.web import WebClient, WebError
from crossposter.wording import Message, say

log = structlog.get_logger("crossposter")

#: Seconds between two pings.
EVERY_S = 60.0
_MAX_BYTES = 64 * 1024


def ping(web: WebClient, address: Secret) -> Message | None:
    """Fetch the address once; says why it was not taken, None when it was. Never names the address: it is a secret."""
    try:
        web.get(address.reveal(), max_bytes=_MAX_BYTES)
    except WebError as error:
        if error.status is None:
            return say("the address of the ping cannot be reached, or is none: is it open in network.allow?")
        if not 200 <= error.status < 300:
            return say("the ping was answered with status {status}", status=error.status)
    return None


class Pinger:
    """Pings from a thread of its own while the daemon works."""

    def __init__(self, web: WebClient, *, every_s: float = EVERY_S) -> None:
        self._web = web
        self._every_s = every_s
        self._address: Secret | None = None
        self._is_healthy: Callable[[], bool] = lambda: False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ping", daemon=True)
        self._last: str | None = None

    def change(self, address: Secret | None, is_healthy: Callable[[], bool]) -> None:
        """Ping there from now on, or nowhere: as the YAML says now.

        The first ping comes an interval after the start: what has just started has shown nothing yet.
        """
        self._address, self._is_healthy = address, is_healthy
        if address and not self._thread.is_alive():
            self._thread.start()

    def stop(self) -> None:
        """Ping no more."""
        self._stopping.set()

    def _run(self) -> None:
        while not self._stopping.wait(self._every_s):
            try:
                self._ping()
            except Exception:
                log.exception("a ping ended unexpectedly")

    def _ping(self) -> None:
        try:
            if self._address is None or not self._is_healthy():
                return
        except LedgerError:
            return  # no health, no ping
        why_not = ping(self._web, self._address)
        said = str(why_not) if why_not else None
        if said and said != self._last:
            log.warning("ping not taken", why=said)
        self._last = said
