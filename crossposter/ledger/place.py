"""Where the ledger is kept: whether it can be written, and how much room there is."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from crossposter.errors import LedgerError
from crossposter.ledger.connection import BUSY_TIMEOUT_S
from crossposter.wording import say


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


def _existing(folder: Path) -> Path:
    """Give the folder, or the nearest one above it that is there: the ledger's is made when it is needed."""
    return next((place for place in (folder, *folder.parents) if place.exists()), folder)
