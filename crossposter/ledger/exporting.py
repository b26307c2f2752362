"""What was sent in a time, for whoever asks for it: one record for each attempt, oldest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crossposter.core.kinds import DeliveryName, Kind
from crossposter.core.model import Status
from crossposter.ledger import schema
from crossposter.ledger.erased import erased_at
from crossposter.ledger.history import of_city
from crossposter.ledger.store import SqlLedger

#: Attempts that are read in one transaction: whoever writes meanwhile waits for no more.
_PORTION = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SentRecord:
    """One attempt, and what came of it.

    Attributes:
        kind: What was asked for: a post, other words for one, or that it be taken away.
        outcome: What the attempt came to; None while nobody knows.
        url: Of the post, where this attempt is the one that made it; and so `remote_id`.
        revision: Which version of the news it says.
        is_outdated: Whether the news says something else by now.
        deleted_at: When the post that it made was taken away; None while it stands.
        erased_at: When its words were removed, as retention says; None while it has them.
    """

    delivery_id: str
    attempt: int
    kind: Kind
    feed_id: str
    title: str
    article: str | None
    language: str
    account_id: str
    platform: str
    platform_id: str | None
    started_at: datetime
    outcome: Status | None
    text: str
    link: str | None
    pictures: list[dict[str, Any]]
    remote_id: str | None
    url: str | None
    let_out_by: str | None
    configuration: str | None
    revision: int
    is_outdated: bool
    deleted_at: datetime | None
    erased_at: datetime | None


def sent(ledger: SqlLedger, *, since: datetime, until: datetime, city: str = "") -> Iterator[SentRecord]:
    """Give what was sent from a time on and before another; by the accounts of one city where one is named."""
    rows = schema.attempt.c
    order = (rows.started_at, rows.delivery_id, rows.number)
    after: tuple[datetime, int, int] = (since, 0, 0)
    while True:
        query = _query().where(of_city(schema.delivery.c.account_id, city), rows.started_at < until)
        query = query.where(sa.tuple_(*order) > sa.tuple_(*_bound(after)))
        with ledger.reading() as connection:
            found = connection.execute(query.order_by(*order).limit(_PORTION)).all()
        yield from map(_record, found)
        if len(found) < _PORTION:
            return
        after = (found[-1].started_at, found[-1].delivery_id, found[-1].number)


def _bound(after: tuple[datetime, int, int]) -> list[sa.BindParameter[Any]]:
    at, delivery_id, number = after
    rows = schema.attempt.c
    return [sa.literal(at, rows.started_at.type), sa.literal(delivery_id), sa.literal(number)]


def _query() -> sa.Select[Any]:
    attempt, delivery, entry, post = schema.attempt, schema.delivery, schema.entry, schema.post
    is_newest = sa.and_(post.c.delivery_id == delivery.c.id, attempt.c.number == delivery.c.attempt)
    return (
        sa.select(
            attempt,
            delivery.c.entry_id,
            delivery.c.account_id,
            delivery.c.kind.label("does"),
            delivery.c.issue,
            entry.c.feed_id,
            entry.c.title,
            entry.c.link.label("article"),
            entry.c.language,
            entry.c.revision.label("says_now"),
            erased_at(),
            schema.account.c.platform,
            post.c.remote_id,
            post.c.url,
            post.c.deleted_at,
        )
        .join(delivery, delivery.c.id == attempt.c.delivery_id)
        .join(entry, entry.c.id == delivery.c.entry_id)
        .join(schema.account, schema.account.c.id == delivery.c.account_id)
        .outerjoin(post, is_newest)
    )


def _record(row: sa.Row[Any]) -> SentRecord:
    return SentRecord(
        delivery_id=str(DeliveryName(row.entry_id, row.account_id, Kind(row.does), row.issue)),
        attempt=row.number,
        kind=Kind(row.kind),
        feed_id=row.feed_id,
        title=row.title,
        article=row.article,
        language=row.language,
        account_id=row.account_id,
        platform=row.platform,
        platform_id=row.platform_id,
        started_at=row.started_at,
        outcome=Status(row.outcome) if row.outcome else None,
        # What takes a post away says nothing; a repost has its new words beside it already.
        text="" if row.kind == Kind.DELETE else row.text,
        link=None if row.kind == Kind.DELETE else row.link,
        pictures=[] if row.kind == Kind.DELETE else row.pictures,
        remote_id=row.remote_id,
        url=row.url,
        let_out_by=row.let_out_by,
        configuration=row.configuration,
        revision=row.revision,
        is_outdated=row.revision < row.says_now,
        deleted_at=row.deleted_at,
        erased_at=row.erased_at,
    )
