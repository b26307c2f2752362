"""When people let nothing out: pauses, how they end, and what becomes of what came due meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from crossposter.core.acts import Verb
from crossposter.core.model import Feed
from crossposter.core.schedule import shown
from crossposter.wording import Message, say


class Scope(StrEnum):
    """What is paused."""

    ALL = "all"
    ACCOUNT = "account"
    #: All news that the feed has shown, on every account.
    FEED = "feed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Nothing of its scope goes out until its end is written; see `lapsed`."""

    id: int
    scope: Scope
    #: Of the account or the feed; empty for all.
    name: str
    why: str
    person: str
    system_user: str
    begun_at: datetime
    #: When it is to end by itself; None for never.
    until: datetime | None
    #: The file that pauses as long as it is there, with its machine; None for a command's.
    file: str | None
    ended_at: datetime | None = None
    #: None where it has not ended, or has by itself.
    ended_by: str | None = None

    @property
    def what(self) -> Message:
        """Say what is paused."""
        if self.scope is Scope.ACCOUNT:
            return say("account {name}", name=self.name)
        if self.scope is Scope.FEED:
            return say("feed {name}", name=self.name)
        return say("everything")

    @property
    def in_short(self) -> Message:
        """Say who has paused it and why, without times."""
        return say("paused by {person}: {why}", person=self.person, why=self.why)

    def told(self, timezone: str) -> Message:
        """Say that it is paused, since when, by whom and why; in the time of a zone."""
        words = {"what": self.what, "time": shown(self.begun_at, timezone), "person": self.person, "why": self.why}
        if self.file and not self.why:
            return say("paused since {time} by the file {file}", **words, file=self.file)
        if self.file:
            return say("paused since {time} by the file {file}: {why}", **words, file=self.file)
        if self.until:
            end = shown(self.until, timezone)
            return say("paused by {person} from {time} until {end}: {why}", **words, end=end)
        return say("paused by {person} since {time}: {why}", **words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """What a file that stops all sending says."""

    #: The file, with its machine.
    place: str
    #: Who has put it there, as the system knows them.
    owner: str
    #: Its first line; empty where it has none.
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is to be written about pauses: which end by themselves, and whether the file's begins."""

    ended: tuple[Pause, ...] = ()
    begun: Sign | None = None

    def __bool__(self) -> bool:
        """Tell whether there is anything."""
        return bool(self.ended or self.begun)


def lapsed(open_now: Iterable[Pause], place: str, sign: Sign | None, *, now: datetime) -> Changes:
    """Decide which pauses end by themselves: their time has come, or their file is gone; and whether a file is new.

    Args:
        open_now: The pauses that hold.
        place: Of the file that this machine looks for; those of other machines are not ours to end.
        sign: What it says; None where it is not there.
        now: When.
    """
    known = list(open_now)
    ended = [
        one
        for one in known
        if (one.file == place and sign is None) or (one.file is None and one.until is not None and one.until <= now)
    ]
    is_known = any(one.file == place for one in known)
    return Changes(ended=tuple(ended), begun=sign if sign and not is_known else None)


def covering(pauses: Iterable[Pause], *, account: str, feeds: Iterable[str]) -> Pause | None:
    """Give a pause that keeps a post: the one that ends last, or never; None for none.

    Args:
        pauses: Those that hold.
        account: Where the post goes.
        feeds: Which have shown its news.
    """
    shown_by = set(feeds)
    found = [
        one
        for one in pauses
        if one.scope is Scope.ALL
        or (one.scope is Scope.ACCOUNT and one.name == account)
        or (one.scope is Scope.FEED and one.name in shown_by)
    ]
    endless = next((one for one in found if one.until is None), None)
    return endless or max(found, key=lambda one: one.until or one.begun_at, default=None)


def stayed_away(feeds: Sequence[Feed], last_sign: datetime | None, *, now: datetime) -> frozenset[str]:
    """Name the accounts for which nobody was at work for so long that what waits may be no news any more."""
    if last_sign is None:
        return frozenset()
    late = [feed for feed in feeds if feed.holds.older_than is not None and now - last_sign > feed.holds.older_than]
    return frozenset(account_id for feed in late for account_id in feed.accounts)


class Kept(NamedTuple):
    """One post of a backlog, and when its news is of."""

    entry_id: int
    account_id: str
    at: datetime

    @property
    def id(self) -> str:
        """Give the name people use on the command line: `412/izmir-x`."""
        return f"{self.entry_id}/{self.account_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What becomes of a backlog: the newest so many news go out (None for all), or none does and all are dropped."""

    newest: int | None

    def chosen(self, backlog: Sequence[Kept]) -> list[Kept]:
        """Choose what is let out, or dropped, in order; what is not chosen stays as it is."""
        if not self.newest:
            return list(backlog)
        at = {kept.entry_id: kept.at for kept in backlog}
        newest = sorted(at, key=lambda entry_id: (at[entry_id], entry_id), reverse=True)[: self.newest]
        return [kept for kept in backlog if kept.entry_id in newest]

    @property
    def verb(self) -> Verb:
        """Give what a person does to each."""
        return Verb.REJECT if self.newest == 0 else Verb.APPROVE


def as_release(word: str, count: int | None) -> Release | None:
    """Read what a person writes: all, none, newest 3; None for anything else."""
    if word in ("all", "none") and count is None:
        return Release(newest=None if word == "all" else 0)
    if word == "newest" and count is not None and count > 0:
        return Release(newest=count)
    return None
