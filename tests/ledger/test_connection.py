from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from crossposter.errors import LedgerError
from crossposter.ledger import SqlLedger, connection, schema


def test_the_migrations_make_exactly_the_tables_of_a_new_ledger(ledger: SqlLedger, tmp_path: Path) -> None:
    engine = connection.open_engine(tmp_path / "migrated.db")
    with engine.execution_options(writes=True).begin() as opened:
        connection.upgrade(opened, tmp_path / "migrated.db")
        assert compare_metadata(MigrationContext.configure(opened), schema.metadata) == []
    engine.dispose()
    assert _tables(tmp_path / "migrated.db") == _tables(ledger.path)


def _tables(path: Path) -> tuple[set[str], list[object]]:
    """Give what a database was told to make, and of which version it says to be."""
    with closing(sqlite3.connect(path)) as opened:
        made = opened.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {_folded(sql) for (sql,) in made}, opened.execute("SELECT * FROM alembic_version").fetchall()


def _folded(sql: str) -> str:
    """Drop what two spellings of one table differ in: white space, quotes and the order of the constraints."""
    return " ".join(sorted(sql.replace('"', "").replace(",", " ").replace("(", " ").replace(")", " ").split()))


def test_the_newest_migration_is_the_one_the_program_expects() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(connection.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == schema.HEAD


def test_opening_twice_changes_nothing(ledger: SqlLedger) -> None:
    before = ledger.path.read_bytes()
    SqlLedger.open(ledger.path).close()
    assert ledger.path.read_bytes() == before


def test_a_ledger_of_a_newer_program_is_refused(ledger: SqlLedger) -> None:
    with sqlite3.connect(ledger.path) as opened:
        opened.execute("UPDATE alembic_version SET version_num = '9999'")
    opened.close()
    with pytest.raises(LedgerError, match="newer crossposter"):
        SqlLedger.open(ledger.path)


def test_a_commit_survives_a_power_cut(ledger: SqlLedger) -> None:
    with ledger._engine.connect() as opened:
        assert opened.scalar(sa.text("PRAGMA journal_mode")) == "delete"
        assert opened.scalar(sa.text("PRAGMA synchronous")) == 3
        assert opened.scalar(sa.text("PRAGMA foreign_keys")) == 1


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(LedgerError, match="data"):
        SqlLedger.open(tmp_path / "data" / "ledger.db")


@pytest.mark.parametrize("name", ["a?b", "a?mode=memory&uri=true", "a#b", "a%20b", "a%2Fb", "file:a", "a b;c"])
def test_the_file_that_is_opened_is_the_one_that_was_named(tmp_path: Path, name: str) -> None:
    SqlLedger.open(tmp_path / name).close()
    assert [path.name for path in tmp_path.iterdir()] == [name]


def _execute(path: Path, *statements: str) -> None:
    with sqlite3.connect(path) as opened:
        for statement in statements:
            opened.execute(statement)
    opened.close()


@pytest.mark.parametrize(
    "statements",
    [
        ("DROP TABLE alembic_version",),
        ("DELETE FROM alembic_version",),
        ("UPDATE alembic_version SET version_num = '0000'",),
        ("INSERT INTO alembic_version VALUES ('0000')",),
        ("DROP TABLE alembic_version", "DROP TABLE attempt"),
    ],
)
def test_a_ledger_without_a_version_is_refused_and_left_alone(ledger: SqlLedger, statements: tuple[str, ...]) -> None:
    _execute(ledger.path, *statements)
    before = ledger.path.read_bytes()
    with pytest.raises(LedgerError, match="is not crossposter's ledger, or only a part of it"):
        SqlLedger.open(ledger.path)
    assert ledger.path.read_bytes() == before


def test_the_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    _execute(tmp_path / "other.db", "CREATE TABLE address (name TEXT)")
    before = (tmp_path / "other.db").read_bytes()
    with pytest.raises(LedgerError, match=r"other\.db' is not crossposter's ledger"):
        SqlLedger.open(tmp_path / "other.db")
    assert (tmp_path / "other.db").read_bytes() == before


def test_a_folder_is_no_ledger(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="cannot be opened: is the disk mounted read-only"):
        SqlLedger.open(tmp_path)


def test_a_file_that_may_not_be_written_is_named(ledger: SqlLedger) -> None:
    # Not chmod: the tests may run as root, whom it does not stop.
    read_only = sa.event.listens_for(ledger._engine, "connect", insert=True)
    read_only(lambda connection, _record: connection.execute("PRAGMA query_only = ON"))
    ledger._engine.dispose()
    with pytest.raises(LedgerError, match="belongs to another user"):
        ledger.wake_accounts()


@pytest.mark.parametrize(
    ("version", "said"),
    [("0001", "an older crossposter"), ("9999", "a newer crossposter"), (None, "is not crossposter's")],
)
def test_a_ledger_of_another_version_is_looked_at_by_nobody(tmp_path: Path, version: str | None, said: str) -> None:
    path = tmp_path / "ledger.db"
    if version is None:
        path.touch()
    else:
        SqlLedger.open(path).close()
        with closing(sqlite3.connect(path)) as ledger, ledger:
            ledger.execute("UPDATE alembic_version SET version_num = ?", (version,))
    with pytest.raises(LedgerError, match=said):
        SqlLedger.look(path)


def test_a_ledger_of_this_version_is_looked_at(tmp_path: Path) -> None:
    SqlLedger.open(tmp_path / "ledger.db").close()
    SqlLedger.look(tmp_path / "ledger.db").close()


def test_a_sqlite_that_is_too_old_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "OLDEST", (9, 0, 0))
    with pytest.raises(LedgerError, match=r"is too old for the ledger: it takes 9\.0\.0"):
        SqlLedger.open(tmp_path / "ledger.db")


def test_a_ledger_in_wal_mode_is_taken_out_of_it_and_refused_while_another_has_it_open(
    ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "BUSY_TIMEOUT_S", 0)
    with closing(sqlite3.connect(ledger.path, isolation_level=None)) as other:
        assert other.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",)
        other.execute("UPDATE fence SET sequence = sequence")
        with pytest.raises(LedgerError, match="another program has held the ledger"):
            SqlLedger.open(ledger.path)
    SqlLedger.open(ledger.path).close()
    with closing(sqlite3.connect(ledger.path)) as other:
        assert other.execute("PRAGMA journal_mode").fetchone() == ("delete",)
