"""When the office's times let a post go out: quiet hours, silences, election periods.

Times are those of the city's clock on the wall. Where that is put forward or back, a window that begins or ends in
what is left out does so at that moment, and one that begins or ends in what comes twice holds from the first time to
the last.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from crossposter.core.text import match_key
from crossposter.core.urgency import Urgent

#: Windows that follow one another without a gap; more are looked at when these are over.
_MOST_WINDOWS = 64
_DAY = timedelta(days=1)


class Span(NamedTuple):
    """A time from one moment to another, which is none of it; both aware UTC."""

    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """Hours of each day, or of some days of the week, in which nothing goes out that can wait.

    An end that is not later than the beginning is on the day after.
    """

    begin: time
    end: time
    #: On which days it begins, Monday is 0; empty for each.
    weekdays: frozenset[int] = frozenset()
    why: str = ""

    def spans(self, zone: ZoneInfo, day: date) -> Iterator[Span]:
        """Give those around a day."""
        for begins in (day + _DAY * offset for offset in (-2, -1, 0, 1)):
            if not self.weekdays or begins.weekday() in self.weekdays:
                yield _span(zone, begins, self.begin, self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Yearly:
    """A silence on a day of each year; 29 February is one in leap years alone."""

    month: int
    day: int
    begin: time = time()
    end: time = time()
    why: str = ""

    def spans(self, zone: ZoneInfo, day: date) -> Iterator[Span]:
        """Give those around a day."""
        for year in (day.year - 1, day.year, day.year + 1):
            try:
                begins = date(year, self.month, self.day)
            except ValueError:  # 29 February, or a year that no calendar has
                continue
            yield _span(zone, begins, self.begin, self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """A silence once: from one time on the wall to another, both without a zone."""

    begin: datetime
    end: datetime
    why: str = ""

    def spans(self, zone: ZoneInfo, _day: date) -> Iterator[Span]:
        """Give it."""
        yield Span(first_moment(self.begin, zone), last_moment(self.end, zone))


@dataclass(frozen=True, slots=True, kw_only=True)
class Election:
    """A time in which only news of some categories goes out by itself; the rest waits for a person."""

    begin: datetime
    end: datetime
    #: Categories whose news goes out; in any spelling.
    allow: tuple[str, ...] = ()
    why: str = ""

    def forbids(self, categories: Sequence[str]) -> bool:
        """Tell whether news of these categories waits for a person."""
        return {match_key(name) for name in categories}.isdisjoint(match_key(name) for name in self.allow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """When a city's posts go out; nothing of it holds anything back."""

    timezone: str = "UTC"
    quiet: tuple[Quiet, ...] = ()
    silences: tuple[Yearly | Dated, ...] = ()
    elections: tuple[Election, ...] = ()
    urgent: Urgent = field(default_factory=Urgent)


class Opening(NamedTuple):
    """When something may go out, and the window that keeps it until then: of several, the one that ends last."""

    at: datetime
    window: Quiet | Yearly | Dated


def opening(windows: Sequence[Quiet | Yearly | Dated], timezone: str, now: datetime) -> Opening | None:
    """Give when something may go out; None for right now.

    Args:
        windows: In which it may not.
        timezone: IANA; of the clock that they go by.
        now: Aware.

    Returns:
        A moment later than now, in no window; where very many follow one another, the end of one of them.
    """
    zone = ZoneInfo(timezone)
    at, last = now, None
    for _ in range(_MOST_WINDOWS):
        found = [(end, window) for window in windows if (end := _end_of(window, zone, at))]
        if not found:
            break
        at, last = max(found, key=lambda one: one[0])
    return Opening(at, last) if last else None


def election_at(elections: Sequence[Election], timezone: str, now: datetime) -> Election | None:
    """Give the election period that holds; None for none."""
    zone = ZoneInfo(timezone)
    return next((one for one in elections if first_moment(one.begin, zone) <= now < last_moment(one.end, zone)), None)


def shown(moment: datetime, timezone: str) -> str:
    """Write a moment as the office's clock and calendar show it."""
    return f"{moment.astimezone(ZoneInfo(timezone)):%d.%m.%Y %H:%M}"


def _end_of(window: Quiet | Yearly | Dated, zone: ZoneInfo, at: datetime) -> datetime | None:
    """Give when the window ends in which a moment lies; None where it lies in none."""
    ends = [span.end for span in window.spans(zone, at.astimezone(zone).date()) if span.begin <= at < span.end]
    return max(ends, default=None)


def _span(zone: ZoneInfo, day: date, begin: time, end: time) -> Span:
    last = day if end > begin else day + _DAY
    return Span(first_moment(datetime.combine(day, begin), zone), last_moment(datetime.combine(last, end), zone))


def first_moment(local: datetime, zone: ZoneInfo) -> datetime:
    """Give the first moment at which the clock shows this time or, where it is put past it, a later one."""
    once, again = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return once if once <= again else _change(again, once, zone)


def last_moment(local: datetime, zone: ZoneInfo) -> datetime:
    """Give the moment from which on the clock shows this time or a later one, and none before it any more."""
    once, again = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return again if once <= again else _change(again, once, zone)


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Give the moment, to the second, at which the clock is put forward between two."""
    offset = before.astimezone(zone).utcoffset()
    while (between := (after - before) // timedelta(seconds=2)) > 0:
        middle = before + timedelta(seconds=between)
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after
