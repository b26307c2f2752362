"""What a process remembers of each feed's last poll: nothing is read or written for a feed that has nothing to say.

The process that polls is the only one that writes about feeds, so what it remembers is what the ledger says, or will.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from crossposter.core.model import Feed, Validators


@dataclass(frozen=True, slots=True)
class Poll:
    """The last good poll of a feed."""

    site: str
    validators: Validators
    #: When it was, where the ledger does not have that yet; None where it has.
    unwritten_at: datetime | None = None


class Polls:
    """Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._polls: dict[str, Poll] = {}

    def remember(self, feed: Feed, validators: Validators, *, unwritten_at: datetime | None = None) -> None:
        """Take note of a poll."""
        with self._lock:
            self._polls[feed.id] = Poll(feed.site, validators, unwritten_at)

    def validators(self, feed: Feed) -> Validators | None:
        """Give what the feed's server wants to hear; None where that must be looked up."""
        with self._lock:
            poll = self._polls.get(feed.id)
        return poll.validators if poll and poll.site == feed.site else None

    def unwritten(self) -> Mapping[str, Poll]:
        """Give the polls, by feed, that the ledger does not have yet."""
        with self._lock:
            return {feed_id: poll for feed_id, poll in self._polls.items() if poll.unwritten_at}

    def written(self, polls: Mapping[str, Poll]) -> None:
        """Take note that the ledger has these."""
        with self._lock:
            for feed_id, poll in polls.items():
                if self._polls[feed_id] is poll:
                    self._polls[feed_id] = Poll(poll.site, poll.validators)
