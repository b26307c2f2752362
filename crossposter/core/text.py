"""Plain text: cleaned once on the way in; upper and lower case as the language has them."""

from __future__ import annotations

import re
import unicodedata

#: Invisible, and seen in municipal feeds (a slug of izmir.bel.tr carries U+200B). U+200C and U+200D stay: they shape
#: letters and emoji.
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff"))
#: Would turn the rest of a post around.
_BIDI = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C])
_CONTROL = dict.fromkeys([*range(0x00, 0x0A), *range(0x0B, 0x20), *range(0x7F, 0xA0)], " ")
_REPLACED = _INVISIBLE | _BIDI | _CONTROL
_TO_REPLACE = re.compile(f"[{''.join(map(re.escape, map(chr, _REPLACED)))}]")
_BETWEEN_PARAGRAPHS = re.compile(r"\n\s*\n")

#: Languages that write İ/i and I/ı as two pairs of letters.
_DOTTED = ("tr", "az", "tt", "crh")


def clean(raw: str) -> str:
    """Normalise (NFC), drop what cannot be seen, and reduce white space to single spaces and empty lines."""
    text = unicodedata.normalize("NFC", raw.replace("\r\n", "\n").replace("\r", "\n"))
    if _TO_REPLACE.search(text):
        text = text.translate(_REPLACED)
    paragraphs = (" ".join(block.split()) for block in _BETWEEN_PARAGRAPHS.split(text))
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def clean_line(raw: str) -> str:
    """Clean a text that has one line: a title, a category, an alt text."""
    return " ".join(clean(raw).split())


def upper(text: str, language: str) -> str:
    """Give upper case as the language (BCP 47) writes it: "izmir" is "İZMİR" in Turkish."""
    text = unicodedata.normalize("NFC", text)
    return (text.replace("i", "İ").replace("ı", "I") if _is_dotted(language) else text).upper()


def lower(text: str, language: str) -> str:
    """Give lower case as the language (BCP 47) writes it: "IŞIK" is "ışık" in Turkish."""
    text = unicodedata.normalize("NFC", text)
    if _is_dotted(language):
        text = text.replace("İ", "i").replace("I", "ı")
    # The lower case of a lone İ is an i and a combining dot; what is meant has a plain i.
    return unicodedata.normalize("NFC", text.lower().replace("i\u0307", "i"))


def match_key(text: str) -> str:
    """Give one form for the spellings of a word: İzmir, IZMIR and ızmır are one. For comparing, never for showing."""
    text = unicodedata.normalize("NFC", text)
    for letter in "İIı":
        text = text.replace(letter, "i")
    return unicodedata.normalize("NFC", text.casefold())


def same_handle(one: str, other: str) -> bool:
    """Compare two names of an account as platforms do: `@İzmir` is none, so ASCII case is all there is to fold."""
    return one.lstrip("@").casefold() == other.lstrip("@").casefold()


def _is_dotted(language: str) -> bool:
    return language.partition("-")[0] in _DOTTED
