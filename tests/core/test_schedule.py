"""When the office's clock lets something go out, with both changes of it that a year has, and some that it had once."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from crossposter.core.schedule import Dated, Election, Quiet, Yearly, election_at, opening, shown

ISTANBUL, BERLIN = "Europe/Istanbul", "Europe/Berlin"
NIGHT = Quiet(begin=time(23), end=time(7))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-11-27 19:59:59", None),
        ("2026-11-27 20:00", "2026-11-28 04:00"),  # 23:00 in Istanbul
        ("2026-11-27 21:00", "2026-11-28 04:00"),  # midnight
        ("2026-11-28 03:59:59", "2026-11-28 04:00"),
        ("2026-11-28 04:00", None),
    ],
)
def test_quiet_hours_go_over_midnight_and_end_with_their_last_second(now: str, opens: str | None) -> None:
    found = opening([NIGHT], ISTANBUL, utc(now))
    assert (found and found.at) == (utc(opens) if opens else None)


def test_quiet_days_of_the_week_begin_on_those_days_alone() -> None:
    weekend = Quiet(begin=time(), end=time(), weekdays=frozenset({5, 6}))
    assert opening([weekend], ISTANBUL, utc("2026-11-27 20:59")) is None  # Friday, 23:59
    found = opening([weekend], ISTANBUL, utc("2026-11-27 21:00"))  # Saturday, 0:00
    assert found
    assert found.at == utc("2026-11-29 21:00")  # Monday, 0:00: two windows, one after the other


SILENCE_OF_10_NOVEMBER = Yearly(month=11, day=10, begin=time(9, 4), end=time(9, 10), why="Atatürk'ü anma")


@pytest.mark.parametrize(
    ("begins", "ends"),
    [
        ("2026-11-10 06:04", "2026-11-10 06:10"),
        ("2016-11-10 06:04", "2016-11-10 06:10"),  # Turkey stayed on summer time in that year
        ("2015-11-10 07:04", "2015-11-10 07:10"),  # and was on winter time in the year before
    ],
)
def test_a_yearly_silence_goes_by_the_clock_on_the_wall(begins: str, ends: str) -> None:
    assert opening([SILENCE_OF_10_NOVEMBER], ISTANBUL, utc(begins) - timedelta(seconds=1)) is None
    found = opening([SILENCE_OF_10_NOVEMBER], ISTANBUL, utc(begins))
    assert found
    assert (found.at, found.window) == (utc(ends), SILENCE_OF_10_NOVEMBER)
    assert opening([SILENCE_OF_10_NOVEMBER], ISTANBUL, utc(ends)) is None


def test_in_istanbul_the_last_sunday_of_october_2016_had_25_hours_no_more() -> None:
    window = Quiet(begin=time(3, 30), end=time(3, 45))
    found = opening([window], ISTANBUL, utc("2016-10-30 00:30"))
    assert found
    assert found.at == utc("2016-10-30 00:45")
    assert opening([window], ISTANBUL, utc("2016-10-30 01:30")) is None


@pytest.mark.parametrize(
    ("begin", "end", "first", "last"),
    [
        # 29 March 2026: after 01:59:59 comes 03:00, at 01:00 UTC.
        ("02:15", "02:45", None, None),
        ("01:30", "02:30", "2026-03-29 00:30", "2026-03-29 01:00"),
        ("02:30", "03:30", "2026-03-29 01:00", "2026-03-29 01:30"),
        ("01:00", "04:00", "2026-03-29 00:00", "2026-03-29 02:00"),
    ],
)
def test_what_begins_or_ends_in_the_hour_that_is_left_out_does_so_at_that_moment(
    begin: str, end: str, first: str | None, last: str | None
) -> None:
    window = Quiet(begin=time.fromisoformat(begin), end=time.fromisoformat(end))
    assert whole(window, BERLIN, "2026-03-28 20:00", "2026-03-29 20:00") == ((first, last) if first else None)


@pytest.mark.parametrize(
    ("begin", "end", "first", "last"),
    [
        # 25 October 2026: after 02:59:59 comes 02:00 again, at 01:00 UTC.
        ("02:15", "02:45", "2026-10-25 00:15", "2026-10-25 01:45"),
        ("01:30", "02:30", "2026-10-24 23:30", "2026-10-25 01:30"),
        ("02:30", "03:30", "2026-10-25 00:30", "2026-10-25 02:30"),
        ("23:00", "07:00", "2026-10-24 21:00", "2026-10-25 06:00"),
    ],
)
def test_what_begins_or_ends_in_the_hour_that_comes_twice_holds_from_the_first_to_the_last(
    begin: str, end: str, first: str, last: str
) -> None:
    window = Quiet(begin=time.fromisoformat(begin), end=time.fromisoformat(end))
    assert whole(window, BERLIN, "2026-10-24 20:00", "2026-10-25 20:00") == (first, last)


def whole(window: Quiet, zone: str, since: str, until: str) -> tuple[str, str] | None:
    """Walk through a time in steps of a minute, and give when a window begins and ends in it."""
    at, closed = utc(since), list[datetime]()
    while at < utc(until):
        if opening([window], zone, at):
            closed.append(at)
        at += timedelta(minutes=1)
    if not closed:
        return None
    assert closed[-1] - closed[0] == timedelta(minutes=len(closed) - 1), "more than one"
    return f"{closed[0]:%Y-%m-%d %H:%M}", f"{closed[-1] + timedelta(minutes=1):%Y-%m-%d %H:%M}"


def test_29_february_is_a_silence_in_leap_years_alone() -> None:
    day = Yearly(month=2, day=29)
    found = opening([day], ISTANBUL, utc("2028-02-29 10:00"))
    assert found
    assert found.at == utc("2028-02-29 21:00")
    for moment in ("2027-02-28 10:00", "2027-03-01 10:00", "2028-03-01 10:00"):
        assert opening([day], ISTANBUL, utc(moment)) is None


def test_a_dated_silence_lasts_from_its_first_day_to_its_last_over_the_turn_of_the_year() -> None:
    mourning = Dated(begin=local("2026-12-30 12:00"), end=local("2027-01-06 12:00"), why="milli yas")
    assert opening([mourning], ISTANBUL, utc("2026-12-30 08:59")) is None
    found = opening([mourning], ISTANBUL, utc("2027-01-01 00:00"))
    assert found
    assert found.at == utc("2027-01-06 09:00")
    new_year = Yearly(month=12, day=31, begin=time(23), end=time(1))
    found = opening([new_year], ISTANBUL, utc("2026-12-31 21:30"))
    assert found
    assert found.at == utc("2026-12-31 22:00")


def test_windows_that_follow_one_another_are_one_and_the_last_is_what_is_told() -> None:
    morning = Yearly(month=11, day=10, begin=time(7), end=time(9, 10))
    found = opening([NIGHT, morning], ISTANBUL, utc("2026-11-09 23:00"))
    assert found
    assert (found.at, found.window) == (utc("2026-11-10 06:10"), morning)


def test_windows_that_never_end_are_not_looked_at_for_ever() -> None:
    always = [Quiet(begin=time(0), end=time(12)), Quiet(begin=time(12), end=time(0))]
    found = opening(always, ISTANBUL, utc("2026-11-27 12:00"))
    assert found
    assert found.at > utc("2026-11-27 12:00")


def test_an_election_period_lets_news_of_its_categories_out_in_any_spelling() -> None:
    period = Election(begin=local("2027-03-21 00:00"), end=local("2027-04-01 00:00"), allow=("Acil", "İmar"))
    assert election_at([period], ISTANBUL, utc("2027-03-20 20:59")) is None
    assert election_at([period], ISTANBUL, utc("2027-03-20 21:00")) is period
    assert election_at([period], ISTANBUL, utc("2027-03-31 21:00")) is None
    assert not period.forbids(["imar", "Spor"])
    assert not period.forbids(["ACİL"])
    assert period.forbids(["Spor"])
    assert period.forbids([])


def test_a_moment_is_shown_as_the_office_s_clock_shows_it() -> None:
    assert shown(utc("2026-11-27 21:30"), ISTANBUL) == "28.11.2026 00:30"


TIMES = st.times(max_value=time(23, 59)).map(lambda found: found.replace(second=0, microsecond=0))
ZONES = st.sampled_from([ISTANBUL, BERLIN, "UTC", "Pacific/Apia", "America/St_Johns", "Australia/Lord_Howe"])
WALL = st.datetimes(local("2011-01-02"), local("2030-01-01")).map(lambda found: found.replace(second=0, microsecond=0))
QUIETS = st.builds(
    lambda begin, end, days: Quiet(begin=begin, end=end, weekdays=days),
    TIMES,
    TIMES,
    st.frozensets(st.integers(0, 6), max_size=6),
)
YEARLIES = st.builds(
    lambda day, begin, end: Yearly(month=day.month, day=day.day, begin=begin, end=end), WALL, TIMES, TIMES
)
DATED = st.builds(
    lambda begin, hours: Dated(begin=begin, end=begin + timedelta(hours=hours)), WALL, st.integers(1, 200)
)


@settings(max_examples=300)
@given(
    windows=st.lists(st.one_of(QUIETS, YEARLIES, DATED), max_size=4),
    zone=ZONES,
    now=st.datetimes(local("2011-01-02"), local("2030-01-01"), timezones=st.just(UTC)),
)
def test_what_opens_is_later_than_now_and_lies_in_no_window(
    windows: list[Quiet | Yearly | Dated], zone: str, now: datetime
) -> None:
    found = opening(windows, zone, now)
    if found is None:
        assert not any(stands_in(window, now, zone) for window in windows)
        return
    assert found.at > now
    # Where the windows leave no room, the chain is cut.
    if opening(windows, zone, found.at) is None:
        assert not any(stands_in(window, found.at, zone) for window in windows)
    else:
        assert found.at - now > timedelta(days=14)


def stands_in(window: Quiet | Yearly | Dated, moment: datetime, zone: str) -> bool:
    """Tell whether the clock on the wall shows a time of a window: the plain meaning of what is written."""
    wall = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    if isinstance(window, Dated):
        return window.begin <= wall < window.end
    days = [wall.date() - timedelta(days=1), wall.date()]
    if isinstance(window, Quiet):
        days = [day for day in days if not window.weekdays or day.weekday() in window.weekdays]
    else:
        days = [day for day in days if (day.month, day.day) == (window.month, window.day)]
    for day in days:
        last = day if window.end > window.begin else day + timedelta(days=1)
        if datetime.combine(day, window.begin) <= wall < datetime.combine(last, window.end):
            return True
    return False
