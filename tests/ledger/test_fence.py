"""The count beside the ledger, and what a ledger does that was put back from a copy."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from crossposter.core.fence import Fence, Opening
from crossposter.core.model import Post, Reason, Status, Validators
from crossposter.core.planning import plan
from crossposter.errors import LedgerError
from crossposter.ledger import LedgerHeartbeat, SqlLedger, fence, history, schema
from crossposter.ledger.fence import Sidecar
from crossposter.ports import Lease, Staged
from crossposter.references import DatabaseAddress
from crossposter.testing import a_feed, an_account, an_entry
from tests.ledger.conftest import Database

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
FEED, ACCOUNT = a_feed(), an_account()


@contextmanager
def opened(path: Path, *, now: datetime = NOW) -> Iterator[tuple[SqlLedger, Opening]]:
    ledger = SqlLedger.open(path)
    try:
        yield ledger, ledger.stand_guard(now=now)
    finally:
        ledger.close()


def show(ledger: SqlLedger, *numbers: int, now: datetime = NOW) -> None:
    """Let the feed show these entries, none of which is a flood."""
    entries = [an_entry(number) for number in reversed(numbers)]
    known = ledger.known(FEED, [key for entry in entries for key in entry.keys])
    planned = plan(
        FEED,
        entries,
        accounts=[ACCOUNT],
        known=known,
        first_poll=ledger.validators(FEED) is None,
        now=now,
        is_restored=ledger.is_restored(FEED),
    )
    ledger.record(FEED, planned, Validators(), accounts=[ACCOUNT], now=now)


def claim(ledger: SqlLedger, *, now: datetime = NOW) -> int | None:
    """Begin the public call of the first delivery that is due."""
    due = ledger.due(now=now)[0]
    lease = Lease(account_id=due.account_id, holder="a process", until=now + timedelta(minutes=10))
    assert ledger.lease(lease, now=now)
    post = Post(text=due.delivery_id or "", link=None)
    try:
        delivery = ledger.load(due.delivery_id or "", now=now)
        assert delivery
        return ledger.claim(delivery, Staged(post=post), lease, now=now)
    finally:
        ledger.release(lease)


def standing(ledger: SqlLedger) -> list[tuple[Status, Reason | None]]:
    return [
        (one.status, one.reason) for one in sorted(history.deliveries(ledger, now=NOW), key=lambda one: one.entry_id)
    ]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A ledger that has seen its feed, and has two posts to send."""
    with opened(tmp_path / "ledger.db") as (ledger, opening):
        assert opening.restored is None
        show(ledger, 1)
        show(ledger, 1, 2, 3)
    return tmp_path / "ledger.db"


def test_each_public_call_is_counted_in_the_ledger_and_beside_it(path: Path) -> None:
    with opened(path) as (ledger, _):
        for sequence in (1, 2):
            claim(ledger)
            beside = Sidecar(path).read()
            assert beside is not None
            with ledger.reading() as connection:
                row = connection.execute(sa.select(schema.fence)).one()
            assert (beside.ledger_id, beside.sequence) == (row.ledger_id, row.sequence) == (row.ledger_id, sequence)
    assert stat.S_IMODE(Sidecar(path).path.stat().st_mode) == 0o600
    with opened(path) as (_, opening):
        assert opening.restored is None


def test_a_link_to_a_ledger_has_the_same_file_beside_it(path: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link.db"
    link.symlink_to(path)
    assert Sidecar(link).path == Sidecar(path).path


def put_back_an_older_copy(path: Path, act: Callable[[SqlLedger], object]) -> None:
    """Copy the ledger, let something happen, and put the copy back."""
    copy = path.with_name("copy.db")
    shutil.copy(path, copy)
    with opened(path) as (ledger, _):
        act(ledger)
    shutil.copy(copy, path)


def test_an_older_copy_holds_all_that_it_may_know_too_little_of(path: Path) -> None:
    put_back_an_older_copy(path, claim)
    later = NOW + timedelta(minutes=20)
    with opened(path, now=later) as (ledger, opening):
        assert "1 of the posts that were begun since" in str(opening.restored)
        held = [(Status.HELD, Reason.RESTORED)] * 2
        assert standing(ledger) == [(Status.SKIPPED, Reason.BASELINE), *held]
        with ledger.reading() as connection:
            assert connection.scalar(sa.select(schema.account.c.unread_since)) == NOW - timedelta(minutes=10)
            assert connection.scalar(sa.select(schema.fence.c.recovered_at)) == later
        show(ledger, 1, 2, 3, 4, now=later)
        assert standing(ledger)[1:] == [*held, (Status.HELD, Reason.RESTORED)]
        show(ledger, 1, 2, 3, 4, 5, now=later)
        assert standing(ledger)[-1] == (Status.QUEUED, None)
        assert ledger.due(now=later) == []  # the account was not read back
    with opened(path, now=later) as (ledger, opening):
        assert opening.restored is None
        assert ledger.due(now=later) == []


def test_a_poll_without_news_is_the_first_one_after_a_restore_as_well(path: Path) -> None:
    put_back_an_older_copy(path, claim)
    with opened(path) as (ledger, _):
        assert ledger.is_restored(FEED)
        ledger.touch(FEED, Validators(), now=NOW)
        ledger.write_polls()
        assert not ledger.is_restored(FEED)


def test_a_clock_that_was_wrong_lets_nothing_through(path: Path) -> None:
    with opened(path) as (ledger, _):
        show(ledger, 1, 2, 3, now=NOW + timedelta(days=2))
    put_back_an_older_copy(path, lambda ledger: claim(ledger))
    with opened(path) as (ledger, opening):
        assert opening.is_clock_doubtful
        show(ledger, 1, 2, 3, 4)
        assert standing(ledger)[-1] == (Status.HELD, Reason.RESTORED)


def test_a_copy_elsewhere_and_a_new_one_in_an_old_place_are_recognised(path: Path, tmp_path: Path) -> None:
    with opened(path) as (ledger, _):
        claim(ledger)
    (tmp_path / "another machine").mkdir()
    shutil.copy(path, tmp_path / "another machine" / "ledger.db")
    with opened(tmp_path / "another machine" / "ledger.db") as (_, opening):
        assert "not beside the ledger" in str(opening.restored)
    path.unlink()
    with opened(path) as (ledger, opening):
        assert "is new, or from before an update" in str(opening.restored)
        show(ledger, 1, 2, 3)
        assert set(standing(ledger)) == {(Status.SKIPPED, Reason.BASELINE)}
    with opened(path) as (_, opening):
        assert opening.restored is None


def test_a_file_of_nonsense_is_none(path: Path) -> None:
    with opened(path) as (ledger, _):
        claim(ledger)
    Sidecar(path).path.write_bytes(b"\xff" * 80)
    with opened(path) as (_, opening):
        assert "not beside the ledger" in str(opening.restored)
    assert len(Sidecar(path).path.read_bytes()) == 54
    with opened(path) as (_, opening):
        assert opening.restored is None


def test_a_ledger_that_is_put_back_under_a_running_process_sends_nothing(path: Path) -> None:
    copy = path.with_name("copy.db")
    shutil.copy(path, copy)
    with opened(path) as (ledger, _):
        claim(ledger)
        ledger._engine.dispose()  # as an error of the disk does
        os.replace(copy, path)
        with pytest.raises(LedgerError, match="was replaced while crossposter runs"):
            claim(ledger)
        assert [status for status, _ in standing(ledger)[1:]] == [Status.QUEUED, Status.QUEUED]


def test_what_cannot_be_counted_beside_the_ledger_is_not_sent_and_not_uncertain(path: Path) -> None:
    with opened(path) as (ledger, _):
        beside = Sidecar(path).path
        beside.unlink()
        beside.mkdir()
        with pytest.raises(LedgerError, match="tells an old ledger from the newest"):
            claim(ledger)
        assert [status for status, _ in standing(ledger)[1:]] == [Status.QUEUED, Status.QUEUED]
        beside.rmdir()
        assert claim(ledger) == 2
    beside.unlink()
    beside.mkdir()
    with pytest.raises(LedgerError, match="tells an old ledger from the newest"), opened(path):
        pass


def test_a_long_silence_has_accounts_read_back_and_holds_nothing(path: Path) -> None:
    with opened(path, now=NOW + timedelta(minutes=50)) as (ledger, _):
        assert len(ledger.due(now=NOW)) == 2
    with opened(path, now=NOW + timedelta(minutes=61)) as (ledger, opening):
        assert opening.restored is None
        assert [status for status, _ in standing(ledger)[1:]] == [Status.QUEUED, Status.QUEUED]
        assert ledger.due(now=NOW + timedelta(minutes=61)) == []
        with ledger.reading() as connection:
            assert connection.scalar(sa.select(schema.account.c.unread_since)) == NOW
    with opened(path, now=NOW + timedelta(days=3)) as (ledger, _), ledger.reading() as connection:
        assert connection.scalar(sa.select(schema.account.c.unread_since)) == NOW  # not later than it was


def test_of_two_threads_the_later_count_stays(path: Path) -> None:
    sidecar = Sidecar(path)
    for sequence in (7, 5):
        sidecar.write(Fence(ledger_id="0" * 32, sequence=sequence))
    assert sidecar.read() == Fence(ledger_id="0" * 32, sequence=7)


# -- a database that several machines share --------------------------------------------------------------------------


@contextmanager
def machine(place: DatabaseAddress, data: Path) -> Iterator[tuple[SqlLedger, Opening]]:
    """Work on a database from a machine with this folder."""
    ledger = SqlLedger.open(place)
    try:
        yield ledger, ledger.stand_guard(now=NOW, data=data)
    finally:
        ledger.close()


def put_back(database: Database) -> None:
    """Let the database be as it was at its last copy."""
    name = database.name
    with database.server.connect("postgres") as server:
        server.autocommit = True
        for statement in (f'DROP DATABASE "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}" TEMPLATE "{name}-copy"'):
            server.execute(statement.encode())


@pytest.fixture
def copied(database: Database, tmp_path: Path) -> Iterator[Database]:
    """A database with three news, and a copy of it from before one of them was sent by the first machine."""
    with machine(database.place, tmp_path / "first") as (ledger, opening):
        assert opening.restored is None
        show(ledger)
        show(ledger, 1, 2, 3)
    with database.server.connect("postgres") as server:
        server.autocommit = True
        server.execute(f'CREATE DATABASE "{database.name}-copy" TEMPLATE "{database.name}"'.encode())
        with machine(database.place, tmp_path / "first") as (ledger, _):
            assert claim(ledger)
        yield database
        server.execute(f'DROP DATABASE "{database.name}-copy" WITH (FORCE)'.encode())


def test_a_database_that_was_put_back_is_recognised_by_a_machine_that_has_sent(
    copied: Database, tmp_path: Path
) -> None:
    put_back(copied)
    with machine(copied.place, tmp_path / "first") as (ledger, opening):
        assert "1 of the posts that were begun since" in str(opening.restored)
        assert {state for state in standing(ledger) if state[0] is not Status.SKIPPED} == {
            (Status.HELD, Reason.RESTORED)
        }
        assert ledger.unread(now=NOW) == [ACCOUNT.id]
    with machine(copied.place, tmp_path / "second") as (_, opening):
        assert opening.restored is None  # it is known by now


def test_a_database_that_is_put_back_under_a_process_takes_nothing_more_from_it(
    copied: Database, tmp_path: Path
) -> None:
    with machine(copied.place, tmp_path / "first") as (ledger, _):
        put_back(copied)
        with pytest.raises(LedgerError, match="was replaced while crossposter runs"):
            claim(ledger)


def test_what_another_thread_counts_meanwhile_is_no_sign_of_another_database(
    copied: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has claimed, written and counted beside the ledger between our question and our look at the answer."""
    with machine(copied.place, tmp_path / "first") as (ledger, _):
        read = fence.read

        def slowly(connection: sa.Connection) -> Fence:
            counted = read(connection)
            Sidecar.write(ledger._sidecar, replace(counted, sequence=counted.sequence + 1))  # type: ignore[arg-type]
            return counted

        monkeypatch.setattr(fence, "read", slowly)
        assert claim(ledger)


def test_a_new_machine_and_one_that_has_sent_less_take_a_database_for_what_it_is(
    copied: Database, tmp_path: Path
) -> None:
    with machine(copied.place, tmp_path / "second") as (ledger, opening):
        assert opening.restored is None
        assert claim(ledger)
    with machine(copied.place, tmp_path / "first") as (_, opening):
        assert opening.restored is None


def test_a_machine_that_only_looks_on_counts_what_others_send(copied: Database, tmp_path: Path) -> None:
    with machine(copied.place, tmp_path / "second") as (ledger, _):
        LedgerHeartbeat(ledger).start(now=NOW)
        with machine(copied.place, tmp_path / "first") as (other, _):
            assert claim(other)
        LedgerHeartbeat(ledger).beat(now=NOW)
    put_back(copied)
    with machine(copied.place, tmp_path / "second") as (_, opening):
        assert "2 of the posts that were begun since" in str(opening.restored)


def test_of_two_processes_of_a_machine_the_later_count_stays(tmp_path: Path) -> None:
    first, second = Sidecar(tmp_path / "ledger"), Sidecar(tmp_path / "ledger")
    for sidecar, sequence in ((first, 1), (second, 7), (first, 5)):
        sidecar.write(Fence(ledger_id="a" * 32, sequence=sequence))
    assert first.read() == Fence(ledger_id="a" * 32, sequence=7)


def test_a_database_without_a_folder_beside_it_is_guarded_by_nothing(database: Database) -> None:
    with closing(SqlLedger.open(database.place)) as ledger:
        assert ledger.stand_guard(now=NOW).restored is None
