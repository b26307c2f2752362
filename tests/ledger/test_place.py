"""Whether the ledger can be written, and the room on its disk."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from crossposter.errors import LedgerError
from crossposter.ledger import SqlLedger, place
from crossposter.ledger.place import LedgerPlace


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    SqlLedger.open(tmp_path / "ledger.db").close()
    return tmp_path / "ledger.db"


def test_looking_changes_nothing(ledger: Path) -> None:
    before = (ledger.read_bytes(), sorted(ledger.parent.iterdir()))
    LedgerPlace(ledger).try_writing()
    assert (ledger.read_bytes(), sorted(ledger.parent.iterdir())) == before


def test_one_that_is_not_there_yet_needs_a_folder_that_can_be_written(tmp_path: Path) -> None:
    LedgerPlace(tmp_path / "data" / "of" / "ledger.db").try_writing()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Root may write everywhere: the answer of the system is replaced.
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(LedgerError, match="cannot be written by this user"):
        LedgerPlace(ledger).try_writing()


def test_a_file_that_is_none_or_held_cannot_be_written(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "BUSY_TIMEOUT_S", 0)
    with closing(sqlite3.connect(ledger, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(LedgerError, match="cannot be written"):
            LedgerPlace(ledger).try_writing()
    LedgerPlace(ledger).try_writing()
    ledger.write_bytes(b"no ledger, but long enough to be read as one" * 100)
    with pytest.raises(LedgerError, match="cannot be written"):
        LedgerPlace(ledger).try_writing()


def test_the_room_on_the_disk(ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = shutil.disk_usage(tmp_path).free
    for path in (ledger, tmp_path / "not" / "yet" / "ledger.db"):
        assert abs((LedgerPlace(path).free_bytes() or 0) - free) < 1_000_000_000

    def unknown(_: Any) -> Any:
        raise OSError

    silent: Callable[[Any], Any] = unknown
    monkeypatch.setattr("shutil.disk_usage", silent)
    assert LedgerPlace(ledger).free_bytes() is None


def test_a_place_of_which_nothing_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "exists", lambda _: False)
    assert place._existing(Path("/nowhere/data")) == Path("/nowhere/data")
