"""What was sent and what came of it: attempts, and the posts that they left.

Each function works in the transaction it is given; each contested change is one conditional UPDATE.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from crossposter.core.chain import Kind as Told
from crossposter.core.kinds import Kind, name_of
from crossposter.core.model import Outcome, Receipt, Status
from crossposter.ledger import schema
from crossposter.ledger.deliveries import end_post, note_status, outcome_values
from crossposter.ledger.events import note
from crossposter.ledger.leases import let_rest
from crossposter.ledger.names import NAME, THIS, named, this, whose
from crossposter.ledger.records import packed
from crossposter.ledger.shared import hold_account
from crossposter.ports import Settlement
from crossposter.wording import say

#: Made once, as `names.THIS` says.
_ADD = schema.attempt.insert()
_SETTLE = (
    schema.delivery.update()
    .where(THIS, schema.delivery.c.attempt == sa.bindparam("sent_as"))
    .returning(schema.delivery.c.id, schema.delivery.c.of_id, *NAME)
)
_STANDS = _SETTLE.where(schema.delivery.c.status != Status.PUBLISHED)
_ANSWERED = _SETTLE.where(schema.delivery.c.status == Status.PUBLISHING)
_END = (
    schema.attempt.update()
    .where(schema.attempt.c.delivery_id == sa.bindparam("row"), schema.attempt.c.number == sa.bindparam("sent_as"))
    .returning(schema.attempt.c.started_at)
)
_NOT_ANOTHERS = schema.standing.delete().where(
    schema.standing.c.account_id == sa.bindparam("account"), schema.standing.c.remote_id == sa.bindparam("remote")
)
_ADD_POST = schema.post.insert()
_FORGET_STEPS = schema.step.delete().where(schema.step.c.delivery_id == sa.bindparam("row"))
_SLOWEST = (
    schema.account.update()
    .where(
        schema.account.c.id == sa.bindparam("account"),
        sa.or_(schema.account.c.slowest_answer_s.is_(None), schema.account.c.slowest_answer_s < sa.bindparam("took_s")),
    )
    .values(slowest_answer_s=sa.bindparam("took_s"))
)


def spent(connection: sa.Connection, account_id: str, *, since: datetime) -> float:
    """Give what an account's posts have cost since a time, in US dollars; those that may be public count."""
    attempt, delivery = schema.attempt.c, schema.delivery.c
    query = (
        sa.select(sa.func.coalesce(sa.func.sum(attempt.price_usd), 0.0))
        .join(schema.delivery, delivery.id == attempt.delivery_id)
        .where(delivery.account_id == account_id, attempt.started_at >= since, _may_be_public())
    )
    return float(connection.scalar(query) or 0)


def sent_since(connection: sa.Connection, account_id: str, *, since: datetime, now: datetime) -> Sequence[datetime]:
    """Give when posts were sent on an account between two times, those that may be public included.

    What was sent later than now was sent by a wrong clock, and counts as little as what is long ago.
    """
    attempt, rows = schema.attempt.c, schema.delivery.c
    query = (
        sa.select(attempt.started_at)
        .join(schema.delivery, rows.id == attempt.delivery_id)
        .where(
            rows.account_id == account_id,
            attempt.started_at > since,
            attempt.started_at <= now,
            attempt.kind.in_((Kind.PUBLISH, Kind.REPLY)),
            _may_be_public(),
        )
    )
    return connection.scalars(query).all()


def _may_be_public() -> sa.ColumnElement[bool]:
    outcome = schema.attempt.c.outcome
    return sa.or_(outcome.is_(None), outcome.in_((Status.PUBLISHED, Status.UNCERTAIN)))


def settle(connection: sa.Connection, delivery_id: str, attempt: int, outcome: Outcome, *, now: datetime) -> Settlement:
    """Write what the platform answered.

    That a post stands is true however late it is heard, and whatever was thought of it meanwhile. Where it was sent
    again meanwhile it stands twice: the later one is the delivery's, the other one is written down as nobody's.
    """
    if outcome.account_rests_until or outcome.receipt:
        hold_account(connection, name_of(delivery_id).account_id)
    values = outcome_values(outcome)
    settled = connection.execute(
        _STANDS if outcome.receipt else _ANSWERED,
        {**this(delivery_id), "sent_as": attempt, **values, "lease_until": None, "updated_at": now},
    ).one_or_none()
    if settled is None:
        return _too_late(connection, delivery_id, attempt, outcome.receipt, now=now)
    let_rest(connection, settled.account_id, outcome)
    started_at = end_attempt(connection, settled.id, attempt, outcome, now=now)
    note_status(
        connection,
        Told.ANSWERED,
        whose(settled),
        (outcome.status, outcome.reason, values["message"]),
        at=now,
        facts={**_ended(attempt, outcome, now=now), **post_facts(settled.account_id, outcome.receipt, now=now)},
        content={"attempt": {"number": attempt, "message": values["message"], "answer": outcome.answer}},
    )
    if outcome.is_gone:
        end_post(connection, settled.of_id, now=now)
    if outcome.receipt:
        add_post(connection, settled.id, settled.account_id, outcome.receipt, now=now)
        _note_slowest(connection, settled.account_id, now - started_at)
    return Settlement.WRITTEN


def _note_slowest(connection: sa.Connection, account_id: str, took: timedelta) -> None:
    """Remember the longest that a platform took: what `settle_after` is a guess of."""
    connection.execute(_SLOWEST, {"account": account_id, "took_s": took.total_seconds()})


def _too_late(
    connection: sa.Connection, delivery_id: str, attempt: int, receipt: Receipt | None, *, now: datetime
) -> Settlement:
    """Deal with the answer to an attempt that is no longer the current one."""
    if receipt is None:
        return Settlement.REPLACED
    posts, rows = schema.post.c, schema.delivery.c
    row = connection.execute(sa.select(rows.id, *NAME).where(named(delivery_id))).one()
    is_this = sa.and_(posts.account_id == row.account_id, posts.remote_id == receipt.remote_id)
    if connection.scalar(sa.select(posts.delivery_id).where(is_this)) == row.id:
        return Settlement.WRITTEN  # it was found on the account before
    outcome = Outcome(status=Status.PUBLISHED, message=say("stands at {url} as well", url=receipt.url))
    end_attempt(connection, row.id, attempt, outcome, now=now)
    note(
        connection,
        Told.TWICE,
        at=now,
        entry_id=row.entry_id,
        account_id=whose(row)[1],
        facts={**_ended(attempt, outcome, now=now), "remote_id": receipt.remote_id, "url": receipt.url},
        content={"attempt": {"number": attempt, "message": packed(outcome.message), "answer": None}},
    )
    twice = schema.standing.insert().values(
        account_id=row.account_id,
        remote_id=receipt.remote_id,
        url=receipt.url,
        text="",
        links=[],
        published_at=now,
        seen_at=now,
    )
    if not connection.scalar(sa.select(_is_standing(row.account_id, receipt.remote_id))):
        connection.execute(twice)
    return Settlement.ORPHAN


def _is_standing(account_id: str, remote_id: str) -> sa.ColumnElement[bool]:
    rows = schema.standing.c
    return sa.select(rows.remote_id).where(rows.account_id == account_id, rows.remote_id == remote_id).exists()


def end_attempt(connection: sa.Connection, row_id: int, attempt: int, outcome: Outcome, *, now: datetime) -> datetime:
    """Write what an attempt came to; give when it began."""
    came_to = {"outcome": _came_to(outcome), "message": packed(outcome.message), "answer": outcome.answer}
    ended = connection.execute(_END, {"row": row_id, "sent_as": attempt, "ended_at": now, **came_to})
    started_at: datetime = ended.scalar_one()
    return started_at


def adopt(
    connection: sa.Connection, row_id: int, account_id: str, receipt: Receipt, *, text: str, now: datetime
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Write that a post is a delivery's which was never sent from here, with what it says as what was sent.

    Returns:
        The facts and the content of the event that tells it.
    """
    connection.execute(schema.delivery.update().where(schema.delivery.c.id == row_id).values(attempt=1))
    kept: dict[str, Any] = {
        "number": 1,
        "link": None,
        "media_ids": [],
        "started_at": now,
        "ended_at": now,
        "outcome": Status.PUBLISHED,
    }
    message = packed(say("was not sent from here: it was found on the account"))
    said: dict[str, Any] = {"text": text, "pictures": [], "message": message}
    connection.execute(_ADD, {"delivery_id": row_id, **kept, **said})
    add_post(connection, row_id, account_id, receipt, now=now)
    return {"attempt": kept, **post_facts(account_id, receipt, now=now)}, {"attempt": said}


def _ended(attempt: int, outcome: Outcome, *, now: datetime) -> dict[str, Any]:
    return {"attempt": {"number": attempt, "ended_at": now, "outcome": _came_to(outcome)}}


def _came_to(outcome: Outcome) -> Status:
    """Give what an attempt came to: of a repost the deletion is done, and the delivery goes on."""
    return Status.PUBLISHED if outcome.is_gone else outcome.status


def post_facts(account_id: str, receipt: Receipt | None, *, now: datetime) -> dict[str, Any]:
    """Give what an event tells of a post that became a delivery's; nothing where there is none."""
    if receipt is None:
        return {}
    post = {"account_id": account_id, "remote_id": receipt.remote_id, "url": receipt.url, "published_at": now}
    return {"post": post}


def note_by_hand(connection: sa.Connection, row_id: int, *, now: datetime) -> tuple[dict[str, Any], dict[str, Any]]:
    """Write that a person has deleted what no request of ours has.

    Returns:
        The facts and the content of the event that tells it.
    """
    kept: dict[str, Any] = {
        "number": 1,
        "kind": Kind.DELETE,
        "link": None,
        "media_ids": [],
        "started_at": now,
        "ended_at": now,
        "outcome": Status.PUBLISHED,
    }
    message = packed(say("was not done from here: a person has done it on the platform"))
    said: dict[str, Any] = {"text": "", "pictures": [], "message": message}
    connection.execute(_ADD, {"delivery_id": row_id, **kept, **said})
    return {"attempt": kept}, {"attempt": said}


def add_post(connection: sa.Connection, row_id: int, account_id: str, receipt: Receipt, *, now: datetime) -> None:
    """Write which post is a delivery's."""
    connection.execute(_NOT_ANOTHERS, {"account": account_id, "remote": receipt.remote_id})
    values = {"account_id": account_id, "remote_id": receipt.remote_id, "url": receipt.url}
    connection.execute(_ADD_POST, {**values, "delivery_id": row_id, "published_at": now})
    connection.execute(_FORGET_STEPS, {"row": row_id})
