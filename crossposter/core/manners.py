"""How long a site is left alone between two polls: as it asks for, and longer the longer it fails."""

from __future__ import annotations

import re
from datetime import timedelta

#: However long a page may be kept by its server's word: news cannot wait longer.
_LONGEST_FRESH = timedelta(hours=1)
#: The longest between two tries of a feed that fails: when the site is back, news waits no longer than that.
_LONGEST_REST = timedelta(minutes=30)
#: The longest that a site may send us away, and how long one that is gone for good is left alone.
_LONGEST_AWAY = timedelta(hours=24)
#: Of an interval: a poll comes so much early or late, and must not be put off for that.
_SLACK = 0.2
_MAX_AGE = re.compile(r"(?:^|,)\s*max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)


def rest_after_failure(
    failures: int, *, every: timedelta, retry_after: timedelta | None, is_gone: bool, share: float
) -> timedelta:
    """Give how long a feed is left alone after a failure.

    Args:
        failures: How many there were in a row, this one included. The first is none: the next poll tries again.
        every: The feed's interval.
        retry_after: What the server asks for.
        is_gone: Whether it said that the feed is gone for good.
        share: Between 0 and 1, another each time: many feeds that failed together do not come back together.
    """
    if is_gone:
        return _LONGEST_AWAY
    longest = max(_LONGEST_REST, every)
    doubled = min(every * 2 ** min(failures - 1, 20), longest) if failures > 1 else timedelta()
    jittered = doubled * (0.5 + share / 2)
    return max(jittered, min(retry_after or timedelta(), _LONGEST_AWAY))


def fresh_for(cache_control: str, *, age: str, every: timedelta) -> timedelta:
    """Give how long a page need not be asked for, by two headers; not for what is no longer than a poll's jitter."""
    found = _MAX_AGE.search(cache_control)
    if not found or re.search(r"\bno-(?:cache|store)\b", cache_control, re.IGNORECASE):
        return timedelta()
    seconds = int(found[1]) - (int(age[:9]) if age.isascii() and age.isdigit() else 0)
    kept = min(timedelta(seconds=max(seconds, 0)), max(_LONGEST_FRESH, every))
    return max(kept - every * _SLACK, timedelta())
