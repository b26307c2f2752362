"""What becomes of a post whose answer was lost: the account is read back, and decides.

uncertain ─wait until it would be seen─▶ look ─there──────────────────────────▶ published
                                          ├─absent, twice, a minute apart────▶ queued once more | held
                                          └─unclear, or cannot be read───────▶ look again | held
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from crossposter.core.model import Account, Delivery, Outcome, Reason, Status
from crossposter.core.retrying import ACCOUNT_REST, BACKOFF, MAX_TRIES, after
from crossposter.core.timeline import Sight, Standing
from crossposter.errors import AccountError, PublishError, TransientError
from crossposter.wording import Message, say

#: So often an account that is read back must not show a post, and so far apart, before it counts as absent.
LOOKS = 2
BETWEEN_LOOKS = timedelta(minutes=1)
#: So often a post that was absent is sent again by itself.
MAX_RESENDS = 1

_UNCLEAR = say("the account's list shows neither this post nor one that is known to stand there")
_OUT = say("the platform says that it was published, and the account's list does not show it: was it deleted?")
_INCOMPLETE = say("it was not in the account's list, but this platform's list may leave posts out")
_AGAIN = say("its answer was lost again after it was sent once more")


def too_early(delivery: Delivery, account: Account, *, now: datetime) -> Outcome | None:
    """Give what an uncertain delivery waits for; None when a look at the account can tell something."""
    attempt = delivery.attempt
    assert attempt  # noqa: S101 - the ledger's tables see to it
    # An end that is still to come was written by a clock that was wrong: how long ago it was nobody knows.
    look_at = min(attempt.ended_at, now) + account.seen_within
    if look_at <= now:
        return None
    return _in_doubt(delivery, look_at=look_at, absences=0, tries=0)


def settled(seen: Sight, found: Standing | None, delivery: Delivery, account: Account, *, now: datetime) -> Outcome:
    """Decide what a reading of the account means for an uncertain delivery."""
    attempt = delivery.attempt
    assert attempt  # noqa: S101 - the ledger's tables see to it
    if found:
        return Outcome(status=Status.PUBLISHED, receipt=found.receipt, tries=0)
    if seen is not Sight.ABSENT:
        return _look_again(delivery, _OUT if seen is Sight.UNSEEN else _UNCLEAR, now=now)
    absences = attempt.absences + 1
    if absences < LOOKS:
        return _in_doubt(delivery, look_at=now + BETWEEN_LOOKS, absences=absences, tries=0)
    if not account.limits.lists_all:
        return _held(_INCOMPLETE, absences)
    if delivery.resends >= MAX_RESENDS:
        return _held(_AGAIN, absences)
    return Outcome(status=Status.QUEUED, reason=Reason.ABSENT, absences=absences, resends=delivery.resends + 1, tries=0)


def unread(error: PublishError, delivery: Delivery, *, now: datetime) -> Outcome:
    """Decide what it means that the account cannot be read back: nothing for the post; an account may have to rest."""
    if isinstance(error, AccountError):
        stopped = after(error, tries=delivery.tries, seen_within=timedelta(), now=now)
        return replace(stopped, status=Status.UNCERTAIN, not_before=stopped.account_rests_until)
    retry_at = error.retry_at if isinstance(error, TransientError) else None
    return _look_again(delivery, error.message, now=now, retry_at=retry_at)


def after_defect(delivery: Delivery, *, now: datetime) -> Outcome:
    """Decide what a defect of ours over a look means: looked at again with growing waits."""
    return _look_again(delivery, Reason.DEFECT.message, now=now)


def unread_account(error: PublishError, *, now: datetime) -> Outcome:
    """Decide what it means that an account cannot be read back before anything is sent: it rests in any case."""
    if isinstance(error, AccountError):
        return after(error, tries=0, seen_within=timedelta(), now=now)
    retry_at = error.retry_at if isinstance(error, TransientError) else None
    rest = max(retry_at or now, now + ACCOUNT_REST)
    return Outcome(status=Status.QUEUED, reason=Reason.TRANSIENT, message=error.message, account_rests_until=rest)


def _look_again(delivery: Delivery, cause: Message, *, now: datetime, retry_at: datetime | None = None) -> Outcome:
    tries = delivery.tries + 1
    if tries >= MAX_TRIES:
        return _held(cause, 0)
    own = now + BACKOFF[min(tries, len(BACKOFF)) - 1]
    look_at = max(own, retry_at) if retry_at else own
    return replace(_in_doubt(delivery, look_at=look_at, absences=0, tries=tries), message=cause)


def _in_doubt(delivery: Delivery, *, look_at: datetime, absences: int, tries: int) -> Outcome:
    """Leave it uncertain, for the reason for which it is."""
    was_interrupted = delivery.status is Status.PUBLISHING or delivery.reason is Reason.INTERRUPTED
    reason = Reason.INTERRUPTED if was_interrupted else Reason.LOST_ANSWER
    return Outcome(status=Status.UNCERTAIN, reason=reason, not_before=look_at, absences=absences, tries=tries)


def _held(cause: Message, absences: int) -> Outcome:
    return Outcome(status=Status.HELD, reason=Reason.UNKNOWN, message=cause, absences=absences, tries=0)
