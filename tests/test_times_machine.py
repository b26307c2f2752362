"""Never paused, silenced or stale: news, polls, pauses, resumes, outages and a clock that jumps, in any order.

The real service over a real ledger. What may be sent at a moment is worked out here anew, from what was done.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from crossposter import delivering
from crossposter.core.acts import Person, Verb
from crossposter.core.model import Entry, Holds, Reason, Receipt, Status
from crossposter.core.pausing import Release, Scope, Sign
from crossposter.core.schedule import Dated, Quiet, Times, Yearly
from crossposter.core.urgency import Urgent
from crossposter.errors import LedgerError
from crossposter.ledger import SqlLedger, history
from crossposter.ledger.acts import Desk
from crossposter.ledger.pause_desk import PauseDesk
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


@pytest.fixture(autouse=True)
def _one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make nothing ready on other threads: the same steps must lead to the same end."""
    monkeypatch.setattr(delivering, "AHEAD", 0)


STEPS = int(os.environ.get("CROSSPOSTER_STATE_MACHINE_STEPS", "900"))
PER_EXAMPLE = 30
AYSE = Person(name="Ayşe", system_user="a", why="milli yas")
ISTANBUL = ZoneInfo("Europe/Istanbul")
#: Nine in the morning of Istanbul, a day before the silence.
SINCE = datetime(2026, 11, 9, 6, tzinfo=UTC)
OLD = timedelta(hours=24)
TIMES = Times(
    timezone="Europe/Istanbul",
    quiet=(Quiet(begin=time(23), end=time(7)),),
    silences=(
        Yearly(month=11, day=10, begin=time(9, 4), end=time(9, 10)),
        Dated(begin=datetime.fromisoformat("2026-11-12 12:00"), end=datetime.fromisoformat("2026-11-14 12:00")),
    ),
    urgent=Urgent(categories=("Acil",), holds_others=timedelta(minutes=30)),
)
SCOPES = st.sampled_from([(Scope.ALL, ""), (Scope.ACCOUNT, "x"), (Scope.FEED, "izmir-tr")])
RELEASES = st.sampled_from([None, Release(newest=None), Release(newest=1), Release(newest=0)])


@dataclass
class File:
    """PAUSE."""

    is_there: bool = False
    place: str = "here:/data/PAUSE"

    def is_up(self) -> bool:
        return self.is_there

    def read(self) -> Sign | None:
        return Sign(place=self.place, owner="muhtar", words="") if self.is_there else None


@dataclass
class Platform(FakeAdapter):
    """An account that notes what is sent to it while it must not be."""

    office: Office | None = None
    wrong: list[str] = field(default_factory=list)

    def publish(self, staged: Staged) -> Receipt:
        assert self.office
        if why := self.office.why_not(staged.post.text.partition("\n")[0], self.account.id):
            self.wrong.append(why)
        return super().publish(staged)


class Office(RuleBasedStateMachine):
    """A city's news on two accounts."""

    def __init__(self) -> None:
        super().__init__()
        memory = Path("/dev/shm")
        self.folder = Path(tempfile.mkdtemp(prefix="crossposter-", dir=memory if memory.is_dir() else None))
        self.clock = FrozenClock(SINCE)
        self.file = File()
        self.source = FakeFeedSource({"izmir-tr": (an_entry(0),)})
        self.accounts = {name: replace(an_account(name), times=TIMES) for name in ("x", "facebook")}
        self.adapters = {name: Platform(account, office=self) for name, account in self.accounts.items()}
        self.shown: list[Entry] = [an_entry(0)]
        #: What is paused as far as people know; when each news was seen or let out last; when anything was done last.
        self.paused: set[tuple[Scope, str]] = set()
        self.fresh: dict[tuple[str, str], datetime] = {}
        self.start()

    @initialize()
    def an_office_that_knows_its_feed(self) -> None:
        self.works()

    def start(self) -> None:
        self.ledger = SqlLedger.open(self.folder / "ledger.db")
        feed = a_feed(
            accounts=list(self.accounts),
            holds=Holds(new_entries_over=None, older_than=OLD),
            delay=timedelta(minutes=10),
        )
        self.service = Service(
            feeds=[feed],
            accounts=self.accounts,
            source=self.source,
            pictures=lambda _: FakePictureSource(),
            store=MemoryPictureStore(),
            adapters=self.adapters.__getitem__,
            ledger=self.ledger,
            clock=self.clock,
            stop_sign=self.file,
        )
        self.service.recover()

    # -- what happens ------------------------------------------------------------------------------------------------

    @rule(is_urgent=st.booleans())
    def news(self, is_urgent: bool) -> None:
        number = len(self.shown)
        self.shown.insert(0, an_entry(number, categories=("Acil",) if is_urgent else (), published=self.clock.now()))
        self.source.entries["izmir-tr"] = tuple(self.shown[:30])

    @rule()
    def a_poll(self) -> None:
        self.service.try_poll(self.service.feeds[0])

    @rule(minutes=st.sampled_from([0, 1, 4, 6, 10, 30, 60, 360, 720, 1500, 4000]))
    def time_passes(self, minutes: int) -> None:
        self.clock.forward(minutes=minutes)
        self.works()

    @rule(minutes=st.sampled_from([1, 30, 600]))
    def the_clock_is_set_back(self, minutes: int) -> None:
        self.clock.forward(minutes=-minutes)
        self.works()

    def works(self) -> None:
        """Do what the daemon does."""
        self.service.keep_pauses()
        self.service.try_poll(self.service.feeds[0])
        # One after the other: what is stopped while another account's post is on its way stops the next one.
        for lane in self.service.due_lanes():
            self.service.deliver_lane(lane, report=lambda _: None)
        for adapter in self.adapters.values():
            assert adapter.wrong == []

    @rule(minutes=st.sampled_from([0, 60, 1500]))
    def it_is_away(self, minutes: int) -> None:
        self.ledger.close()
        self.clock.forward(minutes=minutes)
        self.start()

    @rule(scope=SCOPES, minutes=st.sampled_from([None, 30, 2000]))
    def a_pause(self, scope: tuple[Scope, str], minutes: int | None) -> None:
        now = self.clock.now()
        until = now + timedelta(minutes=minutes) if minutes else None
        PauseDesk(self.ledger).pause(*scope, AYSE, until=until, now=now)

    @rule(scope=SCOPES, release=RELEASES)
    def somebody_resumes(self, scope: tuple[Scope, str], release: Release | None) -> None:
        file = self.file.place if self.file.is_there else None
        try:
            done = PauseDesk(self.ledger).resume(*scope, AYSE, release=release, file=file, now=self.clock.now())
        except LedgerError:
            return
        for one in done.acted:
            self.fresh[one.title, one.delivery_id.partition("/")[2]] = self.clock.now()

    @rule(is_there=st.booleans())
    def a_file_is_put_or_removed(self, is_there: bool) -> None:
        self.file.is_there = is_there

    @rule(is_there=st.booleans())
    def a_file_is_put_or_removed_while_posts_are_made_ready(self, is_there: bool) -> None:
        self.adapters["x"].answers["stage"] = [lambda: self.a_file_is_put_or_removed(is_there)]

    @rule(scope=SCOPES)
    def a_pause_is_written_while_posts_are_made_ready(self, scope: tuple[Scope, str]) -> None:
        self.adapters["x"].answers["stage"] = [lambda: self.a_pause(scope, None)]

    @rule(data=st.data())
    def a_person_approves(self, data: st.DataObject) -> None:
        held = [one for one in history.deliveries(self.ledger, now=self.clock.now()) if one.status is Status.HELD]
        if held:
            record = data.draw(st.sampled_from(held))
            Desk(self.ledger).act(Verb.APPROVE, record.id, AYSE, now=self.clock.now())
            self.fresh[record.title, record.account_id] = self.clock.now()

    # -- what must hold ----------------------------------------------------------------------------------------------

    def why_not(self, title: str, account: str) -> str | None:
        """Say why a post may not be sent at this moment."""
        entry = next(one for one in self.shown if one.title == title)
        if self.file.is_there:
            return f"{title} in spite of the file"
        for pause in self.ledger.pauses():
            if pause.scope is not Scope.ACCOUNT or pause.name == account:
                return f"{title} under a pause"
        now = self.clock.now()
        wall = now.astimezone(ISTANBUL).replace(tzinfo=None)
        if (wall.month, wall.day) == (11, 10) and time(9, 4) <= wall.time() < time(9, 10):
            return f"{title} on 10 November"
        if datetime.fromisoformat("2026-11-12 12:00") <= wall < datetime.fromisoformat("2026-11-14 12:00"):
            return f"{title} in a time of mourning"
        if not entry.categories and not time(7) <= wall.time() < time(23):
            return f"{title} at night"
        assert entry.published
        fresh = max(entry.published, self.fresh.get((title, account), entry.published))
        return f"{title} is old" if now - fresh > OLD else None

    def teardown(self) -> None:
        """Let it all end: what a person has not dropped, and is not old, goes out."""
        self.adapters["x"].answers.clear()
        self.file.is_there = False
        self.works()
        for scope in ((Scope.ALL, ""), (Scope.ACCOUNT, "x"), (Scope.FEED, "izmir-tr")):
            self.somebody_resumes(scope, Release(newest=None))
        for _ in range(60):
            self.works()
            self.clock.forward(minutes=90)
        ended = (Status.PUBLISHED, Status.SKIPPED)
        for one in history.deliveries(self.ledger, now=self.clock.now()):
            assert one.status in ended or (one.status, one.reason) == (Status.HELD, Reason.STALE), one
        assert self.ledger.pauses() == []
        assert verify(self.ledger).findings == []
        self.ledger.close()
        shutil.rmtree(self.folder)


TestTimes = Office.TestCase
TestTimes.settings = settings(
    max_examples=-(-STEPS // PER_EXAMPLE),
    stateful_step_count=PER_EXAMPLE,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
