"""Is the daemon working, not merely up?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crossposter.core.model import Feed
from crossposter.wording import Message, say

#: Several beats may be late on a busy machine.
MAX_SILENCE = timedelta(minutes=2)
#: A feed is in trouble when its last good poll is older than so many of its intervals.
MAX_INTERVALS = 3
#: Longer than the longest back-off of a try that is merely repeated.
MAX_WAIT = timedelta(minutes=90)
NEVER_RUN = say("the daemon has never run: start it with 'crossposter run'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What the ledger tells.

    Attributes:
        started_at: When the daemon started; None when none ever did.
        beat_at: Its last sign of life.
        polled_at: For each feed that was ever read, when that was last done with success.
        oldest_due: The delivery that has been due for longest; None when nothing is due.
        due_since: Since when it has been.
    """

    started_at: datetime | None
    beat_at: datetime | None
    polled_at: Mapping[str, datetime]
    oldest_due: str | None
    due_since: datetime | None


def troubles(signs: Signs, feeds: Sequence[Feed], *, now: datetime) -> list[Message]:
    """Say everything that keeps the daemon from working; empty when it works."""
    if signs.started_at is None or signs.beat_at is None:
        return [NEVER_RUN]
    found = []
    if now - signs.beat_at > MAX_SILENCE:
        found.append(say("the daemon gives no sign of life since {time}", time=_shown(signs.beat_at)))
    for feed in feeds:
        # A feed that was never read has had since the start of the daemon.
        polled_at = max(signs.polled_at.get(feed.id, signs.started_at), signs.started_at)
        if now - polled_at > MAX_INTERVALS * feed.every:
            found.append(say("feed {feed} was last read at {time}", feed=feed.id, time=_shown(polled_at)))
    if signs.due_since and now - signs.due_since > MAX_WAIT:
        found.append(
            say(
                "delivery {delivery} has been due since {time}", delivery=signs.oldest_due, time=_shown(signs.due_since)
            )
        )
    return found


def _shown(time: datetime) -> str:
    return time.isoformat(timespec="seconds")
