"""Plain text: cleaned once on the way in, cut at a place a reader accepts on the way out."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Sequence

ELLIPSIS = "…"

#: Invisible, and seen in municipal feeds (a slug of izmir.bel.tr carries U+200B). U+200C and U+200D stay: they shape
#: letters and emoji.
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff"))
#: Would turn the rest of a post around.
_BIDI = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C])
_CONTROL = dict.fromkeys([*range(0x00, 0x0A), *range(0x0B, 0x20), *range(0x7F, 0xA0)], " ")

#: A sentence ends after a word of four letters or more, so that "Dr.", "No." and "29." end none.
_SENTENCE_END = re.compile(r"(?<=[^\W\d_]{4})[.!?]+[\"”’)\]]*(?=\s)|\n{2,}")
_WORD_END = re.compile(r"(?<=\S)(?=\s)")
#: A cut sentence is preferred to a cut word as long as it keeps this share of the text.
_SENTENCE_SHARE = 0.5


def clean(raw: str) -> str:
    """Normalise (NFC), drop what cannot be seen, and reduce white space to single spaces and empty lines."""
    text = unicodedata.normalize("NFC", raw.replace("\r\n", "\n").replace("\r", "\n"))
    text = text.translate(_INVISIBLE | _BIDI | _CONTROL)
    paragraphs = (" ".join(block.split()) for block in re.split(r"\n\s*\n", text))
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def clean_line(raw: str) -> str:
    """Clean a text that has one line: a title, a category, an alt text."""
    return " ".join(clean(raw).split())


def shorten(text: str, fits: Callable[[str], bool]) -> str:
    """Give the longest beginning of the text that fits: whole sentences, else whole words and "…".

    `fits` must be monotonic: what does not fit does not fit with more behind it. Empty when not one word fits.
    """
    if fits(text):
        return text
    words = [match.start() for match in _WORD_END.finditer(text)]
    sentences = [match.end() for match in _SENTENCE_END.finditer(text)]
    by_word = _longest(words, lambda end: text[:end].rstrip(" ,;:–—-(“\"'‘") + ELLIPSIS, fits)
    by_sentence = _longest(sentences, lambda end: text[:end].rstrip(), fits)
    return by_sentence if len(by_sentence) >= _SENTENCE_SHARE * len(by_word) else by_word


def shorten_to(text: str, length: int) -> str:
    """Cut to a number of characters: by sentences and words, within a word only when one word is longer than that."""
    return shorten(text, lambda cut: len(cut) <= length) or text[:length]


def _longest(ends: Sequence[int], cut: Callable[[int], str], fits: Callable[[str], bool]) -> str:
    """Find the last cut that fits by bisection: counting is the expensive part.

    Offsets, one cut at a time: all beginnings of a long text together are quadratic in memory.
    """
    position = bisect_right(ends, False, key=lambda end: not fits(cut(end)))
    return cut(ends[position - 1]) if position else ""


def same_handle(one: str, other: str) -> bool:
    """Compare two names of an account as platforms do: `@İzmir` is none, so ASCII case is all there is to fold."""
    return one.lstrip("@").casefold() == other.lstrip("@").casefold()
