"""Whose an account is at this moment, and until when it rests."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crossposter.core.model import NEEDS_PERSON, Outcome, Reason
from crossposter.ledger import schema
from crossposter.ledger.due import is_over, moment
from crossposter.ledger.records import packed
from crossposter.ledger.shared import one_at_a_time
from crossposter.ports import Lease

#: Changes the account of a lease, as long as nobody else has it.
OF_LEASE = schema.account.update().where(
    schema.account.c.id == sa.bindparam("leased"), schema.account.c.holder == sa.bindparam("leased_by")
)
_TAKE = (
    schema.account.update()
    .where(
        schema.account.c.id == sa.bindparam("leased"),
        is_over(schema.account.c.lease_until),
        sa.or_(is_over(schema.account.c.resting_until), schema.account.c.resting_reason == Reason.PACE),
    )
    .values(holder=sa.bindparam("by"), lease_until=sa.bindparam("until"), offered_until=None)
)


def lease(connection: sa.Connection, lease: Lease, *, now: datetime) -> bool:
    """Take the account, unless somebody has it; or has let it rest since it was seen that something is due there.

    It is offered no more.
    """
    asked = {"leased": lease.account_id, "by": lease.holder, "until": lease.until, **moment(now)}
    return connection.execute(_TAKE, asked).rowcount == 1


def release(connection: sa.Connection, lease: Lease) -> None:
    """Give the account back, if it is still ours."""
    connection.execute(OF_LEASE, {**of_lease(lease), "holder": None, "lease_until": None})


def of_lease(lease: Lease) -> dict[str, Any]:
    """Give what `OF_LEASE` asks for."""
    return {"leased": lease.account_id, "leased_by": lease.holder}


def let_rest(connection: sa.Connection, account_id: str, outcome: Outcome) -> None:
    """Let the account rest, where an outcome says so."""
    if outcome.account_rests_until:
        reason = outcome.reason or Reason.USED_UP  # a success has none
        rest = {
            "resting_until": outcome.account_rests_until,
            "resting_reason": reason,
            "resting_message": packed(outcome.message or reason.message),
        }
        connection.execute(schema.account.update().where(schema.account.c.id == account_id).values(rest))


def wake_accounts(connection: sa.Connection) -> None:
    """End the rest of accounts that waited for a person, or for their pace: whoever calls has perhaps changed both."""
    rows = schema.account.c
    one_at_a_time(connection, "accounts")
    connection.execute(
        schema.account.update()
        .where(rows.resting_reason.in_((*NEEDS_PERSON, Reason.PACE)))
        .values(resting_until=None, resting_reason=None, resting_message=None)
    )
