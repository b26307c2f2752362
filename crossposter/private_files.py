"""Files that nobody but the program's user may read: logins, copies of the ledger. Written whole or not at all."""

from __future__ import annotations

import json
import os
import shlex
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from crossposter.wording import Message, say

_OTHERS = 0o077


def exposed(path: Path) -> Message | None:
    """Say how to close a file that others can read or change; None when only its owner can, or it is not there."""
    try:
        is_open = path.stat().st_mode & _OTHERS
    except OSError:
        return None
    if not is_open:
        return None
    return say("others on this machine can read {path!r}: run: {command}", path=str(path), command=closing(path))


def closing(path: Path) -> str:
    """Give the command that keeps others out of a file."""
    return f"chmod 600 {shlex.quote(str(path))}"


def can_be_written(path: Path) -> bool:
    """Tell whether `write_private` will find a place for a file; changes nothing."""
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK) and not path.is_dir()


def write_private(path: Path, content: Mapping[str, Any]) -> None:
    """Write JSON so that it is never half there and nobody else can read it (0600).

    What root writes belongs to whom it belonged before, else to the folder's owner: the daemon is not root.

    Raises:
        OSError: It cannot be written; what was there before still is.
    """
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        _give_away(Path(name), like=path if path.exists() else path.parent)
        Path(name).replace(path)
        _sync(path.parent)
    finally:
        Path(name).unlink(missing_ok=True)


@contextmanager
def new_private(path: Path) -> Iterator[Path]:
    """Give a file beside `path` that nobody else can read (0600); at the end of the block it gets that name, durably.

    Raises:
        FileExistsError: There is a file of that name; it is as it was.
        OSError: It cannot be written.
    """
    if path.exists():
        raise FileExistsError(path)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    os.close(descriptor)
    written = Path(name)
    try:
        yield written
        with written.open("rb") as file:
            os.fsync(file.fileno())
        _give_away(written, like=path.parent)
        _name(written, path)
        _sync(path.parent)
    finally:
        written.unlink(missing_ok=True)


def _name(file: Path, path: Path) -> None:
    """Give a file its name, if nothing has that."""
    try:
        os.link(file, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links: a stick, a folder on the network
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        file.replace(path)


def make_private_folder(folder: Path) -> None:
    """Make a folder that nobody else can look into (0700), and those above it, where there are none yet.

    Raises:
        OSError: It cannot be made.
    """
    _make_folder(folder, mode=0o700)


def _make_folder(folder: Path, *, mode: int) -> None:
    if folder.exists():
        return
    _make_folder(folder.parent, mode=0o777)
    folder.mkdir(mode=mode, exist_ok=True)
    _give_away(folder, like=folder.parent)


def _give_away(path: Path, *, like: Path) -> None:
    if os.geteuid() == 0:
        owner = like.stat()
        os.chown(path, owner.st_uid, owner.st_gid)


def _sync(folder: Path) -> None:
    """Put the new name on the disk; some file systems cannot, and the file itself is there already."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
