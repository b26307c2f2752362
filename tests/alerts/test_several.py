"""Several alarms over one ledger: together they tell each thing once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import time as time_of_day
from datetime import timedelta
from pathlib import Path

import pytest

from crossposter.alerts.carrier import Carrier
from crossposter.clock import SystemClock
from crossposter.core.alerting import BACKOFF, MAX_PER_HOUR, TAKEN_FOR
from crossposter.core.events import Event, Poll
from crossposter.references import DatabaseAddress, Secret
from crossposter.testing import FrozenClock, unreachable
from crossposter.wording import say
from tests.alerts.conftest import Webhook
from tests.alerts.doubt import in_doubt
from tests.alerts.test_alarm import PATIENCE_S, STOPPED, WORKS, Office, listener, until
from tests.ledger.conftest import Database, Place, clock_of_the_test, database, file, where

__all__ = ["clock_of_the_test", "database", "file", "where"]  # fixtures

pytestmark = pytest.mark.timeout(180)


class Offices:
    """Processes that share a ledger, each with an alarm and connections of its own."""

    def __init__(self, place: Path | DatabaseAddress, webhook: Webhook) -> None:
        self.clock = FrozenClock(SystemClock().now())
        self.each = [Office(place, self.clock) for _ in range(3)]
        self.webhook = webhook
        self.are_told()

    def are_told(self, digest: time_of_day | None = None) -> None:
        told = listener()
        told = replace(told, target=replace(told.target, digest=digest), address=Secret(self.webhook.url))
        for one in self.each:
            one.listeners = (told,)

    def hear(self, *events: Event, seconds: float = 60) -> list[str]:
        """Start all, let all hear the same at the same time, and let them end; gives the titles of what was sent."""
        self.clock.forward(seconds=seconds)
        before = len(self.webhook.got)
        together = threading.Barrier(len(self.each))

        def work(office: Office) -> None:
            office.start()
            assert office.alarm
            office.alarm._carrier = Carrier()
            together.wait(PATIENCE_S)
            for event in events:
                office.hear(event)
            office.finish()

        with ThreadPoolExecutor(len(self.each)) as pool:
            list(pool.map(work, self.each))
        return [title.removeprefix("crossposter: ") for title in self.webhook.titles[before:]]


@pytest.fixture
def offices(where: Place, clock_of_the_test: None, webhook: Webhook) -> Iterator[Offices]:
    made = Offices(where.place, webhook)
    yield made
    for one in made.each:
        if one.alarm:
            one.finish()
        one.ledger.close()


def test_a_matter_that_all_of_them_find_is_told_once_and_so_is_its_end(offices: Offices) -> None:
    assert offices.hear(STOPPED, STOPPED) == ["account izmir-x is stopped"]
    assert offices.hear(STOPPED) == []
    assert offices.hear(WORKS, WORKS) == ["account izmir-x works again"]
    assert offices.hear(WORKS) == []


def test_failures_in_a_row_are_counted_together(offices: Offices) -> None:
    first, second, third = offices.each
    failed, title = Poll(feed_id="izmir-tr", error=unreachable()), "feed izmir-tr cannot be read"
    assert [one.run(failed).titles for one in (first, second, third, first)] == [[], [], [title], []]
    assert second.run(Poll(feed_id="izmir-tr")).titles == ["feed izmir-tr is read again"]


def test_one_that_has_run_for_long_knows_what_others_have_told_meanwhile(offices: Offices) -> None:
    first, second, _ = offices.each
    first.start()
    assert second.run(STOPPED).titles == ["account izmir-x is stopped"]
    first.hear(STOPPED)
    first.hear(WORKS)
    carrier = first.carrier
    first.finish()
    assert carrier.titles == ["account izmir-x works again"]


def test_what_is_only_told_and_no_matter_is_told_by_whoever_did_it(offices: Offices) -> None:
    # Each of them has another post in hand; what waits at one moment goes in few messages, and nothing in two.
    for number, office in enumerate(offices.each):
        office.start()
        office.hear(in_doubt(f"{number}/izmir-x"))
    carriers = [office.carrier for office in offices.each]
    for office in offices.each:
        office.finish()
    told = "".join(letter.body for carrier in carriers for _, letter in carrier.sent)
    assert [told.count(f"{number}/izmir-x may be public") for number in range(3)] == [1, 1, 1]


def test_the_limit_of_an_hour_is_that_of_all_together(offices: Offices) -> None:
    sent = [len(offices.each[number % 3].run(in_doubt(f"{number}/izmir-x")).sent) for number in range(MAX_PER_HOUR + 3)]
    assert sent == [1] * MAX_PER_HOUR + [0] * 3
    assert offices.each[0].run(seconds=3600).titles == [f"{MAX_PER_HOUR}/izmir-x may be public or not (and 2 more)"]


def test_a_digest_comes_once(offices: Offices) -> None:
    offices.are_told(time_of_day(8))
    assert offices.hear() == []  # set up now: the first one is tomorrow's
    assert offices.hear(seconds=24 * 3600) == ["0 published, 0 wait for a person"]
    assert offices.hear() == []


def test_a_digest_of_which_one_of_them_does_not_know_yet_comes_once(offices: Offices) -> None:
    first, second, _ = offices.each
    offices.are_told(time_of_day(8))
    offices.hear()
    first.start()
    assert len(second.run(seconds=24 * 3600).sent) == 1
    first.wake()
    carrier = first.carrier
    first.finish()
    assert carrier.sent == []


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSTOP])
def test_what_one_has_taken_and_not_sent_another_sends(
    where: Place, webhook: Webhook, clock_of_the_test: None, end: signal.Signals
) -> None:
    place = where.place if isinstance(where.place, Path) else where.place.url
    with subprocess.Popen(
        [sys.executable, "-m", "tests.alerts.alarm_runner", str(place)], stdout=subprocess.PIPE, text=True
    ) as other:
        try:
            assert other.stdout
            title = other.stdout.readline().strip()
            os.kill(other.pid, end)
            clock = FrozenClock(SystemClock().now())
            office = Office(where.place, clock)
            office.listeners = (replace(listener(), address=Secret(webhook.url)),)
            office.start()
            assert office.alarm
            office.alarm._carrier = Carrier()
            office.hear(in_doubt("1/izmir-x"))
            office.hear(in_doubt("2/izmir-x"))
            clock.forward(seconds=TAKEN_FOR.total_seconds() / 2)
            office.wake()
            assert webhook.got == []  # it may be about to arrive
            clock.forward(seconds=TAKEN_FOR.total_seconds() / 2 + PATIENCE_S)
            office.wake()
            until(lambda: webhook.got)
            office.finish()
            office.ledger.close()
        finally:
            other.kill()
    assert webhook.titles == [f"{title} (and 1 more)"]


def test_what_waits_when_one_is_gone_is_found_by_another_without_being_told(offices: Offices) -> None:
    first, second, _ = offices.each
    first.start()
    first.hear(STOPPED)
    assert first.alarm
    first.alarm._is_over = True  # as if it were killed here
    offices.clock.forward(seconds=6)
    assert second.run().titles == ["account izmir-x is stopped"]


def test_alerts_for_a_target_that_only_others_know_are_left_to_them(offices: Offices) -> None:
    first, second, _ = offices.each
    first.listeners = (listener("env:NEW"),)
    first.start()
    first.hear(STOPPED)
    assert second.run().sent == []
    carrier = first.carrier
    first.finish()
    assert [address for address, _ in carrier.sent] == ["at env:NEW"]


def test_their_machines_clocks_may_be_apart(database: Database) -> None:
    clocks = [FrozenClock(SystemClock().now() + ahead) for ahead in (timedelta(hours=1), timedelta(hours=-1))]
    fast, slow = (Office(database.place, clock) for clock in clocks)
    assert fast.run(STOPPED).titles == ["account izmir-x is stopped"]
    slow.why_not = say("not taken: {words}", words="busy")
    assert slow.run(STOPPED, WORKS).tried == 1
    waiting = slow.book.outbox(now=clocks[1].now())
    (again,) = waiting.pending
    assert again.not_before
    assert timedelta() < again.not_before - waiting.now <= BACKOFF[0]
    assert len(waiting.sent[again.target]) == 1
    for one in (slow, fast):
        one.ledger.close()
