"""How fast an account posts: what keeps a backlog from going out in a burst."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from crossposter.core.kinds import Kind
from crossposter.core.model import Delivery, Pace

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
