"""One writer per ledger: two of them were measured to double posts. The system frees the lock when a process dies."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO

from crossposter.errors import LedgerError, LedgerHeldError
from crossposter.wording import say


def holder(ledger: Path) -> int | None:
    """Give the process that holds the ledger; None when nobody does."""
    try:
        with _lock_path(ledger).open("r", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(file.read().split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return None


def _lock_path(ledger: Path) -> Path:
    return ledger.with_name(ledger.name + ".lock")


@contextmanager
def sole_writer(ledger: Path) -> Iterator[None]:
    """Hold the ledger for the length of the block.

    Raises:
        LedgerHeldError: Another process holds it; the message says which.
        LedgerError: There can be no lock beside the ledger.
    """
    try:
        file = _locked(ledger)
    except (OSError, ValueError) as error:  # ValueError: a path that no file can have
        message = say(
            "the ledger {path!r} cannot be locked: {cause}; put it in a folder that this user can make and write to",
            path=str(ledger),
            cause=error,
        )
        raise LedgerError(message) from error
    with file:
        yield


def _locked(ledger: Path) -> TextIO:
    """Open the lock file and lock it; it is locked until it is closed."""
    path = _lock_path(ledger)
    path.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as if_it_fails:
        file = if_it_fails.enter_context(path.open("a+", encoding="utf-8"))
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            process = file.read().strip() or "?"
            raise LedgerHeldError(
                say("the ledger {path!r} is held by {holder}; nothing was done", path=str(ledger), holder=process)
            ) from None
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}\n")
        file.flush()
        if_it_fails.pop_all()
    return file
