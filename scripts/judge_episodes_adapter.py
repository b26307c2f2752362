"""What the judge of data/feeds/episodes calls: a feed polled again and again. See judge_feeds.py."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crossposter.core.model import Holds, Status
from crossposter.feeds.manners import Manners
from crossposter.feeds.reading import FeedReader
from crossposter.feeds.source import WebFeedSource
from crossposter.ledger import SqlLedger, history
from crossposter.service import Service
from crossposter.testing import FakeAdapter, FakePictureSource, FrozenClock, MemoryPictureStore, a_feed, an_account
from crossposter.web import Response, WebError
from crossposter.wording import say

_reader = FeedReader()
#: Longer than any server may ask to be left alone.
_BETWEEN_POLLS_S = 100_000.0


class _Web:
    """Answers what the episode says, whatever is asked."""

    answer = (200, b"", dict[str, str]())

    def get(self, url: str, **_: object) -> Response:
        status, body, headers = self.answer
        if status not in (200, 304):
            raise WebError(say("status {status}", status=status), status=status)
        named = {name.lower(): value for name, value in headers.items()}
        return Response(url=url, status=status, headers=named, body=body)


class Session:
    """A newly installed program."""

    def __init__(self) -> None:
        account = an_account()
        # The clock of an episode does not match the dates inside its items.
        feed = a_feed(id_pattern=r"/(tr|en)/[^/]+/[^/]+/(\d+)/", holds=Holds(older_than=None))
        self.held: list[dict[str, Any]] = []
        self._web = _Web()
        self._clock = FrozenClock(datetime(2026, 1, 1, tzinfo=UTC))
        self._seconds = 0.0
        self._published = 0
        self._ledger = SqlLedger.open(Path(tempfile.mkdtemp()) / "ledger.db")
        adapter = FakeAdapter(account)
        self._service = Service(
            feeds=[feed],
            accounts={account.id: account},
            source=WebFeedSource(self._web, _reader, Manners(monotonic=lambda: self._seconds)),  # type: ignore[arg-type]  # a reader of the same shape
            pictures=FakePictureSource(),
            store=MemoryPictureStore(),
            adapters=lambda _: adapter,
            ledger=self._ledger,
            clock=self._clock,
        )

    def poll(self, body: bytes, status: int, headers: Mapping[str, str], at: str) -> list[dict[str, Any]]:
        """Give what this poll published."""
        self._web.answer = (status, body, dict(headers))
        self._clock.time = datetime.fromisoformat(at)
        self._seconds += _BETWEEN_POLLS_S
        self._service.run_once()
        found = history.deliveries(self._ledger, now=self._clock.now())
        told = [{"title": one.title, "link": one.link} for one in found if one.status is Status.PUBLISHED]
        self.held = [{"title": one.title, "link": one.link} for one in found if one.status is Status.HELD]
        new, self._published = told[self._published :], len(told)
        return new
