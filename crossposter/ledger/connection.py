"""Opening a ledger: SQLite made safe for power cuts and for readers beside the writer."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from crossposter.errors import LedgerError
from crossposter.ledger.bulk import driver_of
from crossposter.ledger.fence import new_id
from crossposter.ledger.schema import HEAD, fence, metadata
from crossposter.wording import say

#: Seconds that a transaction waits for another process's.
BUSY_TIMEOUT_S = 30
#: The first that gives back what an UPDATE changed.
OLDEST = (3, 35, 0)
#: Rollback journal with EXTRA: durable at power failure, and free of the WAL-reset bug of SQLite 3.7.0 to 3.51.2
#: (sqlite.org/wal.html, read 2026-11); Debian 12 carries 3.40.1. Figures: docs/reliability.md. A file that another
#: program has put into WAL mode is taken out of it, or refused while that has it open.
_PRAGMAS = ("journal_mode = DELETE", "synchronous = EXTRA", "foreign_keys = ON")


def open_engine(path: Path) -> sa.Engine:
    """Give an engine for the file; transactions that write say so with `execution_options(writes=True)`.

    Raises:
        LedgerError: The SQLite of this Python is too old.
    """
    if sqlite3.sqlite_version_info < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        needs = say(
            "SQLite {version} is too old for the ledger: it takes {oldest}",
            version=sqlite3.sqlite_version,
            oldest=oldest,
        )
        raise LedgerError(needs)
    # Not f"sqlite:///{path}": behind a `?` in the path SQLAlchemy would read options, and open another file.
    address = sa.URL.create("sqlite", database=str(path))
    engine = sa.create_engine(address, connect_args={"timeout": BUSY_TIMEOUT_S})
    sa.event.listen(engine, "connect", _prepare)
    sa.event.listen(engine, "begin", _begin)
    return engine


def migrate(engine: sa.Engine, path: Path) -> None:
    """Bring the tables to the newest form; safe to call each time.

    Raises:
        LedgerError: The file is newer than this program, or is no ledger.
    """
    with engine.execution_options(writes=True).begin() as connection:
        found = _version(connection, path)
        if found is None:
            _create(connection)
        elif found > HEAD:
            raise _newer(path)
        elif found < HEAD:
            upgrade(connection, path)


def _create(connection: sa.Connection) -> None:
    """Make the tables of a new ledger, as the migrations would (a test compares them): Alembic takes 12 MiB."""
    metadata.create_all(connection, checkfirst=False)
    number = sa.Column("version_num", sa.String(32), nullable=False)
    key = sa.PrimaryKeyConstraint("version_num", name="alembic_version_pkc")
    version = sa.Table("alembic_version", sa.MetaData(), number, key)
    version.create(connection, checkfirst=False)
    connection.execute(version.insert().values(version_num=HEAD))
    connection.execute(fence.insert().values(id=1, ledger_id=new_id(), sequence=0))


def upgrade(connection: sa.Connection, path: Path) -> None:
    """Run the migrations that a ledger has not seen; all of them on an empty one.

    Raises:
        LedgerError: It is of a version that there never was.
    """
    # Loaded here: it is seldom needed, and would stay in the daemon's memory.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise _no_ledger(path) from error


def require_current(engine: sa.Engine, path: Path) -> None:
    """Make sure that a ledger that is only looked at, or acted on, has the tables of this program.

    Raises:
        LedgerError: It is older or newer, or no ledger.
    """
    with engine.begin() as connection:
        found = _version(connection, path)
    if found == HEAD:
        return
    if found is None:
        raise _no_ledger(path)
    if found > HEAD:
        raise _newer(path)
    raise LedgerError(
        say(
            "the ledger {path!r} was written by an older crossposter: stop that one, then 'run' or 'run --once' brings"
            " it up to date",
            path=str(path),
        )
    )


def _newer(path: Path) -> LedgerError:
    return LedgerError(
        say("the ledger {path!r} was written by a newer crossposter: install that version", path=str(path))
    )


def _version(connection: sa.Connection, path: Path) -> str | None:
    """Read which migration the tables are of; None for an empty file.

    Raises:
        LedgerError: There are tables, but nothing says of which version.
    """
    tables = set(sa.inspect(connection).get_table_names())
    versions: list[str] = []
    if "alembic_version" in tables:
        versions += connection.scalars(sa.text("SELECT version_num FROM alembic_version"))
    if len(versions) > 1 or (not versions and tables - {"alembic_version"}):
        raise _no_ledger(path)
    return versions[0] if versions else None


def _no_ledger(path: Path) -> LedgerError:
    return LedgerError(
        say(
            "{path!r} is not crossposter's ledger, or only a part of it: put back the last copy of it, or name another"
            " file",
            path=str(path),
        )
    )


def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver's own BEGIN comes too late to keep a read and the write after it in one transaction.
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    # By the driver itself: SQLAlchemy's way to a statement takes longer than this one.
    driver_of(connection).execute("BEGIN IMMEDIATE" if writes else "BEGIN")
