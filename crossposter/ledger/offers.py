"""How several processes share out work: polls in turn, and each account offered to one of them at a time.

None of it keeps a post from being sent twice: that is the lease's matter. It keeps work from being carried twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from crossposter.core.retrying import LONGEST_WAIT
from crossposter.ledger import schema
from crossposter.ledger.inserting import Overwrite, inserting
from crossposter.ledger.shared import one_at_a_time

#: What nobody has begun within this time was lost on its way, and is offered again.
LOST = timedelta(seconds=30)


def take_turn(connection: sa.Connection, name: str, every: timedelta, *, now: datetime) -> bool:
    """Take the turn at what is done once an interval; False when it was done within it.

    What is due later than an interval from now was written by a wrong clock, and counts as due.
    """
    due_at = schema.tick.c.due_at
    is_due = sa.or_(due_at <= now, due_at > now + every)
    turn = Overwrite(keys=["name"], columns=["due_at"], where=is_due)
    statement = inserting(connection.dialect.name, schema.tick, turn).values(name=name, due_at=now + every)
    # Not `rowcount`: of such a statement psycopg's is -1.
    return connection.execute(statement.returning(schema.tick.c.name)).one_or_none() is not None


def is_turn(connection: sa.Connection, name: str, every: timedelta, *, now: datetime) -> bool:
    """Tell whether what is done once an interval is due: it may be somebody else's turn a moment later."""
    rows = schema.tick.c
    query = sa.select(rows.name).where(rows.name == name, rows.due_at > now, rows.due_at <= now + every)
    return connection.execute(query).first() is None


def offer(connection: sa.Connection, account_ids: Sequence[str], *, now: datetime) -> Sequence[str]:
    """Offer accounts; gives those that nobody has, and that are not offered yet, in the order given."""
    rows = schema.account.c
    one_at_a_time(connection, "accounts")
    taken = connection.execute(
        schema.account.update()
        .where(
            rows.id.in_(account_ids),
            _is_over(rows.offered_until, LOST, now=now),
            _is_over(rows.lease_until, LONGEST_WAIT, now=now),
        )
        .values(offered_until=now + LOST)
        .returning(rows.id)
    )
    offered = set(taken.scalars())
    return [account_id for account_id in account_ids if account_id in offered]


def _is_over(until: sa.ColumnElement[datetime], longest: timedelta, *, now: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(until.is_(None), until <= now, until > now + longest)


def end(connection: sa.Connection, account_id: str) -> None:
    """Take back what was offered and is not needed."""
    connection.execute(schema.account.update().where(schema.account.c.id == account_id).values(offered_until=None))
