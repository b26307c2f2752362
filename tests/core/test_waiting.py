"""When a post goes out: each reason alone, and that nothing is let out for it that another one keeps."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from crossposter.core.model import Account, Attempt, Delivery, Entry, Feed, Origin, Reason, Status
from crossposter.core.retrying import LONGEST_WAIT
from crossposter.core.schedule import Dated, Election, Quiet, Times, Yearly, election_at, opening
from crossposter.core.urgency import Urgent
from crossposter.core.waiting import Urgency, at_first, is_urgent_now, when_due
from crossposter.testing import a_feed, an_account, an_entry

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text)


def an_office(**times: object) -> Account:
    return replace(an_account(), times=replace(Times(), **times))  # type: ignore[arg-type]  # a wrong name raises


def a_delivery(entry: Entry | None = None, **changes: object) -> Delivery:
    delivery = Delivery(
        entry_id=1,
        origin=Origin(feed_id="izmir-tr", site="izmir", seen_at=NOON),
        account_id="izmir-x",
        entry=entry or an_entry(1),
        tries=3,
        picture_tries=1,
    )
    return replace(delivery, **changes)  # type: ignore[arg-type]  # a wrong name raises


def reason(
    account: Account,
    delivery: Delivery | None = None,
    feed: Feed | None = None,
    *,
    polled_at: datetime | None = None,
    urgency: Urgency | None = None,
    now: datetime = NOON,
) -> Reason | None:
    found = when_due(delivery or a_delivery(), feed or a_feed(), account, polled_at=polled_at, urgency=urgency, now=now)
    return found.reason if found else None


DELAYED = a_feed(delay=10 * MINUTE)


@pytest.mark.parametrize(
    ("minutes", "polled", "waits"),
    [
        (9, 9, True),
        (10, 10, False),
        (10, 5, False),  # within an interval of the end
        (10, 4, True),
        (10, 0, True),  # when it was first seen
        (10, None, True),
        (24, None, True),
        (25, None, False),  # three intervals after the end: the feed cannot be read
    ],
)
def test_a_delay_lasts_until_its_feed_was_read_again(minutes: int, polled: int | None, waits: bool) -> None:
    polled_at = None if polled is None else NOON + polled * MINUTE
    found = reason(an_office(), feed=DELAYED, polled_at=polled_at, now=NOON + minutes * MINUTE)
    assert found is (Reason.DELAY if waits else None)


@pytest.mark.parametrize(
    ("ahead", "polled", "waits"),
    [
        (LONGEST_WAIT - 10 * MINUTE, 0, True),  # no longer than the clock was ahead: nothing goes out early
        (LONGEST_WAIT, None, True),
        (LONGEST_WAIT, 1, True),  # it was still ahead when the feed was read
        (LONGEST_WAIT, 0, False),
    ],
)
def test_news_that_was_seen_by_a_clock_far_ahead_waits_until_its_feed_was_read_by_the_right_one(
    ahead: timedelta, polled: float | None, waits: bool
) -> None:
    now = NOON - ahead
    polled_at = None if polled is None else now + polled * MINUTE
    found = reason(an_account(), feed=DELAYED, polled_at=polled_at, now=now)
    assert (found is Reason.DELAY) is waits


def test_an_urgent_post_of_a_clock_that_was_ahead_keeps_nothing_waiting() -> None:
    office = an_office(urgent=Urgent(categories=("Acil",), holds_others=HOUR))
    assert reason(office, urgency=Urgency(last_sent=NOON)) is Reason.BEHIND_URGENT
    assert reason(office, urgency=Urgency(last_sent=NOON + MINUTE)) is None


def test_a_short_interval_is_asked_for_shortly() -> None:
    feed = a_feed(delay=MINUTE, every=timedelta(seconds=30))
    found = when_due(a_delivery(), feed, an_office(), polled_at=None, urgency=None, now=NOON + MINUTE)
    assert found
    assert found.not_before == NOON + MINUTE + timedelta(seconds=30)


def test_what_a_person_let_out_what_was_sent_and_what_no_feed_is_known_of_wait_for_no_correction() -> None:
    attempt = Attempt(number=1, started_at=NOON, ended_at=NOON)
    for delivery in (a_delivery(released_at=NOON), a_delivery(attempt=attempt)):
        assert reason(an_office(), delivery, DELAYED) is None
    assert when_due(a_delivery(), None, an_office(), polled_at=None, urgency=None, now=NOON) is None


def test_what_waits_for_the_office_s_times_is_looked_at_again_within_a_day_and_has_failed_nothing() -> None:
    week = Dated(begin=local("2026-11-25 00:00"), end=local("2026-12-02 00:00"))
    found = when_due(a_delivery(), a_feed(), an_office(silences=(week,)), polled_at=None, urgency=None, now=NOON)
    assert found
    assert found.not_before
    assert found.not_before - NOON < LONGEST_WAIT
    assert (found.status, found.tries, found.picture_tries) == (Status.QUEUED, None, None)
    why = replace(week, why="yas")
    assert told(an_office(silences=(week,))) == "a silence until 02.12.2026 00:00"
    assert told(an_office(silences=(why,))) == "a silence until 02.12.2026 00:00: yas"
    night = Quiet(begin=time(12), end=time(13), why="öğle")
    assert told(an_office(quiet=(night,))) == "quiet hours until 25.11.2026 13:00: öğle"


def told(account: Account) -> str:
    found = at_first(an_entry(1), a_feed(), account, now=NOON)
    assert found
    return str(found.message)


def test_ordinary_news_waits_behind_urgent_ones_as_long_as_the_yaml_says() -> None:
    office = an_office(urgent=Urgent(categories=("Acil",), holds_others=HOUR))
    assert reason(office, urgency=Urgency(is_due=True)) is Reason.BEHIND_URGENT
    assert reason(office, urgency=Urgency(last_sent=NOON - HOUR + MINUTE)) is Reason.BEHIND_URGENT
    assert reason(office, urgency=Urgency(last_sent=NOON - HOUR)) is None
    assert reason(office, urgency=Urgency()) is None
    urgent = a_delivery(an_entry(1, categories=("Acil",)), is_urgent=True)
    assert reason(office, urgent, urgency=Urgency(is_due=True)) is None
    assert reason(an_office(), urgency=Urgency(is_due=True)) is None


def test_only_what_was_urgent_when_it_was_seen_and_is_so_still_goes_before_others() -> None:
    office = an_office(urgent=Urgent(categories=("Acil",)))
    acil = an_entry(1, categories=("Acil",))
    assert is_urgent_now(a_delivery(acil, is_urgent=True), office)
    assert not is_urgent_now(a_delivery(acil), office)
    assert not is_urgent_now(a_delivery(is_urgent=True), office)


MOMENTS = st.datetimes(local("2026-01-01"), local("2027-12-31"), timezones=st.just(UTC))
CLOCK = st.times(max_value=time(23, 59)).map(lambda found: found.replace(second=0, microsecond=0))
WALL = st.datetimes(local("2026-01-01"), local("2027-12-31")).map(lambda found: found.replace(second=0, microsecond=0))
SPANS = st.tuples(CLOCK, CLOCK).filter(lambda found: found[0] != found[1])
QUIETS = st.builds(lambda span: Quiet(begin=span[0], end=span[1]), SPANS)
YEARLIES = st.builds(lambda day, span: Yearly(month=day.month, day=day.day, begin=span[0], end=span[1]), WALL, SPANS)
DATED = st.builds(lambda begin, hours: Dated(begin=begin, end=begin + hours * HOUR), WALL, st.integers(1, 200))
ELECTIONS = st.builds(lambda begin: Election(begin=begin, end=begin + 240 * HOUR, allow=("Duyuru",)), WALL)
URGENT = st.builds(
    Urgent,
    categories=st.sampled_from([(), ("Acil",)]),
    holds_others=st.sampled_from([None, HOUR]),
    in_silences=st.booleans(),
)
OFFICES = st.builds(
    Times,
    timezone=st.just("Europe/Berlin"),
    quiet=st.lists(QUIETS, max_size=1).map(tuple),
    silences=st.lists(st.one_of(YEARLIES, DATED), max_size=3).map(tuple),
    elections=st.lists(ELECTIONS, max_size=1).map(tuple),
    urgent=URGENT,
)
CATEGORIES = st.sampled_from(["Acil", "Duyuru", "Spor"])


@settings(max_examples=200)
@given(
    times=OFFICES,
    now=MOMENTS,
    category=st.sampled_from(["Acil", "Duyuru", "Spor"]),
    delay=st.sampled_from([None, HOUR]),
)
def test_nothing_goes_out_in_a_silence_or_an_election_period_or_unread_and_each_wait_ends(
    times: Times, now: datetime, category: str, delay: timedelta | None
) -> None:
    entry, account, feed = an_entry(1, categories=(category,)), replace(an_account(), times=times), a_feed(delay=delay)
    origin = Origin(feed_id="izmir-tr", site="izmir", seen_at=now)
    urgent = category in times.urgent.categories
    delivery = a_delivery(entry, origin=origin, is_urgent=urgent)
    first = at_first(entry, feed, account, now=now)
    moment = now
    for _ in range(100):
        found = when_due(delivery, feed, account, polled_at=moment, urgency=None, now=moment)
        if found is None or found.status is Status.HELD:
            break
        assert found.not_before
        assert moment < found.not_before <= moment + LONGEST_WAIT
        moment = found.not_before
    else:
        raise AssertionError("waits for ever")
    if first and first.not_before and first.status is Status.QUEUED:
        assert moment >= first.not_before or found, "goes out before what the plan has said"
    if found:
        assert found.reason is Reason.ELECTION
        assert election_at(times.elections, times.timezone, moment)
        return
    assert category == "Duyuru" or not election_at(times.elections, times.timezone, moment)
    if not (urgent and times.urgent.in_silences):
        assert opening(times.silences, times.timezone, moment) is None
    if not urgent:
        assert opening(times.quiet, times.timezone, moment) is None
        assert moment - now >= (delay or timedelta())
