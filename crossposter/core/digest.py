"""The daily digest: when it is due, and what it says."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from crossposter.core.alerting import Alert, Level
from crossposter.core.model import Reason, Status
from crossposter.wording import Message, say

#: Posts that are named; of more, their number.
MAX_NAMED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A post that waits for a person."""

    delivery_id: str
    title: str
    status: Status
    reason: Reason | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What the ledger says of a day."""

    since: datetime
    #: By account.
    published: Mapping[str, int]
    #: Held, failed or uncertain, oldest first.
    waiting: tuple[Waiting, ...]
    #: Where the record ended, for whoever keeps the digest: HASH@POSITION; empty where there is none.
    head: str = ""


def digest_due(at: time, zone: str, last: datetime, *, now: datetime) -> datetime | None:
    """Give the moment of the digest that is due; None when none is.

    One that was missed is made up for, once. `last` is when the last one was due, or since when digests are sent.
    """
    local = now.astimezone(ZoneInfo(zone))
    due = datetime.combine(local.date(), at, local.tzinfo)
    if due > local:
        due = datetime.combine(local.date() - timedelta(days=1), at, local.tzinfo)
    return due if due > last else None


def digest(summary: Summary, troubles: Collection[str], *, zone: str) -> Alert:
    """Write the digest.

    Args:
        summary: Of the time since the last one.
        troubles: Keys of the matters that people were told of and that have not ended.
        zone: In which times are shown.
    """
    total = sum(summary.published.values())
    since = summary.since.astimezone(ZoneInfo(zone)).strftime("%d.%m. %H:%M")
    lines = [say("published since {time}: {count}", time=since, count=total)]
    lines += [say("- {account}: {count}", account=name, count=count) for name, count in summary.published.items()]
    lines += _waiting(summary.waiting)
    lines += [trouble for key in sorted(troubles) if (trouble := _trouble(key))]
    if summary.head:
        lines.append(say("the record ends at {head}: keep this message", head=summary.head))
    subject = say("{count} published, {waiting} wait for a person", count=total, waiting=len(summary.waiting))
    return Alert(level=Level.INFO, subject=subject, lines=tuple(lines))


def _waiting(waiting: tuple[Waiting, ...]) -> list[Message]:
    if not waiting:
        return [say("nothing waits for a person")]
    lines = [say("{count} posts wait for a person: crossposter queue", count=len(waiting))]
    for one in waiting[-MAX_NAMED:]:
        why = one.reason.message if one.reason else one.status.value
        lines.append(say("- {delivery} “{title}”: {why}", delivery=one.delivery_id, title=one.title, why=why))
    if more := len(waiting) - MAX_NAMED:
        lines += [say("- and {count} older ones", count=more)] if more > 0 else []
    return lines


def _trouble(key: str) -> Message | None:
    kind, _, name = key.partition(":")
    match kind:
        case "account":
            return say("account {account} is stopped", account=name)
        case "failing":
            return say("feed {feed} cannot be read", feed=name)
        case "silent":
            return say("feed {feed} is silent", feed=name)
        case "budget":
            return say("account {account} has spent its budget", account=name)
        case "checkup":
            subject, _, check = name.rpartition(":")
            words = {"subject": subject, "check": check}
            return say("{subject}: the checkup found something ({check}): crossposter check --online", **words)
        case _:
            return None
