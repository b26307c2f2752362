"""The ledger of each test: in a file, and once more in a database of a real server, where one is installed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import pytest
import sqlalchemy as sa

from crossposter.delivering import LEASE
from crossposter.ledger import SqlLedger, connection, postgresql, shared
from crossposter.ledger.verifying import verify
from crossposter.references import DatabaseAddress
from tests.postgres import Server


class Place(Protocol):
    """Where a ledger is, and what can be done to it past everything of ours."""

    place: Path | DatabaseAddress

    def execute(self, *statements: str) -> list[tuple[Any, ...]]:
        """Carry out statements; gives what the last one found."""

    def contents(self) -> object:
        """Give what is the same again as long as nothing was written."""

    def held(self) -> AbstractContextManager[None]:
        """Let nobody else write for the length of the block."""


@dataclass(frozen=True)
class File:
    """SQLite's."""

    place: Path

    def execute(self, *statements: str) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = []
        with closing(sqlite3.connect(self.place)) as opened, opened:
            for statement in statements:
                found = opened.execute(statement).fetchall()
        return found

    def contents(self) -> object:
        return self.place.read_bytes()

    @contextmanager
    def held(self) -> Iterator[None]:
        with closing(sqlite3.connect(self.place, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")


@dataclass(frozen=True)
class Database:
    """PostgreSQL's."""

    place: DatabaseAddress
    server: Server

    @property
    def name(self) -> str:
        return self.place.url.rpartition("/")[2]

    def execute(self, *statements: str) -> list[tuple[Any, ...]]:
        with self.server.connect(self.name) as opened:
            for statement in statements:
                found = opened.execute(statement.encode())
            return found.fetchall() if found.description else []

    def contents(self) -> object:
        tables = [name for (name,) in self.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        return {name: self.execute(f"SELECT xmin::text, ctid::text, t::text FROM {name} t") for name in tables}

    @contextmanager
    def held(self) -> Iterator[None]:
        with self.server.connect(self.name) as other, other.transaction():
            for (name,) in self.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
                other.execute(f"LOCK TABLE {name} IN EXCLUSIVE MODE".encode())
            yield


@pytest.fixture
def file(tmp_path: Path) -> File:
    return File(tmp_path / "data" / "ledger.db")


@pytest.fixture
def database(postgres_server: Server) -> Iterator[Database]:
    with postgres_server.database() as address:
        yield Database(address, postgres_server)


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest) -> Place:
    """Each place, with nothing in it yet."""
    found: Place = request.getfixturevalue("file" if request.param == "sqlite" else "database")
    return found


@pytest.fixture
def clock_of_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a database go by the times that it is told, as a file does."""

    def told(_connection: sa.Connection, *, now: datetime) -> datetime:
        return now

    monkeypatch.setattr(shared, "moment", told)


@pytest.fixture
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait for long for another process."""
    monkeypatch.setattr(connection, "BUSY_TIMEOUT_S", 0)
    monkeypatch.setattr(postgresql, "PATIENCE", postgresql.PATIENCE / 300)


@pytest.fixture
def ledger(where: Place, clock_of_the_test: None) -> Iterator[SqlLedger]:
    opened = SqlLedger.open(where.place)
    yield opened
    opened.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(postgresql, "PATIENCE", LEASE)  # whatever the test had: a busy machine is no finding
        with closing(SqlLedger(where.place)) as looked_at:
            found = verify(looked_at)
    assert not found.findings, "whatever a test does with a ledger, its record tells"
