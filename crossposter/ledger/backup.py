"""A copy of the ledger while others write: whole, looked at, and never over something that is there."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from crossposter.errors import LedgerError
from crossposter.ledger.connection import BUSY_TIMEOUT_S
from crossposter.ledger.schema import HEAD
from crossposter.private_files import make_private_folder, new_private
from crossposter.wording import say

#: Between two steps whoever writes gets in; a step of 4 MiB takes a few milliseconds.
_PAGES, _PAUSE_S = 1024, 0.01
#: A write makes the copy begin anew; after so many it is made in one step, and the writers wait for it.
_RESTARTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A copy that was read again after it was written."""

    path: Path
    deliveries: int
    bytes: int


def default_path(ledger: Path, *, now: datetime) -> Path:
    """Give where a copy goes that nobody has named: beside the ledger, with its date (UTC)."""
    return ledger.parent / "backups" / f"{ledger.stem}-{now:%Y%m%d-%H%M%S}{ledger.suffix}"


def back_up(ledger: Path, target: Path) -> Backup:
    """Copy a ledger that may be written meanwhile.

    Raises:
        LedgerError: There is a file of that name; or no copy could be made, or it is not right. Nothing is left then.
    """
    try:
        make_private_folder(target.parent)
        with new_private(target) as written:
            before = _deliveries(ledger)
            _copy(ledger, written)
            found = _examined(written)
            if not before <= found <= _deliveries(ledger):
                raise _wrong(target, f"{found} deliveries")
    except FileExistsError as error:
        raise LedgerError(
            say("{path!r} is there already, and is not overwritten: name another file", path=str(target))
        ) from error
    except (OSError, sqlite3.Error) as error:
        raise _wrong(target, error) from error
    return Backup(path=target, deliveries=found, bytes=target.stat().st_size)


def _copy(ledger: Path, target: Path) -> None:
    with closing(_open(ledger)) as source, closing(sqlite3.connect(target)) as copy:
        with suppress(_TooMuchWriting):
            source.backup(copy, pages=_PAGES, progress=_patience(), sleep=_PAUSE_S)
            return
        source.backup(copy, pages=-1)


class _TooMuchWriting(Exception):
    """No error: the copy is made in another way."""


def _patience() -> Callable[[int, int, int], None]:
    """Make what looks at each step, and gives up when the copy has begun anew too often."""
    left, restarts = 0, 0

    def look(_status: int, remaining: int, _total: int) -> None:
        nonlocal left, restarts
        restarts += left != 0 and remaining >= left
        left = remaining
        if restarts > _RESTARTS:
            raise _TooMuchWriting

    return look


def _examined(copy: Path) -> int:
    """Read a copy again, and count its deliveries.

    Raises:
        sqlite3.Error: It cannot be read, or is damaged.
    """
    with closing(_open(copy)) as opened:
        found = [row[0] for row in opened.execute("PRAGMA integrity_check")]
        versions = [row[0] for row in opened.execute("SELECT version_num FROM alembic_version")]
    if found != ["ok"] or versions != [HEAD]:
        raise sqlite3.DatabaseError("; ".join([*found, *versions])[:200])
    return _deliveries(copy)


def _deliveries(path: Path) -> int:
    with closing(_open(path)) as opened:
        (count,) = opened.execute("SELECT count(*) FROM delivery").fetchone()
    return int(count)


def _open(path: Path) -> sqlite3.Connection:
    # `rw`: not made where it is missing, and one that a crash has left half-written is mended first.
    address = f"{path.absolute().as_uri()}?mode=rw"
    return sqlite3.connect(address, uri=True, timeout=BUSY_TIMEOUT_S)


def _wrong(target: Path, cause: object) -> LedgerError:
    return LedgerError(say("no backup was made at {path!r}: {cause}", path=str(target), cause=cause))
