"""Is this ledger older than the truth? Decided by two numbers: what the ledger says, and what the file beside it says.

Before each public call both count one further, the ledger first. So the ledger is never behind the file, unless it was
put back from a copy; then posts may stand on the accounts of which it does not know.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from crossposter.wording import Message, say

#: Whoever was silent for so long may have missed something: another machine may have sent, or the disk been put back.
LONG_SILENCE = timedelta(hours=1)
#: What a ledger knows last may have been written a little after what it tells of.
MARGIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """How many public calls a ledger has begun; `ledger_id` tells one ledger from another."""

    ledger_id: str
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What was found when a ledger was opened by a process that sends.

    Attributes:
        restored: Why it is older than the truth; None where it is not.
        is_clock_doubtful: Whether it knows of a moment that has not come yet.
    """

    restored: Message | None
    is_clock_doubtful: bool


def older_than_the_truth(ledger: Fence, beside: Fence | None, *, is_shared: bool = False) -> Message | None:
    """Say why a ledger does not know all that was sent; None when it does.

    Args:
        ledger: What the ledger says.
        beside: What the file beside it says; None where there is none, or none that can be read.
        is_shared: Whether several machines count in it, each with a file of its own; a new machine has none.
    """
    if beside is None:
        if ledger.sequence == 0 or is_shared:
            return None
        return say("the file that counts what was sent is not beside the ledger: it was copied or put back from a copy")
    if beside.ledger_id == ledger.ledger_id:
        if beside.sequence <= ledger.sequence:
            return None
        return say(
            "the ledger is an older copy: {missing} of the posts that were begun since are not in it",
            missing=beside.sequence - ledger.sequence,
        )
    if ledger.sequence == 0:
        if beside.sequence == 0:
            return None
        return say(
            "the ledger is new, or from before an update, and another one stood in its place that had sent posts"
        )
    return say("the ledger is another one than the one that sent from here last")


def after_recovery(ledger: Fence, beside: Fence | None) -> Fence:
    """Give the fence of a ledger that is in use again: above all that was ever counted here."""
    return Fence(ledger_id=ledger.ledger_id, sequence=max(ledger.sequence, beside.sequence if beside else 0) + 1)


def unread_since(last_sign: datetime | None, *, is_restored: bool, now: datetime) -> datetime | None:
    """Give since when accounts must be read back before anything is sent to them; None where they need not be.

    Args:
        last_sign: When the program was surely at work last; None where the ledger knows of nothing.
        is_restored: Whether it is older than the truth.
        now: When the process begins.
    """
    if last_sign is None:
        return None
    if is_restored:
        return last_sign - MARGIN
    return last_sign if now - last_sign > LONG_SILENCE else None


def clock_is_doubtful(newest: datetime | None, *, now: datetime) -> bool:
    """Tell whether the ledger knows of a later moment: the clock is behind, or was ahead."""
    return newest is not None and now < newest - MARGIN
