"""How a platform shows a text: where it folds it, what it makes a link or a tag of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from crossposter.core.counting import Link
from crossposter.core.model import Account, LinkPlace
from crossposter.wording import say

#: About after how many characters a platform folds a text, and what it writes there; by the field's experience
#: (2026-11), no page of Meta's says it. X shows all of 280.
FOLDS = {"facebook": (477, say("… See more")), "instagram": (125, say("… more"))}

#: As in the sandbox's page: a link ends before the sentence's own punctuation.
_ADDRESS = re.compile(r"https?://\S*[^\s.,;:!?)\]}'\"’”»]")
_TAG = re.compile(r"(?<![\w&/])[#@]\w+")
_SPACE = re.compile(r"\s+")


class Piece(NamedTuple):
    """A part of a text: plain, a link (with an address), or what the platform makes a tag of."""

    text: str
    href: str = ""
    is_tag: bool = False


def folded(text: str, *, at: int | None) -> tuple[str, str]:
    """Split a text where a platform folds it: at the last space before so many characters; all of it for None."""
    if at is None or len(text) <= at:
        return text, ""
    spaces = [space.start() for space in _SPACE.finditer(text, 0, at + 1)]
    end = spaces[-1] if spaces and spaces[-1] > 0 else at
    return text[:end], text[end:]


def pieces_of(text: str, account: Account) -> list[Piece]:
    """Split a text into what the platform shows as text, as a link and as a tag."""
    links = [] if account.limits.link is LinkPlace.NONE else _links(text, account.limits.find_links)
    pieces: list[Piece] = []
    end = 0
    for link in links:
        address = link.text if "://" in link.text else f"https://{link.text}"
        pieces += (*_tagged(text[end : link.start]), Piece(link.text, web_address(address)))
        end = link.end
    return [*pieces, *_tagged(text[end:])]


def _links(text: str, find: Callable[[str], Sequence[Link]] | None) -> Sequence[Link]:
    if find is not None:
        # Its offsets are those of a normalised text; posts are (core/text.py), and what is not shows no link.
        return [link for link in find(text) if text[link.start : link.end] == link.text]
    return [Link(match[0], match.start(), match.end()) for match in _ADDRESS.finditer(text)]


def _tagged(text: str) -> Iterator[Piece]:
    end = 0
    for tag in _TAG.finditer(text):
        if tag.start() > end:
            yield Piece(text[end : tag.start()])
        yield Piece(tag[0], is_tag=True)
        end = tag.end()
    if end < len(text):
        yield Piece(text[end:])


def web_address(address: str) -> str:
    """Give what may be clicked: http(s) alone; empty for anything else."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return address if parts.scheme in ("http", "https") and parts.hostname else ""
