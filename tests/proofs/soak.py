"""The soak: news come, platforms fail, and processes are killed at random moments, back to back, on one ledger.

Each process is a warm one that lives one life after the other; a life is killed after a random time, or at a random
commit or request. On SQLite there is one at a time, a round, and the clock leaps between its lives, so that back-offs
and settle windows end within seconds. In a database there is a daemon, and workers do what it schedules over
procrastinate; each of them is killed. It tells leases by its own clock, so there the clock is the real one, and leases
and waits are shortened to seconds; only at the end, when rounds alone settle what is left, it leaps.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
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
#: The same beside other processes, whose lives have no end of their own; and for how long they hold an account.
_NEWS_THERE, _LIFE_THERE_S, _EVENTS_THERE, _LEASE_S = 0.3, 5.0, 60, 6.0
#: So many news wait to be read, at most: more are held as a flood, and beyond 20 the feed shows the oldest no more.
_UNREAD = 8
_ROUND = ("run", "--once", "--json")
_SETTLING_LIVES = 80
_HOUR_S, _WEEK_MIN = 3600.0, 10_080.0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How long, and on what.

    Attributes:
        kills: Of all workers together.
        seed: Of news, faults and moments; kills by time are not repeated exactly.
        minutes: After so many it ends, however many were killed; None for no end but that.
        ledger: Address of a database; None for a SQLite file in the folder.
        workers: So many work on a database, beside one daemon.
    """

    kills: int
    seed: int
    minutes: float | None = None
    ledger: str | None = None
    workers: int = 3

    @property
    def processes(self) -> list[tuple[str, ...]]:
        """Give what each process is started with."""
        return [("run",), *[("worker", "--concurrency", "4")] * self.workers] if self.ledger else [_ROUND]

    @staticmethod
    def of_environment(*, kills: int) -> Plan:
        """Read SOAK_KILLS, SOAK_SEED, SOAK_MINUTES and SOAK_WORKERS."""
        told = os.environ
        return Plan(
            kills=int(told.get("SOAK_KILLS", kills)),
            seed=int(told.get("SOAK_SEED", 1)),
            minutes=float(told["SOAK_MINUTES"]) if "SOAK_MINUTES" in told else None,
            workers=int(told.get("SOAK_WORKERS", 3)),
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
        processes = self.room.workers
        processes[0].live(self._order(warms=True))
        with ThreadPoolExecutor(len(processes)) as pool:
            list(pool.map(self._back_to_back, processes, self.plan.processes, range(len(processes))))
        self.room.sandbox.clear_faults()
        for _ in range(_SETTLING_LIVES):
            self.room.moved[0] += _HOUR_S
            processes[0].live(self._order())
            if not self._open():
                break
        return self._judged()

    def _back_to_back(self, process: Lives, arguments: tuple[str, ...], number: int) -> None:
        chance = random.Random(f"{self.plan.seed} {number}")
        end = time.monotonic() + 60.0 * (self.plan.minutes or _WEEK_MIN)
        while self.killed < self.plan.kills and time.monotonic() < end:
            with self._lock:
                self._befall(chance)
            ended = self._life(process, chance) if arguments == _ROUND else self._endless(process, arguments, chance)
            with self._lock:
                self.killed += ended.killed
                self.lived += 1

    def _befall(self, chance: random.Random) -> None:
        """Let time pass, news come and platforms fail."""
        if not self.plan.ledger:
            self.room.moved[0] += chance.choices(_LEAPS, _SHARES)[0]
            self.room.sandbox.go_back(self.room.sandbox.moment())  # forgets the requests, which hold pictures
        if chance.random() < (_NEWS_THERE if self.plan.ledger else _NEWS) and self._are_read():
            self.room.news.add()
        if chance.random() < _FAULTY:
            operation, do = chance.choice(_FAULTS)
            self.room.sandbox.inject(chance.choice(list(ACCOUNTS)), operation, do)

    def _life(self, process: Lives, chance: random.Random) -> Ended:
        if chance.random() > _KILLED:
            return process.live(self._order())
        if chance.random() < 0.5:
            return process.live(self._order(event=1 + int(chance.expovariate(1 / _EVENTS))))
        end = time.monotonic() + chance.uniform(0.0, _LIFE_S)
        return process.live(self._order(), killed_when=lambda: time.monotonic() > end)

    def _endless(self, process: Lives, arguments: tuple[str, ...], chance: random.Random) -> Ended:
        """Live a life that ends by its death alone: in its time, or at a commit or request before."""
        event = 1 + int(chance.expovariate(1 / _EVENTS_THERE)) if chance.random() < 0.5 else 0
        end = time.monotonic() + chance.uniform(0.0, _LIFE_THERE_S)
        order = self._order(arguments, event=event, lease_s=_LEASE_S)
        return process.live(order, killed_when=lambda: time.monotonic() > end)

    def _order(
        self,
        arguments: tuple[str, ...] = _ROUND,
        *,
        event: int = 0,
        lease_s: float | None = None,
        warms: bool = False,
    ) -> Order:
        return Order(
            arguments=arguments,
            config=str(self.room.config),
            ahead_s=self.room.moved[0],
            event=event,
            patience_s=_PATIENCE_S,
            lease_s=lease_s,
            warms=warms,
        )

    def _open(self) -> int:
        return sum(1 for row in self._rows() if row.status in (Status.QUEUED, Status.PUBLISHING, Status.UNCERTAIN))

    def _are_read(self) -> bool:
        """Tell whether processes that die all the time have kept up with the news."""
        if not self.plan.ledger:
            return True
        with closing(self._ledger()) as ledger, ledger.reading() as connection:
            read: int = connection.exec_driver_sql("SELECT count(*) FROM entry").scalar_one()
        return len(self.room.news.items) - read < _UNREAD

    def _rows(self) -> list[DeliveryRecord]:
        """Give the deliveries of what was published since the beginning."""
        with closing(self._ledger()) as ledger:
            found = history.deliveries(ledger, now=datetime.fromtimestamp(self.room.news.clock(), UTC))
            return [row for row in found if row.reason is not Reason.BASELINE]

    def _ledger(self) -> SqlLedger:
        return SqlLedger.look(DatabaseAddress(self.plan.ledger) if self.plan.ledger else self.room.ledger)

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
    with a_newsroom(folder, workers=len(plan.processes), ledger=plan.ledger or "") as room:
        room.news.add()
        room.sandbox.twitter.limits = dict.fromkeys(room.sandbox.twitter.limits, (10**9, 900))
        # By its name: an address may hold a password, which the YAML does not take.
        ledger, engine = ("env:SOAK_LEDGER", "procrastinate") if plan.ledger else (None, "threads")
        room.configure(list(ACCOUNTS), ledger=ledger, engine=engine)
        yield Soak(plan, room)
