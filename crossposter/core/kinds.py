"""What a delivery does on its account, and the name by which people and programs call it."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What a delivery does; an attempt does one of these except the last."""

    PUBLISH = "publish"
    #: Gives a post other words, where it stands.
    EDIT = "edit"
    #: Answers a post with a correction.
    REPLY = "reply"
    #: Takes a post away.
    DELETE = "delete"
    #: Takes a post away, then publishes it anew: one delivery of two steps.
    REPOST = "repost"


class DeliveryName(NamedTuple):
    """A delivery's name: `412/izmir-x` publishes; what acts on its posts is `412/izmir-x/edit-2`, `412/izmir-x/delete`.

    Attributes:
        entry_id: The story.
        account_id: Where.
        kind: What it does.
        issue: Which of the news' revisions a correction carries; of a deletion, that of the correction whose post it
            takes away. 0 for the first post.
    """

    entry_id: int
    account_id: str
    kind: Kind = Kind.PUBLISH
    issue: int = 0

    def __str__(self) -> str:
        """Write it."""
        name = f"{self.entry_id}/{self.account_id}"
        if self.kind is Kind.PUBLISH:
            return name
        return f"{name}/{self.kind}-{self.issue}" if self.issue else f"{name}/{self.kind}"


_NAME = re.compile(r"([0-9]{1,9})/([^/]+)(?:/(edit|reply|delete|repost)(?:-([1-9][0-9]{0,8}))?)?")


def read_name(written: str) -> DeliveryName | None:
    """Read the name of one delivery; None for what is none, as the number of a whole story is."""
    found = _NAME.fullmatch(written)
    if not found:
        return None
    entry_id, account_id, kind, issue = found.groups()
    return DeliveryName(int(entry_id), account_id, Kind(kind or Kind.PUBLISH), int(issue or 0))


def name_of(delivery_id: str) -> DeliveryName:
    """Read a name that the ledger has given.

    Raises:
        ValueError: It is none.
    """
    if name := read_name(delivery_id):
        return name
    raise ValueError(f"{delivery_id!r} is no name of a delivery")
