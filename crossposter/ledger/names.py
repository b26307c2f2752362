"""The name by which people and programs call a delivery, and its columns."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from crossposter.core.kinds import DeliveryName, Kind, name_of
from crossposter.ledger import schema

#: The columns that make a delivery's name.
NAME = (schema.delivery.c.entry_id, schema.delivery.c.account_id, schema.delivery.c.kind, schema.delivery.c.issue)

#: Finds the delivery that `this` names, in statements that are made once: making one takes six times as long as running
#: it (measured), and each delivery needs some.
THIS = sa.and_(
    schema.delivery.c.entry_id == sa.bindparam("of_entry"),
    schema.delivery.c.account_id == sa.bindparam("on_account"),
    schema.delivery.c.kind == sa.bindparam("of_kind"),
    schema.delivery.c.issue == sa.bindparam("of_issue"),
)


def named(delivery_id: str) -> sa.ColumnElement[bool]:
    """Find a delivery by the name people use: `412/izmir-x`."""
    rows, name = schema.delivery.c, name_of(delivery_id)
    return sa.and_(
        rows.entry_id == name.entry_id,
        rows.account_id == name.account_id,
        rows.kind == name.kind,
        rows.issue == name.issue,
    )


def name_in(row: Any) -> str:
    """Give the name of a delivery, of a row with the columns in `NAME`."""
    return str(DeliveryName(row.entry_id, row.account_id, Kind(row.kind), row.issue))


def whose(row: Any) -> tuple[int, str]:
    """Give what an event says about whose it is: the entry, and the rest of the delivery's name."""
    return row.entry_id, name_in(row).partition("/")[2]


def this(delivery_id: str) -> dict[str, Any]:
    """Give what `THIS` asks for, of the name people use: `412/izmir-x`."""
    name = name_of(delivery_id)
    return {"of_entry": name.entry_id, "on_account": name.account_id, "of_kind": name.kind, "of_issue": name.issue}
