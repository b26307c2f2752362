"""The count of what was begun: a row of the ledger, and a file beside it that no copy of the ledger takes along."""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from crossposter.core.chain import Kind
from crossposter.core.fence import Fence
from crossposter.core.model import Reason, Status
from crossposter.errors import LedgerError
from crossposter.ledger import schema
from crossposter.ledger.events import note
from crossposter.ledger.names import NAME, whose
from crossposter.ledger.records import packed
from crossposter.ledger.shared import one_at_a_time
from crossposter.wording import Message, say

#: Always of one length, and so short that a disk writes it whole or not at all.
_LINE = re.compile(r"([0-9a-f]{32}) ([0-9]{20})\n")
_LENGTH = 54
#: When the program has written something by itself.
_AT_WORK = (schema.heartbeat.c.beat_at, schema.feed.c.polled_at)
_ROW = (schema.fence.c.ledger_id, schema.fence.c.sequence)
_READ = sa.select(*_ROW)
_ADVANCE = schema.fence.update().values(sequence=schema.fence.c.sequence + 1).returning(*_ROW)


class Sidecar:
    """The file `ledger.db.fence`. Safe to use from several threads."""

    def __init__(self, ledger: Path) -> None:
        real = Path(os.path.realpath(ledger))  # whatever name it goes by, it is one ledger
        self.path = real.with_name(real.name + ".fence")
        self._lock = threading.Lock()
        self._written: Fence | None = None

    def read(self) -> Fence | None:
        """Give what it says; None where it is not there, or says nothing.

        Raises:
            OSError: It is there and cannot be read.
        """
        try:
            return _said(self.path.read_bytes())
        except FileNotFoundError:
            return None

    def write(self, fence: Fence) -> None:
        """Make it say this, durably, unless it says more already: one write in place and one sync.

        Raises:
            OSError: It cannot be written.
        """
        with self._lock:
            before = self._written
            if before and before.ledger_id == fence.ledger_id and before.sequence >= fence.sequence:
                return  # another thread's, which is later, is on the disk
            is_new = not self.path.exists()
            file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)  # another process of this machine may count in the same ledger
                there = _said(os.pread(file, _LENGTH, 0))
                if not (there and there.ledger_id == fence.ledger_id and there.sequence >= fence.sequence):
                    os.pwrite(file, f"{fence.ledger_id} {fence.sequence:020}\n".encode("ascii"), 0)
                    os.ftruncate(file, _LENGTH)
                    os.fdatasync(file)
            finally:
                os.close(file)
            if is_new:
                _sync(self.path.parent)
            self._written = fence

    @property
    def written(self) -> Fence | None:
        """Give what this process has made it say; None while it has not counted anything."""
        return self._written

    @staticmethod
    def require(ledger: Fence, written: Fence | None) -> None:
        """Make sure that the ledger is the one that this process has counted in.

        Args:
            ledger: What the ledger says.
            written: What the file was made to say before the ledger was asked: a moment later another thread has
                perhaps counted both further, and an answer from before that is not old.

        Raises:
            LedgerError: It was put back from a copy while the program runs.
        """
        if written and (written.ledger_id != ledger.ledger_id or ledger.sequence < written.sequence):
            raise LedgerError(
                say(
                    "the ledger was replaced while crossposter runs: nothing more is sent; restart crossposter, which"
                    " then finds out what the other ledger does not know"
                )
            )


def _said(line: bytes) -> Fence | None:
    found = _LINE.fullmatch(line.decode("ascii", "replace"))
    return Fence(ledger_id=found[1], sequence=int(found[2])) if found else None


def _sync(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def new_id() -> str:
    """Give a name that no other ledger has."""
    return secrets.token_hex(16)


def read(connection: sa.Connection) -> Fence:
    """Give what the ledger says."""
    row = connection.execute(_READ).one()
    return Fence(ledger_id=row.ledger_id, sequence=row.sequence)


def advance(connection: sa.Connection) -> Fence:
    """Count one public call more."""
    row = connection.execute(_ADVANCE).one()
    return Fence(ledger_id=row.ledger_id, sequence=row.sequence)


def last_sign(connection: sa.Connection) -> datetime | None:
    """Give when the program was surely at work last; None for a ledger that knows of nothing.

    What people do is none: a command changes rows while nobody sends. Nor is an attempt that was written down because
    somebody has found a post, or has deleted it by hand: it ends as it begins.
    """
    attempt = schema.attempt.c
    begun = sa.or_(attempt.ended_at.is_(None), attempt.ended_at > attempt.started_at)
    newest = sa.select(attempt.started_at).where(begun).order_by(attempt.started_at.desc()).limit(1)
    return max(filter(None, (*_newest(connection, _AT_WORK), connection.scalar(newest))), default=None)


def newest_moment(connection: sa.Connection) -> datetime | None:
    """Give the newest moment that the ledger knows of, whoever wrote it: no clock that is right is behind it."""
    attempt = schema.attempt.c
    moments = (*_AT_WORK, attempt.started_at, attempt.ended_at, schema.delivery.c.updated_at)
    return max(filter(None, _newest(connection, moments)), default=None)


def _newest(connection: sa.Connection, moments: Sequence[sa.Column[datetime]]) -> list[datetime | None]:
    return [connection.scalar(sa.select(sa.func.max(moment, type_=schema.UtcDateTime))) for moment in moments]


def begin_recovery(connection: sa.Connection, fence: Fence, why: Message | None = None, *, now: datetime) -> None:
    """Let nothing out that the ledger may know too little of: what is queued, and what feeds show next."""
    connection.execute(schema.fence.update().values(sequence=fence.sequence, recovered_at=now))
    rows = schema.delivery.c
    held = connection.execute(
        schema.delivery.update()
        .where(
            sa.or_(
                rows.status == Status.QUEUED,
                sa.and_(rows.status == Status.HELD, rows.reason == Reason.CORRECTION),
            )
        )
        .values(status=Status.HELD, reason=Reason.RESTORED, message=None, not_before=None, updated_at=now)
        .returning(*NAME)
    )
    epoch = {"ledger": fence.ledger_id, "sequence": fence.sequence}
    note(connection, Kind.RECOVERED, at=now, facts=epoch, content={"why": packed(why)} if why else {})
    for row in held.all():
        state = {"status": Status.HELD, "reason": Reason.RESTORED}
        entry_id, which = whose(row)
        facts = {"delivery": state, **epoch}
        note(connection, Kind.RECOVERED, at=now, entry_id=entry_id, account_id=which, facts=facts)
    # Not by comparing times: a clock that was wrong would let one through.
    connection.execute(schema.feed.update().values(is_restored=True))


def mark_unread(connection: sa.Connection, since: datetime, *, accounts: Sequence[str] | None = None) -> None:
    """Let accounts (None: all) be read back to a time before anything is sent; further where that was asked before."""
    rows = schema.account.c
    one_at_a_time(connection, "accounts")
    later = sa.or_(rows.unread_since.is_(None), rows.unread_since > since)
    meant = sa.true() if accounts is None else rows.id.in_(accounts)
    connection.execute(schema.account.update().where(later, meant).values(unread_since=since))


def is_restored(connection: sa.Connection, feed_id: str) -> bool:
    """Tell whether a feed was not read since the ledger was put back."""
    query = sa.select(schema.feed.c.is_restored).where(schema.feed.c.id == feed_id)
    return bool(connection.scalar(query))
