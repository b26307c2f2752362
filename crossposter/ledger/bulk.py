"""What every poll writes and looks up; on SQLite by the driver itself: SQLAlchemy takes four times as long (measured).

The statements are SQLAlchemy's, and so is the way in which each value is stored.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.compiler import compiles

from crossposter.ledger.inserting import Overwrite, inserting
from crossposter.ledger.shared import is_shared

if TYPE_CHECKING:
    from crossposter.ledger.inserting import Insert


class Bulk:
    """An INSERT, made once."""

    def __init__(self, table: sa.Table, names: Sequence[str], *, clash: Overwrite | None = None) -> None:
        """Take the table, the columns that every row names, and what becomes of rows that are there already."""
        dialect = sqlite.dialect(paramstyle="named")
        self._table, self._clash = table, clash
        self._sql = str(inserting("sqlite", table, clash).compile(dialect=dialect, column_keys=list(names)))
        self._stored = {name: _processor(table.c[name].type, dialect) for name in names}

    def write(self, connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write rows in the transaction of a connection."""
        if is_shared(connection):
            connection.execute(self._shared, rows)
            return
        stored = self._stored.items()
        driver_of(connection).executemany(
            self._sql, [{name: store(row[name]) if store else row[name] for name, store in stored} for row in rows]
        )

    @cached_property
    def _shared(self) -> Insert:
        return inserting("postgresql", self._table, self._clash)


def _processor(kind: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> Callable[[Any], Any] | None:
    """Give how values of a column are stored; None for as they are."""
    store = kind.dialect_impl(dialect).bind_processor(dialect)
    # The rows of one poll have the same few times.
    return lru_cache(store) if store and isinstance(kind, sa.types.TypeDecorator) else store


class Lookup:
    """A SELECT, made once, of columns that need no conversion; what it finds is as it is stored."""

    def __init__(self, statement: sa.Select[Any]) -> None:
        self._statement = statement
        self._sql = str(statement.compile(dialect=sqlite.dialect(paramstyle="named")))

    def first(self, connection: sa.Connection, names: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Give the first row; None for none."""
        return next(iter(self.all(connection, names)), None)

    def all(self, connection: sa.Connection, names: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Give every row."""
        if is_shared(connection):
            return [tuple(row) for row in connection.execute(self._statement, names)]
        return driver_of(connection).execute(self._sql, names).fetchall()


class members(sa.sql.functions.GenericFunction[str]):
    """The texts of a JSON list, a row each, in the column `value`."""

    inherit_cache = True


@compiles(members)
def _members(element: members, compiler: Any, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(members, "postgresql")
def _members_shared(element: members, compiler: Any, **options: Any) -> str:
    return f"json_array_elements_text(CAST({compiler.process(element.clauses, **options)} AS JSON))"


def driver_of(connection: sa.Connection) -> sqlite3.Connection:
    """Give the driver's connection under one of SQLAlchemy's, of a SQLite file."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - there is no other here
    return driver
