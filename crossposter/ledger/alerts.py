"""Alerts over restarts: what people were told of, and what they have not got yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from crossposter.core.alerting import Alert, Fate, Level, Matter, Pending
from crossposter.core.digest import Summary, Waiting
from crossposter.ledger import history, schema
from crossposter.ledger.history import of_city
from crossposter.ledger.inserting import Overwrite, inserting
from crossposter.ledger.records import packed, unpacked
from crossposter.ledger.shared import one_at_a_time
from crossposter.ledger.store import SqlLedger
from crossposter.ports import Remembered
from crossposter.wording import Message

#: So long the record shows who was told what.
_KEPT = timedelta(days=90)
_NEW_STATE = Overwrite(keys=["key"], columns=["state", "level", "count", "is_told", "since"])


@dataclass(frozen=True, slots=True)
class LedgerAlerts:
    """The two tables of alerts."""

    ledger: SqlLedger

    def remembered(self, *, now: datetime) -> Remembered:
        """Give what is known; what is long over is forgotten."""
        rows = schema.alert.c
        messages = (
            sa.select(rows.target, rows.ended_at)
            .where(rows.outcome == Fate.SENT, rows.ended_at > now - timedelta(hours=1))
            .distinct()
        )
        sent: dict[str, list[datetime]] = {}
        with self._writing() as connection:
            connection.execute(schema.alert.delete().where(rows.ended_at < now - _KEPT))
            matters = {row.key: _matter(row) for row in connection.execute(sa.select(schema.matter))}
            waiting = sa.select(schema.alert).where(rows.ended_at.is_(None)).order_by(rows.id)
            pending = [_pending(row) for row in connection.execute(waiting)]
            for row in connection.execute(messages):
                sent.setdefault(row.target, []).append(row.ended_at)
        return Remembered(matters=matters, pending=pending, sent=sent)

    def note(self, changes: Mapping[str, Matter | None], pending: Sequence[Pending]) -> Sequence[Pending]:
        """Write matters by their keys (None: it has ended) and alerts to send; gives these with their numbers."""
        with self._writing() as connection:
            for key, matter in changes.items():
                if matter is None:
                    connection.execute(schema.matter.delete().where(schema.matter.c.key == key))
                    continue
                statement = inserting(connection.dialect.name, schema.matter, _NEW_STATE)
                connection.execute(statement.values(asdict(matter)))
            return [replace(one, id=_added(connection, one)) for one in pending]

    def postpone(self, pending: Sequence[Pending]) -> None:
        """Write how often they have failed, and until when they wait."""
        with self._writing() as connection:
            for one in pending:
                values = {"tries": one.tries, "not_before": one.not_before}
                connection.execute(schema.alert.update().where(schema.alert.c.id == one.id).values(values))

    def end(self, pending: Sequence[Pending], fate: Fate, *, now: datetime) -> None:
        """Write that nothing is to be sent of them any more."""
        ids = [one.id for one in pending]
        ended = schema.alert.update().where(schema.alert.c.id.in_(ids)).values(ended_at=now, outcome=fate)
        with self._writing() as connection:
            connection.execute(ended)

    def summary(self, *, since: datetime, now: datetime, city: str = "") -> Summary:
        """Count what was published, and list what waits for a person; of one city's accounts where one is named."""
        posts = schema.post.c
        counted = (
            sa.select(posts.account_id, sa.func.count().label("posts"))
            .where(posts.published_at > since, posts.published_at <= now, of_city(posts.account_id, city))
            .group_by(posts.account_id)
            .order_by(posts.account_id)
        )
        with self.ledger.reading() as connection:
            published = {row.account_id: row.posts for row in connection.execute(counted)}
        waiting = tuple(
            Waiting(delivery_id=record.id, title=record.title, status=record.status, reason=record.reason)
            for record in history.waiting(self.ledger, city=city, now=now)
        )
        return Summary(since=since, published=published, waiting=waiting)

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        """Give a transaction in which nobody else writes about alerts."""
        with self.ledger.writing() as connection:
            one_at_a_time(connection, "alerts")
            yield connection


def _matter(row: sa.Row[Any]) -> Matter:
    return Matter(**{**row._mapping, "level": Level(row.level)})


def _pending(row: sa.Row[Any]) -> Pending:
    alert = Alert(
        level=Level(row.level),
        subject=_sentence(row.subject),
        lines=tuple(map(_sentence, row.lines)),
        is_good=row.is_good,
    )
    return Pending(
        id=row.id,
        target=row.target,
        alert=alert,
        made_at=row.made_at,
        tries=row.tries,
        not_before=row.not_before,
    )


def _sentence(stored: dict[str, Any]) -> Message:
    sentence = unpacked(stored)
    assert sentence  # noqa: S101 - the column is never null
    return sentence


def _added(connection: sa.Connection, one: Pending) -> int:
    values = {
        "target": one.target,
        "level": one.alert.level,
        "is_good": one.alert.is_good,
        "subject": packed(one.alert.subject),
        "lines": [packed(line) for line in one.alert.lines],
        "made_at": one.made_at,
        "tries": one.tries,
        "not_before": one.not_before,
    }
    return int(connection.execute(schema.alert.insert().values(values).returning(schema.alert.c.id)).scalar_one())
