"""The record's chain: what an event is, and how each is bound to all before it. Bytes and digests only.

An event says openly what must be known for ever (who, when, which post, what became of it: `facts`), and beside it what
may have to be forgotten one day (words and pictures: `content`). Of the latter the chain holds a salted digest, so that
nothing can be guessed from it once content and salt are gone, and nothing about the chain changes when they go.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from crossposter.core.text import lower

#: What the first event is bound to.
NOTHING = "0" * 64
_HEAD = re.compile(r"([0-9a-f]{64})@([0-9]{1,18})")


class Kind(StrEnum):
    """What an event tells."""

    #: The record begins: with an empty ledger, or with what stood in one from before there was a record.
    OPENED = "opened"
    #: A feed showed an entry for the first time.
    SEEN = "seen"
    #: An entry says something else now.
    REVISED = "revised"
    #: What becomes of an entry on each account.
    DECIDED = "decided"
    #: A queued delivery was not attempted: later, or held.
    POSTPONED = "postponed"
    #: The intent, with all that is sent.
    CLAIMED = "claimed"
    #: What the platform answered.
    ANSWERED = "answered"
    #: The process ended while publishing.
    INTERRUPTED = "interrupted"
    #: What reading the account back has shown of a lost answer.
    READ_BACK = "read_back"
    #: A post that was found on the account is the delivery's.
    TAKEN_OVER = "taken_over"
    #: A late answer: the post stands there twice.
    TWICE = "twice"
    #: A post stands no more.
    ENDED = "ended"
    #: A person did something.
    ACTED = "acted"
    #: The ledger was put back from a copy: a new epoch.
    RECOVERED = "recovered"
    #: Words or pictures were removed, as the retention in the YAML says.
    ERASED = "erased"
    #: The daemon began, with this configuration.
    STARTED = "started"
    #: The daemon ended by itself.
    STOPPED = "stopped"
    #: Nothing of a scope goes out from now on.
    PAUSED = "paused"
    #: It does again.
    RESUMED = "resumed"
    #: What came due while nothing was sent is held.
    BACKLOG = "backlog"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One link of the chain.

    Attributes:
        position: Counts from 1, without gaps.
        at: Aware UTC.
        entry_id: Of which entry; None for one about the ledger as a whole.
        account_id: On which account, and with more of the delivery's name (`izmir-x/edit-2`) where it is no first post;
            None for all of the entry's, or none.
        person: Who did it; None for nobody.
        facts: Canonical JSON; kept for ever.
        content: Canonical JSON; None where there is none, or none any more.
        salt: 32 hexadecimal digits; goes with the content.
        digest: Of salt and content; empty where there never was any.
        hash: Of all but content and salt, and of the hash before.
    """

    position: int
    kind: str
    at: datetime
    entry_id: int | None
    account_id: str | None
    person: str | None
    facts: str
    content: str | None
    salt: str | None
    digest: str
    hash: str

    @property
    def is_erased(self) -> bool:
        """Tell whether it had a content that is gone."""
        return bool(self.digest) and self.content is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """What is to become an event: its place in the chain is not known yet."""

    kind: Kind
    at: datetime
    entry_id: int | None = None
    account_id: str | None = None
    person: str | None = None
    facts: Mapping[str, Any]
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain: whoever keeps it can tell later whether the chain still holds it."""

    position: int
    hash: str

    def __str__(self) -> str:
        """Give it as people keep it."""
        return f"{self.hash}@{self.position}"


def head_of(text: str) -> Head | None:
    """Read a head that somebody has kept; None for what is none."""
    found = _HEAD.fullmatch(lower(text.strip(), "en"))
    return Head(int(found[2]), found[1]) if found else None


def canonical(value: object) -> str:
    """Give the one way in which a value is written: JSON, keys sorted, times in UTC."""
    return _ENCODER.encode(value)


def _written(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{value!r} has no form in the record")


_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_written)


def linked(noted: Noted, head: Head, *, salt: str) -> Event:
    """Make the event that follows a head."""
    content = canonical(noted.content) if noted.content else None
    event = Event(
        position=head.position + 1,
        kind=noted.kind,
        at=noted.at.astimezone(UTC),
        entry_id=noted.entry_id,
        account_id=noted.account_id,
        person=noted.person,
        facts=canonical(noted.facts),
        content=content,
        salt=salt if content is not None else None,
        digest=digest_of(salt, content) if content is not None else "",
        hash="",
    )
    return replace(event, hash=hash_of(event, head.hash))


def digest_of(salt: str, content: str) -> str:
    """Give the salted digest of a content."""
    return sha256(f"{salt}{content}".encode()).hexdigest()


def hash_of(event: Event, before: str) -> str:
    """Give the hash that binds an event to the one before it."""
    bound = [
        before, event.position, event.kind, event.at, event.entry_id, event.account_id, event.person, event.facts,
        event.digest,
    ]  # fmt: skip
    return sha256(canonical(bound).encode()).hexdigest()


def is_written_so(event: Event) -> bool:
    """Tell whether an event's fields are of their kinds: SQLite keeps whatever somebody writes there."""
    numbers = (event.position, 0 if event.entry_id is None else event.entry_id)
    words = (event.kind, event.facts, event.digest, event.hash)
    others = (event.account_id, event.person, event.content, event.salt)
    return (
        all(isinstance(number, int) for number in numbers)
        and all(isinstance(word, str) for word in words)
        and all(word is None or isinstance(word, str) for word in others)
    )


def holds_content(event: Event) -> bool:
    """Tell whether an event's content is the one that it was made with, or was erased as a whole."""
    if event.content is None:
        return event.salt is None
    return event.salt is not None and digest_of(event.salt, event.content) == event.digest
