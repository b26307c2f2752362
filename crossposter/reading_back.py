"""Reads accounts back: was the news posted by hand, what became of a lost answer, what happened while we were away?"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from crossposter.composing import words_of
from crossposter.core.kinds import Kind
from crossposter.core.model import Account, Delivery, Outcome, Post, Reason, Status
from crossposter.core.settling import settled, too_early, unread
from crossposter.core.timeline import Timeline, look_for, made_before, made_by_hand, sight
from crossposter.errors import AccountError, PublishError, RejectedError, TransientError
from crossposter.identities import Identities
from crossposter.ports import Adapter, Clock, KnownPosts, Ledger
from crossposter.wording import say

#: How many of an account's newest posts are read before a first post, after a lost answer, and where all is unknown.
_BEFORE_POSTING, _AFTER_LOSS, _ALL = 10, 25, 100
#: So long before news appears on the site somebody may have posted it.
_BEFORE_NEWS = timedelta(days=1)
#: So long a reading serves the next posts of the account as well: X asks money for each.
_FRESH = timedelta(minutes=1)


class Reader:
    """Reads accounts back. Safe to use from several threads."""

    def __init__(self, identities: Identities, ledger: Ledger, clock: Clock) -> None:
        self._identities = identities
        self._ledger = ledger
        self._clock = clock
        self._recent: dict[str, tuple[Timeline, datetime]] = {}
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def look_first(self, delivery: Delivery, post: Post, account: Account, adapter: Adapter) -> Outcome | None:
        """Look whether the news stands on the account already; None when it does not.

        Before it is sent once more as well: that it was absent is believed a third time, a moment before.

        Raises:
            PublishError: The account cannot be read.
        """
        is_wanted = account.look_first or delivery.resends
        if not is_wanted or Reason.ALREADY_POSTED in delivery.waived:
            return None
        try:
            timeline = self._newest(account, adapter, at_once=delivery.resends > 0)
        except RejectedError as error:
            raise TransientError(error.message) from error  # it is the reading that was refused, not the post
        except AccountError as error:
            error.message = say("{cause}; it was to be read before a first post (look_first)", cause=error.message)
            raise
        known = self._ledger.known_posts(account.id)
        seen_at = delivery.origin.seen_at
        since = min(delivery.entry.published or seen_at, seen_at) - _BEFORE_NEWS
        posts = (*timeline.posts, *known.others)
        by_hand = made_by_hand(posts, delivery.entry, post, ours=known.ours, since=since)
        if by_hand is None:
            return None
        cause = say("it stands at {url}", url=by_hand.url)
        return Outcome(status=Status.HELD, reason=Reason.ALREADY_POSTED, message=cause)

    def look_after(self, delivery: Delivery, account: Account) -> Outcome:
        """Look what became of a post whose answer was lost; nothing is sent."""
        now = self._clock.now()
        if wait := too_early(delivery, account, now=now):
            return wait
        attempt, sent = delivery.attempt, delivery.sent
        assert attempt  # noqa: S101 - the ledger's tables see to it
        assert sent  # noqa: S101 - what was attempted was sent
        try:
            adapter = self._identities.adapter(account)
            timeline = adapter.timeline(limit=_AFTER_LOSS, of=attempt.media_ids, replies=delivery.kind is Kind.REPLY)
        except PublishError as error:
            return unread(error, delivery, now=self._clock.now())
        known = self._ledger.known_posts(account.id)
        self._remember(account, timeline, known)  # for a person, who sees what stands there beside what was sent
        found = look_for(timeline, sent, attempt, theirs=known.ours)
        seen = sight(timeline, found, control=known.control(attempt.started_at))
        return settled(seen, found, delivery, account, now=self._clock.now())

    def read_back(self, account: Account) -> Iterator[tuple[Delivery, Outcome]]:
        """Learn what stands on an account of which a part is not known; give what was published without our knowing.

        Raises:
            PublishError: It cannot be read.
        """
        timeline = self._identities.adapter(account).timeline(limit=_ALL)
        now = self._clock.now()
        self._ledger.see(account.id, timeline.posts, now=now)
        for delivery in self._ledger.restored(account.id, now=now):
            words = words_of(delivery.entry, account, timezone=account.timezone)
            others = self._ledger.known_posts(account.id).others  # without those that were taken over a moment ago
            found = made_before(others, delivery.entry, delivery.sent or words)
            if found and self._ledger.take_over(delivery, found, now=now):
                yield delivery, Outcome(status=Status.PUBLISHED, receipt=found.receipt)
        self._ledger.mark_read(account.id)

    def _newest(self, account: Account, adapter: Adapter, *, at_once: bool) -> Timeline:
        """Give the account's newest posts, at once or as they stood a minute ago at most; remember those of others."""
        with self._locks[account.id]:
            timeline, read_at = self._recent.get(account.id, (None, None))
            now = self._clock.now()
            if timeline and read_at and not at_once and timedelta() <= now - read_at < _FRESH:
                return timeline
            known = self._ledger.known_posts(account.id)
            # Of a ledger that knows of no post, nobody knows what stood before it.
            timeline = adapter.timeline(limit=_BEFORE_POSTING if known.ids else _ALL)
            self._remember(account, timeline, known)
            self._recent[account.id] = timeline, now
            return timeline

    def _remember(self, account: Account, timeline: Timeline, known: KnownPosts) -> None:
        if any(one.remote_id not in known.ids for one in timeline.posts):
            self._ledger.see(account.id, timeline.posts, now=self._clock.now())
