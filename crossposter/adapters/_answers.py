"""Reading what platforms answer: a part that is missing, or of another shape than documented, is no crash."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from crossposter.core.text import clean_line
from crossposter.errors import TransientError
from crossposter.wording import Message

#: How the three platforms number accounts, pictures and posts (none is 0); Facebook joins the Page's and the post's.
_ID = re.compile(r"0*[1-9][0-9]*(_[0-9]+)*")
#: So much of a platform's own words stands in a sentence.
_MAX_WORDS = 300


def identifier(value: object) -> str:
    """Give the platform's number of a thing; empty when the answer holds none, which is no success then.

    Anything else is kept out of the ledger: `{"x": 1}`, true and 1e999 can all be written as text.
    """
    is_number = isinstance(value, str | int) and not isinstance(value, bool)
    return str(value) if is_number and _ID.fullmatch(str(value)) else ""


def numbered(value: object, *, otherwise: Message) -> str:
    """Give the platform's number of a post that is there.

    Raises:
        TransientError: It has none: "not found" would be wrong.
    """
    if found := identifier(value):
        return found
    raise TransientError(otherwise)


def moment(value: object) -> datetime | None:
    """Read a time as X (2026-11-26T09:12:38.000Z) and Meta (...+0000) write it; None for anything else."""
    try:
        found = datetime.fromisoformat(text(value))
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else None


def short(words: str) -> str:
    """Give a short form of a text, by which it is told from others."""
    return sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def text(value: object) -> str:
    """Give a JSON text; an empty one in place of anything else."""
    return value if isinstance(value, str) else ""


def mapping(value: object) -> Mapping[str, Any]:
    """Give a JSON object; an empty one in place of anything else."""
    return value if isinstance(value, Mapping) else {}


def mappings(value: object, *, otherwise: Message) -> list[Mapping[str, Any]]:
    """Give the objects of a JSON list.

    Raises:
        TransientError: It is no list, which is not the same as "nothing found".
    """
    if not isinstance(value, list):
        raise TransientError(otherwise)
    return [each for each in value if isinstance(each, Mapping)]


def plain_words(said: str) -> str:
    """Take a platform's own words into a sentence: one line, nothing that a terminal or a database trips over."""
    return clean_line(said.encode("utf-8", "replace").decode())[:_MAX_WORDS]
