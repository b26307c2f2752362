"""Rows as people look at them: what `ledger list` and `ledger show` print."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crossposter.core.draft import Approval, Draft
from crossposter.core.kinds import DeliveryName, Kind
from crossposter.core.model import AccountState, Picture, Reason, Status
from crossposter.core.timeline import Standing
from crossposter.wording import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRecord:
    """One delivery with what it is about and what came of it."""

    entry_id: int
    feed_id: str
    title: str
    link: str | None
    account_id: str
    platform: str
    status: Status
    reason: Reason | None
    message: Message | None
    not_before: datetime | None
    attempts: int
    remote_id: str | None
    url: str | None
    updated_at: datetime
    #: Whether the news says something else now than when it was published.
    is_outdated: bool = False
    #: When its words were removed; None while it has them.
    erased_at: datetime | None = None
    kind: Kind = Kind.PUBLISH
    issue: int = 0
    #: When its post was found to stand no more; None while it does, or where there is none.
    deleted_at: datetime | None = None
    #: What would be sent, where people were shown it or wrote it; None once it was sent.
    draft: Draft | None = None
    #: Who let that out.
    approval: Approval | None = None
    #: Whether it goes before others.
    is_urgent: bool = False

    @property
    def id(self) -> str:
        """Give the name people use on the command line: `412/izmir-x`."""
        return str(DeliveryName(self.entry_id, self.account_id, self.kind, self.issue))


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRecord:
    """What was sent once, and the answer."""

    number: int
    text: str
    link: str | None
    pictures: list[dict[str, Any]]
    started_at: datetime
    ended_at: datetime | None
    outcome: Status | None
    message: Message | None
    #: The platform's own, where crossposter does not know what it means.
    answer: str | None = None
    #: What was asked of the platform.
    kind: Kind = Kind.PUBLISH


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRecord:
    """How an account stands, as the ledger has it.

    Attributes:
        until: When it is tried again; None when nothing keeps it.
        why: What it rests for, with the platform's words; None when nothing keeps it.
        waiting: How many posts are queued for it.
        held: How many wait for a person.
        spent_usd: What its posts have cost this month.
        slowest_answer_s: Seconds that the slowest answer which confirmed a post has ever taken; None before the first.
    """

    id: str
    platform: str
    state: AccountState
    until: datetime | None
    why: Message | None
    waiting: int
    held: int
    spent_usd: float
    slowest_answer_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionRecord:
    """What an entry said before it was edited."""

    number: int
    title: str
    link: str | None
    summary: str
    text: str
    pictures: list[dict[str, Any]]
    replaced_at: datetime


def delivery_record(row: sa.Row[Any], draft: Draft | None, *, said: int | None, now: datetime) -> DeliveryRecord:
    """Read a row, beside its draft; `said` is which revision of its news was said last on its account, None for none.

    One that was being published when its lease ran out is uncertain by that alone."""
    status, reason = Status(row.status), Reason(row.reason) if row.reason else None
    if status is Status.PUBLISHING and row.lease_until <= now:
        status, reason = Status.UNCERTAIN, Reason.INTERRUPTED
    return DeliveryRecord(
        entry_id=row.entry_id,
        feed_id=row.feed_id,
        title=row.title,
        link=row.link,
        account_id=row.account_id,
        platform=row.platform,
        status=status,
        reason=reason,
        message=unpacked(row.message),
        not_before=row.not_before,
        attempts=row.attempt,
        remote_id=row.remote_id,
        url=row.url,
        updated_at=row.updated_at,
        draft=draft if status in (Status.QUEUED, Status.HELD) else None,
        approval=approval_of(row),
        erased_at=row.erased_at,
        is_urgent=row.is_urgent,
        is_outdated=_is_post(row) and row.deleted_at is None and said is not None and said < row.revision,
        kind=Kind(row.kind),
        issue=row.issue,
        deleted_at=row.deleted_at,
    )


def _is_post(row: sa.Row[Any]) -> bool:
    return row.sent_revision is not None and row.kind in (Kind.PUBLISH, Kind.REPOST)


def attempt_record(row: sa.Row[Any]) -> AttemptRecord:
    """Read a row."""
    return AttemptRecord(
        number=row.number,
        text=row.text,
        link=row.link,
        pictures=row.pictures,
        started_at=row.started_at,
        ended_at=row.ended_at,
        outcome=Status(row.outcome) if row.outcome else None,
        message=unpacked(row.message),
        answer=row.answer,
        kind=Kind(row.kind),
    )


def approval_of(row: sa.Row[Any]) -> Approval | None:
    """Read who let a delivery's draft out; None where nobody did."""
    if row.approved_hash is None:
        return None
    return Approval(hash=row.approved_hash, at=row.approved_at, by=row.approved_by)


def picture_row(picture: Picture) -> dict[str, Any]:
    """Store a picture without its bytes: those are in the picture store."""
    return {
        "url": picture.url,
        "sha256": picture.sha256,
        "width": picture.width,
        "height": picture.height,
        "alt": picture.alt,
        "alt_is_derived": picture.alt_is_derived,
    }


def standing_of(row: sa.Row[Any]) -> Standing:
    """Read a row."""
    return Standing(
        remote_id=row.remote_id, url=row.url, text=row.text, links=tuple(row.links), published=row.published_at
    )


def packed(message: Message | None) -> dict[str, Any] | None:
    """Store a sentence so that it can still be translated when it is read."""
    if message is None:
        return None
    values = {name: packed(v) if isinstance(v, Message) else str(v) for name, v in message.values.items()}
    return {"template": message.template, "values": values}


def unpacked(stored: dict[str, Any] | None) -> Message | None:
    """Give the sentence back."""
    if stored is None:
        return None
    values = {name: unpacked(value) if isinstance(value, dict) else value for name, value in stored["values"].items()}
    return Message(stored["template"], values)
