"""Hashtags of a post: from the YAML, and from the news' categories."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from crossposter.core.text import match_key, upper

_WORD = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)?")
_APOSTROPHE = re.compile("['’]")
_AS_WRITTEN = re.compile(r"#?(\w+)")
_HAS_LETTER = re.compile(r"[^\W\d_]")


def tag_of(phrase: str, language: str) -> str | None:
    """Make one hashtag of a phrase: "Ulaşım & Altyapı" becomes "#UlaşımAltyapı".

    Capitals mark the words, as screen readers want it; a suffix behind an apostrophe is dropped. None where no letter
    is left: "2026" is no hashtag.
    """
    if not _HAS_LETTER.search(phrase):
        return None
    if as_written := _AS_WRITTEN.fullmatch(phrase.strip()):
        word = as_written[1]
        return "#" + upper(word[0], language) + word[1:]
    words = (_APOSTROPHE.split(match[0])[0] for match in _WORD.finditer(phrase))
    return "#" + "".join(upper(word[0], language) + word[1:] for word in words)


def tags_of(phrases: Iterable[str], *, language: str, limit: int | None) -> Sequence[str]:
    """Make the hashtags of some phrases, each once however it is spelt, no more than a platform takes."""
    tags: dict[str, str] = {}
    for phrase in phrases:
        if tag := tag_of(phrase, language):
            tags.setdefault(match_key(tag), tag)
    return list(tags.values())[:limit]
