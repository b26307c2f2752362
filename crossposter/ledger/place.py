"""Where the ledger is kept: whether it can be written, and how much room there is on this machine."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from crossposter.errors import LedgerError
from crossposter.ledger import schema
from crossposter.ledger.connection import BUSY_TIMEOUT_S
from crossposter.ledger.store import SqlLedger
from crossposter.ports import Storage
from crossposter.references import DatabaseAddress
from crossposter.wording import say


def place_of(ledger: Path | DatabaseAddress) -> Storage:
    """Give the place of a ledger."""
    return DatabasePlace(ledger) if isinstance(ledger, DatabaseAddress) else LedgerPlace(ledger)


class LedgerPlace:
    """The file of a ledger, which may not be there yet, and its folder."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def free_bytes(self) -> int | None:
        """Give the room on its disk; None where the system does not say."""
        try:
            return shutil.disk_usage(_existing(self._path.parent)).free
        except OSError:
            return None

    def try_writing(self) -> None:
        """Begin to write, as the daemon does, and change nothing.

        Raises:
            LedgerError: It cannot be done.
        """
        folder = _existing(self._path.parent)
        # SQLite's journal stands beside the file.
        if not os.access(folder, os.W_OK | os.X_OK):
            raise LedgerError(say("the folder {path!r} cannot be written by this user", path=str(folder)))
        if not self._path.exists():
            return
        try:
            # Not `open_engine`: only looks. `rw`, because a file that has gone meanwhile is not to be made.
            address = f"{self._path.absolute().as_uri()}?mode=rw"
            with closing(sqlite3.connect(address, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None)) as ledger:
                ledger.execute("BEGIN IMMEDIATE")
                ledger.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise LedgerError(
                say("the ledger {path!r} cannot be written: {cause}", path=str(self._path), cause=error)
            ) from error


class DatabasePlace:
    """The database of a ledger, in which it may not be yet."""

    def __init__(self, address: DatabaseAddress) -> None:
        self._address = address

    def free_bytes(self) -> int | None:
        """Give None: the room is another machine's matter."""
        return None

    def try_writing(self) -> None:
        """Do what needs the rights of the daemon, and change nothing.

        Raises:
            LedgerError: It cannot be done.
        """
        ledger = SqlLedger.find(self._address)
        if ledger is None:
            _require_room_for_tables(self._address)
            return
        with closing(ledger), ledger.writing() as connection:
            # Refused on a standby, too, though there is nothing to change.
            rows = schema.heartbeat.c
            connection.execute(schema.heartbeat.update().where(sa.false()).values(beat_at=rows.beat_at))


def _require_room_for_tables(address: DatabaseAddress) -> None:
    with closing(SqlLedger(address)) as ledger, ledger.reading() as connection:
        may_create = sa.func.has_schema_privilege(sa.func.current_schema(), "CREATE")
        if not connection.scalar(sa.select(may_create)):
            raise LedgerError(
                say("in {path!r} this user may make no tables: GRANT CREATE ON SCHEMA to it", path=str(address))
            )


def _existing(folder: Path) -> Path:
    """Give the folder, or the nearest one above it that is there: the ledger's is made when it is needed."""
    return next((place for place in (folder, *folder.parents) if place.exists()), folder)
