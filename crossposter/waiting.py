"""Asks what decides whether a post whose time has come goes out; `core/waiting.py` decides."""

from __future__ import annotations

from collections.abc import Callable

from crossposter.core.model import Account, Delivery, Feed, Outcome
from crossposter.core.waiting import is_urgent_now, when_due
from crossposter.ports import Clock, Ledger


class Waiting:
    """Whether posts wait. Safe to use from several threads."""

    def __init__(self, feed_for: Callable[[Delivery], Feed | None], ledger: Ledger, clock: Clock) -> None:
        """Take what gives the feed whose rules hold for a post; None where the YAML has none for it."""
        self._feed_for = feed_for
        self._ledger = ledger
        self._clock = clock

    def outcome(self, delivery: Delivery, account: Account) -> Outcome | None:
        """Give until when a post waits, or why it is held; None where it goes out now."""
        now, feed, urgent = self._clock.now(), self._feed_for(delivery), account.times.urgent
        urgency = None
        if urgent.is_used and urgent.holds_others and not is_urgent_now(delivery, account):
            urgency = self._ledger.urgency(account.id, since=now - urgent.holds_others, now=now)
        return when_due(
            delivery,
            feed,
            account,
            polled_at=self._ledger.polled_at(feed) if feed and feed.delay else None,
            urgency=urgency,
            now=now,
        )
