"""What the record forgets, and when: the YAML's `retention` as values, and which stories are old enough."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from crossposter.core.kinds import Kind
from crossposter.core.model import Status

#: Nothing more happens to a delivery that stands so, unless a person wants it.
_SETTLED = frozenset({Status.PUBLISHED, Status.SKIPPED, Status.FAILED})
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
        is_needed: Whether one of its deliveries needs its words: see `needs_words`.
    """

    entry_id: int
    last_at: datetime
    is_needed: bool


def may_go(story: Story, *, before: datetime, shown: Collection[int]) -> bool:
    """Tell whether a story is old enough to be forgotten.

    Args:
        story: The story.
        before: What has happened to it since then keeps it.
        shown: Entries that a feed shows still: their words are compared with what the feed says.
    """
    return story.last_at < before and not story.is_needed and story.entry_id not in shown


def needs_words(status: Status, kind: Kind, *, is_begun: bool) -> bool:
    """Tell whether a delivery needs the words of its story, however old it is.

    What is held and was never begun does not: nobody has wanted it for so long. Nor does a deletion that waits for a
    person: that something is to be taken away needs no words. What was begun and not settled does, until it is.
    """
    if status is Status.HELD:
        return is_begun and kind is not Kind.DELETE
    return status not in _SETTLED


def is_dropped(status: Status, kind: Kind, *, is_begun: bool) -> bool:
    """Tell whether a delivery ends with the words of its story: what is held, and could not go out any more."""
    return status is Status.HELD and kind is not Kind.DELETE and not is_begun
