"""What the ledger's questions and the two commits of a delivery cost with 10,000 deliveries, and with many more.

    python -m benchmarks.growth [10000 1000000]

The rows are made by the database itself: thirty accounts, an entry for each four of them, a delivery every ten minutes.
All but what is measured was published. PostgreSQL is left out where it is not installed. Neither waits for a disk: that
does not grow with the ledger, and differs by more from one minute to the next than what does.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from crossposter.core.model import Feed, Outcome, Post, Receipt, Status
from crossposter.ledger import SqlLedger
from crossposter.ports import Lease, Staged
from crossposter.references import DatabaseAddress
from tests.postgres import postgres

MEMORY = "/dev/shm"
SIZES = (10_000, 100_000)
ACCOUNTS, A_STORY = 30, 4
#: Deliveries that are sent while it is measured.
SENT = 60
ASKED = 200
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
#: Seconds between two deliveries.
_PACE_S = 600
FEED = Feed(
    id="f",
    url="https://www.izmir.bel.tr/rss",
    language="tr",
    accounts=("a0",),
    site="s",
    id_pattern=None,
    timezone="Europe/Istanbul",
    every=timedelta(minutes=10),
)


def fill(connection: sa.Connection, deliveries: int) -> None:
    """Make so many deliveries; the last SENT of them are queued."""
    entries = deliveries // A_STORY
    is_file = connection.dialect.name == "sqlite"
    series = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) "
        if is_file
        else "WITH n(i) AS (SELECT generate_series(1, {count})) "
    )
    moment = (
        f"strftime('%Y-%m-%d %H:%M:%f000', '{NOW:%Y-%m-%d %H:%M:%S}', (-({deliveries} - i) * {_PACE_S}) || ' seconds')"
        if is_file
        else f"timestamptz '{NOW:%Y-%m-%d %H:%M:%S}+00' - ({deliveries} - i) * {_PACE_S} * interval '1 second'"
    )
    now = f"'{NOW:%Y-%m-%d %H:%M:%S}.000000{'' if is_file else '+00'}'"
    account = f"'a' || (i % {ACCOUNTS})"
    # The first A_STORY deliveries are of the first entry, and so on.
    entry = f"(i - 1) / {A_STORY} + 1"
    status = f"CASE WHEN i > {deliveries - SENT} THEN 'queued' ELSE 'published' END"
    sent = deliveries - SENT
    work = [
        f"INSERT INTO feed (id, site, first_polled_at, polled_at, is_restored) VALUES ('f', 's', {now}, {now}, false)",
        series.format(count=ACCOUNTS) + f"INSERT INTO account (id, platform) SELECT {account}, 'twitter' FROM n",
        series.format(count=entries)
        + "INSERT INTO entry (id, feed_id, title, link, summary, text, language, pictures, categories, seen_at, "
        f"revision) SELECT i, 'f', 'Haber ' || i, 'https://www.izmir.bel.tr/tr/Haberler/h/' || i, 'özet', 'metin', "
        f"'tr', '[]', '[]', {now}, 1 FROM n",
        series.format(count=entries)
        + "INSERT INTO entry_key (site, key, entry_id, position) SELECT 's', 'link:izmir.bel.tr/tr/Haberler/h/' || i, "
        "i, 0 FROM n",
        series.format(count=deliveries)
        + "INSERT INTO delivery (id, entry_id, account_id, status, tries, picture_tries, attempt, waived, passed, "
        f"resends, created_at, updated_at) SELECT i, {entry}, {account}, {status}, 0, 0, "
        f"CASE WHEN i > {sent} THEN 0 ELSE 1 END, '[]', '[]', 0, {moment}, {moment} FROM n",
        series.format(count=sent)
        + "INSERT INTO attempt (delivery_id, number, revision, text, pictures, media_ids, started_at, ended_at, "
        f"outcome, absences) SELECT i, 1, 1, 'Haber ' || i, '[]', '[]', {moment}, {moment}, 'published', 0 FROM n",
        series.format(count=sent)
        + "INSERT INTO post (id, account_id, remote_id, url, delivery_id, published_at) SELECT i, "
        f"{account}, '' || i, 'https://x.com/i/status/' || i, i, {moment} FROM n",
    ]
    for statement in work:
        # SQLite takes WITH behind INSERT INTO only.
        head, _, rest = statement.partition("INSERT INTO ")
        into, select, of = rest.partition(" SELECT ")
        whole = f"INSERT INTO {into} {head}SELECT {of}" if select else statement
        connection.exec_driver_sql(whole if is_file else whole.replace("%", "%%"))  # psycopg's sign for a value
    if not is_file:
        connection.exec_driver_sql("SELECT setval('post_id_seq', (SELECT max(id) FROM post))")
    connection.exec_driver_sql("ANALYZE")


def us(do: Callable[[int], object], times: int) -> float:
    """Give the median of microseconds."""
    took = []
    for number in range(times):
        start = time.perf_counter()
        do(number)
        took.append(time.perf_counter() - start)
    return statistics.median(took) * 1e6


def measured(place: Path | DatabaseAddress, deliveries: int) -> dict[str, float]:
    """Fill a new ledger and ask it."""
    ledger = SqlLedger.open(place)
    try:
        with ledger.writing() as connection:
            fill(connection, deliveries)
        if isinstance(place, DatabaseAddress):
            with ledger.writing() as connection:  # the filling is over before anything is measured
                connection.exec_driver_sql("CHECKPOINT")
        entries, stride = deliveries // A_STORY, max(deliveries // A_STORY // ASKED, 1)

        def keys(number: int) -> list[str]:
            known = (f"link:izmir.bel.tr/tr/Haberler/h/{1 + (number * stride + n * 7) % entries}" for n in range(25))
            return [*known, *(f"link:izmir.bel.tr/tr/Haberler/new/{number}/{n}" for n in range(25))]

        found = {
            "known (50 keys)": us(lambda n: ledger.known(FEED, keys(n)), ASKED),
            "due": us(lambda _: ledger.due(now=NOW), ASKED),
            "unread": us(lambda _: ledger.unread(now=NOW), ASKED),
            "known_posts": us(lambda n: ledger.known_posts(f"a{n % ACCOUNTS}"), ASKED),
            "sent_since": us(
                lambda n: ledger.sent_since(f"a{n % ACCOUNTS}", since=NOW - timedelta(days=1), now=NOW), ASKED
            ),
            "settled_by_people": us(lambda _: ledger.settled_by_people(since=NOW - timedelta(days=30)), ASKED),
        }
        due = ledger.due(now=NOW)

        def send(number: int) -> None:
            delivery = ledger.load(str(due[number].delivery_id), now=NOW)
            assert delivery
            lease = Lease(account_id=delivery.account_id, holder="h", until=NOW + timedelta(minutes=10))
            assert ledger.lease(lease, now=NOW)
            start = time.perf_counter()
            attempt = ledger.claim(delivery, Staged(post=Post(text="x", link=None, pictures=())), lease, now=NOW)
            assert attempt
            receipt = Receipt(remote_id=f"n{number}", url="https://x.com/i/status/1")
            ledger.settle(delivery.id, attempt, Outcome(status=Status.PUBLISHED, receipt=receipt), now=NOW)
            took.append(time.perf_counter() - start)
            ledger.release(lease)

        took: list[float] = []
        for number in range(SENT):
            send(number)
        return {**found, "claim and settle": statistics.median(took) * 1e6}
    finally:
        ledger.close()


@contextmanager
def places() -> Iterator[dict[str, Callable[[], Any]]]:
    """Give what makes an empty place for a ledger, by the name of its database."""
    with tempfile.TemporaryDirectory(dir=MEMORY if Path(MEMORY).is_dir() else None) as folder:
        made = iter(range(100))
        found: dict[str, Callable[[], Any]] = {"sqlite": lambda: _path(folder, next(made))}
        with suppress(pytest.skip.Exception):
            with postgres(settings=("fsync=off", "shared_buffers=128MB", "max_wal_size=4GB")) as server:
                yield found | {"postgresql": server.database}
            return
        yield found


@contextmanager
def _path(folder: str, number: int) -> Iterator[Path]:
    path = Path(folder, f"{number}.db")
    yield path
    path.unlink()


def main() -> int:
    """Print the figures as JSON."""
    sizes = [int(size) for size in sys.argv[1:]] or SIZES
    found: dict[str, dict[str, dict[str, float]]] = {}
    with places() as ways:
        for name, way in ways.items():
            found[name] = {}
            for size in (sizes[0], *sizes):  # the first warms up
                with way() as place:
                    found[name][f"{size:,}"] = measured(place, size)
    ratios = {
        name: {what: by_size[f"{sizes[-1]:,}"][what] / value for what, value in by_size[f"{sizes[0]:,}"].items()}
        for name, by_size in found.items()
    }
    print(json.dumps({"us": found, "ratio": ratios}, indent=2))
    return 0


if __name__ == "__main__":
    print(datetime.now(UTC).isoformat(), os.getloadavg(), file=sys.stderr)  # noqa: TID251 - a log's real time
    sys.exit(main())
