"""How the YAML writes spans of time, times of day, days and moments."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from crossposter.core.retention import Age
from crossposter.core.text import match_key
from crossposter.references import mistake
from crossposter.wording import say

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_AGE_UNITS = {"d": "days", "y": "years"}
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})[ T]+(\d{1,2}:\d{2})")
_DAY = re.compile(r"(\d{1,2})\.?\s+(\w+)")
#: In one form for all spellings (`match_key`), in Turkish and in English.
_MONTHS = {
    match_key(name): number
    for names in (
        "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
        "January February March April May June July August September October November December",
    )
    for number, name in enumerate(names.split(), start=1)
}
_WEEKDAYS = {
    match_key(name): number
    for names in (
        "Pazartesi Salı Çarşamba Perşembe Cuma Cumartesi Pazar",
        "Pzt Sal Çar Per Cum Cmt Paz",
        "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
        "Mon Tue Wed Thu Fri Sat Sun",
    )
    for number, name in enumerate(names.split())
}
#: A year that has every day of the calendar.
_LEAP_YEAR = 2028
_MIDNIGHT = "24:00"


def duration_of(value: Any) -> timedelta:
    """Read a span of time: 30s, 5m, 2h, 1d."""
    match = re.fullmatch(r"(\d{1,6})\s*([smhd])", value.strip()) if isinstance(value, str) else None
    if not match or not int(match[1]):
        raise mistake(say("a span of time is wanted here: write it like 30s, 5m, 2h or 1d"))
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def age_of(value: Any) -> Age:
    """Read how long something is kept: 90d, 2y."""
    match = re.fullmatch(r"(\d{1,5})\s*([dy])", value.strip()) if isinstance(value, str) else None
    if not match or not int(match[1]):
        raise mistake(say("how long it is kept is wanted here, in days or years: write it like 90d or 2y"))
    return Age(**{_AGE_UNITS[match[2]]: int(match[1])})


def at_most_a_day(value: timedelta) -> timedelta:
    """Refuse a span that is longer."""
    if value > timedelta(days=1):
        raise mistake(say("longer than a day is no wait, but a mistake: write it like 5m"))
    return value


def time_of_day(value: Any) -> time:
    """Read a time of the day: 08:00."""
    match = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    if not match:
        raise mistake(say('a time of day is wanted here: write it like "08:00"'))
    return time(int(match[1]), int(match[2]))


def moment_of(value: Any) -> datetime:
    """Read a day with a time of it, without a zone: 2027-03-21 00:00."""
    match = _MOMENT.fullmatch(value.strip()) if isinstance(value, str) else None
    if match:
        try:
            return datetime.combine(date.fromisoformat(match[1]), time_of_day(match[2]))
        except ValueError:
            pass  # 30 February
    raise mistake(say("a day with its time is wanted here: write it like 2027-03-21 00:00"))


def time_or_moment(value: Any) -> time | datetime:
    """Read either; 24:00 is midnight."""
    if isinstance(value, str) and _MOMENT.fullmatch(value.strip()):
        return moment_of(value)
    return time() if value == _MIDNIGHT else time_of_day(value)


def calendar_day(value: Any) -> date:
    """Read a day of one year: 2027-02-06."""
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value.strip()):
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            pass
    raise mistake(say("a day is wanted here: write it like 2027-02-06, the year first"))


def day_of_the_year(value: Any) -> tuple[int, int]:
    """Read a day of every year, as month and day: "10 Kasım", "10 November"."""
    match = _DAY.fullmatch(value.strip()) if isinstance(value, str) else None
    month = _MONTHS.get(match_key(match[2])) if match else None
    if match and month:
        try:
            date(_LEAP_YEAR, month, int(match[1]))
        except ValueError:
            pass
        else:
            return month, int(match[1])
    raise mistake(say("a day of the year is wanted here, with the month's name: write it like 10 Kasım or 10 November"))


def weekday(value: Any) -> int:
    """Read a day of the week; Monday is 0."""
    found = _WEEKDAYS.get(match_key(value.strip())) if isinstance(value, str) else None
    if found is None:
        raise mistake(say("a day of the week is wanted here: write it like Cumartesi, Cmt, Saturday or Sat"))
    return found


_TEXT_SCHEMA = WithJsonSchema({"type": "string"})
Duration = Annotated[
    timedelta, BeforeValidator(duration_of), WithJsonSchema({"type": "string", "pattern": r"^\d{1,6}\s*[smhd]$"})
]
KeptFor = Annotated[
    Age,
    BeforeValidator(age_of),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,5}\s*[dy]$"}),
]
TimeOfDay = Annotated[
    time, BeforeValidator(time_of_day), WithJsonSchema({"type": "string", "pattern": r"^\d{1,2}:\d{2}$"})
]
Moment = Annotated[datetime, BeforeValidator(moment_of), _TEXT_SCHEMA]
TimeOrMoment = Annotated[time | datetime, BeforeValidator(time_or_moment), _TEXT_SCHEMA]
CalendarDay = Annotated[date, BeforeValidator(calendar_day), _TEXT_SCHEMA]
DayOfTheYear = Annotated[tuple[int, int], BeforeValidator(day_of_the_year), _TEXT_SCHEMA]
Weekday = Annotated[int, BeforeValidator(weekday), _TEXT_SCHEMA]
