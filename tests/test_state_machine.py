"""Never twice, never lost, in any order of events: news, polls, lost answers, deaths, people, copies that are put back.

The real service over a real ledger; platform, clock and deaths are simulated. The suite takes a few thousand steps,
`make state-machine` 50,000.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from crossposter import delivering
from crossposter.core.acts import Person, Verb
from crossposter.core.model import Account, Entry, Holds, Post, Reason, Receipt, Status
from crossposter.core.timeline import Timeline
from crossposter.errors import AccountError, LedgerError, PublishError, RejectedError, TransientError, UncertainError
from crossposter.ledger import SqlLedger, history
from crossposter.ledger.acts import Desk
from crossposter.ledger.records import DeliveryRecord
from crossposter.ledger.verifying import verify
from crossposter.ports import Staged
from crossposter.service import Service
from crossposter.testing import (
    FakeAdapter,
    FakeFeedSource,
    FakePictureSource,
    FrozenClock,
    MemoryPictureStore,
    a_feed,
    an_account,
    an_entry,
)
from crossposter.wording import say
from tests.memory import folder_in_memory

STEPS = int(os.environ.get("CROSSPOSTER_STATE_MACHINE_STEPS", "1500"))
PER_EXAMPLE = 50
WORDS = say("said so")
AYSE = Person(name="Ayşe", system_user="a")
SINCE = datetime(2026, 11, 25, 12, tzinfo=UTC)
#: As X, as Facebook, and one whose order is strict.
ACCOUNTS = (
    an_account("x"),
    an_account("facebook", lists_all=False, seen_within=timedelta(minutes=3)),
    replace(an_account("instagram"), strict_order=True),
)


#: Seconds: half a minute for each of them on a machine that has nothing else to do; the long form takes its time.
PATIENCE_S = 300 if STEPS <= 1500 else 7200
pytestmark = pytest.mark.timeout(PATIENCE_S)


@pytest.fixture(autouse=True)
def _one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make nothing ready on other threads: the same steps must lead to the same end."""
    monkeypatch.setattr(delivering, "AHEAD", 0)


class Death(BaseException):
    """The process ends here."""


@dataclass
class Platform(FakeAdapter):
    """An account whose next answers are planned, and that shows new posts late."""

    clock: FrozenClock = field(default_factory=lambda: FrozenClock(SINCE))
    made_at: dict[str, datetime] = field(default_factory=dict)
    #: How the next public calls end: what becomes of the post, and what is raised.
    ends: list[tuple[bool, BaseException | None]] = field(default_factory=list)
    reads: list[PublishError] = field(default_factory=list)
    #: Seconds until a post is seen; less than what the account is believed to need.
    lag: float = 0

    def publish(self, staged: Staged) -> Receipt:
        stands, end = self.ends.pop(0) if self.ends else (True, None)
        receipt = self.stand(staged.post) if stands else Receipt(remote_id="0", url="https://fake.example/0")
        if end:
            raise end
        return receipt

    def stand(self, post: Post) -> Receipt:
        receipt = super().stand(post)
        self.made_at[receipt.remote_id] = self.clock.now()
        return receipt

    def timeline(self, *, limit: int, of: object = (), replies: bool = False) -> Timeline:
        if self.reads:
            raise self.reads.pop(0)
        now = self.clock.now()
        self.unseen = {name for name, at in self.made_at.items() if now - at < timedelta(seconds=self.lag)}
        found = super().timeline(limit=limit)
        return Timeline(posts=tuple(replace(one, published=self.made_at[one.remote_id]) for one in found.posts))


ENDED = (Status.PUBLISHED, Status.HELD, Status.FAILED, Status.SKIPPED)
#: After each step, so by its rows: to list all that people see of a delivery takes as long as the step.
PUBLISHED = """
    SELECT title, delivery.account_id, remote_id FROM delivery
    JOIN entry ON entry.id = delivery.entry_id LEFT JOIN post ON post.delivery_id = delivery.id
    WHERE status = 'published'
"""
#: What is under way; behind one that is held, Instagram's strict order keeps what waits.
UNDER_WAY = """
    SELECT count(*) FROM delivery one
    WHERE status NOT IN ('published', 'held', 'failed', 'skipped')
    AND NOT (account_id = 'instagram' AND status = 'queued' AND EXISTS (
        SELECT 1 FROM delivery WHERE account_id = 'instagram' AND status = 'held' AND id < one.id
    ))
"""
ENDS: dict[str, tuple[bool, Callable[[], BaseException | None]]] = {
    "answer lost, stands": (True, lambda: UncertainError(WORDS)),
    "answer lost, does not stand": (False, lambda: UncertainError(WORDS)),
    "dies after it stands": (True, Death),
    "dies before it was sent": (False, Death),
    "refused": (False, lambda: RejectedError(WORDS)),
    "busy": (False, lambda: TransientError(WORDS)),
    "locked": (False, lambda: AccountError(WORDS)),
    "a defect after it stands": (True, ZeroDivisionError),
}


class Office(RuleBasedStateMachine):
    """A city's news on three accounts."""

    def __init__(self) -> None:
        super().__init__()
        # In memory where there is such a place: what is proved here does not depend on the disk.
        self.folder = Path(tempfile.mkdtemp(prefix="crossposter-", dir=folder_in_memory()))
        self.path = self.folder / "ledger.db"
        self.clock = FrozenClock(SINCE)
        self.source = FakeFeedSource({"izmir-tr": (an_entry(0),)})
        self.accounts = {account.id: account for account in ACCOUNTS}
        self.adapters = {account.id: Platform(account, clock=self.clock) for account in ACCOUNTS}
        self.store = MemoryPictureStore()
        self.shown: list[Entry] = [an_entry(0)]
        self.waiting: set[tuple[str, str]] = set()
        self.start()

    @initialize()
    def an_office_that_has_posted_before(self) -> None:
        self.service.run_once()
        self.news()
        self.service.run_once()

    def start(self) -> None:
        """Start the program anew."""
        self.ledger = SqlLedger.open(self.path)
        self.ledger.stand_guard(now=self.clock.now())
        feed = a_feed(accounts=list(self.accounts), holds=Holds(new_entries_over=None, older_than=None))
        self.service = Service(
            feeds=[feed],
            accounts=self.accounts,
            source=self.source,
            pictures=lambda _: FakePictureSource(),
            store=self.store,
            adapters=self.adapters.__getitem__,
            ledger=self.ledger,
            clock=self.clock,
        )
        self.service.recover()

    def stop(self) -> None:
        self.ledger.close()

    # -- what happens ------------------------------------------------------------------------------------------------

    @rule()
    def news(self) -> None:
        self.shown.insert(0, an_entry(len(self.shown)))
        self.source.entries["izmir-tr"] = tuple(self.shown)

    @rule(seconds=st.sampled_from([0, 1, 30, 59, 60, 61, 119, 120, 180, 300, 900, 3600, 90_000]))
    def time_passes(self, seconds: int) -> None:
        self.clock.forward(seconds=seconds)
        self.work()

    @rule(account=st.sampled_from(ACCOUNTS), end=st.sampled_from(sorted(ENDS)), seconds=st.sampled_from([0, 60, 600]))
    def news_whose_public_call_ends_so(self, account: Account, end: str, seconds: int) -> None:
        stands, raised = ENDS[end]
        self.adapters[account.id].ends.append((stands, raised()))
        self.news()
        self.time_passes(seconds)

    def work(self) -> None:
        """Poll, and deliver what is due."""
        self.service.try_poll(self.service.feeds[0])
        try:
            for lane in self.service.due_lanes():
                self.service.deliver_lane(lane, report=lambda _: None)
        except Death:
            self.restart()

    @rule()
    def restart(self) -> None:
        self.stop()
        self.start()

    @rule(account=st.sampled_from(ACCOUNTS), count=st.integers(1, 4))
    def the_account_cannot_be_read(self, account: Account, count: int) -> None:
        self.adapters[account.id].reads += [TransientError(WORDS)] * count

    @rule(account=st.sampled_from(ACCOUNTS), lag=st.sampled_from([0, 60, 119]))
    def posts_are_seen_late(self, account: Account, lag: int) -> None:
        self.adapters[account.id].lag = lag

    @rule(account=st.sampled_from(ACCOUNTS))
    def somebody_posts_by_hand(self, account: Account) -> None:
        self.adapters[account.id].stand(Post(text=f"Günaydın {len(self.adapters[account.id].posts)}", link=None))

    @rule(is_put_back=st.booleans())
    def a_backup(self, is_put_back: bool) -> None:
        self.stop()
        backup = self.folder / "backup.db"
        if is_put_back and backup.exists():
            shutil.copy(backup, self.path)
        else:
            shutil.copy(self.path, backup)
        self.start()

    @rule(verb=st.sampled_from([Verb.APPROVE, Verb.REJECT, Verb.RETRY]), data=st.data())
    def a_person_acts(self, verb: Verb, data: st.DataObject) -> None:
        records = [one for one in self.records() if one.status in (Status.HELD, Status.FAILED)]
        # Who lets out what was held after a copy was put back has looked at the account.
        records = [one for one in records if not (verb is Verb.APPROVE and self.stands(one))]
        if records:
            self.desk(verb, data.draw(st.sampled_from(records)))

    @rule(data=st.data())
    def a_person_settles(self, data: st.DataObject) -> None:
        doubtful = [one for one in self.records() if one.status is Status.UNCERTAIN or one.reason is Reason.UNKNOWN]
        if doubtful:
            record = data.draw(st.sampled_from(doubtful))
            standing = self.stands(record)
            found = Receipt(remote_id=standing, url=f"https://fake.example/{standing}") if standing else None
            with suppress(LedgerError):  # nobody can say yet that it is not there
                self.desk(Verb.PUBLISHED if found else Verb.ABSENT, record, found)

    def desk(self, verb: Verb, record: DeliveryRecord, found: Receipt | None = None) -> None:
        Desk(self.ledger).act(verb, record.id, AYSE, now=self.clock.now(), found=found)

    # -- what must hold ----------------------------------------------------------------------------------------------

    def records(self) -> list[DeliveryRecord]:
        found = history.deliveries(self.ledger, now=self.clock.now())
        return [one for one in found if one.reason is not Reason.BASELINE]

    def stands(self, record: DeliveryRecord) -> str | None:
        """Give the platform's id of a delivery's post, by the platform's own list."""
        posts = self.adapters[record.account_id].posts.items()
        return next((name for name, post in posts if post.text.startswith(f"{record.title}\n")), None)

    @invariant()
    def the_ledger_and_the_platforms_agree(self) -> None:
        self.nothing_stands_twice()
        self.what_is_called_published_stands()

    def nothing_stands_twice(self) -> None:
        for name, adapter in self.adapters.items():
            counted = Counter(post.text for post in adapter.posts.values())
            assert set(counted.values()) <= {1}, f"twice on {name}: {counted.most_common(1)}"

    def what_is_called_published_stands(self) -> None:
        standing = {
            name: {post.text.partition("\n")[0]: remote_id for remote_id, post in adapter.posts.items()}
            for name, adapter in self.adapters.items()
        }
        for title, account_id, remote_id in self.rows(PUBLISHED):
            assert standing[account_id].get(title) == remote_id, (title, account_id)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.path)) as connection:
            return connection.execute(query).fetchall()

    def teardown(self) -> None:
        """Let all end: nothing is lost, and all that is not published waits for a person who is told."""
        for adapter in self.adapters.values():
            adapter.ends, adapter.reads, adapter.lag = [], [], 0
        for _ in range(60):
            self.work()
            if self.rows(UNDER_WAY) == [(0,)]:
                break
            self.clock.forward(minutes=30)
        self.the_ledger_and_the_platforms_agree()
        records = self.records()
        first_seen = {one.entry_id for one in records}
        blocked = {one.account_id for one in records if one.status is Status.HELD and one.account_id == "instagram"}
        for record in records:
            is_kept = record.account_id in blocked and record.status is Status.QUEUED
            assert record.status in ENDED or is_kept, record
        assert len(records) == len(first_seen) * len(ACCOUNTS)
        titles = {one.title for one in records}
        assert {entry.title for entry in self.shown[:-1]} <= titles, "lost"
        assert verify(self.ledger).findings == [], "whatever happens, the record tells it"
        self.stop()
        shutil.rmtree(self.folder)


class AnotherOffice(Office):
    """The same on a second core."""


TestOffice, TestAnotherOffice = Office.TestCase, AnotherOffice.TestCase
TestOffice.settings = TestAnotherOffice.settings = settings(
    max_examples=-(-STEPS // PER_EXAMPLE // 2),
    stateful_step_count=PER_EXAMPLE,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
