"""Is the daemon working, not merely up?"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from crossposter.core.cities import city_of
from crossposter.core.model import Feed
from crossposter.wording import Message, say

#: Between two signs of life. With each the polls are written that had nothing to say, so they look older by as much.
BEAT = timedelta(minutes=1)
#: A beat may be late on a busy machine, by a transaction's wait; and whoever starts again within it has not been away.
MAX_SILENCE = timedelta(minutes=2)
#: Longer than a poll can take: so long after the start the first one may still be on its way.
FIRST_POLL = timedelta(minutes=1)
#: A feed is in trouble when its last good poll is older than so many of its intervals.
MAX_INTERVALS = 3
#: Longer than the longest back-off of a try that is merely repeated.
MAX_WAIT = timedelta(minutes=90)
_SATURDAY = 5
_MOST_DAYS = 31
NEVER_RUN = say("the daemon has never run: start it with 'crossposter run'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What the ledger tells.

    Attributes:
        is_running: Whether a daemon holds the ledger at this moment.
        started_at: Since when it has been at work, restarts without a pause included; None when none ever was.
        beat_at: Its last sign of life.
        polled_at: For each feed that was ever read, when that was last done with success.
        oldest_due: The delivery that has been due for longest; None when nothing is due.
        due_since: Since when it has been.
    """

    is_running: bool
    started_at: datetime | None
    beat_at: datetime | None
    polled_at: Mapping[str, datetime]
    oldest_due: str | None
    due_since: datetime | None
    #: How many workers are at work beside the daemon.
    workers: int = 0

    def of(self, cities: Collection[str]) -> Signs:
        """Give them without what is due in other cities."""
        if self.oldest_due is None or city_of(self.oldest_due) in cities:
            return self
        return replace(self, oldest_due=None, due_since=None)


def troubles(signs: Signs, feeds: Sequence[Feed], *, now: datetime, needs_worker: bool = False) -> list[Message]:
    """Say everything that keeps the daemon from working, or the workers that it needs; empty when all work."""
    if signs.started_at is None or signs.beat_at is None:
        return [NEVER_RUN]
    found = []
    if not signs.is_running:
        found.append(say("no daemon is running: start it with 'crossposter run'"))
    elif now - signs.beat_at > MAX_SILENCE:
        found.append(say("the daemon gives no sign of life since {time}", time=_shown(signs.beat_at)))
    if needs_worker and not signs.workers:
        found.append(say("no worker is running: start one with 'crossposter worker'"))
    for feed in feeds:
        polled_at = signs.polled_at.get(feed.id)
        patience = MAX_INTERVALS * feed.every + BEAT
        if now - (polled_at or signs.started_at) <= patience or now - signs.started_at <= FIRST_POLL:
            continue
        if polled_at:
            found.append(say("feed {feed} was last read at {time}", feed=feed.id, time=_shown(polled_at)))
        else:
            found.append(say("feed {feed} has never been read", feed=feed.id))
    if signs.due_since and now - signs.due_since > MAX_WAIT:
        found.append(
            say(
                "delivery {delivery} has been due since {time}", delivery=signs.oldest_due, time=_shown(signs.due_since)
            )
        )
    return found


def at_work_since(signs: Signs, *, now: datetime) -> datetime:
    """Give since when a daemon that starts now has been at work: a restart heals nothing, and shows no feed as read."""
    if signs.started_at and signs.beat_at and now - signs.beat_at <= MAX_SILENCE:
        return signs.started_at
    return now


def silence(feed: Feed, newest: datetime | None, *, now: datetime) -> Message | None:
    """Say that a feed has had nothing new for longer than it may; None when all is well.

    Saturdays and Sundays of the feed's zone do not count: a press office rests.
    """
    if feed.silent_after is None or newest is None:
        return None
    if _working_time(newest, now, ZoneInfo(feed.timezone)) <= feed.silent_after:
        return None
    return say("feed {feed} has had nothing new since {time}", feed=feed.id, time=_shown(newest))


def _working_time(since: datetime, until: datetime, zone: tzinfo) -> timedelta:
    """Give the time between two moments without Saturdays and Sundays; no more than a month of days is counted."""
    total, begin = timedelta(), since.astimezone(zone)
    for _ in range(_MOST_DAYS):
        midnight = datetime.combine(begin.date() + timedelta(days=1), time(), zone)
        if begin.weekday() < _SATURDAY:
            total += max(min(midnight, until) - begin, timedelta())
        if midnight >= until:
            break
        begin = midnight
    return total


def _shown(time: datetime) -> str:
    return time.isoformat(timespec="seconds")
