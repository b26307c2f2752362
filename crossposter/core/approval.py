"""Which posts a person must let out, and when that they did no longer counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crossposter.core.kinds import Kind
from crossposter.core.model import Delivery
from crossposter.core.text import match_key
from crossposter.wording import Message, say


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRule:
    """Which of an account's posts wait until a person has let them out."""

    #: Only news of these categories; None for all posts, unless `of_holds` is the only word.
    categories: tuple[str, ...] | None = None
    #: What was held for any reason, and let out by a person before there was a text to look at.
    of_holds: bool = False
    #: An approval that was not used for so long is void.
    expires: timedelta = timedelta(hours=24)


def needs_approval(rule: ApprovalRule, categories: Sequence[str], *, was_held: bool) -> bool:
    """Tell whether a person must let the exact words of news out.

    Args:
        rule: What the account asks for.
        categories: Those of the news.
        was_held: Whether it was held for any reason, and a person has let that pass.
    """
    if rule.of_holds and was_held:
        return True
    if rule.categories is None:
        return not rule.of_holds
    wanted = {match_key(category) for category in rule.categories}
    return not wanted.isdisjoint(match_key(category) for category in categories)


def has_words(delivery: Delivery) -> bool:
    """Tell whether there are words to let out: not of a deletion, nor of a repost that has taken its post away.

    That one is ended in the words in which it was begun, which the ledger has.
    """
    is_ending = delivery.kind is Kind.REPOST and delivery.step is Kind.PUBLISH and delivery.sent is not None
    return delivery.kind is not Kind.DELETE and not is_ending


def is_let_out(delivery: Delivery, rule: ApprovalRule, *, now: datetime) -> bool:
    """Tell whether a person has let exactly this out, and recently enough."""
    return delivery.approval is not None and why_void(delivery, rule, now=now) is None


def why_void(delivery: Delivery, rule: ApprovalRule, *, now: datetime) -> Message | None:
    """Say why an approval counts no more; None where it counts, or where there is none."""
    approval, draft = delivery.approval, delivery.draft
    if approval is None:
        return None
    if draft is None or draft.revision != delivery.revision:
        return say("the news was changed after {person} had approved it: its approval is void", person=approval.by)
    if draft.hash != approval.hash:
        return say(
            "{editor} has changed the text after {person} had approved it: its approval is void",
            editor=draft.edited_by or "-",
            person=approval.by,
        )
    # What was begun in time may be tried again later: it is the same post, to the byte. An approval of a time that lies
    # further ahead than it would be valid was given by a wrong clock: nobody knows how old it is.
    if delivery.sent is None and abs(now - approval.at) > rule.expires:
        return say(
            "the approval by {person} is void: it was not used within {hours} hours",
            person=approval.by,
            hours=round(rule.expires / timedelta(hours=1), 1),
        )
    return None


def is_overtaken(delivery: Delivery) -> bool:
    """Tell whether the news was changed after a person wrote the text of its post."""
    draft = delivery.draft
    return draft is not None and draft.edited_by is not None and draft.revision != delivery.revision
