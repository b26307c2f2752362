"""The file PAUSE in the data folder: while it is there nothing is sent, whoever put it there and whatever it says."""

from __future__ import annotations

import os
import pwd
import socket
from contextlib import suppress
from pathlib import Path

from crossposter.core.pausing import Sign
from crossposter.core.text import clean_line

#: As people name it, also those whose editor adds an ending.
NAMES = ("PAUSE", "pause", "PAUSE.txt", "pause.txt")
#: Bytes that are read of it, and characters that are shown.
_READ, _SHOWN = 4096, 200


class StopFile:
    """Looks for the file; a folder that cannot be looked into counts as if it was there."""

    def __init__(self, folder: Path, *, ledger: object) -> None:
        """Take the data folder, and where the ledger is: a path, or what several machines share."""
        self._folder = folder
        self._is_shared = not isinstance(ledger, Path)

    @property
    def place(self) -> str:
        """Give the file's path; with its machine, where there are several.

        A container has another name each time: of a ledger that is a file the pause would outlive what it was named by.
        """
        path = str(self._folder / NAMES[0])
        return f"{socket.gethostname()}:{path}" if self._is_shared else path

    def is_up(self) -> bool:
        """Tell whether it is there, or may be."""
        return self._found() is not None

    def read(self) -> Sign | None:
        """Give what it says; None where it is not there."""
        path = self._found()
        if path is None:
            return None
        owner, words = "?", ""
        with suppress(OSError):
            status = path.lstat()
            owner = str(status.st_uid)
            with suppress(KeyError):
                owner = pwd.getpwuid(status.st_uid).pw_name
        with suppress(OSError), path.open("rb") as file:
            words = clean_line(file.read(_READ).decode("utf-8", "replace").strip().partition("\n")[0])[:_SHOWN]
        return Sign(place=self.place, owner=owner, words=words)

    def _found(self) -> Path | None:
        for name in NAMES:
            path = self._folder / name
            try:
                os.lstat(path)
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError:
                pass  # nobody knows: then nothing is sent
            return path
        return None
