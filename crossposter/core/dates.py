"""Dates as feeds write them: RFC 822, ISO 8601, dotted, with Turkish or English names, with and without a zone.

feedparser knows the first two, takes a missing or unknown zone for UTC, and finds years like 1790 in others (measured).
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from crossposter.core.text import match_key

#: Characters; no date has more, and nothing below looks at a longer text.
_MAX_LENGTH = 100
#: Years. Before: a zero date, or a broken clock. After: a number read wrongly.
_EARLIEST, _LATEST = 1990, 2099
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january oca ocak",
            "feb february sub subat",
            "mar march mart",
            "apr april nis nisan",
            "may mayis",
            "jun june haz haziran",
            "jul july tem temmuz",
            "aug august agu agustos",
            "sep sept september eyl eylul",
            "oct october eki ekim",
            "nov november kas kasim",
            "dec december ara aralik",
        ),
        start=1,
    )
    for name in names.split()
}
#: Hours from UTC. Names are ambiguous in the world, not in a Turkish or European feed; "tsi" is "Türkiye saati ile".
_ZONES = {
    **dict.fromkeys(("z", "ut", "utc", "gmt", "wet"), 0.0),
    **dict.fromkeys(("bst", "ist", "cet", "met", "west"), 1.0),
    **dict.fromkeys(("cest", "eet", "mest"), 2.0),
    **dict.fromkeys(("eest", "msk", "trt", "tsi"), 3.0),
    **{"edt": -4.0, "est": -5.0, "cdt": -5.0, "cst": -6.0, "mdt": -6.0, "mst": -7.0, "pdt": -7.0, "pst": -8.0},
}
_HALF = r"(?:[ap]\.?m\b\.?|o[os]\b)"
_TIME = r"(?P<hour>\d{1,2})[SEP](?P<minute>\d\d)(?:[SEP](?P<second>\d\d)(?:[.,]\d+)?)?(?!\d)"
_AROUND = rf"(?:\b(?P<before>{_HALF})\s*)?(?<![\d.:]){_TIME}(?:\s*\b(?P<after>{_HALF}))?"
_CLOCK = re.compile(_AROUND.replace("[SEP]", ":"))
#: `09.14`: looked for only where no date is left that could be taken for it.
_DOTTED_CLOCK = re.compile(_AROUND.replace("[SEP]", r"\."))
_OFFSET = r"(?P<sign>[+-])(?P<hours>\d\d?)(?::?(?P<minutes>\d\d))?(?![\d.])"
_ZONE = re.compile(rf"\s*[(\[]?(?:(?P<name>[a-z]{{1,4}})(?![a-z])\s?)?(?:{_OFFSET})?[)\]]?")
_YEAR = r"(?P<year>\d{4}|\d\d)(?!\d)"
_NAMED = re.compile(rf"(?P<day>\d{{1,2}})[\s.,/-]*(?P<name>[a-z]{{3,}})[\s.,/-]*{_YEAR}")
_NAME_FIRST = re.compile(r"(?P<name>[a-z]{3,})[\s.]+(?P<day>\d{1,2})(?:st|nd|rd|th)?[\s,]+(?P<year>\d{4})(?!\d)")
_YEAR_FIRST = re.compile(r"(?P<year>\d{4})(?P<by>[./-])(?P<month>\d{1,2})(?P=by)(?P<day>\d{1,2})(?!\d)")
_NUMBERS = re.compile(rf"(?<!\d)(?P<day>\d{{1,2}})(?P<by>[./-])(?P<month>\d{{1,2}})(?P=by){_YEAR}")
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:t?(\d\d)(\d\d)(\d\d)?)?(?!\d)")
#: Since 1970, or thousandths of them.
_SECONDS = re.compile(r"\d{10}(?:\d{3})?")


def read_date(written: str, *, zone: tzinfo) -> datetime | None:
    """Read a date in whatever form; None for what is none, or cannot be meant (the year 1, or 9999).

    Args:
        written: As the feed has it.
        zone: Where the clock hangs whose time names no zone.

    Returns:
        Aware UTC.
    """
    text = _folded(written)
    if len(text) > _MAX_LENGTH:
        return None
    try:
        found = datetime.fromtimestamp(int(text[:10]), UTC) if _SECONDS.fullmatch(text) else _read(text, zone)
        utc = found.astimezone(UTC)
    except (ValueError, OverflowError):  # 31 February, 25 o'clock, the year 10000 by an offset
        return None
    return utc if _EARLIEST <= utc.year <= _LATEST else None


def _folded(written: str) -> str:
    """Give lower case without accents: `KASIM`, `Kasım` and `kasim` are one; so are `ÖS` and `ös`."""
    text = written.strip()[: 2 * _MAX_LENGTH]
    if text.isascii():
        return match_key(text)  # without what accents need
    plain = unicodedata.normalize("NFKD", match_key(text))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def _read(text: str, zone: tzinfo) -> datetime:
    text = (
        _COMPACT.sub(_spelled_out, text, count=1) if _COMPACT.match(text) else re.sub(r"(?<=\d)t(?=\d\d:)", " ", text)
    )
    clock = _CLOCK.search(text)
    rest, named = _without(text, clock) if clock else (text, None)
    year, month, day, rest = _day(rest, is_american=bool(clock and clock["after"] and clock["after"][0] != "o"))
    if clock is None and (clock := _DOTTED_CLOCK.search(rest)):
        _, named = _without(rest, clock)
    hour, minute, second = _hour(clock) if clock else (0, 0, 0)
    return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=named or zone)


def _spelled_out(compact: re.Match[str]) -> str:
    year, month, day, hour, minute, second = compact.groups()
    return f"{year}-{month}-{day} " + (f"{hour}:{minute}:{second or '00'}" if hour else "")


def _without(text: str, clock: re.Match[str]) -> tuple[str, tzinfo | None]:
    """Take a time of day, and the zone behind it, out of the text."""
    zone, end = _zone(text, clock.end())
    return f"{text[: clock.start()]} {text[end:]}", zone


def _zone(text: str, place: int) -> tuple[tzinfo | None, int]:
    """Read a zone where it stands; what is none, like the name of a day, stays."""
    found = _ZONE.match(text, place)
    assert found  # noqa: S101 - everything in it is optional
    if found["name"] and found["name"] not in _ZONES:
        return None, place
    if found["sign"]:
        minutes = int(found["hours"]) * 60 + int(found["minutes"] or 0)
        return timezone(timedelta(minutes=minutes if found["sign"] == "+" else -minutes)), found.end()
    if found["name"]:
        return timezone(timedelta(hours=_ZONES[found["name"]])), found.end()
    return None, place


def _hour(clock: re.Match[str]) -> tuple[int, int, int]:
    hour = int(clock["hour"])
    half = clock["after"] or clock["before"] or ""
    if half.startswith(("p", "os")) and hour < 12:
        hour += 12
    elif half.startswith(("a", "oo")) and hour == 12:
        hour = 0
    return hour, int(clock["minute"]), int(clock["second"] or 0)


def _day(text: str, *, is_american: bool) -> tuple[int, int, int, str]:
    """Find year, month and day, and give what is left of the text.

    Raises:
        ValueError: There is no date in it.
    """
    for pattern in (_NAMED, _NAME_FIRST):
        for found in pattern.finditer(text):
            if month := _MONTHS.get(found["name"]):
                return _year(found["year"]), month, int(found["day"]), _cut(text, found)
    if numbers := _YEAR_FIRST.search(text):
        return int(numbers["year"]), int(numbers["month"]), int(numbers["day"]), _cut(text, numbers)
    if numbers := _NUMBERS.search(text):
        day, month = int(numbers["day"]), int(numbers["month"])
        if month > 12 or (is_american and numbers["by"] == "/"):  # 9/21/2026 10:12 AM
            day, month = month, day
        return _year(numbers["year"]), month, day, _cut(text, numbers)
    raise ValueError("no date")


def _cut(text: str, found: re.Match[str]) -> str:
    return f"{text[: found.start()]} {text[found.end() :]}"


def _year(written: str) -> int:
    """Give the year; two digits are of this century, up to 69, as in RFC 5322 and POSIX."""
    year = int(written)
    return year if len(written) == 4 else year + (2000 if year < 70 else 1900)
