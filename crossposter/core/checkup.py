"""Is everything right that the next post will need? Decides the colour of what was measured, and says what to do.

Red needs a person now; yellow will, or may; green needs nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from crossposter.core.examination import ApiVersion, Examination, Lack, Quota
from crossposter.core.model import Account, Feed
from crossposter.core.retrying import mismatch
from crossposter.errors import FeedError, LedgerError, PublishError, TransientError
from crossposter.wording import Message, say

#: Whoever renews a token is told so many days before its end; from the last one on it is red.
STAGES = (1, 3, 7, 14)
#: Behind or ahead of the platform. A `Date` header has whole seconds, and travels a few; X refuses what is minutes off
#: (how many it does not publish; five is common).
_SKEWED, _REFUSED = timedelta(minutes=1), timedelta(minutes=4)
#: A version's end is told so long before it.
_RETIRES = timedelta(days=90)
#: So much of a quota may be used before it is told.
_NEARLY = 0.8
#: Bytes. A picture has half a million, a year of deliveries a few.
_SCARCE, _NO_ROOM = 500_000_000, 50_000_000
#: What findings about this machine are about.
MACHINE = "crossposter"


class Colour(StrEnum):
    """How it is."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


class Check(StrEnum):
    """What was looked at."""

    REACH = "reach"
    IDENTITY = "identity"
    ACCESS = "access"
    TOKEN = "token"  # noqa: S105 - a name
    DATA_ACCESS = "data_access"
    QUOTA = "quota"
    CLOCK = "clock"
    VERSION = "version"
    FEED = "feed"
    PICTURES = "pictures"
    LEDGER = "ledger"
    DISK = "disk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check of one thing gave.

    Attributes:
        subject: The id of the account or the feed, or `MACHINE`.
        message: What was found.
        action: What a person does about it; None where it is green.
        state: What changes when it gets worse: with another state people are told anew.
        until: The end of a token or a version, where there is one.
        is_measured: Whether this says how it is, or only that it cannot be seen.
    """

    subject: str
    check: Check
    colour: Colour
    message: Message
    action: Message | None = None
    state: str = ""
    until: datetime | None = None
    is_measured: bool = True


def worst(findings: Iterable[Finding]) -> Colour:
    """Give the gravest colour; green where there is nothing."""
    colours = {finding.colour for finding in findings}
    return next((colour for colour in (Colour.RED, Colour.YELLOW) if colour in colours), Colour.GREEN)


# -- accounts --------------------------------------------------------------------------------------------------------


def of_account(account: Account, seen: Examination, *, renewal: Message, now: datetime) -> list[Finding]:
    """Judge an account; `renewal` says how its token is renewed."""
    findings = [*_reach(account, seen), *_identity(account, seen, renewal)]
    if seen.lacks is not None:
        findings.append(_access(account, seen.lacks, renewal))
    findings += _life(account, seen, renewal, now)
    if seen.quota:
        findings.append(_quota(account, seen.quota))
    if seen.skew is not None:
        findings.append(_clock(account, seen.skew))
    if seen.version:
        findings.append(_version(account, seen.version, now))
    return findings


def _reach(account: Account, seen: Examination) -> Iterator[Finding]:
    if isinstance(seen.error, TransientError):
        yield Finding(
            subject=account.id,
            check=Check.REACH,
            colour=Colour.RED,
            message=seen.error.message,
            action=say(
                "look at this machine's way to the internet (network.proxy, the firewall), and whether the platform is "
                "down; its news waits meanwhile"
            ),
            state="unreachable",
        )
    elif seen.identity or seen.skew is not None:  # else nobody was asked: a secret is missing, or cannot be used
        message = say("the platform answers")
        yield Finding(subject=account.id, check=Check.REACH, colour=Colour.GREEN, message=message)


def _identity(account: Account, seen: Examination, renewal: Message) -> Iterator[Finding]:
    if seen.identity:
        wrong = mismatch(account.pinned, seen.identity)
        yield Finding(
            subject=account.id,
            check=Check.IDENTITY,
            colour=Colour.RED if wrong else Colour.GREEN,
            message=wrong or say("{handle} (id {id}), as pinned", handle=seen.identity.handle, id=seen.identity.id),
            action=_wrong_account(renewal) if wrong else None,
            state="mismatch" if wrong else "",
        )
    elif seen.error and not isinstance(seen.error, TransientError):
        is_off = seen.skew is not None and abs(seen.skew) >= _REFUSED
        clock_first = say("set this machine's clock first: with a wrong one every key is refused")
        yield Finding(
            subject=account.id,
            check=Check.IDENTITY,
            colour=Colour.RED,
            message=seen.error.message,
            action=clock_first if is_off else say("where that takes a new token: {renewal}", renewal=renewal),
            state="refused",
        )


def _wrong_account(renewal: Message) -> Message:
    return say(
        "nothing is sent there until it is right: correct `expect` in the YAML, or log in as the right account: "
        "{renewal}",
        renewal=renewal,
    )


def _access(account: Account, lacks: Sequence[Lack], renewal: Message) -> Finding:
    if not lacks:
        return Finding(subject=account.id, check=Check.ACCESS, colour=Colour.GREEN, message=say("may post"))
    steps = [lack.mend for lack in lacks]
    if any(lack.takes_new_token for lack in lacks):
        steps.append(renewal)
    return Finding(
        subject=account.id,
        check=Check.ACCESS,
        colour=Colour.RED if any(lack.stops for lack in lacks) else Colour.YELLOW,
        message=_joined([lack.what for lack in lacks]),
        action=_joined(steps),
        state=" ".join(sorted(str(lack.what) for lack in lacks)),
    )


def _joined(messages: Sequence[Message]) -> Message:
    found = messages[0]
    for message in messages[1:]:
        found = say("{first}; {then}", first=found, then=message)
    return found


def _life(account: Account, seen: Examination, renewal: Message, now: datetime) -> Iterator[Finding]:
    if seen.token:
        yield _ending(account, Check.TOKEN, seen.token.ends, renewal, now)
        yield _ending(account, Check.DATA_ACCESS, seen.token.data_access_ends, renewal, now)
    elif seen.untold:
        yield Finding(
            subject=account.id,
            check=Check.TOKEN,
            colour=Colour.YELLOW,
            message=say("until when the token is valid cannot be seen"),
            action=seen.untold,
            state="untold",
            is_measured=False,
        )


_WITHOUT_END = {
    Check.TOKEN: say("the token has no end"),
    Check.DATA_ACCESS: say("access to data has no end"),
}
_VALID = {
    Check.TOKEN: say("the token is valid until {date}, {days} more day(s)"),
    Check.DATA_ACCESS: say("access to data ends on {date}, in {days} day(s)"),
}
_ENDED = {
    Check.TOKEN: say("the token ended on {date}"),
    Check.DATA_ACCESS: say("access to data ended on {date}"),
}


def _ending(account: Account, check: Check, ends: datetime | None, renewal: Message, now: datetime) -> Finding:
    if ends is None:
        return Finding(subject=account.id, check=check, colour=Colour.GREEN, message=_WITHOUT_END[check])
    days = -((now - ends) // timedelta(days=1))  # the one that has begun counts
    words = _VALID if ends > now else _ENDED
    stage = next((stage for stage in STAGES if ends - now <= timedelta(days=stage)), None)
    message = replace(words[check], values={"date": f"{ends:%Y-%m-%d}", "days": days})
    if stage is None:
        return Finding(subject=account.id, check=check, colour=Colour.GREEN, message=message, until=ends)
    return Finding(
        subject=account.id,
        check=check,
        colour=Colour.RED if stage == STAGES[0] else Colour.YELLOW,
        message=message,
        action=renewal,
        state=str(stage) if ends > now else "ended",
        until=ends,
    )


def _quota(account: Account, quota: Quota) -> Finding:
    is_near = quota.used >= _NEARLY * quota.total
    return Finding(
        subject=account.id,
        check=Check.QUOTA,
        colour=Colour.YELLOW if is_near else Colour.GREEN,
        message=say("{used} of {total} posts of a day are used", used=quota.used, total=quota.total),
        action=say("posts beyond it wait by themselves; if that happens often, send fewer feeds there")
        if is_near
        else None,
        state="used up" if quota.used >= quota.total else "near",
    )


def _clock(account: Account, skew: timedelta) -> Finding:
    off, seconds = abs(skew), round(abs(skew).total_seconds())
    if off < _SKEWED:
        message = say("this machine's clock agrees with the platform's")
        return Finding(subject=account.id, check=Check.CLOCK, colour=Colour.GREEN, message=message)
    if skew > timedelta():
        message = say("this machine's clock is {seconds} seconds behind the platform's", seconds=seconds)
    else:
        message = say("this machine's clock is {seconds} seconds ahead of the platform's", seconds=seconds)
    return Finding(
        subject=account.id,
        check=Check.CLOCK,
        colour=Colour.RED if off >= _REFUSED else Colour.YELLOW,
        message=message,
        action=say("set it by the network: timedatectl set-ntp true (X refuses what is minutes off)"),
        state="refused" if off >= _REFUSED else "skewed",
    )


def confirms_clock(findings: Iterable[Finding]) -> bool:
    """Tell whether the platforms agree with this machine's clock; who could ask none of them knows nothing."""
    findings = list(findings)
    told = [found.colour for found in findings if found.check is Check.CLOCK]
    if told:
        return any(colour is not Colour.RED for colour in told)
    return not any(found.check is Check.REACH and found.colour is Colour.RED for found in findings)


def has_confirmed_clock(findings: Iterable[Finding]) -> bool:
    """Tell whether some platform has said that this machine's clock is right, and none that it is wrong."""
    told = [found.colour for found in findings if found.check is Check.CLOCK]
    return bool(told) and Colour.RED not in told


def _version(account: Account, version: ApiVersion, now: datetime) -> Finding:
    asked, answered = version.asked, version.answered
    other = answered if answered and answered != asked else ""
    retires = version.ends is not None and version.ends - now <= _RETIRES
    if other:
        message = say("asked for {asked}, the platform answers as {answered}", asked=asked, answered=other)
    elif version.ends and retires:
        message = say("{asked} is retired on {date}", asked=asked, date=version.ends.date().isoformat())
    else:
        message = say("the interface's version {asked} is in use", asked=asked)
    # What Meta moves an old version to is not always one to stay on.
    wanted = version.newest if asked != version.newest else other
    action = say(
        "write `graph_version: {version}` under the account (or update crossposter), then: crossposter check --online",
        version=wanted or version.newest,
    )
    is_due = bool(other) or retires
    return Finding(
        subject=account.id,
        check=Check.VERSION,
        colour=Colour.YELLOW if is_due else Colour.GREEN,
        message=message,
        action=action if is_due else None,
        state=other or asked,
        until=version.ends,
    )


# -- the rest --------------------------------------------------------------------------------------------------------


def of_feed(feed: Feed, read: int | FeedError) -> Finding:
    """Judge a feed by how many items were read, or by what went wrong."""
    if isinstance(read, int):
        message = say("{count} item(s) are read", count=read)
        return Finding(subject=feed.id, check=Check.FEED, colour=Colour.GREEN, message=message)
    return Finding(
        subject=feed.id,
        check=Check.FEED,
        colour=Colour.RED,
        message=read.message,
        action=say("look at its address in a browser, and at it with: crossposter inspect {feed}", feed=feed.id),
        state="failing",
    )


def of_pictures(error: PublishError | None, *, subject: str = MACHINE) -> Finding:
    """Judge the public address from which Instagram fetches the pictures."""
    if error is None:
        message = say("a picture in media.public_dir is seen under media.public_base_url")
        return Finding(subject=subject, check=Check.PICTURES, colour=Colour.GREEN, message=message)
    return Finding(
        subject=subject,
        check=Check.PICTURES,
        colour=Colour.RED,
        message=error.message,
        action=say("Instagram fetches pictures from there: let the city's web server show that folder, to everybody"),
        state="hidden",
    )


def of_ledger(error: LedgerError | None) -> Finding:
    """Judge whether the ledger can be written."""
    if error is None:
        message = say("the ledger can be written")
        return Finding(subject=MACHINE, check=Check.LEDGER, colour=Colour.GREEN, message=message)
    return Finding(
        subject=MACHINE,
        check=Check.LEDGER,
        colour=Colour.RED,
        message=error.message,
        action=say("nothing is sent while it cannot be written: mend the folder's rights, or the disk"),
        state="unwritable",
    )


def of_disk(free_bytes: int) -> Finding:
    """Judge the room on the ledger's disk."""
    is_scarce = free_bytes < _SCARCE
    return Finding(
        subject=MACHINE,
        check=Check.DISK,
        colour=Colour.RED if free_bytes < _NO_ROOM else Colour.YELLOW if is_scarce else Colour.GREEN,
        message=say("{megabytes} MB are free on the ledger's disk", megabytes=free_bytes // 1_000_000),
        action=say("make room there: a full disk stops the ledger, and with it every post") if is_scarce else None,
        state="full" if free_bytes < _NO_ROOM else "scarce",
    )
