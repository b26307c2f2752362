"""When a post goes out, and why not now: what the office's times, an announced delay and urgent news mean for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crossposter.core.kinds import Kind
from crossposter.core.model import Account, Delivery, Entry, Feed, Outcome, Reason, Status
from crossposter.core.retrying import LONGEST_WAIT
from crossposter.core.schedule import Dated, Opening, Quiet, Times, Yearly, election_at, opening, shown
from crossposter.core.urgency import is_urgent
from crossposter.wording import Message, say

#: A wait is looked at anew after so long: a longer one would be taken for the mistake of a wrong clock
#: (core/retrying.py, LONGEST_WAIT).
_LOOK_AGAIN = timedelta(hours=24)
#: So often in its own time may a feed not have been read when a delay is over; then the news goes out as it was.
_MISSED_POLLS = 3
#: Between two looks whether the feed was read meanwhile.
_SOON = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Urgency:
    """What is urgent on an account: whether such a post is due there, and when the last one was sent."""

    is_due: bool = False
    last_sent: datetime | None = None


def at_first(entry: Entry, feed: Feed, account: Account, *, now: datetime) -> Outcome | None:
    """Decide when news that has just been seen goes out; None for right away."""
    times = account.times
    if held := _forbidden(entry, times, now=now):
        return held
    urgent = is_urgent(entry, times.urgent)
    end = now if urgent or feed.delay is None else now + feed.delay
    if closed := opening(_windows(times, urgent=urgent), times.timezone, end):
        return _closed(closed, times, now=now)
    return None if end == now else _correctable(end, times)


def when_due(
    delivery: Delivery,
    feed: Feed | None,
    account: Account,
    *,
    polled_at: datetime | None,
    urgency: Urgency | None,
    now: datetime,
) -> Outcome | None:
    """Decide whether a post whose time has come goes out; None when it does.

    Args:
        delivery: The post; its news as it is now.
        feed: Whose rules hold for it; None where the YAML sends such news there no more.
        account: Where it goes.
        polled_at: When the feed was last read; None where that is not known.
        urgency: What is urgent on the account; None where nothing can be.
        now: When.
    """
    times = account.times
    if delivery.kind is not Kind.PUBLISH:
        return _put_right(delivery, times, now=now)
    held = _forbidden(delivery.entry, times, now=now)
    if held and Reason.ELECTION not in delivery.waived:
        return held
    urgent = is_urgent_now(delivery, account)
    if closed := opening(_windows(times, urgent=urgent), times.timezone, now):
        return _closed(closed, times, now=now)
    if urgent:
        return None
    if feed and (waits := _delayed(delivery, feed, times, polled_at=polled_at, now=now)):
        return waits
    return _behind(urgency, times, now=now) if urgency else None


def _put_right(delivery: Delivery, times: Times, *, now: datetime) -> Outcome | None:
    """Decide when what stands there is put right: at once, since it is wrong as it stands, quiet hours or not.

    But new words in no silence, and a new post in an election period as news is.
    """
    if delivery.kind is Kind.DELETE:
        return None
    makes_a_post = delivery.kind is Kind.REPLY or (delivery.kind is Kind.REPOST and not delivery.attempt)
    held = _forbidden(delivery.entry, times, now=now) if makes_a_post else None
    if held and Reason.ELECTION not in delivery.waived:
        return held
    closed = opening(times.silences, times.timezone, now)
    return _closed(closed, times, now=now) if closed else None


def is_urgent_now(delivery: Delivery, account: Account) -> bool:
    """Tell whether a post that was urgent when it was seen is so still, as its news and the YAML are now."""
    return delivery.is_urgent and is_urgent(delivery.entry, account.times.urgent)


def _forbidden(entry: Entry, times: Times, *, now: datetime) -> Outcome | None:
    """Hold what an election period does not let out."""
    period = election_at(times.elections, times.timezone, now)
    if period is None or not period.forbids(entry.categories):
        return None
    end = f"{period.end:%d.%m.%Y %H:%M}"
    message = say("an election period, until {time}: a person decides", time=end)
    if period.why:
        message = say("an election period, until {time}: {why}; a person decides", time=end, why=period.why)
    return Outcome(status=Status.HELD, reason=Reason.ELECTION, message=message)


def _windows(times: Times, *, urgent: bool) -> Sequence[Quiet | Yearly | Dated]:
    """Give the windows that keep a post: urgent ones pass quiet hours, and a silence only where the YAML says so."""
    if not urgent:
        return (*times.quiet, *times.silences)
    return () if times.urgent.in_silences else times.silences


def _closed(found: Opening, times: Times, *, now: datetime) -> Outcome:
    reason = Reason.QUIET if isinstance(found.window, Quiet) else Reason.SILENCE
    time = shown(found.at, times.timezone)
    return _later(found.at, reason, _sentence(reason, time, found.window.why), now=now)


def _sentence(reason: Reason, time: str, why: str) -> Message:
    words = {"time": time, "why": why}
    if reason is Reason.QUIET:
        return say("quiet hours until {time}: {why}", **words) if why else say("quiet hours until {time}", time=time)
    return say("a silence until {time}: {why}", **words) if why else say("a silence until {time}", time=time)


def _correctable(end: datetime, times: Times) -> Outcome:
    message = say("may be corrected on the site until {time}", time=shown(end, times.timezone))
    return Outcome(status=Status.QUEUED, reason=Reason.DELAY, message=message, not_before=end)


def _delayed(
    delivery: Delivery, feed: Feed, times: Times, *, polled_at: datetime | None, now: datetime
) -> Outcome | None:
    """Keep news for its delay, and then until its feed was read again: what was corrected goes out corrected.

    What a person has let out, and what was sent before, waits for no correction.
    """
    if feed.delay is None or delivery.released_at or delivery.attempt:
        return None
    seen_at = delivery.origin.seen_at
    end = seen_at + feed.delay
    if end > now + LONGEST_WAIT:
        # The clock was wrong when it was seen, and is right when the feed is read: that tells as much as the delay.
        is_read = polled_at is not None and polled_at <= now
    elif now < end:
        return _correctable(end, times)
    else:
        is_read = polled_at is not None and polled_at > seen_at and polled_at >= end - feed.every
    if is_read or now >= end + _MISSED_POLLS * feed.every:
        return None
    message = say("waits until feed {feed} has been read once more: it may have been corrected", feed=feed.id)
    return _later(now + min(_SOON, feed.every), Reason.DELAY, message, now=now)


def _behind(urgency: Urgency, times: Times, *, now: datetime) -> Outcome | None:
    """Keep ordinary news back behind urgent ones."""
    wait = times.urgent.holds_others
    if wait is None:
        return None
    until = now + wait if urgency.is_due else urgency.last_sent and urgency.last_sent + wait
    # An urgent one that was sent later than now was sent by a wrong clock.
    if until is None or not now < until <= now + wait:
        return None
    message = say("waits behind urgent news until {time}", time=shown(until, times.timezone))
    return _later(until, Reason.BEHIND_URGENT, message, now=now)


def _later(until: datetime, reason: Reason, message: Message, *, now: datetime) -> Outcome:
    not_before = min(until, now + _LOOK_AGAIN)
    return Outcome(status=Status.QUEUED, reason=reason, message=message, not_before=not_before)
