"""Teasers: when a feed says less than the article, and what the article's page may add."""

from __future__ import annotations

import re
from dataclasses import replace

from crossposter.core.chrome import Chrome, without_chrome
from crossposter.core.model import Entry
from crossposter.core.text import clean, match_key

#: Characters; what a feed says in fewer is taken for a teaser, however it ends. A city's article has 800 and more.
SHORT = 400
#: How a cut text ends: "…", "...", "[…]", "(devamı)".
_CUT = re.compile(
    r"(?:…|\.\.\.|\[\s*(?:…|\.{2,3}|&hellip;)\s*\]"
    r"|(?:devamı|devamını oku|devamı için tıklayınız?|read more|continue reading))[\s\])»>→.”\"’]*$",
    re.IGNORECASE,
)
#: How a whole one ends; what has one paragraph and ends otherwise was cut by its length.
_WHOLE = re.compile(r"[.!?:)\]”\"’»]$")
#: Letters of a word that are compared: Turkish changes the ends of words.
_STEM = 5
_WORD = re.compile(r"[^\W\d_]{4,}")
#: The share of the headline's and the teaser's words that an article about it has at least.
_SHARED = 0.3


def is_teaser(entry: Entry) -> bool:
    """Tell whether the feed says only how the article begins: nothing, little, or a text that is cut."""
    words = _words(entry)
    if len(words) < SHORT or _CUT.search(words[-60:]):
        return True
    return "\n\n" not in words and not _WHOLE.search(words)


def with_article(entry: Entry, text: str, chrome: Chrome) -> Entry:
    """Give the entry with the article's text in place of its own, freed of its page by the feed's rules.

    It stays as it is where the page says no more than the feed, or speaks of something else, as error pages do.
    """
    found = without_chrome(clean(text), entry.title, chrome)
    if len(found) <= len(_words(entry)) or not _is_about(found, entry):
        return entry
    return replace(entry, text=found)


def _words(entry: Entry) -> str:
    return max(entry.text, entry.summary, key=len).strip()


def _is_about(text: str, entry: Entry) -> bool:
    wanted = _stems(f"{entry.title} {_words(entry)}")
    return len(wanted & _stems(text)) >= _SHARED * len(wanted)


def _stems(text: str) -> set[str]:
    return {match_key(word)[:_STEM] for word in _WORD.findall(text)}
