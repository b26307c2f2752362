"""The daemon's sign of life, and what tells whether it works."""

from __future__ import annotations

import logging
import os
import socket
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from crossposter.core.chain import Kind
from crossposter.core.health import Signs, at_work_since
from crossposter.core.model import NEEDS_PERSON, Status
from crossposter.ledger import events, postgresql, schema
from crossposter.ledger.events import note
from crossposter.ledger.inserting import Overwrite, inserting
from crossposter.ledger.lock import Holder, Role, holder
from crossposter.ledger.names import NAME, name_in
from crossposter.ledger.pauses import is_paused
from crossposter.ledger.shared import is_shared, one_at_a_time
from crossposter.ledger.store import SqlLedger
from crossposter.references import DatabaseAddress

log = logging.getLogger(__name__)

_ANEW = Overwrite(keys=["id"], columns=["process", "started_at", "beat_at", "ended_at"])
_POLLED_AT = sa.select(schema.feed.c.id, schema.feed.c.polled_at)


def holders(place: Path | DatabaseAddress) -> list[Holder]:
    """Give the processes that work on a ledger: one at most where it is a file.

    Raises:
        LedgerError: The database cannot be asked.
    """
    if isinstance(place, Path):
        found = holder(place)
        return [found] if found else []
    with closing(SqlLedger(place)) as ledger, ledger.reading() as connection:
        return postgresql.holders(connection)


@dataclass(frozen=True, slots=True)
class LedgerHeartbeat:
    """Writes the one row, and reads the signs. Where several daemons work on a ledger they write it in turn."""

    ledger: SqlLedger
    #: A short form of the YAML that the daemon begins with; empty for whoever only reads the signs.
    configuration: str = ""

    def start(self, *, now: datetime) -> datetime | None:
        """Write that this process is the daemon from now on.

        Returns:
            The last sign of life of the one before, where that did not end by itself, and was the only one.
        """
        process = _this_process()
        started_at = at_work_since(self.signs(now=now), now=now)
        life = {"process": process, "started_at": started_at, "beat_at": now, "ended_at": None}
        with self.ledger.writing() as connection:
            one_at_a_time(connection, "heartbeat")
            before = connection.execute(sa.select(schema.heartbeat)).one_or_none()
            is_alone = not self._others(connection)
            connection.execute(inserting(connection.dialect.name, schema.heartbeat, _ANEW).values(id=1, **life))
            log.info("the record ended at %s before this start", events.head(connection))
            begun = {"process": process, "configuration": self.configuration}
            note(connection, Kind.STARTED, at=now, facts=begun)
        died_at: datetime | None = before.beat_at if before and before.ended_at is None and is_alone else None
        return died_at

    def beat(self, *, now: datetime) -> None:
        """Write that it lives, and the polls that had nothing to say."""
        with self.ledger.writing_polls() as connection:
            self.ledger.require_unreplaced(connection, follow=True)
            # Another one, which ended meanwhile, may have taken itself for the last.
            connection.execute(schema.heartbeat.update().values(beat_at=now, ended_at=None))

    def end(self, *, now: datetime) -> None:
        """Write that it ends by itself, and with it the daemon, unless there are others."""
        with self.ledger.writing() as connection:
            note(connection, Kind.STOPPED, at=now, facts={"process": _this_process()})
            if not self._others(connection):
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
            sa.select(*NAME, since.label("since"))
            .join(schema.account, accounts.id == rows.account_id)
            .where(rows.status == Status.QUEUED, since <= now, not_at_rest, ~is_paused())
            .order_by(since)
            .limit(1)
        )
        with self.ledger.reading() as connection:
            life = connection.execute(sa.select(schema.heartbeat)).one_or_none()
            polled = {row.id: row.polled_at for row in connection.execute(_POLLED_AT)}
            oldest = connection.execute(due).one_or_none()
            roles = [found.role for found in self._holders(connection)]
        return Signs(
            is_running=Role.DAEMON in roles,
            started_at=life.started_at if life else None,
            beat_at=life.beat_at if life else None,
            polled_at=polled,
            oldest_due=name_in(oldest) if oldest else None,
            due_since=oldest.since if oldest else None,
            workers=roles.count(Role.WORKER),
        )

    def _holders(self, connection: sa.Connection) -> list[Holder]:
        place = self.ledger.place
        return holders(place) if isinstance(place, Path) else postgresql.holders(connection)

    def _others(self, connection: sa.Connection) -> list[Holder]:
        """Give the daemons beside this one; a file has one holder."""
        if not is_shared(connection):
            return []
        holders = postgresql.holders(connection)
        return [found for found in holders if found.role is Role.DAEMON and not found.is_this_process]


def _this_process() -> str:
    return f"process {os.getpid()} on {socket.gethostname()}"
