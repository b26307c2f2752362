"""What is due: the question of each second, and what decides whose turn it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from crossposter.core.kinds import Kind
from crossposter.core.model import Reason, Status
from crossposter.core.retrying import LONGEST_WAIT
from crossposter.ledger import schema
from crossposter.ledger.names import NAME, name_in
from crossposter.ledger.pauses import may_go_on
from crossposter.ports import Due

_NOW: sa.BindParameter[datetime] = sa.bindparam("now")
_BEYOND: sa.BindParameter[datetime] = sa.bindparam("beyond")
#: What another process was sending, whose lease has run out.
IS_SILENT = sa.and_(schema.delivery.c.status == Status.PUBLISHING, schema.delivery.c.lease_until <= _NOW)


def due(
    connection: sa.Connection, *, now: datetime, strict: Sequence[str] = (), account_id: str | None = None
) -> Sequence[Due]:
    """List deliveries whose time has come, to be sent or to be looked for on their account.

    What waits for no pace first: what is mended or taken away in place, then what is urgent. Then corrections that make
    a post, then news; each oldest first. Of the accounts in `strict`, no news comes before all that is older is
    settled; what is urgent does.
    """
    query = _asking_what_is_due(tuple(strict), of_one=account_id is not None)
    asked = {**moment(now), "account": account_id}
    return [
        Due(
            delivery_id=name_in(row),
            account_id=row.account_id,
            is_to_send=row.status == Status.QUEUED and bool(row.makes_a_post),
            is_urgent=row.is_urgent,
        )
        for row in connection.execute(query, asked)
    ]


@cache
def _asking_what_is_due(strict: tuple[str, ...], *, of_one: bool) -> sa.Select[Any]:
    """Make the question of each second; once, as `THIS` says."""
    rows, accounts = schema.delivery.c, schema.account.c
    is_free = sa.and_(rows.status != Status.PUBLISHING, is_over(rows.not_before))
    query = (
        sa.select(*NAME, rows.status, rows.is_urgent, makes_a_post().label("makes_a_post"))
        .join(schema.account, accounts.id == rows.account_id)
        .where(
            sa.text(f"delivery.{schema.OPEN}"),
            sa.or_(IS_SILENT, is_free),
            sa.or_(is_over(accounts.resting_until), _passes_pace()),
            accounts.unread_since.is_(None),
            may_go_on(),
        )
        .order_by(_turn(), rows.id)
    )
    if of_one:
        query = query.where(rows.account_id == sa.bindparam("account"))
    if strict:
        is_first = sa.or_(rows.kind != Kind.PUBLISH, rows.is_urgent)
        query = query.where(sa.or_(rows.account_id.not_in(strict), is_first, ~_waits_for_older()))
    return query


def makes_a_post() -> sa.ColumnElement[bool]:
    """Tell of a delivery whether a further post comes of it; not where that only fills a gap: `pace.keeps_to_pace`."""
    rows, posts = schema.delivery.c, schema.post.c
    stands = sa.select(posts.id).where(posts.delivery_id == rows.of_id, posts.deleted_at.is_(None))
    is_repost = sa.and_(rows.kind == Kind.REPOST, stands.correlate(schema.delivery).exists())
    return sa.or_(rows.kind.in_((Kind.PUBLISH, Kind.REPLY)), is_repost)


def _turn() -> sa.ColumnElement[int]:
    """Order deliveries: what says something wrong, or is to be said no more, before anything new is said."""
    rows = schema.delivery.c
    return sa.case((~makes_a_post(), 0), (rows.is_urgent, 1), (rows.kind != Kind.PUBLISH, 2), else_=3)


def _passes_pace() -> sa.ColumnElement[bool]:
    """Tell whether a delivery waits for no pace: urgent; or no further post, but to be put right or looked for."""
    rows = schema.delivery.c
    passes = sa.or_(rows.status != Status.QUEUED, ~makes_a_post(), rows.is_urgent)
    return sa.and_(schema.account.c.resting_reason == Reason.PACE, passes)


def _waits_for_older() -> sa.ColumnElement[bool]:
    rows, older = schema.delivery.c, schema.delivery.alias("older")
    unsettled = (Status.QUEUED, Status.PUBLISHING, Status.UNCERTAIN, Status.HELD)
    return (
        sa.select(older.c.id)
        .where(
            older.c.account_id == rows.account_id,
            older.c.id < rows.id,
            older.c.status.in_(unsettled),
            older.c.kind == Kind.PUBLISH,
        )
        .exists()
    )


def is_over(until: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Tell whether a wait has ended; one that no rule makes so long came of a wrong clock, and is none.

    The statement is made once, as `THIS` says; it asks for what `moment` gives.
    """
    return sa.or_(until.is_(None), until <= _NOW, until > _BEYOND)


def moment(now: datetime) -> dict[str, datetime]:
    """Give what `is_over` asks for."""
    return {"now": now, "beyond": now + LONGEST_WAIT}
