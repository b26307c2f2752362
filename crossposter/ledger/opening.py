"""The first event of a ledger's record: what stood there when it began, which the record itself does not cover."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

import sqlalchemy as sa

from crossposter.core.chain import NOTHING, Head, Kind, Noted, canonical, linked
from crossposter.ledger import events, schema

#: Of the tables whose rows are never removed: from which number on a row must have its event.
_COVERED = {"entry": schema.entry, "delivery": schema.delivery, "act": schema.act, "post": schema.post}


def open_chain(connection: sa.Connection, ledger_id: str) -> None:
    """Begin the record of a ledger, which has no events yet."""
    before = {name: _upto(connection, table) for name, table in _COVERED.items()}
    opened = Noted(
        kind=Kind.OPENED,
        at=connection.execute(sa.select(sa.func.current_timestamp(type_=schema.UtcDateTime))).scalar_one(),
        facts={
            "ledger": ledger_id,
            "before": {name: upto for name, (upto, _) in before.items()},
            "counts": {name: count for name, (_, count) in before.items()},
            "posts": digest_of_posts(connection, upto=before["post"][0]),
        },
        content={},
    )
    connection.execute(schema.chain.insert().values(id=1, position=0, hash=NOTHING))
    events.begin(connection)
    events.append(connection, [linked(opened, Head(0, NOTHING), salt="")])


def counts_upto(connection: sa.Connection, before: Mapping[str, int]) -> dict[str, int]:
    """Count the rows that there are of those that stood there when the record began, by table."""
    found = {}
    for name, table in _COVERED.items():
        stood_there = table.c.id.between(1, before[name])
        found[name] = int(connection.scalar(sa.select(sa.func.count()).where(stood_there)) or 0)
    return found


def digest_of_posts(connection: sa.Connection, *, upto: int) -> str:
    """Give a digest of what was published before the record began: where it stands, and since when."""
    rows = schema.post.c
    query = (
        sa.select(rows.id, rows.account_id, rows.remote_id, rows.url, rows.delivery_id, rows.published_at)
        .where(rows.id <= upto)
        .order_by(rows.id)
    )
    found = sha256()
    for row in connection.execute(query.execution_options(yield_per=1000)):
        found.update(canonical(list(row)).encode())
    return found.hexdigest()


def _upto(connection: sa.Connection, table: sa.Table) -> tuple[int, int]:
    """Give the highest number in a table, and how many rows it has."""
    row = connection.execute(sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0), sa.func.count())).one()
    return int(row[0]), int(row[1])
