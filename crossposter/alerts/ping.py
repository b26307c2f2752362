"""A sign of life for somebody outside: fetched while all is well. Its absence is that service's alarm."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import structlog

from crossposter.errors import LedgerError
from crossposter.references import Secret
from crossposter.web import WebClient, WebError
from crossposter.wording import Message, say

log = structlog.get_logger("crossposter")

#: Seconds between two pings.
EVERY_S = 60.0
#: Addresses that are fetched at the same time.
_SIDE_BY_SIDE = 16
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


@dataclass(frozen=True, slots=True, kw_only=True)
class PingTask:
    """An address, the way to it, and what tells whether it is fetched now."""

    address: Secret
    web: WebClient
    is_healthy: Callable[[], bool]


class Pinger:
    """Pings from a thread of its own while the daemon works."""

    def __init__(self, *, every_s: float = EVERY_S) -> None:
        self._every_s = every_s
        self._tasks: Sequence[PingTask] = ()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ping", daemon=True)
        #: By address, what was wrong the last time.
        self._last: dict[str, str | None] = {}

    def change(self, tasks: Sequence[PingTask]) -> None:
        """Ping there from now on: as the YAML says now.

        The first ping comes an interval after the start: what has just started has shown nothing yet.
        """
        self._tasks = tasks
        if tasks and not self._thread.is_alive():
            self._thread.start()

    def stop(self) -> None:
        """Ping no more."""
        self._stopping.set()

    def _run(self) -> None:
        while not self._stopping.wait(self._every_s):
            if tasks := self._tasks:
                with ThreadPoolExecutor(min(len(tasks), _SIDE_BY_SIDE), thread_name_prefix="ping") as pool:
                    list(pool.map(self._try_ping, tasks))

    def _try_ping(self, task: PingTask) -> None:
        try:
            self._ping(task)
        except Exception:
            log.exception("a ping ended unexpectedly")

    def _ping(self, task: PingTask) -> None:
        try:
            if not task.is_healthy():
                return
        except LedgerError:
            return  # no health, no ping
        why_not = ping(task.web, task.address)
        said = str(why_not) if why_not else None
        if said and said != self._last.get(task.address.reveal()):
            log.warning("ping not taken", why=said)
        self._last[task.address.reveal()] = said
