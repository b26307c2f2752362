"""What a failure means for the delivery, and when it is tried again. The only retry policy there is."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from crossposter.core.model import Identity, Outcome, Reason, Receipt, Status
from crossposter.core.text import same_handle
from crossposter.errors import (
    AccountError,
    ArticleError,
    CreditError,
    PictureError,
    PublishError,
    RejectedError,
    TransientError,
    UncertainError,
)
from crossposter.wording import Message, say

#: Waits after the first, second ... failure; the last one repeats.
BACKOFF = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 30, 60))
#: After so many failures a person must look.
MAX_TRIES = 12
#: An account that needs a person is asked again after this time: the person tells nobody that it is mended.
ACCOUNT_REST = timedelta(minutes=15)
#: No wait is longer: platforms' own are kept to a day. What is further off was written while the clock was wrong.
LONGEST_WAIT = timedelta(hours=25)
#: So often a post waits for a picture or an article that cannot be had at the moment; then it goes without.
PICTURE_TRIES = 3


def after(error: PublishError, *, tries: int, seen_within: timedelta, now: datetime) -> Outcome:
    """Decide what a platform's failure means for a delivery that failed `tries` times before.

    Args:
        error: The failure.
        tries: How often it failed before.
        seen_within: So long a post that was accepted may not be seen on the account.
        now: When.
    """
    return replace(_after(error, tries=tries, seen_within=seen_within, now=now), answer=error.answer)


def _after(error: PublishError, *, tries: int, seen_within: timedelta, now: datetime) -> Outcome:
    if isinstance(error, UncertainError):
        look_at = now + seen_within
        return Outcome(
            status=Status.UNCERTAIN, reason=Reason.LOST_ANSWER, message=error.message, not_before=look_at, tries=0
        )
    if isinstance(error, RejectedError):
        return Outcome(status=Status.FAILED, reason=Reason.REJECTED, message=error.message)
    if isinstance(error, AccountError):
        return Outcome(
            status=Status.QUEUED,
            reason=Reason.CREDIT if isinstance(error, CreditError) else Reason.ACCOUNT,
            message=error.message,
            account_rests_until=error.retry_at or now + ACCOUNT_REST,
        )
    retry_at = error.retry_at if isinstance(error, TransientError) else None
    outcome = _again(Reason.TRANSIENT, error.message, tries=tries + 1, now=now, retry_at=retry_at)
    return replace(outcome, account_rests_until=outcome.not_before)


def published(receipt: Receipt, *, now: datetime) -> Outcome:
    """Decide what a success means: where the platform told with it that it takes no more for now, the account rests."""
    is_used_up = receipt.rests_until is not None and receipt.rests_until > now
    return Outcome(
        status=Status.PUBLISHED, receipt=receipt, account_rests_until=receipt.rests_until if is_used_up else None
    )


def looked_into(error: AccountError, found: PublishError | None) -> PublishError:
    """Decide what a doubtful refusal is, after the platform was asked once more whose account it is.

    Only another refusal of the account confirms it; who cannot be reached the second time has confirmed nothing.
    """
    if isinstance(found, AccountError):
        return error
    retry_at = found.retry_at if isinstance(found, TransientError) else None
    doubt = TransientError(error.message, retry_at=retry_at)
    doubt.answer = error.answer
    return doubt


def without_picture(error: PictureError, *, tries: int, now: datetime) -> Outcome | None:
    """Decide whether a post that waited `tries` times waits for a picture again; None when it goes on without it."""
    if error.is_permanent or tries >= PICTURE_TRIES:
        return None
    outcome = _again(Reason.PICTURE, error.message, tries=tries + 1, now=now, retry_at=None)
    return replace(outcome, tries=None, picture_tries=tries + 1)


def without_article(error: ArticleError, *, tries: int, now: datetime) -> Outcome | None:
    """Decide whether a post that waited `tries` times waits for its article; None when it goes on with the teaser."""
    if tries >= PICTURE_TRIES:
        return None
    outcome = _again(Reason.ARTICLE, error.message, tries=tries + 1, now=now, retry_at=None)
    return replace(outcome, tries=None, picture_tries=tries + 1)


def late(*, now: datetime) -> Outcome:
    """Decide what it means that so much time went by after the intent that another process may have the account."""
    return Outcome(
        status=Status.QUEUED,
        reason=Reason.TRANSIENT,
        message=say("not sent: this machine stood still meanwhile"),
        not_before=now,
    )


def after_defect(*, tries: int, now: datetime) -> Outcome:
    """Decide what a defect of ours means: tried again with growing waits, so that it blocks nobody else."""
    return _again(Reason.DEFECT, Reason.DEFECT.message, tries=tries + 1, now=now, retry_at=None)


def mismatch(pinned: Identity, found: Identity) -> Message | None:
    """Say why the account that a platform names is not the one that the YAML pins; None when it is."""
    if found.id != pinned.id:
        return say(
            "the platform says that these credentials belong to {found!r} (id {found_id}), the YAML expects id {id}",
            found=found.handle,
            found_id=found.id,
            id=pinned.id,
        )
    if pinned.handle and found.handle and not same_handle(pinned.handle, found.handle):
        return say(
            "the platform calls this account {found!r}, the YAML expects {handle!r}",
            found=found.handle,
            handle=pinned.handle,
        )
    return None


def _again(reason: Reason, message: Message, *, tries: int, now: datetime, retry_at: datetime | None) -> Outcome:
    """Queue it for later; the platform's own time can only make it later: asking earlier prolongs most limits."""
    if tries >= MAX_TRIES:
        return Outcome(status=Status.HELD, reason=Reason.UNREACHABLE, message=message, tries=tries)
    own = now + BACKOFF[min(tries, len(BACKOFF)) - 1]
    not_before = max(own, retry_at) if retry_at else own
    return Outcome(status=Status.QUEUED, reason=reason, message=message, not_before=not_before, tries=tries)
