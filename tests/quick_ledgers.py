"""What the ledgers of a suite have in common is written once: the SQL of their tables, and of what is asked of them.

SQLAlchemy writes a statement's SQL once for each engine. The program has one engine, and a suite a thousand: without
this it spends a third of its time in writing the same SQL. What is carried out stays the same.
"""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from crossposter.ledger import connection, store
from crossposter.ledger.schema import metadata

_DRIVERS = {"sqlite": "sqlite://", "postgresql": "postgresql+psycopg://"}


def share(patch: pytest.MonkeyPatch) -> None:
    """Let all ledgers of this process share what is written."""
    written: dict[Any, Any] = {}

    def opened(*given: Any, **named: Any) -> sa.Engine:
        engine = connection.open_engine(*given, **named)
        engine.update_execution_options(compiled_cache=written)
        return engine

    patch.setattr(store, "open_engine", opened)
    for dialect in (SQLiteDialect_pysqlite, PGDialect_psycopg):
        # What is written is found by the dialect, and each engine has its own: those of a kind write the same.
        patch.setattr(dialect, "__eq__", lambda one, other: type(one) is type(other))
        patch.setattr(dialect, "__hash__", lambda one: hash(type(one)))
    tables: dict[str, list[str]] = {}

    def created(bind: sa.Connection, *, checkfirst: bool) -> None:
        assert not checkfirst
        name = bind.dialect.name
        if name not in tables:
            tables[name] = _tables_of(name)
        for statement in tables[name]:
            bind.exec_driver_sql(statement)

    patch.setattr(metadata, "create_all", created)


def _tables_of(dialect: str) -> list[str]:
    """Give the statements that make the tables."""
    found: list[str] = []

    def note(statement: Any, *_: Any, **__: Any) -> None:
        found.append(str(statement.compile(dialect=engine.dialect)))

    engine = sa.create_mock_engine(_DRIVERS[dialect], note)
    type(metadata).create_all(metadata, engine, checkfirst=False)
    return found
