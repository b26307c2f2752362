"""The daemon's sign of life, and what tells whether it works."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from crossposter.core.health import Signs, at_work_since
from crossposter.core.model import NEEDS_PERSON, Status
from crossposter.ledger import schema
from crossposter.ledger.lock import Role, holder
from crossposter.ledger.store import SqlLedger

_POLLED_AT = sa.select(schema.feed.c.id, schema.feed.c.polled_at)


@dataclass(frozen=True, slots=True)
class LedgerHeartbeat:
    """Writes the one row, and reads the signs."""

    ledger: SqlLedger

    def start(self, *, now: datetime) -> datetime | None:
        """Write that this process is the daemon from now on.

        Returns:
            The last sign of life of the one before, where that did not end by itself.
        """
        process = f"process {os.getpid()} on {socket.gethostname()}"
        started_at = at_work_since(self.signs(now=now), now=now)
        life = {"process": process, "started_at": started_at, "beat_at": now, "ended_at": None}
        statement = insert(schema.heartbeat).values(id=1, **life)
        with self.ledger.writing() as connection:
            before = connection.execute(sa.select(schema.heartbeat)).one_or_none()
            connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=life))
        died_at: datetime | None = before.beat_at if before and before.ended_at is None else None
        return died_at

    def beat(self, *, now: datetime) -> None:
        """Write that it lives, and the polls that had nothing to say."""
        with self.ledger.writing_polls() as connection:
            self.ledger.require_unreplaced(connection)
            connection.execute(schema.heartbeat.update().values(beat_at=now))

    def end(self, *, now: datetime) -> None:
        """Write that it ends by itself."""
        with self.ledger.writing() as connection:
            connection.execute(schema.heartbeat.update().values(ended_at=now))

    def signs(self, *, now: datetime) -> Signs:
        """Read what tells whether the daemon works."""
        rows, accounts = schema.delivery.c, schema.account.c
        since = sa.func.coalesce(rows.not_before, rows.created_at, type_=schema.UtcDateTime)
        # An account that a rate limit lets rest is no sign of trouble; one that waits for a person is.
        not_at_rest = sa.or_(
            accounts.resting_until.is_(None),
            accounts.resting_until <= now,
            accounts.resting_reason.in_(NEEDS_PERSON),
        )
        due = (
            sa.select(rows.entry_id, rows.account_id, since.label("since"))
            .join(schema.account, accounts.id == rows.account_id)
            .where(rows.status == Status.QUEUED, since <= now, not_at_rest)
            .order_by(since)
            .limit(1)
        )
        with self.ledger.reading() as connection:
            life = connection.execute(sa.select(schema.heartbeat)).one_or_none()
            polled = {row.id: row.polled_at for row in connection.execute(_POLLED_AT)}
            oldest = connection.execute(due).one_or_none()
        held = holder(self.ledger.path)
        return Signs(
            is_running=held is not None and held.role is Role.DAEMON,
            started_at=life.started_at if life else None,
            beat_at=life.beat_at if life else None,
            polled_at=polled,
            oldest_due=f"{oldest.entry_id}/{oldest.account_id}" if oldest else None,
            due_since=oldest.since if oldest else None,
        )
