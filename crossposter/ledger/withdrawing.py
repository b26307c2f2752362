"""A person takes a story down: what stands is to be deleted, what waits is dropped, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crossposter.core.acts import Person, Verb
from crossposter.core.kinds import Kind
from crossposter.core.model import Account, Reason, Status
from crossposter.core.withdrawing import Fate, fate
from crossposter.errors import LedgerError
from crossposter.ledger import schema, shared
from crossposter.ledger.acts import Act, Acted, entries_named, rows_named, standing_status, write_act
from crossposter.ledger.deliveries import name_in
from crossposter.ledger.store import SqlLedger
from crossposter.wording import say

#: What ends a deletion, so that it can be asked for again.
_OVER = (Status.FAILED, Status.SKIPPED, Status.HELD)


def retract(
    ledger: SqlLedger, name: str, person: Person, accounts: Mapping[str, Account], *, now: datetime
) -> list[Acted]:
    """Let a story (`412`), or what was made of it on one account (`412/izmir-x`), be taken down.

    Nothing is sent: the daemon deletes what stands, before anything else. What a person must delete is held, and ended
    by that person's word.

    Returns:
        What came of it, for each post and each delivery; empty when there is none of that name.

    Raises:
        LedgerError: Nothing of it stands, waits or may stand.
    """
    with ledger.writing() as connection:
        shared.hold_stories(connection, entries_named(name))
        rows = rows_named(connection, name, with_all_of_account=True)
        then = shared.moment(connection, now=now)
        standing = _standing(connection, [row.id for row in rows])
        found = [_withdrawn(connection, row, person, accounts, standing=standing, then=then, now=now) for row in rows]
        acted = [one for one in found if one]
        if rows and not acted:
            raise LedgerError(
                say("nothing of {name} is on an account, or waits to be: there is nothing to take down", name=name)
            )
        return acted


def _standing(connection: sa.Connection, ids: list[int]) -> set[int]:
    """Give those of the deliveries whose posts stand."""
    rows = schema.post.c
    return set(
        connection.scalars(sa.select(rows.delivery_id).where(rows.delivery_id.in_(ids), rows.deleted_at.is_(None)))
    )


def _withdrawn(
    connection: sa.Connection,
    row: sa.Row[Any],
    person: Person,
    accounts: Mapping[str, Account],
    *,
    standing: set[int],
    then: datetime,
    now: datetime,
) -> Acted | None:
    """Do what taking the story down means for one delivery; None where that is nothing."""
    status, reason = standing_status(row, now=then), Reason(row.reason) if row.reason else None
    account = accounts.get(row.account_id)
    can_delete = account is not None and Kind.DELETE in account.can
    match fate(Kind(row.kind), status, reason, stands=row.id in standing, can_delete=can_delete):
        case Fate.DELETED:
            return _deleted(connection, row, person, Status.QUEUED, None, now=now)
        case Fate.BY_HAND:
            return _deleted(connection, row, person, Status.HELD, Reason.BY_HAND, now=now)
        case Fate.DROPPED:
            dropped = {"status": Status.SKIPPED, "reason": Reason.DROPPED, "message": None, "not_before": None}
            connection.execute(
                schema.delivery.update().where(schema.delivery.c.id == row.id).values(**dropped, updated_at=now)
            )
            act = Act(verb=Verb.RETRACT, person=person, status_before=status, reason_before=reason)
            write_act(connection, row, act, (Status.SKIPPED, Reason.DROPPED, None), now=now)
            return _acted(row, name_in(row), Status.SKIPPED, Reason.DROPPED, done=True)
        case Fate.IN_DOUBT:
            return _acted(row, name_in(row), status, reason, done=False)
    return None


def _deleted(
    connection: sa.Connection,
    row: sa.Row[Any],
    person: Person,
    status: Status,
    reason: Reason | None,
    *,
    now: datetime,
) -> Acted:
    """Write the deletion of a delivery's post; one that was asked for before goes on, or begins anew where it ended."""
    rows = schema.delivery.c
    of_this = sa.and_(rows.of_id == row.id, rows.kind == Kind.DELETE, rows.entry_id == row.entry_id)
    there = connection.execute(sa.select(schema.delivery).where(of_this)).one_or_none()
    again = {"status": status, "reason": reason, "message": None, "not_before": None, "updated_at": now}
    message, about = None, dict[str, Any](of_id=row.id)
    if there is None:
        about |= {"waived": [], "released_at": now}
        values = {
            "entry_id": row.entry_id,
            "account_id": row.account_id,
            "kind": Kind.DELETE,
            "issue": row.issue,
            "of_id": row.id,
            "tries": 0,
            "picture_tries": 0,
            "attempt": 0,
            "created_at": now,
            "released_at": now,
        }
        there = connection.execute(schema.delivery.insert().values(**values, **again).returning(schema.delivery)).one()
    elif Status(there.status) in _OVER:
        connection.execute(schema.delivery.update().where(rows.id == there.id).values(**again, tries=0))
    else:
        status, reason, message = Status(there.status), Reason(there.reason) if there.reason else None, there.message
        connection.execute(schema.delivery.update().where(rows.id == there.id).values(updated_at=now))
    act = Act(verb=Verb.RETRACT, person=person, status_before=Status(row.status), reason_before=None)
    write_act(connection, there, act, (status, reason, message), facts={"delivery": about}, now=now)
    return _acted(row, name_in(there), status, reason, done=True)


def _acted(row: sa.Row[Any], name: str, status: Status, reason: Reason | None, *, done: bool) -> Acted:
    return Acted(delivery_id=name, title=row.title, status=status, reason=reason, done=done)
