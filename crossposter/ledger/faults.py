"""What is wrong with a ledger's file or disk, by SQLite's result code, and what a person does about it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from crossposter.wording import Message, say

#: Of an extended code the low byte is the kind (sqlite.org/rescode.html, read 2026-11).
_KIND = 0xFF


def explained(error: BaseException | None, path: Path) -> Message:
    """Say what a database error means, and what to do."""
    code = getattr(error, "sqlite_errorcode", 0) & _KIND
    sentence = _SENTENCES.get(code, _UNKNOWN)
    return Message(sentence.template, {"path": str(path), "cause": error})


_FULL = say(
    "the disk of the ledger {path!r} is full, and nothing is sent that cannot be written down: free some space there;"
    " crossposter goes on by itself then"
)
_READ_ONLY = say(
    "the ledger {path!r} cannot be written: its disk is mounted read-only (then: mount -o remount,rw), or the file or"
    " its folder belongs to another user (then: chown); crossposter goes on by itself then"
)
_CLOSED = say(
    "the ledger {path!r}, or its journal beside it, cannot be opened: is the disk mounted read-only (then: mount -o"
    " remount,rw)? do the file and its folder belong to this user (else: chown)? crossposter goes on by itself then"
)
_BROKEN_DISK = say(
    "the disk of the ledger {path!r} cannot be read or written: {cause}; look at the system's log (dmesg), and mend or"
    " replace the disk; what is on it may be damaged, so have a backup at hand"
)
_DAMAGED = say(
    "the ledger {path!r} is damaged: {cause}; stop crossposter, put back the last backup (docs/reliability.md), and"
    " start: it finds out by itself what that does not know"
)
_HELD = say(
    "another program has held the ledger {path!r} for half a minute: end it (a backup program, a sqlite3 that was left"
    " open); crossposter goes on by itself then"
)
_UNKNOWN = say("the ledger {path!r} cannot be used: {cause}; look at the disk's space and the file's owner")

_SENTENCES = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: _CLOSED,
    sqlite3.SQLITE_IOERR: _BROKEN_DISK,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_BUSY: _HELD,
}
