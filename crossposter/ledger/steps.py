"""What a delivery need not do again: uploads and their like, each saved as soon as it is done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from crossposter.core.model import Delivery
from crossposter.ledger import schema
from crossposter.ledger.names import THIS, this

#: Platforms forget what was uploaded after a day (X: `expires_after_secs`, docs.x.com 2026-08; Instagram's containers:
#: content publishing, 2026-06).
_HOLDS = timedelta(hours=20)
_ID = sa.select(schema.delivery.c.id).where(THIS).scalar_subquery()
_OF_THIS = schema.step.c.delivery_id == _ID
_LOAD = sa.select(schema.step.c.name, schema.step.c.value).where(
    _OF_THIS, schema.step.c.made_at > sa.bindparam("since"), schema.step.c.made_at <= sa.bindparam("now")
)
_FORGET_ONE = schema.step.delete().where(_OF_THIS, schema.step.c.name == sa.bindparam("named"))
_SAVE = schema.step.insert().values(delivery_id=_ID)
_FORGET = schema.step.delete().where(_OF_THIS)


def load(connection: sa.Connection, delivery: Delivery, *, now: datetime) -> Mapping[str, str]:
    """Give those that still hold: the platform's ids, by what was done."""
    found = connection.execute(_LOAD, {**this(delivery.id), "since": now - _HOLDS, "now": now})
    return {row.name: row.value for row in found}


def save(connection: sa.Connection, delivery: Delivery, name: str, value: str, *, now: datetime) -> None:
    """Remember one more."""
    connection.execute(_FORGET_ONE, {**this(delivery.id), "named": name})
    connection.execute(_SAVE, {**this(delivery.id), "name": name, "value": value, "made_at": now})


def forget(connection: sa.Connection, delivery: Delivery) -> None:
    """Let all be done anew."""
    connection.execute(_FORGET, this(delivery.id))
