"""Text that was read in a wrong encoding: recognised by what no Turkish text holds, and mended where that is certain.

`Ýzmir Büyükþehir` is windows-1254 read as windows-1252 (or ISO 8859-1); `Ä°zmir BÃ¼yÃ¼kÅŸehir` is UTF-8 read as one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

#: The six letters in which windows-1254 differs from windows-1252, as they come out wrong, and as they were meant.
_WRONG, _MEANT = "ÝýÞþÐð", "İıŞşĞğ"
_MEND = str.maketrans(_WRONG, _MEANT)
_HAS_WRONG = re.compile(f"[{_WRONG}]")
_HAS_MEANT = re.compile(f"[{_MEANT}]")
#: Letters of the languages that do have `ý`, `þ` or `ð` (Icelandic, Faroese, Czech, Slovak); not of Turkish.
_NEIGHBOURS = re.compile("[áíóúæøåěščřžůňťďľĺŕ]", re.IGNORECASE)
#: What a program puts for what it cannot read.
_NO_TEXT = re.compile("\ufffd")
#: "Türkiye?nin": what a database puts; a capital behind a small letter begins a sentence: "yapıldı?İşte". In an address
#: it is a query.
_LOST = re.compile(r"\b[^\W\d_]+\?(?:(?<=[A-ZÇĞİÖŞÜ]\?)|(?![A-ZÇĞİÖŞÜ]))[^\W\d_]+")
_ADDRESS = re.compile(r"(?:https?://|\bwww\.)\S+", re.IGNORECASE)
#: Characters of a word that are shown on either side of a finding.
_LONGEST = 40


def _byte_of(number: int) -> str:
    """Give what a byte becomes in windows-1252, and in ISO 8859-1 where that has no such character."""
    return bytes([number]).decode("cp1252", "ignore") or chr(number)


_BYTES = {_byte_of(number): number for number in range(0x80, 0x100)} | {
    chr(number): number for number in range(0x80, 0xA0)
}
_TAIL = "".join(re.escape(character) for character, number in _BYTES.items() if number < 0xC0)
#: UTF-8's two bytes of a letter of Turkish, or the first two of a typographic sign.
_TWICE = re.compile(f"[ÃÄÅ][{_TAIL}]|â[€\x80]")
#: Without one of these it finds nothing; an `â` alone is Turkish: "kâr".
_LEADS = ("Ã", "Ä", "Å", "€", "\x80")
_HIGH = re.compile(f"[{''.join(re.escape(character) for character in _BYTES)}]+")


def mended(text: str, *, language: str) -> str:
    """Undo a wrong reading, where the whole text shows it; give every other text unchanged."""
    if _may_hold(text, _LEADS) and _TWICE.search(text):
        text = _HIGH.sub(_read_again, text)
    return text.translate(_MEND) if _lacks_turkish(text, language) else text


def misread_word(text: str, *, language: str) -> str | None:
    """Give a word whose letters are wrong or lost, so that the text should not be shown to anyone; None for none."""
    found = _NO_TEXT.search(text) or (_TWICE.search(text) if _may_hold(text, _LEADS) else None)
    if found is None and _lacks_turkish(text, language):
        found = _HAS_WRONG.search(text)
    if found is None and "?" in text:
        found = _LOST.search(_ADDRESS.sub(" ", text))
    return _word_at(text, found) if found else None


def _may_hold(text: str, parts: Iterable[str]) -> bool:
    """Tell whether one of some letters stands in a text; far quicker than a pattern, which few texts need then."""
    return any(part in text for part in parts)


def _word_at(text: str, found: re.Match[str]) -> str:
    """Give the word around a finding, not more of it than a sentence can show."""
    if found.re is _LOST:
        return found[0]
    before = text[max(found.start() - _LONGEST, 0) : found.start()].rpartition(" ")[2].rpartition("\n")[2]
    return (before + text[found.start() : found.end() + _LONGEST].split(maxsplit=1)[0])[: 2 * _LONGEST]


def _lacks_turkish(text: str, language: str) -> bool:
    """Tell whether the wrong ones of six pairs of letters stand in a text, and none of the right ones."""
    if not _may_hold(text, _WRONG) or _HAS_MEANT.search(text):
        return False
    return language.startswith("tr") or not _NEIGHBOURS.search(text)


def _read_again(run: re.Match[str]) -> str:
    try:
        found = bytes(_BYTES[character] for character in run[0]).decode("utf-8")
    except UnicodeDecodeError:
        return run[0]
    return run[0] if any("\x80" <= character <= "\x9f" for character in found) else found
