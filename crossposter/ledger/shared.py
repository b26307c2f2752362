"""What a ledger that several processes write to needs beside conditional changes.

SQLite has one pen: whoever has begun to write is alone, and all of this is nothing there. PostgreSQL lets many write at
once. Locks are taken in one order, so that nobody waits in a circle: accounts, then deliveries by their numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from crossposter.ledger import schema
from crossposter.ports import Lease


def is_shared(connection: sa.Connection) -> bool:
    """Tell whether others may write at the same time."""
    return connection.dialect.name == "postgresql"


def one_at_a_time(connection: sa.Connection, what: str) -> None:
    """Wait until nobody else does this, and let nobody until the transaction ends."""
    if is_shared(connection):
        # Ledgers may stand side by side in one database, each in a schema.
        number = sa.func.hashtextextended(sa.func.concat(sa.func.current_schema(), " ", what), 0)
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))


def hold_account(connection: sa.Connection, account_id: str) -> None:
    """Let nobody change an account until the transaction ends; before any of its deliveries is changed."""
    if is_shared(connection):
        rows = schema.account.c
        connection.execute(sa.select(rows.id).where(rows.id == account_id).with_for_update(key_share=True))


def hold_stories(connection: sa.Connection, entry_ids: Sequence[int]) -> None:
    """Let nobody change the deliveries of entries until the transaction ends."""
    if entry_ids and is_shared(connection):
        rows = schema.delivery.c
        query = sa.select(rows.id).where(rows.entry_id.in_(entry_ids)).order_by(rows.id)
        connection.execute(query.with_for_update(key_share=True))


def moment(connection: sa.Connection, *, now: datetime) -> datetime:
    """Give the time that leases go by: the database's, where machines whose clocks are apart share it."""
    if is_shared(connection):
        found: datetime = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
        return found
    return now


def by_its_clock(connection: sa.Connection, lease: Lease, *, now: datetime) -> tuple[Lease, datetime]:
    """Give a lease and the time, by the clock that leases go by: it lasts as long as it was to last."""
    there = moment(connection, now=now)
    return replace(lease, until=there + (lease.until - now)), there
