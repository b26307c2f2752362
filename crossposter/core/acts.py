"""What people may do about a delivery, and what becomes of it. Nothing here sends: the daemon does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from crossposter.core.kinds import DeliveryName, Kind
from crossposter.core.model import Reason, Status
from crossposter.wording import Message, say

#: So long a post may be accepted and not be seen on its account yet. A guess on the long side, the same for all
#: platforms: how long it really takes none of them says (X is thought to need 2 minutes, Facebook 3, Instagram 5).
UNSEEN_FOR = timedelta(minutes=5)
#: Reasons to hold that are about one exact text: who lets it out lets out that one, and none that comes after it.
OF_A_TEXT = frozenset({Reason.APPROVAL, Reason.REVISED})


class Verb(StrEnum):
    """What a person does."""

    #: Let a held post go out.
    APPROVE = "approve"
    #: Decide against a post that has not gone out.
    REJECT = "reject"
    #: Try a post again that has failed.
    RETRY = "retry"
    #: Say that a post which may be public or not is: the person has seen it.
    PUBLISHED = "published"
    #: Say that it is not: then it is sent again.
    ABSENT = "absent"
    #: Publish what was there before the feed was first seen.
    BACKFILL = "backfill"
    #: Take a story down.
    RETRACT = "retract"
    #: Let posts of edited news be corrected.
    CORRECT = "correct"
    #: Keep back a post that would go out by itself.
    HOLD = "hold"
    #: Write the text of one post before it goes out.
    EDIT = "edit"


#: What lets a post out: whoever did it last stands with the attempt.
LETS_OUT = frozenset({Verb.APPROVE, Verb.RETRY, Verb.ABSENT, Verb.BACKFILL, Verb.CORRECT, Verb.RETRACT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who acts, and why."""

    name: str
    #: As the operating system knows them.
    system_user: str
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an act makes of a delivery."""

    status: Status
    reason: Reason | None = None
    #: Reasons to hold it that no longer count.
    waives: frozenset[Reason] = frozenset()
    #: Whether the post that it acts on does not stand any more.
    is_gone: bool = False


def misses_a_post(
    verb: Verb, step: Kind, name: DeliveryName, *, is_begun: bool, is_whole_story: bool
) -> Message | None:
    """Say why a repost is left alone, of which one post would be missing then; None where there is nothing to say.

    Args:
        verb: What a person wants to do.
        step: What the delivery's next request does.
        name: Its name.
        is_begun: Whether the platform was ever asked for anything.
        is_whole_story: Whether the person has named the story, and not this delivery.
    """
    if name.kind is not Kind.REPOST:
        return None
    words = {"id": str(name), "story": name.entry_id}
    if verb is Verb.REJECT and is_whole_story and step is Kind.PUBLISH:
        return say(
            "its old post is deleted, and its new one is not made yet: let it be made with 'crossposter retry {id}' (or"
            " approve), take the story down with 'crossposter retract {story}', or drop it by its own name",
            **words,
        )
    if verb is Verb.ABSENT and not is_begun:
        return say(
            "nothing of it was begun: let it be made with 'crossposter correct {id}', also where the old post is"
            " deleted already; or drop it with 'crossposter reject {id}'",
            **words,
        )
    return None


def may_be_unseen(verb: Verb, *, sent_at: datetime, now: datetime) -> bool:
    """Tell whether who finds nothing has looked too early: sent again, it would stand there twice."""
    return verb is Verb.ABSENT and now < sent_at + UNSEEN_FOR


def is_in_doubt(status: Status, reason: Reason | None) -> bool:
    """Tell whether it is public or not that nobody knows: a person may say which, and only that.

    Let out, one that may stand there already would perhaps be posted twice.
    """
    return status is Status.UNCERTAIN or (status, reason) == (Status.HELD, Reason.UNKNOWN)


def change(verb: Verb, status: Status, reason: Reason | None, *, step: Kind = Kind.PUBLISH) -> Change | None:
    """Decide what an act makes of a delivery; None when it cannot be done to one that stands so.

    `step` is what its next request does, or the one whose answer was lost.
    """
    in_doubt = is_in_doubt(status, reason)
    if step is Kind.DELETE and verb in (Verb.PUBLISHED, Verb.ABSENT):
        is_open = status in (Status.HELD, Status.UNCERTAIN, Status.FAILED)
        return Change(status=Status.PUBLISHED, is_gone=True) if is_open and verb is Verb.ABSENT else None
    if reason is Reason.BY_HAND and verb is Verb.APPROVE:
        return None
    if step in (Kind.DELETE, Kind.EDIT) and in_doubt and verb is Verb.RETRY and status is Status.HELD:
        return Change(status=Status.QUEUED)  # asked for twice, it is done once
    if verb is Verb.APPROVE and status is Status.HELD and not in_doubt:
        return Change(status=Status.QUEUED, waives=frozenset(filter(None, (reason,))) - OF_A_TEXT)
    if verb is Verb.REJECT and status in (Status.HELD, Status.QUEUED, Status.FAILED):
        return Change(status=Status.SKIPPED, reason=Reason.DROPPED)
    if verb is Verb.RETRY and (status is Status.FAILED or (status, reason) == (Status.HELD, Reason.UNREACHABLE)):
        return Change(status=Status.QUEUED)
    was_made_by_hand = (status, reason) == (Status.HELD, Reason.ALREADY_POSTED)
    if verb is Verb.PUBLISHED and (in_doubt or was_made_by_hand):
        return Change(status=Status.PUBLISHED)
    if verb is Verb.ABSENT and in_doubt:
        return Change(status=Status.QUEUED)
    if verb is Verb.HOLD and status is Status.QUEUED:
        return Change(status=Status.HELD, reason=Reason.BY_PERSON)
    if verb is Verb.EDIT and status in (Status.QUEUED, Status.HELD) and not in_doubt:
        return Change(status=status, reason=reason)
    if verb is Verb.BACKFILL and (status, reason) == (Status.SKIPPED, Reason.BASELINE):
        return Change(status=Status.QUEUED)
    return None
