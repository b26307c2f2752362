"""Do the pauses in the ledger begin and end as the record tells? Whoever ends one past the program lets posts out."""

from __future__ import annotations

import sqlalchemy as sa

from crossposter.core.chain import Kind
from crossposter.core.pause_record import differences
from crossposter.core.replay import Difference
from crossposter.ledger import events, schema
from crossposter.ledger.store import SqlLedger


def compare(ledger: SqlLedger) -> list[Difference]:
    """Give the pauses that say something else than the record, in one moment; there are few.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: Something of them cannot be read.
    """
    with ledger.reading() as connection:
        told = events.of_ledger(connection, (Kind.PAUSED, Kind.RESUMED))
        rows = {row.id: dict(row._mapping) for row in connection.execute(sa.select(schema.pause))}
    return list(differences(told, rows))
