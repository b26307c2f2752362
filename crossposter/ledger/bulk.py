"""What every poll writes and looks up, by the driver itself: SQLAlchemy's way takes four times as long (measured).

The statements are SQLAlchemy's, and so is the way in which each value is stored.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import Insert


class Bulk:
    """An INSERT, made once."""

    def __init__(self, statement: Insert, names: Sequence[str]) -> None:
        """Take the statement, and the columns that every row names."""
        dialect = sqlite.dialect(paramstyle="named")
        self._sql = str(statement.compile(dialect=dialect, column_keys=list(names)))
        columns = statement.table.c
        self._stored = {name: _processor(columns[name].type, dialect) for name in names}

    def write(self, connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write rows in the transaction of a connection."""
        stored = self._stored.items()
        driver_of(connection).executemany(
            self._sql, [{name: store(row[name]) if store else row[name] for name, store in stored} for row in rows]
        )


def _processor(kind: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> Callable[[Any], Any] | None:
    """Give how values of a column are stored; None for as they are."""
    store = kind.dialect_impl(dialect).bind_processor(dialect)
    # The rows of one poll have the same few times.
    return lru_cache(store) if store and isinstance(kind, sa.types.TypeDecorator) else store


class Lookup:
    """A SELECT, made once; what it finds is as it is stored."""

    def __init__(self, statement: sa.Select[Any]) -> None:
        self._sql = str(statement.compile(dialect=sqlite.dialect(paramstyle="named")))

    def first(self, connection: sa.Connection, names: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Give the first row; None for none."""
        return next(iter(self.all(connection, names)), None)

    def all(self, connection: sa.Connection, names: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Give every row."""
        return driver_of(connection).execute(self._sql, names).fetchall()


def driver_of(connection: sa.Connection) -> sqlite3.Connection:
    """Give the driver's connection under one of SQLAlchemy's."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - there is no other here
    return driver
