"""Opening a ledger: its engine, and tables of this program's version."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from crossposter.errors import LedgerError
from crossposter.ledger import postgresql, sqlite
from crossposter.ledger.fence import new_id
from crossposter.ledger.opening import open_chain
from crossposter.ledger.schema import HEAD, fence, metadata
from crossposter.ledger.shared import is_shared, one_at_a_time
from crossposter.references import DatabaseAddress
from crossposter.wording import say

if TYPE_CHECKING:
    from crossposter.ledger.lock import Role

#: Seconds that a transaction waits for another process's, or for a connection.
BUSY_TIMEOUT_S = 30


def open_engine(place: Path | DatabaseAddress, *, role: Role | None = None) -> sa.Engine:
    """Give an engine for a file or a database; transactions that write say so with `execution_options(writes=True)`.

    Raises:
        LedgerError: What connects to the database is not installed, or the SQLite of this Python is too old.
    """
    if isinstance(place, DatabaseAddress):
        return postgresql.open_engine(place, role=role, wait_s=BUSY_TIMEOUT_S)
    return sqlite.open_engine(place, wait_s=BUSY_TIMEOUT_S)


def close_all(engine: sa.Engine) -> None:
    """Close the connections of an engine; those that other threads use at this moment, when they are done."""
    used = engine.pool
    engine.dispose()
    sa.event.listen(used, "checkin", lambda _, record: record.invalidate())


def migrate(engine: sa.Engine, place: Path | DatabaseAddress) -> None:
    """Bring the tables to the newest form; safe to call each time.

    Raises:
        LedgerError: The ledger is newer than this program, or is none.
    """
    with engine.execution_options(writes=True).begin() as connection:
        one_at_a_time(connection, "migrations")
        found = _version(connection, place)
        if found is None:
            _create(connection)
        elif found > HEAD:
            raise _newer(place)
        elif found < HEAD:
            upgrade(connection, place)


def _create(connection: sa.Connection) -> None:
    """Make the tables of a new ledger, as the migrations would (a test compares them): Alembic takes 12 MiB."""
    metadata.create_all(connection, checkfirst=False)
    number = sa.Column("version_num", sa.String(32), nullable=False)
    key = sa.PrimaryKeyConstraint("version_num", name="alembic_version_pkc")
    version = sa.Table("alembic_version", sa.MetaData(), number, key)
    version.create(connection, checkfirst=False)
    connection.execute(version.insert().values(version_num=HEAD))
    ledger_id = new_id()
    connection.execute(fence.insert().values(id=1, ledger_id=ledger_id, sequence=0))
    open_chain(connection, ledger_id)


def upgrade(connection: sa.Connection, place: Path | DatabaseAddress) -> None:
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
        raise no_ledger(place) from error


def is_current(engine: sa.Engine, place: Path | DatabaseAddress) -> bool:
    """Tell whether a ledger that is only looked at, or acted on, has the tables of this program; False for no tables.

    Raises:
        LedgerError: It is older or newer, or no ledger.
    """
    with engine.begin() as connection:
        found = _version(connection, place)
    if found is not None and found > HEAD:
        raise _newer(place)
    if found is not None and found < HEAD:
        raise LedgerError(
            say(
                "the ledger {path!r} was written by an older crossposter: stop that one, then 'run' or 'run --once'"
                " brings it up to date",
                path=str(place),
            )
        )
    return found is not None


def require_current(connection: sa.Connection) -> None:
    """Make sure that nobody has brought the tables to a newer form while this process works.

    A file is held by one process; in a database a newer crossposter may start while this one runs.

    Raises:
        LedgerError: Somebody has.
    """
    if is_shared(connection) and connection.scalar(sa.text("SELECT version_num FROM alembic_version")) != HEAD:
        raise LedgerError(
            say(
                "another crossposter has changed the ledger's tables while this one runs: this one sends nothing more;"
                " install the same version here, and restart it"
            )
        )


def _newer(place: Path | DatabaseAddress) -> LedgerError:
    return LedgerError(
        say("the ledger {path!r} was written by a newer crossposter: install that version", path=str(place))
    )


def _version(connection: sa.Connection, place: Path | DatabaseAddress) -> str | None:
    """Read which migration the tables are of; None where there is no ledger yet.

    A file is the ledger's alone; in a database other programs' tables may stand beside it.

    Raises:
        LedgerError: There are tables, but nothing says of which version.
    """
    tables = set(sa.inspect(connection).get_table_names())
    if is_shared(connection):
        tables &= {"alembic_version", *metadata.tables}
    versions: list[str] = []
    if "alembic_version" in tables:
        versions += connection.scalars(sa.text("SELECT version_num FROM alembic_version"))
    if len(versions) > 1 or (not versions and tables - {"alembic_version"}):
        raise no_ledger(place)
    return versions[0] if versions else None


def no_ledger(place: Path | DatabaseAddress) -> LedgerError:
    """Make the error for what holds no ledger of ours, or only a part of one."""
    if isinstance(place, DatabaseAddress):
        return LedgerError(
            say(
                "{path!r} is not crossposter's ledger, or only a part of it: put back the last copy of it, or name"
                " another database",
                path=str(place),
            )
        )
    return LedgerError(
        say(
            "{path!r} is not crossposter's ledger, or only a part of it: put back the last copy of it, or name another"
            " file",
            path=str(place),
        )
    )
