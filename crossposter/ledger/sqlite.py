"""A ledger in one SQLite file: made safe for power cuts and for readers beside the writer."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from crossposter.errors import LedgerError
from crossposter.ledger.bulk import driver_of
from crossposter.wording import say

#: The first that gives back what an UPDATE changed.
OLDEST = (3, 35, 0)
#: Rollback journal with EXTRA: durable at power failure, and free of the WAL-reset bug of SQLite 3.7.0 to 3.51.2
#: (sqlite.org/wal.html, read 2026-11); Debian 12 carries 3.40.1. Figures: docs/reliability.md. A file that another
#: program has put into WAL mode is taken out of it, or refused while that has it open.
#: What is removed is overwritten: else words that retention removes would stand in the file until their place is used.
_PRAGMAS = ("journal_mode = DELETE", "synchronous = EXTRA", "foreign_keys = ON", "secure_delete = ON")


def open_engine(path: Path, *, wait_s: float) -> sa.Engine:
    """Give an engine for the file; transactions that write say so with `execution_options(writes=True)`.

    Args:
        path: The file.
        wait_s: How long a transaction waits for another process's.

    Raises:
        LedgerError: The SQLite of this Python is too old.
    """
    if sqlite3.sqlite_version_info < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise LedgerError(
            say(
                "SQLite {version} is too old for the ledger: it takes {oldest}",
                version=sqlite3.sqlite_version,
                oldest=oldest,
            )
        )
    # Not f"sqlite:///{path}": behind a `?` in the path SQLAlchemy would read options, and open another file.
    address = sa.URL.create("sqlite", database=str(path))
    engine = sa.create_engine(address, connect_args={"timeout": wait_s})
    sa.event.listen(engine, "connect", _prepare)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver's own BEGIN comes too late to keep a read and the write after it in one transaction.
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    # By the driver itself: SQLAlchemy's way to a statement takes longer than this one.
    driver_of(connection).execute("BEGIN IMMEDIATE" if writes else "BEGIN")
