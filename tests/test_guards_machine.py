"""Nothing goes out unapproved, paused, silenced or stale, in any order of events.

The office of tests/test_state_machine.py (lost answers, deaths, copies that are put back), whose posts keep quiet
hours, silences and election periods, wait for people, and are paused, held, written anew and released while news
change. What may be sent at a moment is judged from what was done (`History`), by none of the program's own decisions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import initialize, invariant, rule

from crossposter import delivering
from crossposter.core.acts import LETS_OUT, Person, Verb
from crossposter.core.approval import ApprovalRule
from crossposter.core.model import Holds, Reason, Receipt, Status
from crossposter.core.pausing import Release, Scope, Sign
from crossposter.core.schedule import Dated, Election, Quiet, Times
from crossposter.core.timeline import Timeline
from crossposter.core.urgency import Urgent
from crossposter.errors import LedgerError
from crossposter.ledger import SqlLedger
from crossposter.ledger.acts import Desk
from crossposter.ledger.pause_desk import PauseDesk
from crossposter.ledger.records import DeliveryRecord
from crossposter.ledger.verifying import verify
from crossposter.ports import Staged
from crossposter.service import Service
from crossposter.testing import FakePictureSource, a_feed, an_account, an_entry
from tests.test_state_machine import ACCOUNTS, ENDED, ENDS, PATIENCE_S, STEPS, Death, Office, Platform

pytestmark = pytest.mark.timeout(PATIENCE_S)


@pytest.fixture(autouse=True)
def _one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make nothing ready on other threads: the same steps must lead to the same end."""
    monkeypatch.setattr(delivering, "AHEAD", 0)


MEHMET = Person(name="Mehmet", system_user="m", why="milli yas")
ISTANBUL = ZoneInfo("Europe/Istanbul")
EXPIRES, OLD, DELAY = timedelta(hours=6), timedelta(hours=24), timedelta(minutes=10)
#: A post is made ready a moment before it is sent; no step of these tests makes that longer.
MOMENT = timedelta(minutes=5)
FIRST_DAY = datetime.fromisoformat("2026-11-25 00:00")
#: On the wall, as from and until.
MOURNING = [(FIRST_DAY + timedelta(days=day, hours=10), FIRST_DAY + timedelta(days=day, hours=16)) for day in (1, 4, 7)]
ELECTIONS = [(FIRST_DAY + timedelta(days=day, hours=17), FIRST_DAY + timedelta(days=day, hours=20)) for day in range(9)]
TIMES = Times(
    timezone="Europe/Istanbul",
    quiet=(Quiet(begin=time(23), end=time(7)),),
    silences=tuple(Dated(begin=begin, end=end) for begin, end in MOURNING),
    elections=tuple(Election(begin=begin, end=end, allow=("Duyuru",)) for begin, end in ELECTIONS),
    urgent=Urgent(categories=("Acil",)),
)
#: Every post of X waits for a person; what was held and let out, on Instagram; nothing on Facebook.
APPROVALS = {"x": ApprovalRule(expires=EXPIRES), "instagram": ApprovalRule(of_holds=True, expires=EXPIRES)}
CATEGORIES = st.sampled_from([(), (), ("Acil",), ("Duyuru",)])
SCOPES = st.sampled_from([(Scope.ALL, ""), (Scope.ACCOUNT, "x"), (Scope.ACCOUNT, "facebook"), (Scope.FEED, "press")])
RELEASES = st.sampled_from([None, Release(newest=None), Release(newest=1), Release(newest=0)])
BETWEEN = st.sampled_from(
    ["pause", "pause", "changed", "changed", "written", "flawed", "press", "over", "file", "held", "away"]
)
WAITS = st.sampled_from([0, 1, 359, 361, 600])
ENDINGS = st.sampled_from(["", "", "", *sorted(ENDS)])
MOSTLY = st.sampled_from([True, True, False])
ELSEWHERE = "https://elsewhere.example/x"

#: A story's headline, and the account.
Key = tuple[str, str]


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
class History:
    """What was done, as far as it decides what may be sent; a copy of the ledger that is put back puts it back too."""

    #: What the feeds said when they were last read, since when, and which of them have shown it.
    said: dict[str, str] = field(default_factory=dict)
    seen: dict[str, datetime] = field(default_factory=dict)
    shown_by: dict[str, set[str]] = field(default_factory=dict)
    #: What holds, until when.
    pauses: list[tuple[Scope, str, datetime | None]] = field(default_factory=list)
    file_is_known: bool = False
    #: What a person has kept back, or what came due under a pause; what nobody wants; when somebody let it out last.
    kept: set[Key] = field(default_factory=set)
    rejected: set[Key] = field(default_factory=set)
    fresh: dict[Key, datetime] = field(default_factory=dict)
    #: The exact text that was let out; what was let out without one; what passes an election period, and the gate.
    let_out: dict[Key, tuple[str, datetime]] = field(default_factory=dict)
    waived: set[Key] = field(default_factory=set)
    elected: set[Key] = field(default_factory=set)
    passed: dict[Key, str] = field(default_factory=dict)
    #: A person's text; whether the news was changed since.
    written: dict[Key, str] = field(default_factory=dict)
    overtaken: set[Key] = field(default_factory=set)
    #: What was sent at first: nothing about it changes any more.
    sent: dict[Key, str] = field(default_factory=dict)
    #: What may be due later than the office's times say: the account could not be read, the clock was set.
    unsure: set[Key] = field(default_factory=set)

    def changed(self, title: str) -> None:
        """Forget what people let out of news that says something else."""
        for account in ("x", "facebook", "instagram"):
            key = (title, account)
            self.let_out.pop(key, None)
            self.passed.pop(key, None)
            if key in self.written:
                self.overtaken.add(key)

    def covers(self, scope: Scope, name: str, key: Key) -> bool:
        title, account = key
        if scope is Scope.FEED:
            return name in self.shown_by.get(title, ())
        return scope is Scope.ALL or name == account


@dataclass
class Judged(Platform):
    """An account that notes what is sent to it while it must not be."""

    judge: Callable[[str, str], str | None] = lambda _title, _account: None
    wrong: list[str] = field(default_factory=list)
    on_read_error: Callable[[], None] = lambda: None

    def publish(self, staged: Staged) -> Receipt:
        if why := self.judge(staged.post.text, self.account.id):
            self.wrong.append(f"{staged.post.text!r} on {self.account.id}: {why}")
        return super().publish(staged)

    def timeline(self, *, limit: int, of: object = (), replies: bool = False) -> Timeline:
        if self.reads:
            self.on_read_error()
        return super().timeline(limit=limit, of=of, replies=replies)


class GuardedOffice(Office):
    """A city's news on three accounts, from two feeds, and people who keep them back and let them out."""

    def __init__(self) -> None:
        self.file = File()
        self.told = History()
        self.told_in_backup = History()
        self.count = 0
        self.is_open = False
        super().__init__()

    def start(self) -> None:
        if not self.is_open:
            self.is_open = True
            self.source.entries["press"] = (an_entry(0),)
            self.accounts = {
                one.id: replace(an_account(one.id), times=TIMES, approval=APPROVALS.get(one.id)) for one in ACCOUNTS
            }
            self.adapters = {name: self.judged(name) for name in self.accounts}
        self.ledger = SqlLedger.open(self.path)
        self.ledger.stand_guard(now=self.clock.now())
        holds = Holds(new_entries_over=None, older_than=OLD)
        rules = {"holds": holds, "delay": DELAY, "allowed_hosts": ("izmir.bel.tr",)}
        self.service = Service(
            feeds=[a_feed(name, accounts=list(self.accounts), **rules) for name in ("izmir-tr", "press")],
            accounts=self.accounts,
            source=self.source,
            pictures=lambda _: FakePictureSource(),
            store=self.store,
            adapters=self.adapters.__getitem__,
            ledger=self.ledger,
            clock=self.clock,
            stop_sign=self.file,
        )
        self.service.recover()

    def judged(self, name: str) -> Judged:
        def unsure() -> None:
            self.told.unsure |= {(title, name) for title in self.told.seen}

        return Judged(self.accounts[name], clock=self.clock, judge=self.why_not, on_read_error=unsure)

    @initialize()
    def an_office_that_has_posted_before(self) -> None:
        self.work()
        self.news()
        self.work()

    # -- news and time -----------------------------------------------------------------------------------------------

    @rule(categories=CATEGORIES, in_press=st.booleans())
    def news(self, categories: tuple[str, ...] = (), in_press: bool = False) -> None:
        entry = an_entry(len(self.shown), categories=categories)
        self.shown.insert(0, entry)
        self.source.entries["izmir-tr"] = tuple(self.shown)
        if in_press:
            self.source.entries["press"] = (entry, *(self.source.entries["press"] or ()))  # type: ignore[misc]

    @rule(place=st.integers(0, 3))
    def the_news_is_changed(self, place: int = 0) -> None:
        place = min(place, len(self.shown) - 1)
        self.count += 1
        self.shown[place] = replace(self.shown[place], summary=f"Özet, {self.count}. kez.")
        self.source.entries["izmir-tr"] = tuple(self.shown)

    @rule()
    def a_poll(self) -> None:
        for feed in self.service.feeds:
            assert self.service.try_poll(feed).error is None
            for entry in self.source.entries[feed.id] or ():  # type: ignore[union-attr]
                self.told.seen.setdefault(entry.title, self.clock.now())
                self.told.shown_by.setdefault(entry.title, set()).add(feed.id)
        for entry in self.shown:
            if self.told.said.get(entry.title, entry.summary) != entry.summary:
                self.told.changed(entry.title)
            self.told.said[entry.title] = entry.summary

    def work(self) -> None:
        """Do what the daemon does."""
        self.what_ends_by_itself()
        self.service.keep_pauses()
        self.a_poll()
        try:
            for lane in self.service.due_lanes():
                self.service.deliver_lane(lane, report=lambda _: None)
        except Death:
            self.restart()

    @rule(minutes=st.sampled_from([1, 10, 11, 60, 359, 361, 600, 1500]))
    def time_goes_on(self, minutes: int) -> None:
        self.clock.forward(minutes=minutes)
        self.work()

    @rule(hour=st.sampled_from([6, 9, 11, 14, 16, 18, 22, 23]), minute=st.sampled_from([0, 49, 58]))
    def the_clock_shows(self, hour: int, minute: int) -> None:
        now = self.wall()
        then = now.replace(hour=hour, minute=minute, second=0)
        self.clock.time += (then if then > now else then + timedelta(days=1)) - now
        self.work()

    @rule(minutes=st.sampled_from([1, 30, 600]))
    def the_clock_is_set_back(self, minutes: int) -> None:
        self.told.unsure |= {(title, account) for title in self.told.seen for account in self.accounts}
        self.clock.forward(minutes=-minutes)
        self.work()

    @rule(minutes=st.sampled_from([60, 1500]))
    def nobody_is_at_work(self, minutes: int) -> None:
        self.stop()
        self.clock.forward(minutes=minutes)
        self.start()

    @rule(is_put_back=st.booleans())
    def a_backup(self, is_put_back: bool) -> None:
        is_there = (self.folder / "backup.db").exists()
        super().a_backup(is_put_back)
        if is_put_back and is_there:
            self.told = deepcopy(self.told_in_backup)
        else:
            self.told_in_backup = deepcopy(self.told)

    # -- pauses ------------------------------------------------------------------------------------------------------

    @rule(scope=SCOPES, minutes=st.sampled_from([None, 30, 2000]))
    def a_pause(self, scope: tuple[Scope, str] = (Scope.ALL, ""), minutes: int | None = None) -> None:
        now = self.clock.now()
        until = now + timedelta(minutes=minutes) if minutes else None
        PauseDesk(self.ledger).pause(*scope, MEHMET, until=until, now=now)
        self.told.pauses.append((*scope, until))

    @rule(scope=SCOPES, release=RELEASES)
    def somebody_resumes(self, scope: tuple[Scope, str] = (Scope.ALL, ""), release: Release | None = None) -> None:
        file = self.file.place if self.file.is_there else None
        try:
            done = PauseDesk(self.ledger).resume(*scope, MEHMET, release=release, file=file, now=self.clock.now())
        except LedgerError:
            return
        if any(pause[:2] == scope for pause in self.told.pauses) or (scope[0] is Scope.ALL and self.told.file_is_known):
            self.told.pauses = [pause for pause in self.told.pauses if pause[:2] != scope]
            self.told.file_is_known = self.told.file_is_known and scope[0] is not Scope.ALL
            self.a_pause_ends(*scope)
        for acted in done.acted:
            assert release
            key = (acted.title, acted.delivery_id.partition("/")[2])
            self.somebody_did(release.verb, key, Reason.BACKLOG, None)

    @rule(is_there=st.booleans())
    def a_file_is_put_or_removed(self, is_there: bool) -> None:
        self.file.is_there = is_there

    def what_ends_by_itself(self) -> None:
        """Note which pauses end when the daemon looks."""
        over = [pause for pause in self.told.pauses if pause[2] and pause[2] <= self.clock.now()]
        self.told.pauses = [pause for pause in self.told.pauses if pause not in over]
        for scope, name, _ in over:
            self.a_pause_ends(scope, name)
        if self.told.file_is_known and not self.file.is_there:
            self.a_pause_ends(Scope.ALL, "")
        self.told.file_is_known = self.file.is_there

    def a_pause_ends(self, scope: Scope, name: str) -> None:
        """Keep what was due: a person releases it."""
        told, now = self.told, self.clock.now()
        for title, seen in told.seen.items():
            if now >= seen + DELAY and not self.is_closed(title):
                keys = {(title, account) for account in self.accounts}
                told.kept |= {key for key in keys - told.unsure - set(told.sent) if told.covers(scope, name, key)}

    def time_passes(self, seconds: int) -> None:
        """Leave it to `time_goes_on`, the hand on the account to tests/test_state_machine.py."""

    def news_whose_public_call_ends_so(self, account: object, end: str, seconds: int) -> None:
        """Leave it to `a_story`."""

    def somebody_posts_by_hand(self, account: object) -> None:
        """Leave it to tests/test_state_machine.py."""

    def posts_are_seen_late(self, account: object, lag: int) -> None:
        """Leave it to tests/test_state_machine.py."""

    # -- people ------------------------------------------------------------------------------------------------------

    def desk(self, verb: Verb, record: DeliveryRecord, found: Receipt | None = None) -> None:
        (acted,) = Desk(self.ledger).act(verb, record.id, MEHMET, now=self.clock.now(), found=found)
        if acted.done:
            is_shown = record.draft is not None and record.draft.is_complete
            text = record.draft.post.text if record.draft and is_shown else None
            self.somebody_did(verb, (record.title, record.account_id), record.reason, text)

    def somebody_did(self, verb: Verb, key: Key, reason: Reason | None, text: str | None) -> None:
        told, now = self.told, self.clock.now()
        if verb is Verb.REJECT:
            told.rejected.add(key)
        if verb is Verb.HOLD:
            told.kept.add(key)
        if verb in LETS_OUT:
            told.kept.discard(key)
            told.fresh[key] = now
        if verb is not Verb.APPROVE:
            return
        if text:
            told.let_out[key] = (text, now)
        if reason is Reason.REVISED:
            told.overtaken.discard(key)
        elif reason is not Reason.APPROVAL:
            told.waived.add(key)
        if reason is Reason.ELECTION:
            told.elected.add(key)
        if reason is Reason.GATE and key in told.written:
            told.passed[key] = told.written[key]

    def standing_so(self, *status: Status) -> list[DeliveryRecord]:
        return [one for one in self.records() if one.status in status]

    @rule(data=st.data(), reason=st.sampled_from([Reason.APPROVAL, Reason.REVISED, None]))
    def a_person_approves(self, data: st.DataObject, reason: Reason | None = Reason.APPROVAL) -> None:
        held = [one for one in self.standing_so(Status.HELD) if reason in (None, one.reason) and not self.stands(one)]
        if held:
            self.desk(Verb.APPROVE, data.draw(st.sampled_from(held)))

    @rule(data=st.data(), verb=st.sampled_from([Verb.HOLD, Verb.REJECT]))
    def a_person_keeps_back(self, data: st.DataObject, verb: Verb = Verb.HOLD) -> None:
        if queued := self.standing_so(Status.QUEUED):
            self.desk(verb, data.draw(st.sampled_from(queued)))

    @rule(data=st.data(), is_flawed=st.booleans())
    def a_person_writes(self, data: st.DataObject, is_flawed: bool = False) -> None:
        if unsent := self.standing_so(Status.QUEUED, Status.HELD):
            self.write(data.draw(st.sampled_from(unsent)), is_flawed=is_flawed)

    def write(self, record: DeliveryRecord, *, is_flawed: bool = False) -> None:
        self.count += 1
        text = f"{record.title}\nBaşka sözler, {self.count}. kez. {ELSEWHERE if is_flawed else record.link}"
        acted = Desk(self.ledger).edit(record.id, MEHMET, text, now=self.clock.now())
        if acted and acted.done:
            key = (record.title, record.account_id)
            self.told.written[key] = text
            self.told.overtaken.discard(key)
            self.told.let_out.pop(key, None)
            self.told.passed.pop(key, None)

    # -- one story, and what happens to it on its way ----------------------------------------------------------------

    @rule(data=st.data(), categories=CATEGORIES, between=BETWEEN, minutes=WAITS, end=ENDINGS, is_open=MOSTLY)
    def a_story(
        self, data: st.DataObject, categories: tuple[str, ...], between: str, minutes: int, end: str, is_open: bool
    ) -> None:
        """Let news come and wait, somebody let it out, and something happen before it is sent."""
        key = self.story(data, categories, end, is_open=is_open)
        self.it_happens(between, key)
        self.clock.forward(minutes=minutes)
        self.work()

    @rule(data=st.data(), categories=CATEGORIES, between=BETWEEN, end=ENDINGS, is_open=MOSTLY)
    def a_story_that_is_made_ready(
        self, data: st.DataObject, categories: tuple[str, ...], between: str, end: str, is_open: bool
    ) -> None:
        """Let it happen at the last moment."""
        key = self.story(data, categories, end, is_open=is_open)
        self.adapters[key[1]].answers["stage"] = [lambda: self.it_happens(between, key)]
        self.work()

    #: Of all that happens, this is what the guards are for: it happens more often.
    a_story_more, a_story_again = a_story, a_story
    one_that_is_made_ready_more = one_that_is_made_ready_again = a_story_that_is_made_ready

    def story(self, data: st.DataObject, categories: tuple[str, ...], end: str, *, is_open: bool) -> Key:
        """Let news come on an account whose next public call may end badly, and be let out where that is asked for."""
        if is_open:
            self.nothing_keeps_anything()
        self.news(categories, in_press=True)
        key = (self.shown[0].title, data.draw(st.sampled_from(sorted(self.accounts))))
        self.a_poll()
        self.clock.forward(minutes=11)
        if key[1] == "x":
            self.work()
            for one in self.of(*key):
                if one.reason is Reason.APPROVAL and one.status is Status.HELD:
                    self.desk(Verb.APPROVE, one)
        if end:
            stands, raised = ENDS[end]
            self.adapters[key[1]].ends.append((stands, raised()))
        return key

    def nothing_keeps_anything(self) -> None:
        """End what pauses, and the night."""
        self.file.is_there = False
        self.work()
        for scope in {pause[:2] for pause in self.told.pauses}:
            self.somebody_resumes(scope, Release(newest=None))
        while self.is_closed(self.shown[-1].title):
            self.clock.forward(minutes=60)

    def of(self, title: str, account: str) -> Iterator[DeliveryRecord]:
        return (one for one in self.records() if (one.title, one.account_id) == (title, account))

    def it_happens(self, what: str, key: Key) -> None:
        match what:
            case "changed":
                self.the_news_is_changed(next(i for i, one in enumerate(self.shown) if one.title == key[0]))
                self.a_poll()
            case "pause":
                self.a_pause()
            case "press":
                self.a_pause((Scope.FEED, "press"))
            case "over":
                self.a_pause((Scope.ACCOUNT, key[1]))
                self.somebody_resumes((Scope.ACCOUNT, key[1]))
            case "file":
                self.a_file_is_put_or_removed(True)
            case "away":
                self.clock.forward(minutes=4)
        for one in self.of(*key):
            if what == "held" and one.status is Status.QUEUED:
                self.desk(Verb.HOLD, one)
            if what in ("written", "flawed"):
                self.write(one, is_flawed=what == "flawed")

    # -- what must hold ----------------------------------------------------------------------------------------------

    def wall(self) -> datetime:
        return self.clock.now().astimezone(ISTANBUL).replace(tzinfo=None)

    def categories(self, title: str) -> tuple[str, ...]:
        return next(one.categories for one in self.shown if one.title == title)

    def is_closed(self, title: str) -> bool:
        """Tell whether the office's times keep a story at this moment."""
        wall = self.wall()
        is_quiet = wall.time() >= time(23) or wall.time() < time(7)
        is_urgent = "Acil" in self.categories(title)
        return (is_quiet and not is_urgent) or any(begin <= wall < end for begin, end in MOURNING)

    def why_not(self, text: str, account: str) -> str | None:
        """Say why a post may not be sent at this moment."""
        title = text.partition("\n")[0]
        key, told, now, wall = (title, account), self.told, self.clock.now(), self.wall()
        first = told.sent.setdefault(key, text)
        if self.file.is_there:
            return "in spite of the file"
        if any(told.covers(scope, name, key) for scope, name, _ in told.pauses):
            return "under a pause"
        if self.is_closed(title):
            return f"at {wall}"
        is_allowed = "Duyuru" in self.categories(title) or key in told.elected
        if not is_allowed and any(begin <= wall < end for begin, end in ELECTIONS):
            return "in an election period"
        if key in told.rejected or key in told.kept:
            return "nobody has released it"
        if now - max(told.seen[title], told.fresh.get(key, told.seen[title])) > OLD + MOMENT:
            return "it is old"
        if first is not text:
            return None if first == text else f"it was sent as {first!r} before"
        return self.why_not_these_words(key, text)

    def why_not_these_words(self, key: Key, text: str) -> str | None:
        told, now = self.told, self.clock.now()
        if key in told.written:
            if text != told.written[key]:
                return f"a person has written {told.written[key]!r}"
            if key in told.overtaken:
                return "the news was changed since a person wrote it"
            if ELSEWHERE in text and told.passed.get(key) != text:
                return "the gate lets nobody through"
        elif told.said[key[0]] not in text:
            return f"the news says {told.said[key[0]]!r}"
        if key[1] == "x" or (key[1] == "instagram" and key in told.waived):
            let_out, at = told.let_out.get(key, (None, now))
            if let_out != text:
                return "nobody has let this text out"
            if now - at > EXPIRES + MOMENT:
                return "its approval is void"
        return None

    @invariant()
    def nothing_went_out_that_must_not(self) -> None:
        for adapter in self.adapters.values():
            assert isinstance(adapter, Judged)
            assert not adapter.wrong, adapter.wrong

    def the_ledger_and_the_platforms_agree(self) -> None:
        """Look at it at the end alone; tests/test_state_machine.py does so after each step."""
        super().the_ledger_and_the_platforms_agree()

    def teardown(self) -> None:
        """Let all end: what people let out goes out."""
        for adapter in self.adapters.values():
            adapter.ends, adapter.reads, adapter.lag = [], [], 0
            adapter.answers.clear()
        self.nothing_keeps_anything()
        for _ in range(40):
            self.work()
            if all(one.status in ENDED for one in self.records()):
                break
            self.clock.forward(minutes=90)
        self.nothing_went_out_that_must_not()
        self.the_ledger_and_the_platforms_agree()
        for one in self.records():
            assert one.status in ENDED, one
        assert self.ledger.pauses() == []
        assert verify(self.ledger).findings == [], "whatever happens, the record tells it"
        self.stop()
        for path in self.folder.iterdir():
            path.unlink()
        self.folder.rmdir()


TestGuardedOffice = GuardedOffice.TestCase
TestGuardedOffice.settings = settings(
    max_examples=max(10, STEPS // 800),
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
