"""News that was edited after it went out: which of its posts say something else, and what was proposed about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crossposter.core.chain import Kind as Told
from crossposter.core.correcting import CORRECTIONS, Correction, Edited, Wrong
from crossposter.core.kinds import DeliveryName, Kind
from crossposter.core.model import Entry, Outcome, PictureRef, Reason, Status
from crossposter.ledger import drafts, entries, schema, shared
from crossposter.ledger.deliveries import NAME, is_withdrawn, name_in, named, note_status, outcome_values, whose
from crossposter.ledger.erased import is_wordless

#: A correction that nobody has begun.
_UNBEGUN = (Status.HELD, Status.QUEUED, Status.FAILED)


def edited(connection: sa.Connection) -> list[Edited]:
    """List the news that was edited since it was last decided about, oldest first.

    Not that of which a post is on its way, or will be tried again in the words that were sent: what stands then, and
    what it says, is not known yet.
    """
    rows = schema.entry.c
    begun = sa.select(schema.delivery.c.id).where(schema.delivery.c.entry_id == rows.id, _goes_on())
    is_edited = sa.text("entry.revision > entry.considered")
    query = sa.select(rows.id).where(is_edited, ~begun.exists(), ~is_wordless()).order_by(rows.id)
    return [edition_of(connection, entry_id) for entry_id in connection.scalars(query).all()]


def edition_of(connection: sa.Connection, entry_id: int) -> Edited:
    """Give what news says, and its posts that stand and say something else."""
    origin, says = entries.load(connection, entry_id)
    revision = drafts.revision_of(connection, entry_id)
    said, recovered_at = _said(connection, entry_id), connection.scalar(sa.select(schema.fence.c.recovered_at))
    wrong = tuple(
        Wrong(
            delivery_id=name_in(row),
            account_id=row.account_id,
            said=_revision(connection, says, entry_id, said[row.account_id]),
            is_restored=recovered_at is not None and row.updated_at <= recovered_at,
        )
        for row in connection.execute(_standing(entry_id))
        if said.get(row.account_id, revision) < revision
    )
    return Edited(entry_id=entry_id, revision=revision, feed_id=origin.feed_id, says=says, wrong=wrong)


def _goes_on() -> sa.ColumnElement[bool]:
    """Choose the deliveries that were begun and go on by themselves."""
    rows = schema.delivery.c
    is_tried_again = sa.and_(rows.status == Status.QUEUED, rows.attempt > 0)
    return sa.or_(rows.status.in_((Status.PUBLISHING, Status.UNCERTAIN)), is_tried_again)


def begun_on(connection: sa.Connection, entry_id: int, account_id: str) -> sa.Row[Any] | None:
    """Give the correction of news on an account that was begun and has not ended: another one would stand beside it.

    One that failed or is held on its way, as a repost may be between its two steps, has not ended.
    """
    rows = schema.delivery.c
    is_stuck = sa.and_(rows.attempt > 0, rows.status.in_((Status.HELD, Status.FAILED)), rows.kind == Kind.REPOST)
    in_doubt = sa.and_(rows.status == Status.HELD, rows.reason == Reason.UNKNOWN)
    query: sa.Select[Any] = (
        sa.select(rows.id, *NAME, rows.status, rows.reason)
        .where(rows.entry_id == entry_id, rows.account_id == account_id, rows.kind.in_(CORRECTIONS))
        .where(sa.or_(_goes_on(), is_stuck, in_doubt))
        .order_by(rows.id)
    )
    return connection.execute(query).first()


def _standing(entry_id: int) -> sa.Select[Any]:
    """Find the deliveries of news whose posts stand, replies apart, and that nobody wants taken away."""
    rows, posts = schema.delivery.c, schema.post.c
    deleting = schema.delivery.alias("deleting")
    withdrawn = sa.select(deleting.c.id).where(is_withdrawn(rows.id, deleting))
    return (
        sa.select(rows.id, *NAME, rows.status, rows.updated_at)
        .join(schema.post, posts.delivery_id == rows.id)
        .where(rows.entry_id == entry_id, rows.kind != Kind.REPLY, posts.deleted_at.is_(None), ~withdrawn.exists())
        .order_by(rows.id)
    )


def _said(connection: sa.Connection, entry_id: int) -> Mapping[str, int]:
    """Give which revision of news was said last, by the account."""
    rows, attempt = schema.delivery.c, schema.attempt.c
    query = (
        sa.select(rows.account_id, sa.func.max(attempt.revision).label("revision"))
        .join(schema.attempt, sa.and_(attempt.delivery_id == rows.id, attempt.number == rows.attempt))
        .where(rows.entry_id == entry_id, rows.status == Status.PUBLISHED, rows.kind != Kind.DELETE)
        .group_by(rows.account_id)
    )
    return {row.account_id: row.revision for row in connection.execute(query)}


def _revision(connection: sa.Connection, says: Entry, entry_id: int, number: int) -> Entry:
    """Give what news said before; its categories are not kept, and are taken from now."""
    rows = schema.revision.c
    row = connection.execute(sa.select(schema.revision).where(rows.entry_id == entry_id, rows.number == number)).one()
    return replace(
        says,
        title=row.title,
        link=row.link,
        summary=row.summary,
        text=row.text,
        published=row.published_at,
        pictures=tuple(PictureRef(**picture) for picture in row.pictures),
    )


def propose(connection: sa.Connection, found: Edited, corrections: Sequence[Correction], *, now: datetime) -> bool:
    """Write that it was decided about news, and what; False when it was meanwhile, or the news was edited again."""
    rows = schema.entry.c
    shared.hold_stories(connection, [found.entry_id])
    this = sa.and_(rows.id == found.entry_id, rows.revision == found.revision, rows.considered < found.revision)
    if connection.execute(schema.entry.update().where(this).values(considered=found.revision)).rowcount != 1:
        return False
    end_unbegun(connection, found.entry_id, found.revision, Reason.SUPERSEDED, now=now)
    for one in corrections:
        if begun_on(connection, found.entry_id, one.wrong.account_id):
            continue  # a person is asked about that one already
        write(connection, found, one.wrong, one.kind, one.outcome, now=now)
    return True


def end_unbegun(
    connection: sa.Connection,
    entry_id: int,
    below: int,
    reason: Reason,
    *,
    account_id: str = "",
    keeps: DeliveryName | None = None,
    now: datetime,
) -> Sequence[Any]:
    """Drop the corrections that nobody has begun, of editions before one; but for one that is let out now."""
    rows = schema.delivery.c
    unbegun = sa.and_(
        rows.entry_id == entry_id,
        rows.kind.in_(CORRECTIONS),
        rows.issue < below,
        rows.status.in_(_UNBEGUN),
        rows.attempt == 0,
        rows.account_id == account_id if account_id else sa.true(),
        sa.not_(named(str(keeps))) if keeps else sa.true(),
    )
    ended = schema.delivery.update().where(unbegun)
    values = {"status": Status.SKIPPED, "reason": reason, "message": None, "not_before": None, "updated_at": now}
    found = connection.execute(ended.values(values).returning(rows.id, *NAME)).all()
    for row in found:
        note_status(connection, Told.POSTPONED, whose(row), (Status.SKIPPED, reason, None), at=now)
    return found


def write(
    connection: sa.Connection, found: Edited, wrong: Wrong, kind: Kind, outcome: Outcome, *, now: datetime
) -> str:
    """Write a correction; one of the same name that nobody has begun begins anew."""
    rows = schema.delivery.c
    name = DeliveryName(found.entry_id, wrong.account_id, kind, found.revision)
    of = connection.execute(_standing(found.entry_id).where(named(wrong.delivery_id))).one_or_none()
    if of is None:
        return str(name)  # somebody wants it taken away since it was looked at
    same = named(str(name))
    values = {**outcome_values(outcome), "tries": 0, "picture_tries": 0, "updated_at": now}
    # What was proposed before may have been about a post in whose place another one stands by now.
    of_id = sa.case((rows.attempt == 0, of.id), else_=rows.of_id)
    there, about = connection.scalar(sa.select(rows.id).where(same)), dict[str, Any]()
    if there is None:
        about["waived"] = []
        new = {"entry_id": name.entry_id, "account_id": name.account_id, "kind": kind, "issue": name.issue}
        connection.execute(schema.delivery.insert().values(**new, of_id=of.id, attempt=0, created_at=now, **values))
    else:
        is_free = rows.status.in_((*_UNBEGUN, Status.SKIPPED))
        if not connection.execute(schema.delivery.update().where(same, is_free).values(**values, of_id=of_id)).rowcount:
            return str(name)
    this = found.entry_id, str(name).partition("/")[2]
    state = (outcome.status, outcome.reason, values["message"])
    about["of_id"] = connection.scalar(sa.select(rows.of_id).where(same))
    note_status(connection, Told.DECIDED, this, state, at=now, facts={"delivery": about})
    return str(name)
