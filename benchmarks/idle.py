"""What a daemon of 1,000 feeds and accounts does while nothing happens: its processor time, and what it writes.

Feeds are asked every hour here, so that the time between polls can be measured; the bar is for that time. What is due
is looked for every second all the same. The daemon runs in this process, which waits beside it.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from crossposter import logs
from crossposter.clock import SystemClock
from crossposter.core.model import Feed, Validators
from crossposter.daemon import Daemon
from crossposter.engines.threads import Threads
from crossposter.ledger import LedgerHeartbeat, SqlLedger
from crossposter.ports import Adapter, Fetched
from crossposter.service import MAX_LANES, Service
from crossposter.signals import Command, Commands
from crossposter.testing import FakePictureSource, MemoryPictureStore, a_feed, an_account

COUNT = 1000
MEASURED_S = 120.0


class Quiet:
    """Feeds without any news."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def fetch(self, feed: Feed, *_: object) -> Fetched:
        """Answer an empty feed, and then that nothing has changed."""
        is_first = feed.id not in self.asked
        self.asked.add(feed.id)
        return Fetched(entries=() if is_first else None, validators=Validators())


def no_adapter(account_id: str) -> Adapter:
    """Nothing is due."""
    raise AssertionError(account_id)


def _written(ledger: SqlLedger) -> int:
    """Count the feeds whose first poll is over."""
    with ledger.reading() as connection:
        return connection.execute(sa.text("SELECT count(*) FROM feed")).scalar_one()


def measured(ledger: SqlLedger) -> dict[str, Any]:
    """Run a daemon and watch it after its first polls."""
    clock, commands, source = SystemClock(), Commands(), Quiet()
    feeds = [
        a_feed(f"feed-{n}", accounts=[f"account-{n}"], site=f"site-{n}", every=timedelta(hours=1)) for n in range(COUNT)
    ]
    service = Service(
        feeds=feeds,
        accounts={f"account-{n}": an_account(f"account-{n}") for n in range(COUNT)},
        source=source,
        pictures=lambda _: FakePictureSource(),
        store=MemoryPictureStore(),
        adapters=no_adapter,
        ledger=ledger,
        clock=clock,
    )
    daemon = Daemon(
        service,
        commands=commands,
        load=lambda: service,
        heartbeat=LedgerHeartbeat(ledger),
        engine=Threads(MAX_LANES),
        clock=clock,
        report=lambda _: None,
    )
    running = threading.Thread(target=daemon.run)
    running.start()
    while _written(ledger) < COUNT:
        time.sleep(1)  # noqa: TID251 - the daemon works
    time.sleep(5)  # noqa: TID251 - the daemon comes to rest
    written: Counter[str] = Counter()
    looks: list[float] = []

    def count(_c: object, _k: object, statement: str, *_: object) -> None:
        verb, *rest = statement.split()
        if verb != "SELECT":
            written[f"{verb} {rest[0] if verb == 'UPDATE' else rest[1]}"] += 1

    sa.event.listen(ledger._engine, "before_cursor_execute", count)
    before, start = time.process_time(), time.perf_counter()
    time.sleep(MEASURED_S)  # noqa: TID251 - measures real time
    cpu, took = time.process_time() - before, time.perf_counter() - start
    for _ in range(50):
        begin = time.perf_counter()
        service.due_lanes()
        looks.append(time.perf_counter() - begin)
    commands.put(Command.STOP)
    running.join()
    return {
        "cpu_share": cpu / took,
        "look_ms": sorted(looks)[len(looks) // 2] * 1000,
        "written_a_minute": {what: count * 60 / took for what, count in written.items()},
    }


def main() -> int:
    """Print the figures as JSON."""
    logs.configure()  # to standard error
    with tempfile.TemporaryDirectory() as folder:
        ledger = SqlLedger.open(Path(folder, "ledger.db"))
        try:
            print(json.dumps(measured(ledger), indent=2))
        finally:
            ledger.close()
    return 0


if __name__ == "__main__":
    print(datetime.now(UTC).isoformat(), os.getloadavg(), file=sys.stderr)  # noqa: TID251 - a log's real time
    sys.exit(main())
