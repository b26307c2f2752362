"""How accounts stand: at work, cooling down, without money, or stopped until a person acts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from crossposter.core.budget import is_spent, month_of
from crossposter.core.model import Account, AccountState, Reason, Status
from crossposter.ledger import schema
from crossposter.ledger.records import AccountRecord, unpacked
from crossposter.ledger.store import SqlLedger


def standing(ledger: SqlLedger, accounts: Iterable[Account], *, now: datetime) -> list[AccountRecord]:
    """Tell how each account stands, in the order given; one that the ledger has never seen is at work."""
    with ledger.reading() as connection:
        resting = {row.id: row for row in connection.execute(sa.select(schema.account))}
        counts = _counts(connection)
    found = []
    for account in accounts:
        row = resting.get(account.id)
        is_resting = row is not None and row.resting_until is not None and row.resting_until > now
        spent = ledger.spent(account.id, since=month_of(now, ZoneInfo(account.timezone))[0])
        state = _state(row.resting_reason if is_resting and row else None, account, spent)
        found.append(
            AccountRecord(
                id=account.id,
                platform=account.platform,
                state=state,
                until=row.resting_until if is_resting and row else None,
                why=unpacked(row.resting_message) if is_resting and row else None,
                waiting=counts.get((account.id, Status.QUEUED), 0),
                held=counts.get((account.id, Status.HELD), 0),
                spent_usd=spent,
                slowest_answer_s=row.slowest_answer_s if row else None,
            )
        )
    return found


def _state(resting_reason: str | None, account: Account, spent: float) -> AccountState:
    if resting_reason == Reason.ACCOUNT:
        return AccountState.STOPPED
    if resting_reason == Reason.CREDIT:
        return AccountState.SPENT
    if resting_reason is not None:
        return AccountState.COOLING
    if account.budget and is_spent(account.budget, spent=spent):
        return AccountState.SPENT
    return AccountState.OK


def _counts(connection: sa.Connection) -> Mapping[tuple[str, str], int]:
    rows = schema.delivery.c
    query = sa.select(rows.account_id, rows.status, sa.func.count()).group_by(rows.account_id, rows.status)
    return {(account_id, status): count for account_id, status, count in connection.execute(query)}
