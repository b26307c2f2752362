"""Where tests write what need not outlive them: in memory, since a ledger waits for the disk at each step it takes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

_FOLDER = Path("/dev/shm")
#: Bytes; a container's is often of 64 MiB only.
_ROOM = 2 * 1024**3


def folder_in_memory() -> Path | None:
    """Give a folder that is kept in memory and has room for what a suite writes; None where there is none."""
    if not os.access(_FOLDER, os.W_OK) or shutil.disk_usage(_FOLDER).free < _ROOM:
        return None
    return _FOLDER
