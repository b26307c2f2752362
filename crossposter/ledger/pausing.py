"""The part of the ledger's port that is about pauses, waits and backlogs; the SQL is in `pauses.py`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime

import sqlalchemy as sa

from crossposter.core.model import Feed
from crossposter.core.pausing import Changes, Pause, Scope
from crossposter.core.waiting import Urgency
from crossposter.ledger import entries, fence, pauses
from crossposter.ledger.polls import Polls


class Pausing:
    """What a ledger does about pauses, in transactions that whoever inherits it gives."""

    _polls: Polls

    @abstractmethod
    def reading(self) -> AbstractContextManager[sa.Connection]:
        """Give a connection in one transaction that only reads."""

    @abstractmethod
    def writing(self) -> AbstractContextManager[sa.Connection]:
        """Give a connection in one transaction that may write."""

    def polled_at(self, feed: Feed) -> datetime | None:
        """Give when the feed was last read with success; None where it never was."""
        # The newer one, whatever the times say: what is written may be of a clock that was ahead.
        if remembered := self._polls.unwritten().get(feed.id):
            return remembered.unwritten_at
        with self.reading() as connection:
            return entries.polled_at(connection, feed.id)

    def urgency(self, account_id: str, *, since: datetime, now: datetime) -> Urgency:
        """Tell what is urgent on an account, and when the last urgent post was sent there since a time."""
        with self.reading() as connection:
            return pauses.urgency(connection, account_id, since=since, now=now)

    def pauses(self) -> Sequence[Pause]:
        """List the pauses that hold, oldest first."""
        with self.reading() as connection:
            return pauses.open_pauses(connection)

    def ended_pauses(self, *, since: datetime) -> Sequence[Pause]:
        """List the pauses that have ended since a time, oldest first."""
        with self.reading() as connection:
            return pauses.ended_pauses(connection, since=since)

    def keep_pauses(self, changes: Changes, *, now: datetime) -> None:
        """Write which pauses have ended, holding what came due under them; and that of a file which has begun."""
        with self.writing() as connection:
            pauses.end(connection, changes.ended, now=now)
            pauses.hold_accounts(connection)
            # Another process of this machine, which finds the same file, may have written it a moment ago.
            known = {one.file for one in pauses.open_pauses(connection)}
            if (sign := changes.begun) and sign.place not in known:
                pauses.begin(
                    connection,
                    Scope.ALL,
                    "",
                    why=sign.words,
                    person=sign.owner,
                    system_user=sign.owner,
                    until=None,
                    file=sign.place,
                    now=now,
                )

    def last_sign(self) -> datetime | None:
        """Give when the program was surely at work last; None for a ledger that knows of nothing."""
        with self.reading() as connection:
            return fence.last_sign(connection)

    def hold_backlog(self, accounts: Collection[str], *, since: datetime, now: datetime) -> int:
        """Hold what is due on accounts for which nobody was at work since a time; give of how many posts."""
        with self.writing() as connection:
            pauses.hold_accounts(connection)
            return pauses.hold_of_accounts(connection, accounts, since=since, now=now)

    def backlog(self) -> Mapping[str, int]:
        """Count what is held as a backlog, by account."""
        with self.reading() as connection:
            return pauses.count_backlog(connection)
