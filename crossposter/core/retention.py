"""What the record forgets, and when: the YAML's `retention` as values, and which stories are old enough."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from crossposter.core.model import Status

#: Nothing more happens to a delivery that stands so, unless a person wants it.
SETTLED = frozenset({Status.PUBLISHED, Status.SKIPPED, Status.FAILED})
_FEBRUARY, _LEAP_DAY = 2, 29


@dataclass(frozen=True, slots=True, kw_only=True)
class Age:
    """A span of the calendar: so many years and days."""

    years: int = 0
    days: int = 0

    def __str__(self) -> str:
        """Give it as the YAML has it."""
        return f"{self.years}y" if self.years else f"{self.days}d"

    def before(self, now: datetime) -> datetime:
        """Give the time that is so long ago; what is not reached by the calendar lies before everything."""
        if now.year <= self.years:
            return datetime.min.replace(tzinfo=now.tzinfo)
        day = 28 if (now.month, now.day) == (_FEBRUARY, _LEAP_DAY) else now.day
        there = now.replace(year=now.year - self.years, day=day)
        span = timedelta(days=self.days)
        earliest = datetime.min.replace(tzinfo=now.tzinfo)
        return there - span if there - earliest > span else earliest


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long a city keeps what it has posted; None for ever.

    Attributes:
        texts: Words: of the news, of the posts, and of what was answered and decided about them.
        pictures: The files of prepared pictures.
    """

    texts: Age | None = None
    pictures: Age | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """An entry and its deliveries, as far as forgetting goes by them.

    Attributes:
        last_at: When something last happened to it.
        statuses: How its deliveries stand.
    """

    entry_id: int
    last_at: datetime
    statuses: frozenset[Status]


def may_go(story: Story, *, before: datetime, shown: Collection[int]) -> bool:
    """Tell whether a story is old enough to be forgotten.

    Args:
        story: The story.
        before: What has happened to it since then keeps it.
        shown: Entries that a feed shows still: their words are compared with what the feed says.
    """
    return story.last_at < before and story.statuses <= SETTLED and story.entry_id not in shown
