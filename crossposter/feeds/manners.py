"""What a process remembers of each feed's server: that it failed, wants to be left alone, or has moved.

Lost with the process; what must outlive it (validators) is the ledger's.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from crossposter.core.manners import fresh_for, rest_after_failure
from crossposter.core.model import Feed
from crossposter.errors import FeedError
from crossposter.web import Response, WebError, shown
from crossposter.wording import say

_log = logging.getLogger(__name__)
_GONE = 410


@dataclass(slots=True)
class _Server:
    """What is known of the server of one feed's address."""

    url: str
    #: Until when it is left alone (monotonic), and the failure that is the reason; None while its answer is fresh.
    rests_until: float = 0.0
    failure: FeedError | None = None
    failures: int = 0
    moved_to: str | None = None


class Manners:
    """Safe to use from several threads."""

    def __init__(
        self, *, monotonic: Callable[[], float] = time.monotonic, share: Callable[[], float] = random.random
    ) -> None:
        self._monotonic = monotonic
        self._share = share
        self._lock = threading.Lock()
        self._servers: dict[str, _Server] = {}

    def is_fresh(self, feed: Feed) -> bool:
        """Tell whether the feed need not be asked for yet, by its server's word.

        Raises:
            FeedError: It has failed, and is left alone for a while.
        """
        with self._lock:
            server = self._of(feed)
            seconds = server.rests_until - self._monotonic()
            if seconds <= 0:
                return False
            if server.failure is None:
                return True
            again = timedelta(seconds=round(seconds))
            raise FeedError(say("{cause}; asked again in {time}", cause=server.failure.message, time=str(again)))

    def address(self, feed: Feed) -> str:
        """Give where the feed is: where its server said that it has moved for good, or as configured."""
        with self._lock:
            return self._of(feed).moved_to or feed.url

    def failed(self, feed: Feed, failure: FeedError, *, cause: WebError | None) -> None:
        """Remember a failure."""
        retry_after = timedelta(seconds=cause.retry_after_s) if cause and cause.retry_after_s is not None else None
        with self._lock:
            server = self._of(feed)
            server.failures += 1
            rest = rest_after_failure(
                server.failures,
                every=feed.every,
                retry_after=retry_after,
                is_gone=cause is not None and cause.status == _GONE,
                share=self._share(),
            )
            server.failure = failure
            server.rests_until = self._monotonic() + rest.total_seconds()
            server.moved_to = None

    def answered(self, feed: Feed, response: Response) -> None:
        """Remember what a good answer says about the next one."""
        headers = response.headers
        kept = fresh_for(headers.get("cache-control", ""), age=headers.get("age", ""), every=feed.every)
        with self._lock:
            server = self._of(feed)
            server.failure, server.failures = None, 0
            server.rests_until = self._monotonic() + kept.total_seconds()
            if response.moved_to and response.moved_to != server.moved_to:
                server.moved_to = response.moved_to
                _log.warning("feed %r has moved for good: its address is %s now", feed.id, shown(response.moved_to))

    def _of(self, feed: Feed) -> _Server:
        server = self._servers.get(feed.id)
        if server is None or server.url != feed.url:
            server = self._servers[feed.id] = _Server(feed.url)
        return server
