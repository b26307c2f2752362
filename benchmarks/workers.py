"""The time that three workers on PostgreSQL take for what one does, in one run; and whether the server met a deadlock.

Real processes over the engine `procrastinate`, each with a platform that answers at once: what is measured is the
ledger and the engine. The time counts from the first job to the last delivery.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg

from crossposter.clock import SystemClock
from crossposter.core.model import Account
from crossposter.engines.procrastinate_ import Carrier, Jobs
from crossposter.ledger import Role, SqlLedger
from crossposter.references import DatabaseAddress
from crossposter.service import Service
from crossposter.testing import (
    FakeAdapter,
    FakeFeedSource,
    FakePictureSource,
    MemoryPictureStore,
    a_feed,
    an_account,
    an_entry,
)
from tests.postgres import Server, postgres, programs

ACCOUNTS, ENTRIES = 150, 5
#: So many stood there before: more new ones than old ones at once would be held.
OLD = 20
CONCURRENCY = 8


def the_accounts() -> dict[str, Account]:
    """Give accounts without limits of pace."""
    return {name: an_account(name) for name in (f"city-{number:03}" for number in range(ACCOUNTS))}


def a_service(ledger: SqlLedger, source: FakeFeedSource) -> Service:
    """Make one whose platforms answer at once."""
    accounts = the_accounts()
    adapters = {name: FakeAdapter(account) for name, account in accounts.items()}
    return Service(
        feeds=[a_feed(accounts=tuple(accounts))],
        accounts=accounts,
        source=source,
        pictures=lambda _name: FakePictureSource(),
        store=MemoryPictureStore(),
        adapters=adapters.__getitem__,
        ledger=ledger,
        clock=SystemClock(),
    )


def work(url: str) -> None:
    """Be a worker until standard input ends."""
    address = DatabaseAddress(url)
    with closing(SqlLedger.open(address, role=Role.WORKER)) as ledger:
        service = a_service(ledger, FakeFeedSource())
        carrier = Carrier(
            address.conninfo,
            poll=lambda _name: None,
            deliver=lambda name: service.deliver_account(name, report=lambda _done: None, stopping=lambda: False),
            concurrency=CONCURRENCY,
            alone_with_tables=ledger.alone_with_tables,
        )
        carrier.start()
        print("ready", flush=True)
        sys.stdin.read()
        carrier.stop(5)


@contextmanager
def workers(count: int, url: str) -> Iterator[None]:
    """Run some for the length of the block."""
    command = [sys.executable, "-m", "benchmarks.workers", url]
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(count)
    ]
    for one in started:
        assert one.stdout
        assert one.stdout.readline() == "ready\n"
    try:
        yield
    finally:
        for one in started:
            one.communicate()


def measure(server: Server, count: int) -> tuple[float, int, int]:
    """Give deliveries a second, how many posts are not exactly one attempt's, and how many deadlocks there were."""
    with server.database() as address, closing(SqlLedger.open(address, role=Role.DAEMON)) as ledger:
        clock, source = SystemClock(), FakeFeedSource({"izmir-tr": [an_entry(-number) for number in range(OLD)]})
        service = a_service(ledger, source)
        service.poll(service.feeds[0])
        source.entries["izmir-tr"] = [an_entry(number) for number in range(ENTRIES, -OLD, -1)]
        service.poll(service.feeds[0])
        jobs = Jobs(
            address.conninfo,
            offer=lambda names: ledger.offer(names, now=clock.now()),
            alone_with_tables=ledger.alone_with_tables,
        )
        jobs.start()
        name = address.url.rpartition("/")[2]
        with workers(count, address.url), server.connect(name) as connection:
            begun = time.perf_counter()
            while _count(connection, "SELECT count(*) FROM delivery WHERE status = 'queued' OR status = 'publishing'"):
                jobs.deliver(service.due_lanes(), lambda _lane, _stopping: None)
                clock.sleep(0.1)
            taken_s = time.perf_counter() - begun
            jobs.stop(5)
            done = _count(connection, "SELECT count(*) FROM delivery WHERE status = 'published'")
            tried = _count(connection, "SELECT count(*) FROM attempt")
            query = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
            deadlocks = _count(connection, query)
        return done / taken_s, tried - ACCOUNTS * ENTRIES, deadlocks


def _count(connection: psycopg.Connection[tuple[int, ...]], query: str) -> int:
    row = connection.execute(query.encode()).fetchone()
    return row[0] if row else 0


def main() -> None:
    """Print the figures (a second each), without PostgreSQL nothing; each count of workers has its turn twice."""
    if programs() is None:
        print("{}")
        return
    rates: dict[int, list[float]] = {1: [], 3: []}
    wrong = deadlocks = 0
    with postgres(settings=()) as server:
        for count in (1, 3, 3, 1):
            rate, doubled, met = measure(server, count)
            rates[count].append(rate)
            wrong, deadlocks = wrong + abs(doubled), deadlocks + met
    best = {count: max(found) for count, found in rates.items()}
    found = {"ratio": best[1] / best[3], "one": best[1], "three": best[3], "deadlocks": deadlocks, "wrong": wrong}
    print(json.dumps(found))


if __name__ == "__main__":
    work(sys.argv[1]) if len(sys.argv) > 1 else main()
