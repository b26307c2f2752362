"""Alerts: whether a matter is news, who hears of it, and when the next message may go. Decides; sends nothing.

What an event says to people is `notices.py`. A *matter* is what an alert is about, under a key such as
`account:izmir-x`; it is told once, until it changes or ends. A *message* carries all alerts that wait for a target.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from enum import IntEnum, StrEnum
from urllib.parse import unquote, urlsplit

from crossposter.wording import Message, say

#: So long alerts of one moment are gathered into one message.
GATHER = timedelta(seconds=5)
#: Messages to one target; what comes meanwhile waits, and goes in the next one together.
MAX_PER_HOUR = 10
_HOUR = timedelta(hours=1)
#: Nothing waits longer.
_LONGEST_WAIT = timedelta(hours=2)
#: So long an alert is left to the process that has taken it to send it: longer than sending takes. Whoever has not
#: sent it by then is gone or frozen, and another process may take it.
TAKEN_FOR = timedelta(seconds=60)
#: So long an alert waits for a target that the YAML does not have: another process may have read a newer one.
_UNKNOWN_FOR = timedelta(hours=1)
#: Alerts that one message tells; of more, their number.
MAX_ALERTS = 10
#: Waits after the first, second ... failure of a target; the last one repeats.
BACKOFF = tuple(timedelta(seconds=seconds) for seconds in (30, 120, 300, 900, 1800, 3600))
#: An alert that failed so often (nine hours) is given up; the log has it.
MAX_TRIES = 13
#: Shorter pieces of an address are words of everybody.
_MIN_SECRET = 12


class Level(IntEnum):
    """How much an alert matters."""

    INFO = 1
    WARNING = 2
    CRITICAL = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What people are told.

    Attributes:
        subject: What happened, in a few words.
        lines: Why, to what, and what to do.
        is_good: Whether a trouble has ended.
    """

    level: Level
    subject: Message
    lines: tuple[Message, ...] = ()
    is_good: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What an event says about a matter.

    Attributes:
        key: Of the matter; None for what is over when it is told, and told each time.
        city: Who is told: those of a city; empty where everybody is.
        state: What holds of it now; another state is told anew. None: it has ended.
        alert: What to tell if this is news; None to tell nothing.
        after: So many such notices in a row are needed.
    """

    key: str | None
    state: str | None = None
    alert: Alert | None = None
    after: int = 1
    city: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What is remembered of something that has not ended."""

    key: str
    state: str
    level: Level
    #: Notices in a row.
    count: int
    is_told: bool
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Who is told."""

    #: Where its address stands, as the YAML names it (`env:ALERT_URL`): fit to be shown.
    name: str
    level: Level
    language: str
    #: When it gets the daily digest, in the zone below; None for never.
    digest: time | None = None
    #: The city's, as an IANA name.
    zone: str = "UTC"
    #: Whose it is; empty where there is one configuration only.
    city: str = ""


class Fate(StrEnum):
    """What became of an alert."""

    SENT = "sent"
    #: Its message had no room for it.
    LEFT_OUT = "left_out"
    #: The target failed too often, or is not in the YAML any more.
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """An alert that a target has not got yet."""

    #: The ledger's number; below 0 where it could not be written, 0 before that was tried.
    id: int = 0
    target: str
    alert: Alert
    made_at: datetime
    #: How often it was taken to be sent.
    tries: int = 0
    #: Until when it is left to the process that has taken it, or its target is left alone.
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """What targets have not got yet."""

    #: The time, by the clock that all times here go by.
    now: datetime
    pending: Sequence[Pending]
    #: When each target got messages, at least those of the last hour; of targets for which something waits.
    sent: Mapping[str, Sequence[datetime]]

    def moments(self, *, gather: timedelta) -> dict[str, datetime]:
        """Say when the next message to each target may go that something waits for; see `next_message_at`."""
        waiting = self.by_target().items()
        moments = {name: next_message_at(of, self.sent.get(name, ()), gather=gather) for name, of in waiting}
        return {name: moment for name, moment in moments.items() if moment}

    def by_target(self) -> dict[str, list[Pending]]:
        """Give what waits for each target that something waits for."""
        found: dict[str, list[Pending]] = {}
        for one in self.pending:
            found.setdefault(one.target, []).append(one)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What notices make of the matters."""

    #: By their keys; None for one that has ended.
    matters: Mapping[str, Matter | None] = field(default_factory=dict)
    #: What is to be told.
    alerts: Sequence[Pending] = ()

    def __bool__(self) -> bool:
        return bool(self.matters or self.alerts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one message tells, and what there is no room for."""

    told: tuple[Pending, ...]
    left_out: tuple[Pending, ...] = ()


def weigh(notice: Notice, before: Matter | None, *, now: datetime) -> tuple[Matter | None, Alert | None]:
    """Decide what a notice makes of a matter: what to remember, and what to tell; None for nothing."""
    if notice.key is None:
        return None, notice.alert
    if notice.state is None:
        if before is None or not before.is_told or notice.alert is None:
            return None, None
        # Whoever was told of the trouble is told of its end.
        return None, replace(notice.alert, level=before.level, is_good=True)
    goes_on = before is not None and before.state == notice.state
    if before and goes_on and before.is_told:
        return before, None
    count = before.count + 1 if before and goes_on else 1
    is_told = count >= notice.after
    level = notice.alert.level if notice.alert else Level.INFO
    since = before.since if before and goes_on else now
    matter = Matter(key=notice.key, state=notice.state, level=level, count=count, is_told=is_told, since=since)
    return matter, notice.alert if is_told else None


def change_by(
    found: Sequence[Notice],
    matters: Mapping[str, Matter],
    hearing: Callable[[Notice, Alert], Sequence[Target]],
    *,
    now: datetime,
) -> Change:
    """Decide what notices make of the matters as they stand, and who is told what."""
    changes: dict[str, Matter | None] = {}
    made: list[Pending] = []
    for notice in found:
        before = None
        if notice.key:
            before = changes[notice.key] if notice.key in changes else matters.get(notice.key)
        after, alert = weigh(notice, before, now=now)
        if notice.key and after != before:
            changes[notice.key] = after
        if alert:
            made += [Pending(target=target.name, alert=alert, made_at=now) for target in hearing(notice, alert)]
    return Change(matters=changes, alerts=made)


def hears(target: Target, alert: Alert) -> bool:
    """Tell whether a target wants such an alert."""
    return alert.level >= target.level


def next_message_at(
    pending: Sequence[Pending], sent: Sequence[datetime], *, gather: timedelta = GATHER
) -> datetime | None:
    """Say when the next message to a target may go; None when there is nothing to tell.

    Args:
        pending: What it has not got yet.
        sent: When it got messages, at least those of the last hour.
        gather: How long alerts wait for others of the same moment.
    """
    if not pending:
        return None
    first = min(one.made_at for one in pending) + gather
    # A target that failed is left alone, whatever has come since.
    moments = [first, *(one.not_before for one in pending if one.not_before)]
    if len(sent) >= MAX_PER_HOUR:
        moments.append(sorted(sent)[-MAX_PER_HOUR] + _HOUR)
    return max(moments)


def is_time(moment: datetime, *, now: datetime) -> bool:
    """Tell whether a message goes now; one that is too far off was put off while the clock was wrong."""
    return moment <= now or moment > now + _LONGEST_WAIT


def taken(pending: Sequence[Pending], *, now: datetime) -> list[Pending]:
    """Leave alerts to the process that sends them now; the number of tries tells its turn from a later one."""
    return [replace(one, tries=one.tries + 1, not_before=now + TAKEN_FOR) for one in pending]


def is_orphan(one: Pending, names: Container[str], *, now: datetime) -> bool:
    """Tell whether an alert has waited long enough for a target that the YAML does not have."""
    return one.target not in names and one.made_at <= now - _UNKNOWN_FOR


def batch(pending: Sequence[Pending]) -> Batch:
    """Choose what the next message tells: the gravest first, then in the order in which it happened."""
    ordered = sorted(pending, key=lambda one: (-one.alert.level, one.made_at))
    return Batch(told=tuple(ordered[:MAX_ALERTS]), left_out=tuple(ordered[MAX_ALERTS:]))


def subject_of(message: Batch) -> Message:
    """Give a message's subject: its gravest alert's, and how many more there are."""
    first = message.told[0].alert.subject
    others = len(message.told) + len(message.left_out) - 1
    if not others:
        return say("crossposter: {what}", what=first)
    return say("crossposter: {what} (and {count} more)", what=first, count=others)


def paragraphs_of(message: Batch) -> list[tuple[Message, ...]]:
    """Give a message's text: a paragraph for each alert, and one for those that are left out."""
    found = [(one.alert.subject, *one.alert.lines) for one in message.told]
    if message.left_out:
        count = len(message.left_out)
        found.append(
            (say("{count} more alerts were left out: 'crossposter queue' and the log have them", count=count),)
        )
    return found


def gravest(message: Batch) -> Level:
    """Give a message's level."""
    return max(one.alert.level for one in message.told)


def after_failure(pending: Sequence[Pending], *, now: datetime) -> tuple[list[Pending], list[Pending]]:
    """Decide what becomes of alerts that were taken and not sent: those to try again, and those to give up."""
    tries = max((one.tries for one in pending), default=1)
    not_before = now + BACKOFF[min(tries, len(BACKOFF)) - 1]
    again = [replace(one, not_before=not_before) for one in pending if one.tries < MAX_TRIES]
    return again, [one for one in pending if one.tries >= MAX_TRIES]


def secrets_in(address: str) -> list[str]:
    """Give what must never be shown of an address: itself, its password, and whatever in it may be a token."""
    pieces = [address]
    try:
        parts = urlsplit(address)
        credentials = parts.netloc.rpartition("@")[0]
    except ValueError:
        return pieces
    pieces += [word for word in (credentials.partition(":")[2], unquote(credentials.partition(":")[2])) if word]
    words = re.split(r"[/?&=#,]", address.partition("://")[2])
    if not credentials and "." in parts.netloc:
        words.remove(parts.netloc)  # a host: the city's own may be in every line of the log
    pieces += [word for one in words for word in (one, unquote(one)) if len(word) >= _MIN_SECRET]
    return sorted(set(pieces), key=len, reverse=True)
