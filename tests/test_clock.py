"""The wall clock jumps while the daemon's threads run: nothing goes out early, nothing twice, and polls go on."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

import pytest
import time_machine

from crossposter.clock import SystemClock
from crossposter.core.checkup import Check, Colour, Finding
from crossposter.core.events import ClockDoubted, ClockJumped, Event, Poll
from crossposter.core.model import Outcome, Reason, Status
from crossposter.daemon import Daemon
from crossposter.engines.threads import Threads
from crossposter.ledger import LedgerHeartbeat
from crossposter.pauses import FIRST_LOOK_S, LONGEST_LOOK_S, ClockPause
from crossposter.service import MAX_LANES, Service
from crossposter.signals import Command, Commands
from crossposter.testing import FrozenClock, a_feed, an_account, an_entry
from crossposter.wording import say
from tests.test_daemon import until
from tests.test_service import Office

pytestmark = pytest.mark.timeout(120)

START = datetime(2026, 11, 27, 9, tzinfo=UTC)


class Morning:
    """A daemon at work, with one post that waits until half past nine, and platforms that know what time it is."""

    def __init__(self, office: Office, traveller: time_machine.Traveller) -> None:
        self.office = office
        self.events: list[Event] = []
        self.commands = Commands()
        self._traveller = traveller
        self._began = time.monotonic()
        self.daemon = Daemon(
            office.service(),
            commands=self.commands,
            load=lambda: cast("Service", None),
            heartbeat=LedgerHeartbeat(office.ledger),
            engine=Threads(MAX_LANES),
            clock=SystemClock(),
            report=self.events.append,
            check_up=self._check_up,
        )

    def _check_up(self, _service: Service) -> list[Finding]:
        off = abs(SystemClock().now() - self.true_time)
        colour = Colour.RED if off > timedelta(minutes=4) else Colour.GREEN
        return [Finding(subject="izmir-x", check=Check.CLOCK, colour=colour, message=say("found"))]

    #: By how much the platforms' time has really gone on, beyond what has passed.
    slept = timedelta()

    @property
    def true_time(self) -> datetime:
        return START + timedelta(seconds=time.monotonic() - self._began) + self.slept

    def told(self, event: Event) -> int:
        return self.events.count(event)

    def polls(self) -> int:
        return sum(1 for event in list(self.events) if isinstance(event, Poll))

    def statuses(self) -> list[Status]:
        return [one.status for one in self.office.deliveries()]


@pytest.fixture
def morning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Morning]:
    monkeypatch.setattr("crossposter.daemon.LOOK_S", 1)
    with time_machine.travel(START, tick=True) as traveller:
        office = Office(tmp_path / "ledger.db", [an_account()])
        office.clock = cast("FrozenClock", SystemClock())
        office.feeds = [a_feed(every=timedelta(seconds=1))]
        office.run()  # the first sight of the feed
        office.news(an_entry(1))
        service = office.service()
        service.try_poll(office.feeds[0])
        (waiting,) = service.due_lanes()[0]
        later = Outcome(status=Status.QUEUED, reason=Reason.TRANSIENT, not_before=START + timedelta(minutes=30))
        office.ledger.postpone(waiting.delivery_id or "", later, now=START)
        found = Morning(office, traveller)
        running = threading.Thread(target=found.daemon.run)
        running.start()
        try:
            until(lambda: found.polls() > 1)
            yield found
        finally:
            found.commands.put(Command.STOP)
            running.join()
            office.ledger.close()


JUMPS = {
    "an hour back": timedelta(hours=-1),
    "an hour ahead": timedelta(hours=1),
    "two days ahead": timedelta(days=2),
    "to 1970": datetime(1970, 1, 1, tzinfo=UTC) - START,
}


@pytest.mark.proof
@pytest.mark.parametrize("jump", JUMPS)
def test_a_clock_that_jumps_away_sends_nothing_early_and_nothing_twice(morning: Morning, jump: str) -> None:
    polled = morning.polls()
    morning._traveller.shift(JUMPS[jump])
    jumped_at = time.monotonic()
    until(lambda: any(isinstance(event, ClockJumped) for event in list(morning.events)))
    until(lambda: morning.polls() > polled + 2)
    print(f"{jump}: polls went on after {time.monotonic() - jumped_at:.1f} s")
    until(lambda: morning.told(ClockDoubted(is_over=False)))
    morning.office.news(an_entry(2), an_entry(1))
    until(lambda: len(morning.statuses()) == 2)
    time.sleep(2.5)  # noqa: TID251 - two ticks and more
    assert morning.office.texts() == []

    morning._traveller.shift(-JUMPS[jump])
    until(lambda: morning.told(ClockDoubted(is_over=True)))
    morning.office.news(an_entry(3), an_entry(2), an_entry(1))
    until(lambda: "Haber 3" in morning.office.texts())
    time.sleep(2.5)  # noqa: TID251 - two ticks and more
    # What was first seen while the clock stood days behind is old by it, and waits for a person.
    second = Status.HELD if JUMPS[jump] < timedelta(days=-1) else Status.PUBLISHED
    assert sorted(morning.statuses()) == sorted([Status.QUEUED, second, Status.PUBLISHED])
    assert len(morning.office.texts()) == morning.statuses().count(Status.PUBLISHED)


def test_a_machine_that_slept_goes_on_with_what_has_become_due(morning: Morning) -> None:
    morning.slept = timedelta(hours=1)
    morning._traveller.shift(morning.slept)
    until(lambda: morning.office.texts() == ["Haber 1"])
    time.sleep(2.5)  # noqa: TID251 - two ticks and more
    assert morning.office.texts() == ["Haber 1"]
    assert morning.told(ClockDoubted(is_over=False)) == 0


def test_another_zone_of_the_machine_changes_nothing(morning: Morning, monkeypatch: pytest.MonkeyPatch) -> None:
    before = ZoneInfo("Europe/Istanbul")
    try:
        with monkeypatch.context() as patch:
            patch.setitem(os.environ, "TZ", "Pacific/Auckland")
            time.tzset()
            polled = morning.polls()
            morning.office.news(an_entry(2), an_entry(1))
            until(lambda: morning.office.texts() and morning.polls() > polled + 2)
            assert morning.office.texts() == ["Haber 2"]
            assert ZoneInfo("Europe/Istanbul") is before  # read once: a changed file counts after a restart
    finally:
        time.tzset()
    assert not any(isinstance(event, ClockJumped) for event in morning.events)


# -- the pause alone -------------------------------------------------------------------------------------------------


def test_platforms_are_asked_less_and_less_often_while_none_confirms_the_clock() -> None:
    clock, passed = FrozenClock(START), [0.0]
    pause = ClockPause(clock, monotonic=lambda: passed[0])

    def pass_time(seconds: float) -> None:
        passed[0] += seconds
        clock.forward(seconds=seconds)

    assert not pause.must_ask()
    clock.forward(seconds=19)
    assert not pause.is_doubtful
    clock.forward(seconds=-20)
    assert pause.is_doubtful
    asked = []
    for minute in range(600):
        if pause.must_ask():
            asked.append(minute)
        pass_time(60)
    assert asked == [0, 1, 3, 7, 15, 31, 63, *range(123, 600, int(LONGEST_LOOK_S / FIRST_LOOK_S))]
    pause.confirmed()
    assert pause.is_doubtful  # nobody has heard of the jump yet
    assert pause.jumped() == timedelta(seconds=-20)
    assert pause.jumped() == timedelta()
    pause.confirmed()
    assert not pause.is_doubtful
    assert not pause.must_ask()


def test_a_clock_that_is_behind_the_ledger_is_doubted_from_the_start() -> None:
    pause = ClockPause(FrozenClock(START), is_doubtful=True, monotonic=lambda: 0.0)
    assert pause.is_doubtful
    assert pause.must_ask()
    pause.confirmed()
    assert not pause.is_doubtful
