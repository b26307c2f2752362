from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from crossposter.errors import LedgerError
from crossposter.ledger import SqlLedger, connection, schema


def test_the_migrations_make_exactly_the_tables_of_the_schema(ledger: SqlLedger) -> None:
    engine = sa.create_engine(f"sqlite:///{ledger.path}")
    with engine.connect() as opened:
        assert compare_metadata(MigrationContext.configure(opened), schema.metadata) == []
        made = set(opened.scalars(sa.text("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")))
    engine.dispose()
    fresh = sa.create_engine("sqlite://")
    schema.metadata.create_all(fresh)
    with fresh.connect() as opened:
        wanted = set(opened.scalars(sa.text("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")))
    fresh.dispose()
    assert {_folded(sql) for sql in wanted} <= {_folded(sql) for sql in made}


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
