"""Prepared pictures on the disk, named by their content: what was sent can be looked at, and sent again."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from crossposter.errors import LedgerError
from crossposter.wording import say

_NAME = re.compile(r"[0-9a-f]{64}")


class FilePictureStore:
    """A folder of pictures. Safe to use from several threads and processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, content: bytes) -> str:
        """Keep a picture, durably; one that is there already stays.

        Returns:
            The SHA-256 of the content, in hexadecimal: its name.

        Raises:
            LedgerError: The disk does not take it.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        is_there = self.get(sha256) is not None
        try:
            if is_there:
                os.utime(self._folder / sha256)  # used again, it is as new to retention
            else:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._write(self._folder / sha256, content)
        except OSError as error:
            raise self._failed(error) from error
        return sha256

    def get(self, sha256: str) -> bytes | None:
        """Give a picture; None where there is none of that content.

        Raises:
            LedgerError: The disk does not give it.
        """
        if not _NAME.fullmatch(sha256):
            return None
        try:
            content = (self._folder / sha256).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._failed(error) from error
        return content if hashlib.sha256(content).hexdigest() == sha256 else None

    def older_than(self, before: datetime) -> set[str]:
        """Give the names of the pictures that were last put there before a time.

        Raises:
            LedgerError: The folder cannot be read.
        """
        try:
            with os.scandir(self._folder) as files:
                return {file.name for file in files if _NAME.fullmatch(file.name) and _is_older(file, before)}
        except FileNotFoundError:
            return set()
        except OSError as error:
            raise self._failed(error) from error

    def remove(self, names: Collection[str], *, before: datetime) -> int:
        """Remove pictures, unless they were put there again since; gives how many went.

        Raises:
            LedgerError: The disk does not let them go.
        """
        removed = 0
        try:
            for name in names:
                path = self._folder / name
                with suppress(FileNotFoundError):
                    if _is_older(path, before):
                        path.unlink()
                        removed += 1
        except OSError as error:
            raise self._failed(error) from error
        return removed

    def _write(self, path: Path, content: bytes) -> None:
        """Write beside the place and move there, so that a reader finds the whole or nothing."""
        descriptor, name = tempfile.mkstemp(dir=self._folder, prefix=".new-")  # mode 0600
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, path)
        finally:
            Path(name).unlink(missing_ok=True)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)  # the name is as durable as the content
        finally:
            os.close(folder)

    def _failed(self, error: OSError) -> LedgerError:
        sentence = say(
            "pictures cannot be kept in {folder!r} ({cause}): look at the disk's space and the folder's permissions",
            folder=str(self._folder),
            cause=error.strerror or type(error).__name__,
        )
        return LedgerError(sentence)


def _is_older(file: os.DirEntry[str] | Path, before: datetime) -> bool:
    return file.stat().st_mtime < before.timestamp()
