from __future__ import annotations

from datetime import datetime

from crossposter.core.model import Attempt, Post, Receipt
from crossposter.core.timeline import look_for
from crossposter.ports import Adapter


def receipt_of(adapter: Adapter, post: Post, *, since: datetime) -> Receipt | None:
    """Read the account back for a post that was sent at a time."""
    attempt = Attempt(number=1, started_at=since, ended_at=since)
    found = look_for(adapter.timeline(limit=25), post, attempt, theirs=())
    return found.receipt if found else None
