"""Alerts over restarts and processes: what people were told of, and what they have not got yet."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from crossposter.core.alerting import Alert, Change, Fate, Level, Matter, Outbox, Pending, taken
from crossposter.core.digest import Summary, Waiting
from crossposter.ledger import events, history, schema, shared
from crossposter.ledger.history import of_city
from crossposter.ledger.inserting import Overwrite, inserting
from crossposter.ledger.records import packed, unpacked
from crossposter.ledger.store import SqlLedger
from crossposter.wording import Message

#: So long the record shows who was told what.
_KEPT = timedelta(days=90)
_NEW_STATE = Overwrite(keys=["key"], columns=["state", "level", "count", "is_told", "since"])


@dataclass(frozen=True, slots=True)
class LedgerAlerts:
    """The two tables of alerts."""

    ledger: SqlLedger

    def forget(self, *, now: datetime) -> None:
        """Forget what is long over."""
        with self._writing() as connection:
            connection.execute(schema.alert.delete().where(schema.alert.c.ended_at < now - _KEPT))

    def matters(self, keys: Collection[str] | None = None) -> Mapping[str, Matter]:
        """Give the matters that have not ended, by their keys; all of them, or those of the keys."""
        with self.ledger.reading() as connection:
            return _matters(connection, keys)

    def change(
        self, keys: Collection[str], decide: Callable[[Mapping[str, Matter], datetime], Change], *, now: datetime
    ) -> Sequence[Pending]:
        """Write what is decided about the matters as they stand, while nobody else decides; see the port."""
        with self._writing() as connection:
            change = decide(_matters(connection, keys), shared.moment(connection, now=now))
            for key, matter in change.matters.items():
                if matter is None:
                    connection.execute(schema.matter.delete().where(schema.matter.c.key == key))
                    continue
                statement = inserting(connection.dialect.name, schema.matter, _NEW_STATE)
                connection.execute(statement.values(asdict(matter)))
            return [replace(one, id=_added(connection, one)) for one in change.alerts]

    def outbox(self, *, now: datetime) -> Outbox:
        """Give what waits."""
        with self.ledger.reading() as connection:
            return _outbox(connection, now=now)

    def take(self, target: str, choose: Callable[[Outbox], Sequence[Pending]], *, now: datetime) -> Sequence[Pending]:
        """Leave to the caller what it chooses of that which waits for a target; see the port."""
        with self._writing() as connection:
            found = _outbox(connection, now=now, target=target)
            chosen = taken(choose(found), now=found.now)
            rows = schema.alert.c
            for one in (one for one in chosen if one.id > 0):
                values = {"tries": one.tries, "not_before": one.not_before}
                connection.execute(schema.alert.update().where(rows.id == one.id).values(values))
            return chosen

    def postpone(self, again: Sequence[Pending], *, now: datetime) -> None:
        """Write until when they wait, unless another process has taken them since."""
        rows = schema.alert.c
        with self._writing() as connection:
            ahead = shared.moment(connection, now=now) - now
            for one in again:
                is_ours = sa.and_(rows.id == one.id, rows.tries == one.tries, rows.ended_at.is_(None))
                not_before = one.not_before + ahead if one.not_before else None
                connection.execute(schema.alert.update().where(is_ours).values(not_before=not_before))

    def end(self, pending: Sequence[Pending], fate: Fate, *, now: datetime) -> None:
        """Write that nothing is to be sent of them any more, where that is not written yet."""
        rows = schema.alert.c
        ours = sa.and_(rows.id.in_([one.id for one in pending]), rows.ended_at.is_(None))
        with self._writing() as connection:
            ended = {"ended_at": shared.moment(connection, now=now), "outcome": fate}
            connection.execute(schema.alert.update().where(ours).values(ended))

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
            head = events.head(connection)
        waiting = tuple(
            Waiting(delivery_id=record.id, title=record.title, status=record.status, reason=record.reason)
            for record in history.waiting(self.ledger, city=city, now=now)
        )
        return Summary(since=since, published=published, waiting=waiting, head=str(head))

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        """Give a transaction in which nobody else writes about alerts."""
        with self.ledger.writing() as connection:
            shared.one_at_a_time(connection, "alerts")
            yield connection


def _matters(connection: sa.Connection, keys: Collection[str] | None) -> dict[str, Matter]:
    query = sa.select(schema.matter)
    if keys is not None:
        query = query.where(schema.matter.c.key.in_(sorted(keys)))
    return {row.key: _matter(row) for row in connection.execute(query)}


def _outbox(connection: sa.Connection, *, now: datetime, target: str | None = None) -> Outbox:
    rows = schema.alert.c
    there = shared.moment(connection, now=now)
    waiting = sa.select(schema.alert).where(rows.ended_at.is_(None)).order_by(rows.id)
    if target is not None:
        waiting = waiting.where(rows.target == target)
    pending = [_pending(row) for row in connection.execute(waiting)]
    messages = (
        sa.select(rows.target, rows.ended_at)
        .where(
            rows.ended_at > there - timedelta(hours=1),
            rows.outcome == Fate.SENT,
            rows.target.in_(sorted({one.target for one in pending})),
        )
        .distinct()
    )
    sent: dict[str, list[datetime]] = {}
    for row in connection.execute(messages) if pending else ():
        sent.setdefault(row.target, []).append(row.ended_at)
    return Outbox(now=there, pending=pending, sent=sent)


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
