"""What stands in the ledger, for people to look at: deliveries, what was sent for them, what their news said before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crossposter.core.chain import Event
from crossposter.core.kinds import Kind
from crossposter.core.model import Reason, Status
from crossposter.core.pausing import Pause, covering
from crossposter.core.timeline import Standing
from crossposter.ledger import drafts, events, schema, shared
from crossposter.ledger.due import makes_a_post
from crossposter.ledger.erased import erased_at
from crossposter.ledger.names import NAME, name_in, named
from crossposter.ledger.pauses import is_paused, open_pauses
from crossposter.ledger.records import (
    AttemptRecord,
    DeliveryRecord,
    RevisionRecord,
    attempt_record,
    delivery_record,
    standing_of,
    unpacked,
)
from crossposter.ledger.store import SqlLedger
from crossposter.wording import say

_WAITING = (Status.HELD, Status.UNCERTAIN, Status.FAILED)


def deliveries(ledger: SqlLedger, *, now: datetime, strict: Sequence[str] = ()) -> list[DeliveryRecord]:
    """List every delivery, oldest first; of the accounts in `strict` it is told what waits behind an older one."""
    return _deliveries(ledger, sa.true(), now=now, strict=strict)


def waiting(ledger: SqlLedger, *, now: datetime, city: str = "") -> list[DeliveryRecord]:
    """List what waits for a person, oldest first; of one city's accounts where one is named."""
    rows = schema.delivery.c
    # One that was being published may be uncertain by now.
    may_wait = sa.and_(rows.status.in_((*_WAITING, Status.PUBLISHING)), of_city(rows.account_id, city))
    return [record for record in _deliveries(ledger, may_wait, now=now) if record.status in _WAITING]


def of_city(account_id: sa.ColumnElement[str], city: str) -> sa.ColumnElement[bool]:
    """Choose the accounts of a city; all where none is named."""
    return account_id.startswith(f"{city}.", autoescape=True) if city else sa.true()


def story(ledger: SqlLedger, entry_id: int, *, now: datetime, strict: Sequence[str] = ()) -> list[DeliveryRecord]:
    """List the deliveries of one entry; empty when there is no such entry."""
    return _deliveries(ledger, schema.delivery.c.entry_id == entry_id, now=now, strict=strict)


def keeping_others(ledger: SqlLedger, strict: Sequence[str]) -> dict[str, int]:
    """Count the news that waits behind an older one which waits for a person, by the name of that one.

    Args:
        ledger: The ledger.
        strict: The accounts whose news goes out in its order.
    """
    rows = schema.delivery.c
    with ledger.reading() as connection:
        found = {}
        for account_id, row in _first_unsettled(connection, strict).items():
            behind = sa.and_(rows.account_id == account_id, rows.id > row.id, ~rows.is_urgent)
            waiting = sa.and_(behind, rows.status == Status.QUEUED, rows.kind == Kind.PUBLISH)
            found[name_in(row)] = int(connection.scalar(sa.select(sa.func.count()).where(waiting)) or 0)
    return {name: count for name, count in found.items() if count}


def _first_unsettled(connection: sa.Connection, strict: Sequence[str]) -> dict[str, sa.Row[Any]]:
    """Give the oldest news of each account that waits for a person, or for a look at the account."""
    rows = schema.delivery.c
    waits = sa.and_(rows.status.in_((Status.HELD, Status.UNCERTAIN)), rows.kind == Kind.PUBLISH)
    newest_first: sa.Select[Any] = sa.select(rows.id, *NAME).order_by(rows.id.desc())
    found = connection.execute(newest_first.where(rows.account_id.in_(strict), waits))
    return {row.account_id: row for row in found}


def attempts(ledger: SqlLedger, delivery: DeliveryRecord) -> list[AttemptRecord]:
    """List what was sent for one delivery, oldest first."""
    attempt, rows = schema.attempt.c, schema.delivery.c
    query = (
        sa.select(schema.attempt)
        .join(schema.delivery, rows.id == attempt.delivery_id)
        .where(named(delivery.id))
        .order_by(attempt.number)
    )
    with ledger.reading() as connection:
        return [attempt_record(row) for row in connection.execute(query)]


def others(ledger: SqlLedger, account_id: str, *, since: datetime) -> list[Standing]:
    """List what stands on an account since a time and is no delivery's, as far as it was read; newest first."""
    rows = schema.standing.c
    made_at = sa.func.coalesce(rows.published_at, rows.seen_at, type_=schema.UtcDateTime)
    query = sa.select(schema.standing).where(rows.account_id == account_id, made_at >= since).order_by(made_at.desc())
    with ledger.reading() as connection:
        return [standing_of(row) for row in connection.execute(query)]


def events_of(ledger: SqlLedger, entry_id: int) -> list[Event]:
    """List what the record tells of an entry, oldest first."""
    with ledger.reading() as connection:
        return list(events.of_entries(connection, entry_id, entry_id))


def revisions(ledger: SqlLedger, entry_id: int) -> list[RevisionRecord]:
    """List what an entry said before, oldest first."""
    rows = schema.revision.c
    query = (
        sa.select(rows.number, rows.title, rows.link, rows.summary, rows.text, rows.pictures, rows.replaced_at)
        .where(rows.entry_id == entry_id)
        .order_by(rows.number)
    )
    with ledger.reading() as connection:
        return [RevisionRecord(**row._mapping) for row in connection.execute(query)]


def _deliveries(
    ledger: SqlLedger, condition: sa.ColumnElement[bool], *, now: datetime, strict: Sequence[str] = ()
) -> list[DeliveryRecord]:
    delivery, entry, post, sent = schema.delivery, schema.entry, schema.post, schema.attempt
    target = post.alias("target")
    query = (
        sa.select(
            delivery,
            entry.c.feed_id,
            entry.c.title,
            entry.c.link,
            entry.c.revision,
            erased_at(),
            sent.c.revision.label("sent_revision"),
            schema.account.c.platform,
            schema.account.c.resting_until,
            schema.account.c.resting_reason,
            schema.account.c.resting_message,
            is_paused().label("is_paused"),
            makes_a_post().label("makes_a_post"),
            sa.func.coalesce(post.c.remote_id, target.c.remote_id).label("remote_id"),
            sa.func.coalesce(post.c.url, target.c.url).label("url"),
            post.c.deleted_at,
        )
        .join(entry, entry.c.id == delivery.c.entry_id)
        .join(schema.account, schema.account.c.id == delivery.c.account_id)
        .outerjoin(post, post.c.delivery_id == delivery.c.id)
        .outerjoin(target, target.c.delivery_id == delivery.c.of_id)
        .outerjoin(
            sent,
            sa.and_(
                sent.c.delivery_id == delivery.c.id,
                sent.c.number == delivery.c.attempt,
                delivery.c.status == Status.PUBLISHED,
            ),
        )
        .where(condition)
        .order_by(delivery.c.id)
    )
    with ledger.reading() as connection:
        then = shared.moment(connection, now=now)
        found = connection.execute(query).all()
        paused, shown = open_pauses(connection), drafts.unsent(connection)
        first = _first_unsettled(connection, strict)
    said = _said_last(found)
    records = [
        delivery_record(row, shown.get(row.id), said=said.get((row.entry_id, row.account_id)), now=then)
        for row in found
    ]
    return [
        _with_its_wait(record, row, paused, first.get(record.account_id), now=then)
        for record, row in zip(records, found, strict=True)
    ]


def _said_last(rows: Sequence[sa.Row[Any]]) -> dict[tuple[int, str], int]:
    """Give which revision of its news was last said on each account."""
    said: dict[tuple[int, str], int] = {}
    for row in rows:
        if row.sent_revision is not None and row.kind != Kind.DELETE:
            name = row.entry_id, row.account_id
            said[name] = max(said.get(name, 0), row.sent_revision)
    return said


def _with_its_wait(
    record: DeliveryRecord, row: sa.Row[Any], pauses: Sequence[Pause], first: sa.Row[Any] | None, *, now: datetime
) -> DeliveryRecord:
    """Say of what is queued what keeps it most: a pause, an older one, its account's rest, or what its row says."""
    if record.status is not Status.QUEUED:
        return record
    if row.is_paused:
        pause = covering(pauses, account=record.account_id, feeds=[record.feed_id])
        return replace(
            record,
            reason=Reason.PAUSED,
            message=pause.in_short if pause else Reason.PAUSED.message,
            not_before=pause.until if pause else None,
        )
    if first and row.id > first.id and record.kind is Kind.PUBLISH and not record.is_urgent:
        behind = say("waits behind {delivery} (order: strict)", delivery=name_in(first))
        return replace(record, reason=Reason.BEHIND_OLDER, message=behind, not_before=None)
    rests = row.resting_until is not None and row.resting_until > max(now, record.not_before or now)
    passes_pace = record.is_urgent or not row.makes_a_post
    if not rests or (passes_pace and row.resting_reason == Reason.PACE):
        return record
    reason = Reason(row.resting_reason)
    message = unpacked(row.resting_message) or reason.message
    return replace(record, reason=reason, message=message, not_before=row.resting_until)
