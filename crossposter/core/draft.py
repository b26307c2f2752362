"""What exactly people are shown before it is sent, and let out."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from crossposter.core.model import Post
from crossposter.core.text import lower

#: Characters of a hash that people are shown, and the fewest by which they may name one.
SHOWN, FEWEST = 8, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What would be sent, as people are shown it; its pictures without their bytes (those are in the picture store)."""

    post: Post
    #: See `digest`; empty while only the text is known, as a person wrote it before the pictures were prepared.
    hash: str
    #: Which of the entry's revisions it was made of.
    revision: int
    made_at: datetime
    #: Who wrote the text; None where it was made of the news.
    edited_by: str | None = None

    @property
    def is_complete(self) -> bool:
        """Tell whether it is exactly what would be sent."""
        return bool(self.hash)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """That a person has let a draft out."""

    #: Of the draft.
    hash: str
    at: datetime
    by: str


def digest(post: Post, *, revision: int) -> str:
    """Give the hash of the exact text, link and pictures with their descriptions, and of which revision they are made.

    Where a picture comes from is no part of it: its bytes are.
    """
    pictures = [[picture.sha256, picture.alt] for picture in post.pictures]
    exact = json.dumps([post.text, post.link, pictures, revision], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(exact.encode()).hexdigest()


def is_meant(written: str, found: str) -> bool:
    """Tell whether a person who wrote the beginning of a hash means this one."""
    return len(written) >= FEWEST and found.startswith(lower(written, "en"))
