"""What becomes of a post that is corrected or taken away: what an answer means, and what a reading of the post does.

queued ─claim─▶ publishing ─yes───────────▶ done (of a repost: queued again, for the new post)
   ▲                ├─surely not──────────▶ queued again | failed
   │                └─answer lost─▶ uncertain ─read the post─▶ done | as it was: queued again | look again | held

Both may be asked for twice without harm, unlike a post, so that what is as it was is simply done again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from crossposter.core.kinds import Kind
from crossposter.core.model import Account, Delivery, Outcome, Post, Reason, Status
from crossposter.core.retrying import BACKOFF, MAX_TRIES
from crossposter.core.timeline import Standing, says
from crossposter.wording import say

#: So long after an answer was lost the post itself is read: it is asked for by its number, and no list lags behind.
READ_AFTER = timedelta(seconds=30)


def cannot(delivery: Delivery, account: Account) -> Outcome | None:
    """Say that a person must do it: this account has no way, or is another one than the post's; None otherwise."""
    if delivery.target and delivery.target.platform_id not in (None, account.pinned.id):
        # Asked of another account, its platform would say that there is no such post: that would count as deleted.
        message = say(
            "the post stands on the account {old}, and the YAML names {new} by now: nothing is asked of that; a person"
            " does it in the app or on the platform's site",
            old=delivery.target.platform_id,
            new=account.pinned.id,
        )
        return Outcome(status=Status.HELD, reason=Reason.BY_HAND, message=message)
    if delivery.kind is Kind.PUBLISH or delivery.kind in account.can:
        return None
    return Outcome(status=Status.HELD, reason=Reason.BY_HAND)


def is_overtaken(delivery: Delivery) -> bool:
    """Tell whether a correction is not to be made any more: the news says another thing, or its post is to go.

    What was begun is ended; but of a post that is taken away no new one is made.
    """
    target = delivery.target
    is_to_go = target is not None and target.is_withdrawn
    if delivery.attempt:
        return is_to_go and delivery.kind is Kind.REPOST
    is_gone = target is not None and not target.stands
    return is_to_go or is_gone or delivery.revision != delivery.issue


def done(delivery: Delivery) -> Outcome:
    """Decide what it means that the request was carried out, where no new post came of it."""
    if delivery.kind is Kind.REPOST:
        return Outcome(status=Status.QUEUED, reason=Reason.REPOSTED, is_gone=True, tries=0)
    return Outcome(status=Status.PUBLISHED, is_gone=delivery.kind is Kind.DELETE, tries=0)


def goes_on(outcome: Outcome | None) -> bool:
    """Tell whether the next step of the same delivery follows at once."""
    return outcome is not None and outcome.reason is Reason.REPOSTED


def missing(delivery: Delivery) -> Outcome:
    """Decide what it means that the post is not there: that is what a deletion wants, and an edit cannot be done."""
    if delivery.step is Kind.DELETE:
        return done(delivery)
    cause = say("the post is not on the account any more: it was deleted there")
    return Outcome(status=Status.FAILED, reason=Reason.REJECTED, message=cause)


def read(standing: Standing | None, sent: Post, delivery: Delivery, *, now: datetime) -> Outcome:
    """Decide what a reading of the post means for a request whose answer was lost."""
    if standing is None:
        return missing(delivery)
    if delivery.step is Kind.EDIT and says(standing, sent):
        return done(delivery)
    tries = delivery.tries + 1
    if tries >= MAX_TRIES:
        return Outcome(status=Status.HELD, reason=Reason.UNREACHABLE, tries=tries)
    wait = BACKOFF[min(tries, len(BACKOFF)) - 1]
    return Outcome(status=Status.QUEUED, reason=Reason.STILL_STANDS, not_before=now + wait, tries=tries)


def sooner(outcome: Outcome, *, now: datetime) -> Outcome:
    """Let a lost answer be looked after at once, since a post is read by its number; how often it failed counts on."""
    if outcome.status is not Status.UNCERTAIN:
        return outcome
    return replace(outcome, not_before=now + READ_AFTER, tries=None)
