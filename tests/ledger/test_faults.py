"""What a ledger says when its disk fails: by the result code, and each with what to do."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from crossposter.errors import LedgerError
from crossposter.ledger import SqlLedger, connection
from crossposter.ledger.faults import explained
from tests.ledger.test_fence import NOW, path

__all__ = ["path"]  # a fixture

MAY_MOUNT = os.geteuid() == 0 and (
    subprocess.run(
        ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False
    ).returncode
    == 0
)
mounted = pytest.mark.skipif(not MAY_MOUNT, reason="mounting a small disk takes root")


def test_every_kind_of_trouble_says_something_else(tmp_path: Path) -> None:
    said = set()
    for name in ("FULL", "READONLY", "IOERR_FSYNC", "CORRUPT", "BUSY", "CANTOPEN"):
        error = sqlite3.OperationalError(name)
        error.sqlite_errorcode = getattr(sqlite3, f"SQLITE_{name}")
        said.add(str(explained(error, tmp_path)))
    assert len(said) == 6
    assert explained(None, tmp_path).template.startswith("the ledger {path!r} cannot be used")


#: Runs in a mount namespace of its own; the disk of 1 MiB is at the folder that it is given.
ON_A_SMALL_DISK = """
import subprocess, sys
from datetime import UTC, datetime
from pathlib import Path
from crossposter.errors import LedgerError
from crossposter.ledger import SqlLedger
from tests.ledger.test_fence import claim, opened, show, NOW
folder = Path(sys.argv[1])
def mount(*options):
    subprocess.run(["mount", *options, str(folder)], check=True)
mount("-t", "tmpfs", "-o", "size=1m", "none")
path = folder / "ledger.db"
with opened(path) as (ledger, _):
    show(ledger, 1)
    show(ledger, 1, 2, 3)
    if sys.argv[2] == "full":
        ballast = folder / "ballast"
        with ballast.open("wb", buffering=0) as file:
            try:
                while file.write(b"." * 4096):
                    pass
            except OSError:
                pass
        mend = ballast.unlink
    else:
        ledger._engine.dispose()
        mount("-o", "remount,ro")
        mend = lambda: mount("-o", "remount,rw")
    for _ in range(3):
        try:
            claim(ledger)
        except LedgerError as error:
            print(error)
    mend()
    print("sent", claim(ledger))
"""


@mounted
@pytest.mark.parametrize(("fault", "said"), [("full", "is full"), ("read-only", "is mounted read-only")])
def test_a_disk_that_fails_and_is_mended(tmp_path: Path, fault: str, said: str) -> None:
    command = ["unshare", "--mount", sys.executable, "-c", ON_A_SMALL_DISK, str(tmp_path), fault]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    *errors, sent = done.stdout.splitlines() or [""]
    assert len(errors) == 3, done.stderr
    assert all(said in error for error in errors)
    assert sent == "sent 1"


def test_a_damaged_page_is_named_and_nothing_is_sent(path: Path) -> None:
    ledger = SqlLedger.open(path)
    with closing(sqlite3.connect(path)) as opened:
        (root,) = opened.execute("SELECT rootpage FROM sqlite_master WHERE name = 'delivery'").fetchone()
        (size,) = opened.execute("PRAGMA page_size").fetchone()
    with path.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(os.urandom(size))
    with pytest.raises(LedgerError, match=r"is damaged: .*put back the last backup"):
        ledger.recover(now=NOW)
    ledger.close()


def test_a_program_that_holds_it_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "BUSY_TIMEOUT_S", 0)
    ledger = SqlLedger(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(LedgerError, match="another program has held"):
            ledger.wake_accounts()
    ledger.wake_accounts()
    ledger.close()
