"""The soak: news come, platforms fail, and processes are killed at random moments, back to back, on one ledger.

Each worker is a warm process that lives one life after the other; a life is killed after a random time, or at a random
commit or request. On SQLite there is one worker, and the clock leaps between its lives, so that back-offs and settle
windows end within seconds. Several workers need a database, which tells leases by its own clock: there the clock is the
real one, and what dies while it publishes is looked for when its lease has ended.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from crossposter.core.model import Reason, Status
from crossposter.ledger import SqlLedger, history
from crossposter.ledger.records import DeliveryRecord
from crossposter.references import DatabaseAddress
from tests.proofs.life import Ended, Order
from tests.proofs.lives import ACCOUNTS, Lives
from tests.proofs.newsroom import Newsroom, a_newsroom

#: What platforms do, and how often one of them does it in a life. All of it, read-back included, may hit the same post.
_FAULTS = (
    *(("publish", do) for do in ("commit_then_reset", "commit_then_status:503", "status:500", "reset", "html", "late")),
    *(("publish", do) for do in ("empty", "status:401", "status:429")),
    *(("find", do) for do in ("empty", "status:500", "html")),
    *(("upload", do) for do in ("status:500", "reset")),
)
_FAULTY, _NEWS, _KILLED = 0.35, 0.4, 0.85
#: Seconds that the clock leaps between two lives, and how often.
_LEAPS, _SHARES = (0.0, 2.0, 65.0, 1200.0), (3, 3, 3, 1)
#: Lives are ended within so many seconds, or after about so many commits and requests.
_LIFE_S, _EVENTS = 0.6, 25
_PATIENCE_S = 0.6
_SETTLING_LIVES = 80
_HOUR_S, _WEEK_MIN = 3600.0, 10_080.0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How long, and on what.

    Attributes:
        kills: Of all workers together.
        seed: Of news, faults and moments; kills by time are not repeated exactly.
        ledger: Address; None for a SQLite file in the folder.
        minutes: After so many it ends, however many were killed; None for no end but that.
        workers: Processes at the same time.
        arguments: What each of them is started with.
    """

    kills: int
    seed: int
    ledger: str | None = None
    minutes: float | None = None
    workers: int = 1
    arguments: tuple[str, ...] = ("run", "--once", "--json")

    @property
    def leaps(self) -> bool:
        """Tell whether the clock may leap between two lives: a database tells by its own when a lease ends."""
        return self.ledger is None and self.workers == 1

    @staticmethod
    def of_environment(*, kills: int) -> Plan:
        """Read SOAK_KILLS, SOAK_SEED, SOAK_LEDGER, SOAK_MINUTES, SOAK_WORKERS and SOAK_ARGUMENTS."""
        told = os.environ
        return Plan(
            kills=int(told.get("SOAK_KILLS", kills)),
            seed=int(told.get("SOAK_SEED", 1)),
            ledger=told.get("SOAK_LEDGER"),
            minutes=float(told["SOAK_MINUTES"]) if "SOAK_MINUTES" in told else None,
            workers=int(told.get("SOAK_WORKERS", 1)),
            arguments=tuple(told.get("SOAK_ARGUMENTS", "run --once --json").split()),
        )


class Result(NamedTuple):
    """What came of it: deliveries by how they ended, and what must not be."""

    kills: int
    lives: int
    items: int
    ended: Counter[str]
    doubled: list[str]
    lost: list[str]


@dataclass
class Soak:
    """One soak."""

    plan: Plan
    room: Newsroom
    killed: int = 0
    lived: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> Result:
        """Live until enough lives were killed, then until all is settled."""
        workers = self.room.workers
        workers[0].live(self._order(warms=True))
        with ThreadPoolExecutor(len(workers)) as pool:
            list(pool.map(self._back_to_back, workers, range(len(workers))))
        self.room.sandbox.clear_faults()
        for _ in range(_SETTLING_LIVES):
            self.room.moved[0] += _HOUR_S if self.plan.leaps else 0.0
            workers[0].live(self._order())
            if not self._open():
                break
        return self._judged()

    def _back_to_back(self, worker: Lives, number: int) -> None:
        chance = random.Random(f"{self.plan.seed} {number}")
        end = time.monotonic() + 60.0 * (self.plan.minutes or _WEEK_MIN)
        while self.killed < self.plan.kills and time.monotonic() < end:
            with self._lock:
                self._befall(chance)
            ended = self._life(worker, chance)
            with self._lock:
                self.killed += ended.killed
                self.lived += 1

    def _befall(self, chance: random.Random) -> None:
        """Let time pass, news come and platforms fail."""
        if self.plan.leaps:
            self.room.moved[0] += chance.choices(_LEAPS, _SHARES)[0]
            self.room.sandbox.go_back(self.room.sandbox.moment())  # forgets the requests, which hold pictures
        if chance.random() < _NEWS:
            self.room.news.add()
        if chance.random() < _FAULTY:
            operation, do = chance.choice(_FAULTS)
            self.room.sandbox.inject(chance.choice(list(ACCOUNTS)), operation, do)

    def _life(self, worker: Lives, chance: random.Random) -> Ended:
        if chance.random() > _KILLED:
            return worker.live(self._order())
        if chance.random() < 0.5:
            return worker.live(self._order(event=1 + int(chance.expovariate(1 / _EVENTS))))
        end = time.monotonic() + chance.uniform(0.0, _LIFE_S)
        return worker.live(self._order(), killed_when=lambda: time.monotonic() > end)

    def _order(self, *, event: int = 0, warms: bool = False) -> Order:
        return Order(
            arguments=self.plan.arguments,
            config=str(self.room.config),
            ahead_s=self.room.moved[0],
            event=event,
            patience_s=_PATIENCE_S,
            warms=warms,
        )

    def _open(self) -> int:
        return sum(1 for row in self._rows() if row.status in (Status.QUEUED, Status.PUBLISHING, Status.UNCERTAIN))

    def _rows(self) -> list[DeliveryRecord]:
        """Give the deliveries of what was published since the beginning."""
        ledger = SqlLedger.look(DatabaseAddress(self.plan.ledger) if self.plan.ledger else self.room.ledger)
        try:
            found = history.deliveries(ledger, now=datetime.fromtimestamp(self.room.news.clock(), UTC))
            return [row for row in found if row.reason is not Reason.BASELINE]
        finally:
            ledger.close()

    def _judged(self) -> Result:
        """Compare what stands on the platforms with what the ledger says of it."""
        standing: dict[tuple[str, str], list[str]] = {}
        for post in self.room.sandbox.posts():
            key = (ACCOUNTS[post["platform"]], post["text"].partition("\n")[0])
            standing.setdefault(key, []).append(post["id"])
        doubled = [f"{key}: {ids}" for key, ids in standing.items() if len(ids) > 1]
        ended: Counter[str] = Counter()
        lost, seen = [], set()
        for row in self._rows():
            stands = standing.get((row.account_id, row.title), [])
            seen.add((row.account_id, row.title))
            is_published = row.status is Status.PUBLISHED
            is_true = row.remote_id in stands if is_published else row.status in (Status.HELD, Status.FAILED)
            if not is_true:
                lost.append(f"{row.account_id}, {row.title}: {row.status} {row.reason}, {stands}")
            ended[f"{row.status} {row.reason or ''}{' (stands)' if stands and not is_published else ''}".strip()] += 1
        asked = {(account, item.title) for item in self.room.news.items[:-1] for account in ACCOUNTS.values()}
        lost += [f"{key}: nothing in the ledger" for key in asked - seen]
        return Result(self.killed, self.lived, len(self.room.news.items) - 1, ended, doubled, lost)


@contextmanager
def a_soak(plan: Plan, folder: Path) -> Iterator[Soak]:
    """Prepare one for the length of the block."""
    with a_newsroom(folder, workers=plan.workers) as room:
        room.news.add()
        room.sandbox.twitter.limits = dict.fromkeys(room.sandbox.twitter.limits, (10**9, 900))
        # By its name: an address may hold a password, which the YAML does not take.
        room.configure(list(ACCOUNTS), ledger="env:SOAK_LEDGER" if plan.ledger else None)
        yield Soak(plan, room)
