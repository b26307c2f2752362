"""What taking a story down means for each of its deliveries."""

from __future__ import annotations

from enum import Enum, auto

from crossposter.core.acts import is_in_doubt
from crossposter.core.kinds import Kind
from crossposter.core.model import Reason, Status


class Fate(Enum):
    """What becomes of a delivery whose story is taken down."""

    #: Its post stands: it is deleted.
    DELETED = auto()
    #: Its post stands, and no program can delete it there.
    BY_HAND = auto()
    #: It has not gone out, and does not any more.
    DROPPED = auto()
    #: Nobody knows at this moment whether its post stands.
    IN_DOUBT = auto()
    #: Nothing of it stands or waits.
    NOTHING = auto()


def fate(kind: Kind, status: Status, reason: Reason | None, *, stands: bool, can_delete: bool) -> Fate:
    """Decide about one delivery.

    Args:
        kind: What it does.
        status: How it stands; a silent one that was being published is uncertain.
        reason: Why.
        stands: Whether it has a post, and that was not deleted.
        can_delete: Whether its account has a way to delete posts.
    """
    if stands:
        return Fate.DELETED if can_delete else Fate.BY_HAND
    if kind is Kind.DELETE:
        return Fate.NOTHING
    if status is Status.PUBLISHING or is_in_doubt(status, reason):
        # Of an edit, the post is another delivery's, and is deleted as that: whether it was edited is all the same.
        return Fate.NOTHING if kind is Kind.EDIT else Fate.IN_DOUBT
    if status in (Status.QUEUED, Status.HELD, Status.FAILED):
        return Fate.DROPPED
    return Fate.NOTHING
