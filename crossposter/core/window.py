"""The window of a feed: the items that it shows at once. What stands there as at the last poll is not read again.

An item that is left unread must change no decision about the others. So only one whose entry the ledger knows whole is
remembered, and it is read after all where it has a key in common with another item (`stand_apart`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
