from __future__ import annotations

import sqlite3
import stat
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crossposter.errors import LedgerError
from crossposter.ledger import SqlLedger, backup
from crossposter.ledger.backup import back_up, default_path
from tests.ledger.test_fence import claim, opened, path, show

__all__ = ["path"]  # a fixture


def test_a_copy_is_a_ledger_that_only_its_owner_can_read(path: Path, tmp_path: Path) -> None:
    target = default_path(path, now=datetime(2026, 11, 27, 9, 30, tzinfo=UTC))
    assert target == tmp_path / "backups" / "ledger-20261127-093000.db"
    made = back_up(path, target)
    assert (made.path, made.deliveries, made.bytes) == (target, 3, target.stat().st_size)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert stat.S_IMODE(target.parent.stat().st_mode) == 0o700
    assert list(target.parent.iterdir()) == [target]
    SqlLedger.look(target).close()


def test_nothing_is_overwritten_and_nothing_is_left_of_a_copy_that_fails(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = tmp_path / "there.db"
    there.write_text("mine")
    with pytest.raises(LedgerError, match="is there already"):
        back_up(path, there)
    assert there.read_text() == "mine"
    monkeypatch.setattr(backup, "HEAD", "0000")
    (tmp_path / "copies").mkdir()
    with pytest.raises(LedgerError, match="no backup was made"):
        back_up(path, tmp_path / "copies" / "one.db")
    assert list((tmp_path / "copies").iterdir()) == []
    with pytest.raises(LedgerError, match="no backup was made"):
        back_up(tmp_path / "nothing.db", tmp_path / "copies" / "one.db")
    with pytest.raises(LedgerError, match="no backup was made"):
        back_up(path, there / "copy.db")


def test_a_file_that_appears_meanwhile_is_not_overwritten(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, examined = tmp_path / "copy.db", backup._examined

    def meanwhile(copy: Path) -> int:
        target.write_text("mine")
        return examined(copy)

    monkeypatch.setattr(backup, "_examined", meanwhile)
    with pytest.raises(LedgerError, match="is there already"):
        back_up(path, target)
    assert target.read_text() == "mine"


def test_a_file_system_without_links(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object) -> None:
        raise PermissionError

    link: Callable[..., None] = no_links
    monkeypatch.setattr("os.link", link)
    assert back_up(path, tmp_path / "copy.db").deliveries == 3
    with pytest.raises(LedgerError, match="is there already"):
        back_up(path, tmp_path / "copy.db")


def test_a_copy_is_whole_while_others_write_and_they_get_in(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # In small steps it would take 7 seconds, and every commit makes it begin anew: at last it is made in one step.
    monkeypatch.setattr(backup, "_PAGES", 8)
    monkeypatch.setattr(backup, "_PAUSE_S", 0.03)
    with closing(sqlite3.connect(path)) as ledger, ledger:
        ledger.execute("CREATE TABLE ballast (number INTEGER PRIMARY KEY, content BLOB)")
        rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
        ledger.execute(f"INSERT INTO ballast {rows} SELECT i, randomblob(4000) FROM n")
    over, longest, written = threading.Event(), 0.0, 0

    def write() -> None:
        nonlocal longest, written
        with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as ledger:
            while not over.is_set():
                began = time.monotonic()
                # Two tables in one transaction: a copy of half of it would show.
                ledger.execute("BEGIN IMMEDIATE")
                ledger.execute("UPDATE fence SET sequence = sequence + 1")
                ledger.execute("UPDATE ballast SET content = (SELECT sequence FROM fence) WHERE number = 1")
                ledger.execute("COMMIT")
                longest, written = max(longest, time.monotonic() - began), written + 1
                over.wait(0.02)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = back_up(path, tmp_path / "copy.db")
    finally:
        over.set()
        writer.join()
    with closing(sqlite3.connect(made.path)) as copy:
        sequence, seen = copy.execute(
            "SELECT sequence, (SELECT content FROM ballast WHERE number = 1) FROM fence"
        ).fetchone()
    assert sequence == seen or sequence == 0
    assert written > 0
    assert longest < 10
    print(f"{written} commits beside the copy, the longest {longest * 1000:.0f} ms")


def test_a_copy_that_is_put_back_is_recognised(path: Path, tmp_path: Path) -> None:
    made = back_up(path, tmp_path / "copy.db")
    with opened(path) as (ledger, _):
        claim(ledger)
        show(ledger, 1, 2, 3, 4)
    path.unlink()
    made.path.rename(path)
    with opened(path) as (ledger, opening):
        assert opening.restored is not None
        assert ledger.due(now=datetime(2026, 11, 28, tzinfo=UTC)) == []


def test_a_copy_of_another_number_of_deliveries_is_none(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "_examined", lambda _: 2)
    with pytest.raises(LedgerError, match=r"no backup was made .*: 2 deliveries"):
        back_up(path, tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()


def test_a_copy_that_others_never_leave_time_for_is_made_in_one_piece(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "_RESTARTS", -1)  # given up at the first step
    with opened(path) as (ledger, _):
        show(ledger, 1, 2, 3)
    made = back_up(path, tmp_path / "copy.db")
    assert made.deliveries == 3
