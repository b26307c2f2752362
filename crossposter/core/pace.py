"""How fast an account posts: what keeps a backlog from going out in a burst."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crossposter.core.kinds import Kind
from crossposter.core.model import Delivery, Pace, Reason

#: What a pace can depend on is not older.
WINDOW = timedelta(days=1)
_HOUR = timedelta(hours=1)


def keeps_to_pace(delivery: Delivery) -> bool:
    """Tell whether a delivery keeps to the pace: where a further post comes of it, and it is not urgent.

    An edit and a deletion make none. Of a repost the deletion waits; the new post then follows it at once, whatever the
    pace: the gap would be worse.
    """
    makes_a_post = delivery.kind in (Kind.PUBLISH, Kind.REPLY) or (
        delivery.kind is Kind.REPOST and delivery.step is Kind.DELETE
    )
    return makes_a_post and not delivery.is_urgent


def next_slot(pace: Pace, sent: Sequence[datetime]) -> datetime | None:
    """Give when the account may post again; None for right away.

    Args:
        pace: How fast it may.
        sent: When it has posted, or may have, within the last day; in any order.
    """
    newest_first = sorted(sent, reverse=True)
    waits = [newest_first[0] + pace.min_gap] if pace.min_gap and newest_first else []
    for limit, span in ((pace.per_hour, _HOUR), (pace.per_day, WINDOW)):
        if limit is not None and len(newest_first) >= limit:
            waits.append(newest_first[limit - 1] + span)
    return max(waits, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """When a post of an account goes out, and what keeps it until then; None where that is not its turn."""

    at: datetime
    reason: Reason | None = None


def turns(
    posts: Sequence[Turn],
    pace: Pace,
    *,
    sent: Sequence[datetime],
    urgent: Collection[int],
    urgent_at: datetime | None,
    holds_others: timedelta | None,
) -> list[Turn]:
    """Foretell when the posts of an account go out, one after the other.

    Args:
        posts: When each would go out if it was alone, in the order of the news.
        pace: How fast the account may post.
        sent: When it has posted within the last day.
        urgent: Which of them are urgent: these keep to no pace, and go first.
        urgent_at: When an urgent one was sent last; None for not lately.
        holds_others: So long after an urgent one the others wait.
    """
    found: dict[int, Turn] = {}
    begun = list(sent)
    for number in sorted(urgent):
        found[number] = posts[number]
        begun.append(posts[number].at)
        urgent_at = max(filter(None, (urgent_at, posts[number].at)))
    for number in (one for one in range(len(posts)) if one not in found):
        waits = [posts[number]]
        if urgent_at and holds_others:
            waits.append(Turn(at=urgent_at + holds_others, reason=Reason.BEHIND_URGENT))
        if slot := next_slot(pace, begun):
            waits.append(Turn(at=slot, reason=Reason.PACE))
        found[number] = max(waits, key=lambda turn: turn.at)
        begun.append(found[number].at)
    return [found[number] for number in range(len(posts))]
