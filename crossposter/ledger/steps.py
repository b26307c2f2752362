"""What a delivery need not do again: uploads and their like, each saved as soon as it is done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from crossposter.core.model import Delivery
from crossposter.ledger import schema
from crossposter.ledger.names import named

#: Platforms forget what was uploaded after a day (X: `expires_after_secs`, docs.x.com 2026-08; Instagram's containers:
#: content publishing, 2026-06).
_HOLDS = timedelta(hours=20)


def load(connection: sa.Connection, delivery: Delivery, *, now: datetime) -> Mapping[str, str]:
    """Give those that still hold: the platform's ids, by what was done."""
    rows = schema.step.c
    query = sa.select(rows.name, rows.value).where(
        rows.delivery_id == _id_of(delivery), rows.made_at > now - _HOLDS, rows.made_at <= now
    )
    return {row.name: row.value for row in connection.execute(query)}


def save(connection: sa.Connection, delivery: Delivery, name: str, value: str, *, now: datetime) -> None:
    """Remember one more."""
    rows = schema.step.c
    same = sa.and_(rows.delivery_id == _id_of(delivery), rows.name == name)
    connection.execute(schema.step.delete().where(same))
    values = {"delivery_id": _id_of(delivery), "name": name, "value": value, "made_at": now}
    connection.execute(schema.step.insert().values(values))


def forget(connection: sa.Connection, delivery: Delivery) -> None:
    """Let all be done anew."""
    connection.execute(schema.step.delete().where(schema.step.c.delivery_id == _id_of(delivery)))


def _id_of(delivery: Delivery) -> sa.ScalarSelect[int]:
    return sa.select(schema.delivery.c.id).where(named(delivery.id)).scalar_subquery()
