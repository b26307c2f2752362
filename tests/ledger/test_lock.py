from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from crossposter.errors import LedgerError, LedgerHeldError
from crossposter.ledger import holder, sole_writer

HOLD = """
import sys, time
from pathlib import Path
from crossposter.ledger import holder, sole_writer
with sole_writer(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_writer_is_told_who_holds_the_ledger(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.db"
    with sole_writer(ledger), pytest.raises(LedgerHeldError, match=f"process {os.getpid()} "), sole_writer(ledger):
        raise AssertionError("two writers")


def test_the_ledger_is_free_again_afterwards(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.db"
    for _ in range(2):
        with sole_writer(ledger):
            pass


def test_a_killed_writer_holds_nothing(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.db"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(ledger)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(LedgerHeldError), sole_writer(ledger):
            raise AssertionError("two writers")
        process.kill()
        process.wait()
        with sole_writer(ledger):
            pass


@pytest.mark.parametrize("place", ["file/ledger.db", "file/folder/ledger.db", "x" * 300, "nul\0"])
def test_a_place_where_no_lock_can_be_is_named(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("no folder")
    ledger = tmp_path / place
    with pytest.raises(LedgerError, match="cannot be locked") as caught, sole_writer(ledger):
        raise AssertionError("no lock")
    assert caught.type is LedgerError
    assert repr(str(ledger)) in str(caught.value)
    assert holder(ledger) is None


def test_a_lock_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / "ledger.db.lock").mkdir()
    with pytest.raises(LedgerError, match=r"ledger\.db\.lock"), sole_writer(tmp_path / "ledger.db"):
        raise AssertionError("no lock")
    assert holder(tmp_path / "ledger.db") is None


def test_a_failure_under_the_lock_is_not_taken_for_one_of_the_lock(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="a feed"), sole_writer(tmp_path / "ledger.db"):
        raise OSError("a feed")
    with sole_writer(tmp_path / "ledger.db"):
        assert holder(tmp_path / "ledger.db") == os.getpid()
