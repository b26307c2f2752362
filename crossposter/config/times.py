"""What the YAML may say of when posts go out: `quiet`, `elections` and `urgent`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Literal, cast

from pydantic import AfterValidator, Field, create_model, model_validator

from crossposter.config.posts import Block
from crossposter.config.spans import (
    CalendarDay,
    DayOfTheYear,
    Duration,
    Moment,
    TimeOrMoment,
    Weekday,
    at_most_a_day,
)
from crossposter.core.schedule import Dated, Election, Quiet, Yearly
from crossposter.core.urgency import Urgent
from crossposter.references import Text, mistake
from crossposter.wording import say

#: What a city must write so that urgent news breaks a silence: nobody writes that by accident.
IN_SILENCES = "dated silences even in mourning"
_MINUTES = 24 * 60


class _QuietKeys(Block):
    """What `from` and `to`, which are words of Python's own, stand beside."""

    day: DayOfTheYear | None = None
    days: Annotated[tuple[Weekday, ...], Field(min_length=1)] | None = None
    date: CalendarDay | None = None
    reason: Text = ""

    @model_validator(mode="after")
    def _is_one_kind(self) -> _QuietKeys:
        if sum(key is not None for key in (self.day, self.days, self.date)) > 1:
            raise mistake(say("write one of these here: day (each year), days (each week), date (once)"))
        begin, end = _ends(self)
        is_named = any(key is not None for key in (self.day, self.days, self.date))
        if (begin is None) != (end is None) or (begin is None and not is_named):
            raise mistake(say("write both here: from and to"))
        if isinstance(begin, datetime) is not isinstance(end, datetime) and begin is not None:
            raise mistake(say("from and to are both times of day here, or both days with their time"))
        if isinstance(begin, datetime) and is_named:
            raise mistake(say("from and to name the days already: leave day, days or date out"))
        if isinstance(begin, datetime) and isinstance(end, datetime) and end <= begin:
            raise mistake(say("this ends before it begins: look at from and to"))
        if begin is not None and begin == end and end != time():
            raise mistake(say("this begins and ends at the same time: look at from and to"))
        return self

    def window(self) -> Quiet | Yearly | Dated:
        """Give it as the service knows it."""
        begin, end = _ends(self)
        if isinstance(begin, datetime) and isinstance(end, datetime):
            return Dated(begin=begin, end=end, why=self.reason)
        since, until = cast(time, begin or time()), cast(time, end or time())
        if self.day is not None:
            month, day = self.day
            return Yearly(month=month, day=day, begin=since, end=until, why=self.reason)
        if self.date is not None:
            last = self.date if until > since else self.date + timedelta(days=1)
            return Dated(begin=datetime.combine(self.date, since), end=datetime.combine(last, until), why=self.reason)
        return Quiet(begin=since, end=until, weekdays=frozenset(self.days or ()), why=self.reason)


def _ends(block: Block) -> tuple[time | datetime | None, time | datetime | None]:
    return getattr(block, "from"), getattr(block, "to")  # noqa: B009 - a word of Python's own, and its counterpart


if TYPE_CHECKING:
    QuietModel = _QuietKeys
else:
    _EITHER = (TimeOrMoment | None, None)
    QuietModel = create_model("quiet", __base__=_QuietKeys, **{"from": _EITHER, "to": _EITHER})


def leave_room(windows: Sequence[_QuietKeys]) -> Sequence[_QuietKeys]:
    """Refuse quiet hours that leave no minute of the week."""
    closed: set[int] = set()
    for window in (one.window() for one in windows):
        if isinstance(window, Quiet):
            begin, end = (one.hour * 60 + one.minute for one in (window.begin, window.end))
            length = end - begin if end > begin else end - begin + _MINUTES
            for day in window.weekdays or range(7):
                closed.update((day * _MINUTES + begin + minute) % (7 * _MINUTES) for minute in range(length))
    if len(closed) == 7 * _MINUTES:
        raise mistake(say("these quiet hours leave no minute of the week: nothing would ever go out"))
    return windows


class _ElectionKeys(Block):
    """What `from` and `to` stand beside."""

    allow: tuple[Text, ...]
    reason: Text = ""

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> _ElectionKeys:
        begin, end = _ends(self)
        if cast(datetime, end) <= cast(datetime, begin):
            raise mistake(say("this ends before it begins: look at from and to"))
        return self

    def election(self) -> Election:
        """Give it as the service knows it."""
        begin, end = _ends(self)
        return Election(begin=cast(datetime, begin), end=cast(datetime, end), allow=self.allow, why=self.reason)


if TYPE_CHECKING:
    ElectionModel = _ElectionKeys
else:
    ElectionModel = create_model("election", __base__=_ElectionKeys, **{"from": (Moment, ...), "to": (Moment, ...)})


def _keyword(value: str) -> str:
    if "*" in value.rstrip("*") or not value.strip("* ") or value.endswith("**"):
        raise mistake(say("a word is wanted here; a * at its end, and nowhere else, stands for any ending"))
    return value


class UrgentModel(Block):
    """Which news goes before all other."""

    categories: tuple[Text, ...] = ()
    keywords: tuple[Annotated[Text, AfterValidator(_keyword)], ...] = ()
    holds_others: Annotated[Duration, AfterValidator(at_most_a_day)] | None = None
    #: Nothing but these very words: approval, the gate, the flood guard and a pause are passed by nothing.
    passes: tuple[Literal["dated silences even in mourning"], ...] = ()

    @model_validator(mode="after")
    def _can_be(self) -> UrgentModel:
        if not self.categories and not self.keywords:
            raise mistake(say("name what is urgent: categories, or keywords of the headline"))
        return self

    def urgent(self) -> Urgent:
        """Give it as the service knows it."""
        return Urgent(
            categories=self.categories,
            keywords=self.keywords,
            holds_others=self.holds_others,
            in_silences=IN_SILENCES in self.passes,
        )
