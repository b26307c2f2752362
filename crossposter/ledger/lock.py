"""One writer per file: two of them were measured to double posts. The system frees the lock when a process dies."""

from __future__ import annotations

import fcntl
import os
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TextIO

from crossposter.errors import LedgerError, LedgerHeldError
from crossposter.wording import say


class Role(StrEnum):
    """What the holder of a ledger was started as."""

    DAEMON = "run"
    ROUND = "run --once"
    WORKER = "worker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds a ledger: a process number means something on its own host (or in its own container) only."""

    process: int
    host: str
    role: Role

    def __str__(self) -> str:
        return f"process {self.process} on {self.host} ({self.role})"

    @property
    def is_here(self) -> bool:
        """Tell whether its number names a process of this host."""
        return self.host == socket.gethostname()

    @property
    def is_this_process(self) -> bool:
        """Tell whether it is the process that asks."""
        return self.is_here and self.process == os.getpid()


_HOLDER = re.compile(r"process (\d+) on (.+) \((.+)\)")


def holder(ledger: Path) -> Holder | None:
    """Give who holds the ledger; None when nobody does."""
    try:
        with _lock_path(ledger).open("r", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                if found := _HOLDER.fullmatch(file.read().strip()):
                    return Holder(process=int(found[1]), host=found[2], role=Role(found[3]))
    except (OSError, ValueError):
        return None
    return None


def _lock_path(ledger: Path) -> Path:
    real = Path(os.path.realpath(ledger))  # whatever name it goes by, it is one ledger
    return real.with_name(real.name + ".lock")


@contextmanager
def sole_writer(ledger: Path, role: Role) -> Iterator[None]:
    """Hold the ledger for the length of the block.

    Raises:
        LedgerHeldError: Another process holds it; the message says which.
        LedgerError: There can be no lock beside the ledger.
    """
    try:
        file = _locked(ledger, role)
    except (OSError, ValueError) as error:  # ValueError: a path that no file can have
        message = say(
            "the ledger {path!r} cannot be locked: {cause}; put it in a folder that this user can make and write to",
            path=str(ledger),
            cause=error,
        )
        raise LedgerError(message) from error
    with file:
        yield


def _locked(ledger: Path, role: Role) -> TextIO:
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
        file.write(f"{Holder(process=os.getpid(), host=socket.gethostname(), role=role)}\n")
        file.flush()
        if_it_fails.pop_all()
    return file
