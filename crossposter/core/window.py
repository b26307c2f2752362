"""The window of a feed: the items that it shows at once. What stands there as at the last poll is not read again.

An item that is left unread must change no decision about the others. So only one whose entry the ledger knows whole is
remembered, and it is read after all where it has a key in common with another item (`stand_apart`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from crossposter.core.model import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An item of a feed's window about which there is nothing left to decide.

    Attributes:
        mark: A short form of its bytes, of what stands around them, and of how they are read.
        keys: Those of its entry, as the item gives them; the ledger has them all.
        is_dated: Whether it has a date that can be trusted: the order of the others depends on that.
        entry_id: The ledger's number of the entry; None while that is not recorded.
    """

    mark: str
    keys: tuple[str, ...]
    is_dated: bool
    entry_id: int | None = None


def stand_apart(unread: Sequence[Shown], read: Iterable[Entry]) -> bool:
    """Tell whether no item has a key in common with one that was left unread."""
    keys = {key for shown in unread for key in shown.keys}
    if len(keys) < sum(len(shown.keys) for shown in unread):
        return False
    return keys.isdisjoint(key for entry in read for key in entry.keys)


def vanished(before: Sequence[Shown], shown: Collection[int]) -> tuple[int, ...]:
    """Give the entries that a feed shows no more, although it still shows an older one: somebody has taken them away.

    What is older than all that is shown has left at the end, as everything does one day.

    Args:
        before: The feed's last window.
        shown: The ledger's numbers of the entries that it shows now; an entry that was seen later has a higher one.
    """
    oldest = min(shown, default=None)
    if oldest is None:
        return ()
    gone = {one.entry_id for one in before if one.entry_id is not None and one.entry_id > oldest} - set(shown)
    return tuple(sorted(gone))
