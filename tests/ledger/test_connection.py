from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from crossposter.errors import LedgerError
from crossposter.ledger import SqlLedger, connection, schema, sqlite
from crossposter.ledger.bulk import driver_of
from crossposter.ledger.verifying import verify
from crossposter.references import DatabaseAddress
from tests.ledger.conftest import Database, File, Place


@pytest.fixture
def made(where: Place) -> Place:
    """A place with a new ledger, which nobody has open."""
    SqlLedger.open(where.place).close()
    return where


def test_the_migrations_make_exactly_the_tables_of_a_new_ledger(where: Place) -> None:
    with closing(SqlLedger.open(where.place)) as ledger, ledger.writing() as opened:
        created = _tables(opened)
        schema.metadata.drop_all(opened)
        opened.execute(sa.text("DROP TABLE alembic_version"))
        connection.upgrade(opened, where.place)
        assert compare_metadata(MigrationContext.configure(opened), schema.metadata) == []
        assert _tables(opened) == created


def _tables(opened: sa.Connection) -> tuple[set[str], list[object]]:
    """Give what a database was told to make, and of which version it says to be."""
    said = (
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL" if opened.dialect.name == "sqlite" else _POSTGRESQL_SAYS
    )
    made = {_folded(sql) for sql in opened.scalars(sa.text(said))}
    assert made
    return made, list(opened.scalars(sa.text("SELECT version_num FROM alembic_version")))


_POSTGRESQL_SAYS = """
    SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default)
    FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL
    SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
"""


def _folded(sql: str) -> str:
    """Drop what two spellings of one table differ in: white space, quotes and the order of the constraints."""
    return " ".join(sorted(sql.replace('"', "").replace(",", " ").replace("(", " ").replace(")", " ").split()))


def test_the_newest_migration_is_the_one_the_program_expects() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(connection.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == schema.HEAD


def test_opening_twice_changes_nothing(made: Place) -> None:
    before = made.contents()
    SqlLedger.open(made.place).close()
    assert made.contents() == before


def test_a_connection_that_is_used_when_the_ledger_is_closed_is_closed_behind_it(file: File) -> None:
    ledger = SqlLedger.open(file.place)
    with ledger.reading() as opened:
        ledger.close()  # as another thread does
        driver = driver_of(opened)
        assert driver.execute("SELECT count(*) FROM chain").fetchone() == (1,)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        driver.execute("SELECT 1")


def test_a_ledger_of_a_newer_program_is_refused(made: Place) -> None:
    made.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(LedgerError, match="newer crossposter: install that version"):
        SqlLedger.open(made.place)


def test_a_commit_survives_a_power_cut(ledger: SqlLedger) -> None:
    kept = {"journal_mode": "delete", "synchronous": 3, "foreign_keys": 1}
    if isinstance(ledger.place, DatabaseAddress):
        kept = {"synchronous_commit": "on"}
    with ledger.reading() as opened:
        ask = "PRAGMA" if isinstance(ledger.place, Path) else "SHOW"
        assert {name: opened.scalar(sa.text(f"{ask} {name}")) for name in kept} == kept


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(LedgerError, match="data"):
        SqlLedger.open(tmp_path / "data" / "ledger.db")


@pytest.mark.parametrize("name", ["a?b", "a?mode=memory&uri=true", "a#b", "a%20b", "a%2Fb", "file:a", "a b;c"])
def test_the_file_that_is_opened_is_the_one_that_was_named(tmp_path: Path, name: str) -> None:
    SqlLedger.open(tmp_path / name).close()
    assert [path.name for path in tmp_path.iterdir()] == [name]


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
def test_a_ledger_without_a_version_is_refused_and_left_alone(made: Place, statements: tuple[str, ...]) -> None:
    made.execute(*statements)
    before = made.contents()
    with pytest.raises(LedgerError, match="is not crossposter's ledger, or only a part of it"):
        SqlLedger.open(made.place)
    assert made.contents() == before


def test_the_file_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    other = File(tmp_path / "other.db")
    other.execute("CREATE TABLE address (name TEXT)")
    before = other.contents()
    with pytest.raises(LedgerError, match=r"other\.db' is not crossposter's ledger"):
        SqlLedger.open(other.place)
    assert other.contents() == before


def test_in_a_database_another_program_may_have_tables_of_its_own(database: Database) -> None:
    database.execute("CREATE TABLE procrastinate_jobs (id INTEGER)")
    assert SqlLedger.find(database.place) is None
    SqlLedger.open(database.place).close()
    SqlLedger.look(database.place).close()


def test_a_folder_is_no_ledger(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="cannot be opened: is the disk mounted read-only"):
        SqlLedger.open(tmp_path)


def test_a_file_that_may_not_be_written_is_named(file: File) -> None:
    with closing(SqlLedger.open(file.place)) as ledger:
        # Not chmod: the tests may run as root, whom it does not stop.
        read_only = sa.event.listens_for(ledger._engine, "connect", insert=True)
        read_only(lambda connection, _record: connection.execute("PRAGMA query_only = ON"))
        ledger._engine.dispose()
        with pytest.raises(LedgerError, match="belongs to another user"):
            ledger.wake_accounts()


@pytest.mark.parametrize(("version", "said"), [("0001", "an older crossposter"), ("9999", "a newer crossposter")])
def test_a_ledger_of_another_version_is_looked_at_by_nobody(made: Place, version: str, said: str) -> None:
    made.execute(f"UPDATE alembic_version SET version_num = '{version}'")
    with pytest.raises(LedgerError, match=said):
        SqlLedger.look(made.place)


def test_where_nothing_is_there_is_nothing_to_look_at(where: Place) -> None:
    if isinstance(where.place, Path):
        where.place.parent.mkdir()
        where.place.touch()
    assert SqlLedger.find(where.place) is None
    with pytest.raises(LedgerError, match="is not crossposter's"):
        SqlLedger.look(where.place)


def test_a_ledger_of_this_version_is_looked_at(made: Place) -> None:
    SqlLedger.look(made.place).close()


def test_a_sqlite_that_is_too_old_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "OLDEST", (9, 0, 0))
    with pytest.raises(LedgerError, match=r"is too old for the ledger: it takes 9\.0\.0"):
        SqlLedger.open(tmp_path / "ledger.db")


def test_a_ledger_in_wal_mode_is_taken_out_of_it_and_refused_while_another_has_it_open(
    file: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    SqlLedger.open(file.place).close()
    monkeypatch.setattr(connection, "BUSY_TIMEOUT_S", 0)
    with closing(sqlite3.connect(file.place, isolation_level=None)) as other:
        assert other.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",)
        other.execute("UPDATE fence SET sequence = sequence")
        with pytest.raises(LedgerError, match="another program has held the ledger"):
            SqlLedger.open(file.place)
    SqlLedger.open(file.place).close()
    with closing(sqlite3.connect(file.place)) as other:
        assert other.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_a_migration_stays_what_it_was_when_it_was_written() -> None:
    """Whatever the program becomes: what an old ledger was brought to then, it is brought to still."""
    for path in (Path(connection.__file__).parent / "migrations" / "versions").glob("*.py"):
        assert "crossposter" not in re.findall(r"^(?:from|import) (\w+)", path.read_text("utf-8"), flags=re.M), path


def _migrate(path: Path, *, to: str) -> None:
    """Make a ledger as an older program has left it."""
    config = Config()
    config.set_main_option("script_location", str(Path(connection.__file__).parent / "migrations"))
    engine = sqlite.open_engine(path, wait_s=1)
    with engine.execution_options(writes=True).begin() as opened:
        config.attributes["connection"] = opened
        command.upgrade(config, to)
    engine.dispose()


def _steps_of_migrating(path: Path, *, deliveries: int) -> int:
    """Bring a file with so many deliveries from before they had kinds up to date; gives how many steps SQLite took."""
    _migrate(path, to="0014")
    now = "'2026-11-25 12:00:00.000000'"
    counted = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {deliveries})"
    File(path).execute(
        f"INSERT INTO feed (id, site, first_polled_at, polled_at) VALUES ('f', 's', {now}, {now})",
        "INSERT INTO account (id, platform) VALUES ('x', 'twitter')",
        "INSERT INTO entry (id, feed_id, title, summary, text, language, pictures, categories, seen_at)"
        f" {counted} SELECT i, 'f', 'Haber', '', '', 'tr', '[]', '[]', {now} FROM n",
        "INSERT INTO delivery (id, entry_id, account_id, status, tries, picture_tries, attempt, created_at, updated_at)"
        f" {counted} SELECT i, i, 'x', 'published', 0, 0, 1, {now}, {now} FROM n",
    )
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    engine = sqlite.open_engine(path, wait_s=1)
    sa.event.listen(engine, "connect", lambda raw, _: raw.set_progress_handler(count, 100))
    with closing(engine.connect()) as opened, opened.execution_options(writes=True).begin():
        connection.upgrade(opened, path)
    engine.dispose()
    return steps


def test_twice_as_many_deliveries_take_twice_as_long_to_migrate(tmp_path: Path) -> None:
    few, many = (_steps_of_migrating(tmp_path / f"{count}.db", deliveries=count) for count in (1000, 2000))
    assert many < 2.5 * few


def test_the_deliveries_of_before_have_kinds_in_a_file_as_well(tmp_path: Path) -> None:
    file = File(tmp_path / "ledger.db")
    _migrate(file.place, to="0010")
    now = "'2026-11-25 12:00:00.000000'"
    file.execute(
        f"INSERT INTO feed (id, site, first_polled_at, polled_at) VALUES ('f', 's', {now}, {now})",
        "INSERT INTO entry (id, feed_id, title, summary, text, language, pictures, categories, seen_at)"
        f" VALUES (1, 'f', 'Haber', '', '', 'tr', '[]', '[]', {now})",
        "INSERT INTO account (id, platform) VALUES ('x', 'twitter')",
        "INSERT INTO delivery (id, entry_id, account_id, status, tries, picture_tries, attempt, created_at, updated_at)"
        f" VALUES (7, 1, 'x', 'published', 0, 0, 1, {now}, {now})",
        "INSERT INTO attempt (delivery_id, number, text, pictures, media_ids, started_at)"
        f" VALUES (7, 1, 'Haber', '[]', '[]', {now})",
        f"INSERT INTO post (account_id, remote_id, url, delivery_id, published_at) VALUES ('x', '5', 'u', 7, {now})",
    )
    with closing(SqlLedger.open(file.place)) as ledger:
        assert ledger.known_posts("x").ours.keys() == {"5"}
        found = verify(ledger)
        assert (found.findings, found.uncovered, found.events) == ([], 1, 1)
        file.execute("UPDATE post SET url = 'v'")
        assert [one.where for one in verify(ledger).findings] == ["post"]
        file.execute("UPDATE post SET url = 'u'")
    assert file.execute("SELECT id, kind, issue, of_id FROM delivery") == [(7, "publish", 0, None)]
    assert file.execute("SELECT delivery_id, kind FROM attempt") == [(7, "publish")]
    assert file.execute("PRAGMA foreign_key_check") == []
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        file.execute(
            "INSERT INTO delivery (entry_id, account_id, status, tries, picture_tries, attempt, created_at, updated_at)"
            f" VALUES (1, 'x', 'queued', 0, 0, 0, {now}, {now})"
        )
