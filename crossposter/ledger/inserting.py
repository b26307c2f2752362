"""INSERT where the row may be there already: the one statement that SQLAlchemy has for each database by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

    Insert = sqlite.Insert | postgresql.Insert


@dataclass(frozen=True, slots=True, kw_only=True)
class Overwrite:
    """What of a row gives way to a new one with the same keys; all of it stays where `where` does not hold."""

    keys: Sequence[str]
    columns: Sequence[str]
    where: sa.ColumnElement[bool] | None = None


#: The row that is there stays as it is.
KEEP = Overwrite(keys=(), columns=())


def inserting(database: str, table: sa.Table, clash: Overwrite | None = None) -> Insert:
    """Make the statement for a database, `sqlite` or `postgresql`; without `clash` a second row is an error."""
    statement = _insert(database, table)
    if clash is None:
        return statement
    if not clash.columns:
        return statement.on_conflict_do_nothing()
    new: dict[str, Any] = {name: statement.excluded[name] for name in clash.columns}
    return statement.on_conflict_do_update(index_elements=clash.keys, set_=new, where=clash.where)


def _insert(database: str, table: sa.Table) -> Insert:
    if database == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # most ledgers have no use for it

    return postgresql.insert(table)
