"""The engine of many processes on a real server: what its jobs leave behind, and what they must not hold up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from crossposter.clock import SystemClock
from crossposter.engines.procrastinate_ import _MOST_WAITING, Carrier, Jobs
from crossposter.errors import LedgerError
from crossposter.ledger import Role, SqlLedger
from crossposter.ports import Due
from crossposter.references import DatabaseAddress
from crossposter.testing import a_feed
from crossposter.wording import say
from tests.postgres import Server
from tests.test_shared_ledger import PATIENCE_S, until

pytestmark = pytest.mark.timeout(120)

FEED = a_feed()
LANE = [Due(account_id="izmir-x", delivery_id="1/izmir-x")]


@dataclass
class Place:
    """A database with a ledger, and a connection past everything of ours."""

    address: DatabaseAddress
    ledger: SqlLedger
    connection: psycopg.Connection[tuple[Any, ...]]

    def jobs(self) -> Jobs:
        return Jobs(self.address.conninfo, offer=lambda names: names, alone_with_tables=self.ledger.alone_with_tables)

    def carrier(self, do: Callable[[str], None]) -> Carrier:
        return Carrier(
            self.address.conninfo,
            poll=do,
            deliver=do,
            concurrency=1,
            alone_with_tables=self.ledger.alone_with_tables,
        )

    def waiting(self) -> list[str]:
        return [name for (name,) in self.connection.execute("SELECT task_name FROM procrastinate_jobs ORDER BY id")]


@pytest.fixture
def place(postgres_server: Server) -> Iterator[Place]:
    with (
        postgres_server.database() as address,
        closing(SqlLedger.open(address, role=Role.DAEMON)) as ledger,
        postgres_server.connect(address.url.rpartition("/")[2]) as connection,
    ):
        yield Place(address, ledger, connection)


@contextmanager
def started(jobs: Jobs) -> Iterator[Jobs]:
    jobs.start()
    try:
        yield jobs
    finally:
        jobs.stop(1)


def nothing() -> None:
    pass


def give_nothing(_lane: object, _stopping: object) -> None:
    pass


def test_jobs_of_the_dead_are_removed_by_whoever_comes_and_no_others(place: Place) -> None:
    with started(place.jobs()) as first, started(place.jobs()) as second:
        for _ in range(20):
            first.poll(FEED, nothing)
        first.deliver([LANE], give_nothing)
        begun = "SELECT count(procrastinate_fetch_job_v2(NULL, id)) FROM procrastinate_workers, generate_series(1, %s)"
        place.connection.execute("INSERT INTO procrastinate_workers VALUES (DEFAULT, now() - interval '1 hour')")
        place.connection.execute(begun, [20])  # the delivery and 19 polls
        place.connection.execute("INSERT INTO procrastinate_workers VALUES (DEFAULT, now())")
        place.connection.execute(f"{begun} WHERE last_heartbeat > now() - interval '10 s'", [1])
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda jobs: jobs.clean(), [first, second]))
        assert place.waiting() == ["poll"]
        assert place.connection.execute("SELECT count(*) FROM procrastinate_workers").fetchone() == (1,)


def test_where_a_thousand_of_a_kind_wait_no_more_of_it_are_written(place: Place) -> None:
    with started(place.jobs()) as jobs:
        many = "INSERT INTO procrastinate_jobs (queue_name, task_name) SELECT 'a', 'poll' FROM generate_series(1, %s)"
        place.connection.execute(many, [_MOST_WAITING])
        jobs.poll(FEED, nothing)
        assert len(place.waiting()) == 1000
        # Polls that nobody comes after do not keep posts from those who come.
        jobs.deliver([LANE], give_nothing)
        assert place.waiting()[1000:] == ["deliver"]
        place.connection.execute("UPDATE procrastinate_jobs SET task_name = 'deliver'")
        jobs.deliver([LANE], give_nothing)
        assert len(place.waiting()) == 1001


def test_posts_come_before_polls(place: Place) -> None:
    done: list[str] = []
    with started(place.jobs()) as jobs:
        jobs.poll(FEED, nothing)
        jobs.deliver([LANE], give_nothing)
        carrier = place.carrier(done.append)
        carrier.start()
        until(lambda: done == ["izmir-x", FEED.id])
        until(lambda: place.waiting() == [])
        assert carrier.stop(PATIENCE_S)


def test_the_tables_are_made_by_whoever_comes_first_and_may_be_dropped_while_nobody_works(place: Place) -> None:
    for _ in range(2):
        done = threading.Event()
        carriers = [place.carrier(lambda _name, done=done: done.set()) for _ in range(2)]  # type: ignore[misc]
        for carrier in carriers:
            carrier.start()
        with started(place.jobs()) as jobs:
            jobs.poll(FEED, nothing)
            assert done.wait(20)
        assert all(carrier.stop(PATIENCE_S) for carrier in carriers)
        place.connection.execute("DROP SCHEMA public CASCADE")
        place.connection.execute("CREATE SCHEMA public")


def test_a_job_that_cannot_be_written_is_the_ledger_s_trouble_unless_the_end_has_come(place: Place) -> None:
    jobs = place.jobs()
    with started(jobs):
        place.connection.execute("ALTER TABLE procrastinate_jobs RENAME TO gone")
        with pytest.raises(LedgerError, match="the jobs for the workers cannot be written"):
            jobs.poll(FEED, nothing)
    jobs.poll(FEED, nothing)
    jobs.deliver([LANE], give_nothing)
    jobs.clean()


def test_a_worker_that_was_taken_for_dead_goes_on_as_another_one(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("crossposter.engines.procrastinate_._LOOK_S", 0.2)
    done: list[str] = []
    with started(place.jobs()) as jobs:
        carrier = place.carrier(done.append)
        carrier.start()
        registered = "SELECT count(*) FROM procrastinate_workers"
        until(lambda: place.connection.execute(registered).fetchone() == (1,))
        place.connection.execute("DELETE FROM procrastinate_workers")
        jobs.poll(FEED, nothing)
        until(lambda: done == [FEED.id])
        assert place.connection.execute(registered).fetchone() == (1,)
        assert carrier.stop(PATIENCE_S)
    assert "Traceback" not in caplog.text


def test_a_server_that_is_not_there_is_asked_again(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    def away() -> Any:
        raise LedgerError(say("it is away"))

    carrier = Carrier(place.address.conninfo, poll=print, deliver=print, concurrency=1, alone_with_tables=away)
    carrier.start()
    until(lambda: "no work comes at the moment, it is asked for again" in caplog.text)
    assert carrier.stop(PATIENCE_S)
    assert "Traceback" not in caplog.text


def test_a_worker_that_is_told_to_end_while_it_begins_ends(place: Place) -> None:
    with started(place.jobs()):
        for number in range(8):
            carrier = place.carrier(print)
            carrier.start()
            SystemClock().sleep(0.02 * number)
            assert carrier.stop(PATIENCE_S)
