"""What stands on the accounts: posts of ours and of others, and what reading an account back settles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crossposter.core.chain import Kind as Told
from crossposter.core.kinds import Kind
from crossposter.core.model import Delivery, Outcome, Status
from crossposter.core.timeline import Standing
from crossposter.ledger import schema
from crossposter.ledger.attempts import add_post, adopt, post_facts
from crossposter.ledger.deliveries import end_post, note_status, outcome_values
from crossposter.ledger.due import is_over, moment
from crossposter.ledger.leases import let_rest
from crossposter.ledger.names import NAME, named, whose
from crossposter.ledger.records import packed, standing_of
from crossposter.ledger.shared import hold_account
from crossposter.ports import KnownPosts

#: So many posts of others are remembered of each account, and so many of ours are looked at: a reading shows no more.
_KEPT = 300
_OURS = (
    sa.select(schema.post.c.remote_id, schema.post.c.published_at, schema.post.c.deleted_at, schema.delivery.c.kind)
    .join(schema.delivery, schema.delivery.c.id == schema.post.c.delivery_id)
    .where(schema.post.c.account_id == sa.bindparam("account"))
    .order_by(schema.post.c.id.desc())
    .limit(_KEPT)
)
_UNREAD = (
    sa.select(schema.account.c.id)
    .where(schema.account.c.unread_since.is_not(None), is_over(schema.account.c.resting_until))
    .order_by(schema.account.c.id)
)
_OTHERS = sa.select(schema.standing).where(schema.standing.c.account_id == sa.bindparam("account"))


def settle(connection: sa.Connection, delivery: Delivery, outcome: Outcome, *, now: datetime) -> bool:
    """Write what reading the account back means for an uncertain delivery; False when it has moved on."""
    rows, attempt = schema.delivery.c, schema.attempt.c
    assert delivery.attempt  # noqa: S101 - the tables see to it
    if outcome.account_rests_until:
        hold_account(connection, delivery.account_id)
    is_silent = sa.and_(rows.status == Status.PUBLISHING, rows.lease_until <= now)
    values = outcome_values(outcome)
    settled = connection.execute(
        schema.delivery.update()
        .where(
            named(delivery.id),
            rows.attempt == delivery.attempt.number,
            sa.or_(rows.status == Status.UNCERTAIN, is_silent),
        )
        .values(**values, lease_until=None, updated_at=now)
        .returning(rows.id, rows.of_id, *NAME)
    ).one_or_none()
    if settled is None:
        return False
    let_rest(connection, delivery.account_id, outcome)
    is_open = outcome.status is Status.UNCERTAIN
    looked = {} if outcome.absences is None else {"absences": outcome.absences}
    ended = {} if is_open else {"outcome": _of_attempt(outcome), "message": packed(outcome.message)}
    ended_at = connection.execute(
        schema.attempt.update()
        .where(attempt.delivery_id == settled.id, attempt.number == delivery.attempt.number)
        .values(ended_at=sa.case((attempt.ended_at <= now, attempt.ended_at), else_=now), **looked, **ended)
        .returning(attempt.ended_at)
    ).scalar_one()
    number = {"number": delivery.attempt.number}
    came_to = {} if is_open else {"outcome": _of_attempt(outcome)}
    told = {} if is_open else {"attempt": {**number, "message": values["message"]}}
    note_status(
        connection,
        Told.READ_BACK,
        whose(settled),
        (outcome.status, outcome.reason, values["message"]),
        at=now,
        facts={
            "attempt": {**number, "ended_at": ended_at, **looked, **came_to},
            **post_facts(delivery.account_id, outcome.receipt, now=now),
        },
        content=told,
    )
    if outcome.is_gone:
        end_post(connection, settled.of_id, now=now)
    if outcome.receipt:
        add_post(connection, settled.id, delivery.account_id, outcome.receipt, now=now)
    return True


def _of_attempt(outcome: Outcome) -> Status:
    """Give what the attempt came to: one that nobody can tell stays uncertain, whatever becomes of the delivery."""
    if outcome.is_gone:
        return Status.PUBLISHED
    return Status.UNCERTAIN if outcome.status is Status.HELD else outcome.status


def take_over(connection: sa.Connection, delivery: Delivery, standing: Standing, *, now: datetime) -> bool:
    """Write that a post is that of a delivery which waits for a person; False when it has moved on."""
    rows = schema.delivery.c
    is_held = sa.and_(named(delivery.id), rows.status == Status.HELD, rows.reason == delivery.reason)
    row_id = connection.scalar(sa.select(rows.id).where(is_held).with_for_update())
    if row_id is None:
        return False
    facts, content = post_facts(delivery.account_id, standing.receipt, now=now), dict[str, Any]()
    if delivery.attempt:
        add_post(connection, row_id, delivery.account_id, standing.receipt, now=now)
    else:
        facts, content = adopt(connection, row_id, delivery.account_id, standing.receipt, text=standing.text, now=now)
    published = outcome_values(Outcome(status=Status.PUBLISHED))
    connection.execute(schema.delivery.update().where(rows.id == row_id).values(**published, updated_at=now))
    state = (Status.PUBLISHED, None, None)
    where = (delivery.entry_id, delivery.account_id)
    note_status(connection, Told.TAKEN_OVER, where, state, at=now, facts=facts, content=content)
    return True


def known_posts(connection: sa.Connection, account_id: str) -> KnownPosts:
    """Give what is known to stand on an account."""
    found = connection.execute(_OURS, {"account": account_id}).all()
    return KnownPosts(
        ours={row.remote_id: row.published_at for row in found},
        unlisted=frozenset(row.remote_id for row in found if row.deleted_at or row.kind == Kind.REPLY),
        others={standing_of(row): row.seen_at for row in connection.execute(_OTHERS, {"account": account_id})},
    )


def see(connection: sa.Connection, account_id: str, posts: Sequence[Standing], *, now: datetime) -> None:
    """Remember posts that were seen on an account and are no delivery's; the oldest make room."""
    known = known_posts(connection, account_id)
    names = {*known.ours, *(one.remote_id for one in known.others)}
    new = {one.remote_id: one for one in posts if one.remote_id not in names}
    if not new:
        return
    rows = [
        {
            "account_id": account_id,
            "remote_id": one.remote_id,
            "url": one.url,
            "text": one.text,
            "links": list(one.links),
            "published_at": one.published,
            "seen_at": now,
        }
        for one in new.values()
    ]
    connection.execute(schema.standing.insert(), rows)
    standing = schema.standing.c
    newest = (
        sa.select(standing.remote_id)
        .where(standing.account_id == account_id)
        .order_by(sa.func.coalesce(standing.published_at, standing.seen_at).desc(), standing.remote_id)
        .limit(_KEPT)
    )
    connection.execute(
        schema.standing.delete().where(standing.account_id == account_id, standing.remote_id.not_in(newest))
    )


def unread(connection: sa.Connection, *, now: datetime) -> Sequence[str]:
    """Name the accounts that must be read back before anything is sent, and are not at rest."""
    return connection.scalars(_UNREAD, moment(now)).all()


def read(connection: sa.Connection, account_id: str) -> None:
    """Write that an account was read back."""
    connection.execute(schema.account.update().where(schema.account.c.id == account_id).values(unread_since=None))
