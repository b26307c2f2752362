"""What was decided, sent and answered: deliveries, their attempts and posts, and the accounts' leases.

Each function works in the transaction it is given; each contested change is one conditional UPDATE.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import compress
from typing import Any

import sqlalchemy as sa

from crossposter.core.acts import Verb
from crossposter.core.model import NEEDS_PERSON, Delivery, Outcome, Picture, Post, Reason, Status
from crossposter.core.planning import Decision
from crossposter.core.retrying import LONGEST_WAIT
from crossposter.ledger import entries, schema
from crossposter.ledger.bulk import Bulk
from crossposter.ledger.inserting import Overwrite
from crossposter.ledger.records import packed
from crossposter.ledger.shared import hold_account, hold_stories, is_shared, one_at_a_time
from crossposter.ports import Due, Lease, Staged

_OVER_BASELINE = Overwrite(
    keys=["entry_id", "account_id"],
    columns=["status", "reason", "message", "updated_at"],
    where=schema.delivery.c.reason == sa.literal_column(f"'{Reason.BASELINE}'"),
)
_DECIDED = (
    "entry_id", "account_id", "status", "reason", "message", "created_at", "updated_at", "tries", "picture_tries",
    "attempt",
)  # fmt: skip
_DECIDE, _DECIDE_ANEW = Bulk(schema.delivery, _DECIDED), Bulk(schema.delivery, _DECIDED, clash=_OVER_BASELINE)


def decide(
    connection: sa.Connection, decisions: Sequence[Decision], numbers: Mapping[tuple[str, ...], int], *, now: datetime
) -> None:
    """Write decisions; of what was decided before about a known entry, only a baseline gives way.

    Args:
        numbers: Those of the new entries, by their keys.
    """
    rows = [
        {
            "entry_id": decision.entry_id or numbers[decision.keys],
            "account_id": decision.account_id,
            "status": decision.status,
            "reason": decision.reason,
            "message": packed(decision.message),
            "created_at": now,
            "updated_at": now,
            "tries": 0,
            "picture_tries": 0,
            "attempt": 0,
        }
        for decision in decisions
    ]
    is_known = [decision.entry_id is not None for decision in decisions]
    hold_stories(connection, [decision.entry_id for decision in decisions if decision.entry_id is not None])
    for statement, selectors in ((_DECIDE, [not known for known in is_known]), (_DECIDE_ANEW, is_known)):
        if chosen := list(compress(rows, selectors)):
            statement.write(connection, chosen)


def recover(connection: sa.Connection, *, now: datetime) -> Sequence[str]:
    """End what processes that are gone have left: whoever holds the ledger alone knows that all others are.

    Where several work on it, only a lease that has run out is a sign of that.

    A row that was being published is uncertain by itself once its lease has run out; here that is written down, so
    that it can be told once, however long ago it was.

    Returns:
        The deliveries that were being published.
    """
    rows, accounts = schema.delivery.c, schema.account.c
    one_at_a_time(connection, "accounts")
    others = is_shared(connection)
    left = accounts.lease_until <= now if others else sa.true()
    connection.execute(schema.account.update().where(left).values(holder=None, lease_until=None))
    interrupted = connection.execute(
        schema.delivery.update()
        .where(rows.status == Status.PUBLISHING, rows.lease_until <= now if others else sa.true())
        .values(status=Status.UNCERTAIN, reason=Reason.INTERRUPTED, lease_until=None, updated_at=now)
        .returning(rows.entry_id, rows.account_id)
    )
    return [f"{row.entry_id}/{row.account_id}" for row in interrupted]


def settled_by_people(connection: sa.Connection, *, since: datetime) -> Sequence[str]:
    """Give the deliveries that were uncertain until a person settled them, and are not uncertain again."""
    rows, acts = schema.delivery.c, schema.act.c
    query = (
        sa.select(rows.entry_id, rows.account_id)
        .join(schema.act, acts.delivery_id == rows.id)
        .where(
            acts.verb.in_((Verb.PUBLISHED, Verb.ABSENT)),
            acts.at >= since,
            rows.status.not_in((Status.UNCERTAIN, Status.PUBLISHING)),
        )
        .distinct()
    )
    return [f"{row.entry_id}/{row.account_id}" for row in connection.execute(query)]


def wake_accounts(connection: sa.Connection) -> None:
    """End the rest of accounts that waited for a person: whoever calls has perhaps mended them."""
    rows = schema.account.c
    one_at_a_time(connection, "accounts")
    connection.execute(
        schema.account.update()
        .where(rows.resting_reason.in_(NEEDS_PERSON))
        .values(resting_until=None, resting_reason=None, resting_message=None)
    )


def due(connection: sa.Connection, *, now: datetime) -> Sequence[Due]:
    """List queued deliveries whose time has come, oldest first."""
    rows, accounts = schema.delivery.c, schema.account.c
    query = (
        sa.select(rows.entry_id, rows.account_id)
        .join(schema.account, accounts.id == rows.account_id)
        .where(
            rows.status == Status.QUEUED,
            _is_over(rows.not_before, now=now),
            _is_over(accounts.resting_until, now=now),
        )
        .order_by(rows.id)
    )
    return [
        Due(delivery_id=f"{row.entry_id}/{row.account_id}", account_id=row.account_id)
        for row in connection.execute(query)
    ]


def _is_over(until: sa.ColumnElement[Any], *, now: datetime) -> sa.ColumnElement[bool]:
    """Tell whether a wait has ended; one that no rule makes so long came of a wrong clock, and is none."""
    return sa.or_(until.is_(None), until <= now, until > now + LONGEST_WAIT)


def lease(connection: sa.Connection, lease: Lease, *, now: datetime) -> bool:
    """Take the account, unless somebody has it."""
    rows = schema.account.c
    free = sa.or_(rows.lease_until.is_(None), rows.lease_until <= now)
    taken = connection.execute(
        schema.account.update()
        .where(rows.id == lease.account_id, free)
        .values(holder=lease.holder, lease_until=lease.until)
    )
    return taken.rowcount == 1


def release(connection: sa.Connection, lease: Lease) -> None:
    """Give the account back, if it is still ours."""
    connection.execute(schema.account.update().where(_is_ours(lease)).values(holder=None, lease_until=None))


def load(connection: sa.Connection, delivery_id: str) -> Delivery | None:
    """Give a delivery that is still queued; None when it has moved on."""
    rows = schema.delivery.c
    row = connection.execute(
        sa.select(schema.delivery).where(_named(delivery_id), rows.status == Status.QUEUED)
    ).one_or_none()
    if row is None:
        return None
    origin, entry = entries.load(connection, row.entry_id)
    sent = _sent(connection, row.id, row.attempt)
    return Delivery(
        entry_id=row.entry_id,
        origin=origin,
        account_id=row.account_id,
        entry=entry,
        tries=row.tries,
        picture_tries=row.picture_tries,
        released_at=row.released_at,
        waived=frozenset(map(Reason, row.waived)),
        passed=frozenset(row.passed),
        sent=sent,
    )


def spent(connection: sa.Connection, account_id: str, *, since: datetime) -> float:
    """Give what an account's posts have cost since a time, in US dollars; those that may be public count."""
    attempt, delivery = schema.attempt.c, schema.delivery.c
    may_be_public = sa.or_(attempt.outcome.is_(None), attempt.outcome.in_((Status.PUBLISHED, Status.UNCERTAIN)))
    query = (
        sa.select(sa.func.coalesce(sa.func.sum(attempt.price_usd), 0.0))
        .join(schema.delivery, delivery.id == attempt.delivery_id)
        .where(delivery.account_id == account_id, attempt.started_at >= since, may_be_public)
    )
    return float(connection.scalar(query) or 0)


def claim(
    connection: sa.Connection,
    delivery_id: str,
    staged: Staged,
    lease: Lease,
    *,
    now: datetime,
    price_usd: float | None = None,
) -> int | None:
    """Commit the intent with its exact payload, durably, and renew the lease; None when either has moved on."""
    rows = schema.delivery.c
    # Run out or not: as long as nobody else took the account, it is ours. Uploads may be slow.
    ours = schema.account.update().where(_is_ours(lease))
    renewed = connection.execute(ours.values(lease_until=lease.until))
    if renewed.rowcount != 1:
        return None
    claimed = connection.execute(
        schema.delivery.update()
        .where(_named(delivery_id), rows.status == Status.QUEUED)
        .values(
            status=Status.PUBLISHING,
            reason=None,
            message=None,
            not_before=None,
            attempt=rows.attempt + 1,
            lease_until=lease.until,
            updated_at=now,
        )
        .returning(rows.id, rows.attempt, rows.entry_id)
    ).one_or_none()
    if claimed is None:
        return None
    connection.execute(
        schema.attempt.insert().values(
            delivery_id=claimed.id,
            number=claimed.attempt,
            revision=sa.select(schema.entry.c.revision).where(schema.entry.c.id == claimed.entry_id).scalar_subquery(),
            text=staged.post.text,
            link=staged.post.link,
            pictures=[_picture_row(picture) for picture in staged.post.pictures],
            media_ids=list(staged.media_ids),
            price_usd=price_usd,
            started_at=now,
        )
    )
    return int(claimed.attempt)


def settle(connection: sa.Connection, delivery_id: str, attempt: int, outcome: Outcome, *, now: datetime) -> bool:
    """Write what the platform answered; False when the attempt is no longer the current one.

    That a post stands is true however late it is heard, and whatever was thought of it meanwhile.
    """
    rows = schema.delivery.c
    if outcome.account_rests_until:
        hold_account(connection, delivery_id.partition("/")[2])
    thought = (Status.PUBLISHING, Status.UNCERTAIN, Status.QUEUED) if outcome.receipt else (Status.PUBLISHING,)
    settled = connection.execute(
        schema.delivery.update()
        .where(_named(delivery_id), rows.attempt == attempt, rows.status.in_(thought))
        .values(**_outcome_values(outcome), lease_until=None, updated_at=now)
        .returning(rows.id, rows.account_id)
    ).one_or_none()
    if settled is None:
        return False
    _let_rest(connection, settled.account_id, outcome)
    answered = schema.attempt.c
    connection.execute(
        schema.attempt.update()
        .where(answered.delivery_id == settled.id, answered.number == attempt)
        .values(ended_at=now, outcome=outcome.status, message=packed(outcome.message), answer=outcome.answer)
    )
    if outcome.receipt:
        connection.execute(
            schema.post.insert().values(
                account_id=settled.account_id,
                remote_id=outcome.receipt.remote_id,
                url=outcome.receipt.url,
                delivery_id=settled.id,
                published_at=now,
            )
        )
    return True


def postpone(connection: sa.Connection, delivery_id: str, outcome: Outcome, *, now: datetime) -> None:
    """Write why a queued delivery was not attempted: later, or held."""
    rows = schema.delivery.c
    if outcome.account_rests_until:
        hold_account(connection, delivery_id.partition("/")[2])
    connection.execute(
        schema.delivery.update()
        .where(_named(delivery_id), rows.status == Status.QUEUED)
        .values(**_outcome_values(outcome), updated_at=now)
    )
    _let_rest(connection, delivery_id.partition("/")[2], outcome)


def _named(delivery_id: str) -> sa.ColumnElement[bool]:
    """Find a delivery by the name people use: `412/izmir-x`."""
    entry_id, _, account_id = delivery_id.partition("/")
    return sa.and_(schema.delivery.c.entry_id == int(entry_id), schema.delivery.c.account_id == account_id)


def _is_ours(lease: Lease) -> sa.ColumnElement[bool]:
    return sa.and_(schema.account.c.id == lease.account_id, schema.account.c.holder == lease.holder)


def _outcome_values(outcome: Outcome) -> dict[str, Any]:
    counts = {"tries": outcome.tries, "picture_tries": outcome.picture_tries}
    return {
        "status": outcome.status,
        "reason": outcome.reason,
        "message": packed(outcome.message),
        "not_before": outcome.not_before,
        **{name: count for name, count in counts.items() if count is not None},
    }


def _picture_row(picture: Picture) -> dict[str, Any]:
    return {
        "url": picture.url,
        "sha256": picture.sha256,
        "width": picture.width,
        "height": picture.height,
        "alt": picture.alt,
        "alt_is_derived": picture.alt_is_derived,
    }


def _sent(connection: sa.Connection, row_id: int, attempt: int) -> Post | None:
    """Give what an attempt sent; None where there was none."""
    rows = schema.attempt.c
    query = sa.select(rows.text, rows.link, rows.pictures).where(rows.delivery_id == row_id, rows.number == attempt)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    pictures = tuple(Picture(content=b"", **picture) for picture in row.pictures)
    return Post(text=row.text, link=row.link, pictures=pictures)


def _let_rest(connection: sa.Connection, account_id: str, outcome: Outcome) -> None:
    if outcome.account_rests_until:
        reason = outcome.reason or Reason.USED_UP  # a success has none
        rest = {
            "resting_until": outcome.account_rests_until,
            "resting_reason": reason,
            "resting_message": packed(outcome.message or reason.message),
        }
        connection.execute(schema.account.update().where(schema.account.c.id == account_id).values(rest))
