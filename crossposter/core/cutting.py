"""A text is cut where a reader accepts it: after a sentence, else after a word that can end one."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from crossposter.core.text import match_key

ELLIPSIS = "…"
#: A whole sentence is preferred to a cut one as long as it keeps this share of the room.
_SENTENCE_SHARE = 0.4

#: Gives, for each offset of a text, the weight of what stands before it: one more number than characters.
Weigh = Callable[[str], Sequence[int]]

#: Words that a full stop shortens. Nothing ends after one of them.
_ABBREVIATIONS = frozenset(map(match_key, (
    "Dr", "Prof", "Doç", "Yrd", "Öğr", "Gör", "Arş", "Uzm", "Op", "Av", "Ecz", "Müh", "Mim", "Alb", "Yb", "Bnb",
    "Yzb", "Tğm", "Kd", "Sn", "Hz", "T.C", "A.Ş", "Ltd", "Şti", "Koop", "vb", "vs", "vd", "Bkz", "bk", "Nr",
    "Mah", "Mh", "Cad", "Cd", "Sok", "Sk", "Blv", "Bul", "Blok", "Apt", "Kat", "Bld", "Bşk", "Müd", "Gn", "Org",
    "Tic", "San", "Haz", "Çev", "Ed", "s", "ss", "yy", "M.Ö", "M.S", "Tel", "Fax", "Faks", "Dk", "Sa", "Mr",
    "Mrs", "Ms", "St", "Ave", "Rd", "Blvd", "Jr", "Sr", "Inc", "Co", "Corp", "etc", "e.g", "i.e", "a.m", "p.m",
    "approx", "Gov", "Sen", "Rep", "Capt", "Lt", "Col", "Gen", "Jan", "Feb", "Apr", "Jun", "Jul", "Aug", "Sept",
    "Oct", "Nov", "Dec", "Oca", "Şub", "Nis", "Tem", "Ağu", "Eyl", "Eki", "Kas", "Ara", "Hon", "Rev",
)))  # fmt: skip
#: Shortened only in front of a number: "No. 12", "Mar. 3".
_BEFORE_NUMBERS = frozenset(("no", "mar", "fig", "vol", "art", "md"))
#: Words that are nothing without the next one; numbers in words are among them.
_LEADING = frozenset(map(match_key, (
    "saat", "saati", "ve", "veya", "ile", "bu", "en", "her", "hem", "çok", "daha", "tüm", "sayın", "yüzde", "yaklaşık",
    "bir", "iki", "üç", "dört", "beş", "altı", "yedi", "sekiz", "dokuz", "on", "yirmi", "otuz", "kırk", "elli",
    "altmış", "yetmiş", "seksen", "doksan", "yüz", "bin", "milyon", "milyar",
    "the", "a", "an", "of", "and", "or", "at", "in", "to", "for", "with", "by", "from", "as", "that", "which", "while",
    "than", "between", "without", "since", "after", "its", "their", "is", "are", "was", "were", "be", "will", "have",
    "has", "about", "nearly", "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
)))  # fmt: skip

_TERMINATOR = re.compile(r"[.!?…]+[\"”’»)\]]*(?=\s|$)")
#: Behind a sentence.
_TERMINATED = re.compile(r"[.!?…][\"”’»)\]]*$")
_PARAGRAPH = re.compile(r"\n{2,}")
_WORD = re.compile(r"\S+")
_OPENERS = "(“\"'‘[«"
_NOT_BEFORE_ELLIPSIS = " \n,;:–—-." + _OPENERS
#: Looks like a number, perhaps with separators or a sign: "1.250.000", "%25", "14.30".
_NUMBER = re.compile(r"[%₺$€£+−-]?\d[\d.,:/]*")
#: No abbreviation is longer: what stands before is not looked at.
_LONGEST_WORD = 80
#: Quotes in quotes in brackets; more is noise, and is left open.
_MOST_OPEN = 3
_CLOSED_BY = {"“": "”", "(": ")", "[": "]", "«": "»"}


def by_length(text: str) -> Sequence[int]:
    """Weigh every character the same."""
    return range(len(text) + 1)


def shorten(text: str, limit: int, weigh: Weigh = by_length) -> str:
    """Give the longest beginning that fits into the limit: whole sentences, else whole paragraphs or words and "…".

    Never ends on an abbreviation, a lone number or an opening quote; what was opened is closed. Empty when not one
    word fits.
    """
    weights = weigh(text)
    if weights[-1] <= limit:
        return text
    reach = bisect_right(weights, limit) - 1
    by_word = _cut_word(text, reach, limit, weigh)
    ends = list(_sentence_ends(text, reach))
    # A list or a heading has no full stop: behind it a reader must see that more would follow.
    said = [end for end in ends if _is_terminated(text, end) and _ends_sentence(text, end)]
    open_ones = sorted({*ends} - {*said})
    for cut in (_cut_at(said, "", text, limit, weigh), _cut_at(open_ones, ELLIPSIS, text, limit, weigh)):
        if len(cut) >= _SENTENCE_SHARE * len(by_word):
            return cut
    return by_word


def shorten_to(text: str, length: int) -> str:
    """Cut to a number of characters: by sentences and words, within a word only when one word is longer than that."""
    return shorten(text, length) or text[:length]


def sentences(text: str) -> list[str]:
    """Split into sentences."""
    ends = [0, *_sentence_ends(text, len(text)), len(text)]
    found = (text[start:end].strip() for start, end in pairwise(ends))
    return [sentence for sentence in found if sentence]


def _cut_at(ends: Sequence[int], mark: str, text: str, limit: int, weigh: Weigh) -> str:
    """Cut at the last of the ends that lets the whole fit, and put the mark there."""
    for end in reversed(ends):
        cut = text[:end].rstrip(_NOT_BEFORE_ELLIPSIS if mark else None)
        cut += mark + _closers(cut)
        if weigh(cut)[-1] <= limit:
            return cut
    return ""


def _cut_word(text: str, reach: int, limit: int, weigh: Weigh) -> str:
    words = list(_WORD.finditer(text, 0, reach + 1))
    while words:
        word = words.pop()
        is_whole = word.end() == len(text) or text[word.end()].isspace()
        if word.end() > reach or not is_whole or _cannot_end(word[0]):
            continue
        cut = text[: word.end()].rstrip(_NOT_BEFORE_ELLIPSIS)
        cut += ELLIPSIS + _closers(cut)
        if weigh(cut)[-1] <= limit:
            return cut
    return ""


def _cannot_end(word: str) -> bool:
    bare = word.strip(_OPENERS + ")”»],;:")
    if not any(character.isalnum() for character in bare):
        return True
    return bool(_NUMBER.fullmatch(bare)) or _is_abbreviation(bare) or match_key(bare.rstrip(".")) in _LEADING


def _sentence_ends(text: str, reach: int) -> Iterator[int]:
    """Give the offsets behind sentences and paragraphs, in order, none beyond `reach`."""
    ends = [match.start() for match in _PARAGRAPH.finditer(text, 0, reach + 1)]
    ends += [match.end() for match in _TERMINATOR.finditer(text, 0, min(reach + 1, len(text)))]
    for end in sorted(set(ends)):
        # The pattern may have taken the end of the search for the end of the text.
        is_outer = end == len(text) or text[end].isspace()
        if end <= reach and is_outer and (text[end : end + 2] == "\n\n" or _ends_sentence(text, end)):
            yield end


def _is_terminated(text: str, end: int) -> bool:
    return _TERMINATED.search(text, max(end - _LONGEST_WORD, 0), end) is not None


def _ends_sentence(text: str, end: int) -> bool:
    following = text[end : end + 80].lstrip()
    if following[:1].islower():
        return False
    word = text[max(end - _LONGEST_WORD, 0) : end].split()[-1].lstrip(_OPENERS)
    if not word.endswith(".") or not following:
        return True
    bare = word.rstrip(".")
    if bare.isdigit():
        return len(bare) > 3  # a year may end a sentence; "29." is an ordinal
    if match_key(bare) in _BEFORE_NUMBERS:
        return not following[:1].isdigit()
    return not _is_abbreviation(word)


def _is_abbreviation(word: str) -> bool:
    """Tell whether a word is shortened by its full stop: "Dr.", "T.C.", an initial."""
    if not word.endswith("."):
        return False
    bare = word.rstrip(".")
    return match_key(bare) in _ABBREVIATIONS or all(len(part) == 1 and part.isalpha() for part in bare.split("."))


def _closers(text: str) -> str:
    """Give what closes the quotes and brackets that a beginning leaves open."""
    open_ones: list[str] = []
    for character in text:
        if character in _CLOSED_BY:
            open_ones.append(_CLOSED_BY[character])
        elif open_ones and character == open_ones[-1]:
            open_ones.pop()
    straight = '"' if text.count('"') % 2 else ""
    return straight + "".join(reversed(open_ones)) if len(open_ones) <= _MOST_OPEN else ""
