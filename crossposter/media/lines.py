"""A headline is laid out in lines: few of them, alike in length, with whole words."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import cache

_VOWELS = frozenset("aeıioöuüâîûAEIİOÖUÜÂÎÛ")
#: "25." of "25. yıl", "25" of "25 Kasım", "Prof." of "Prof. Dr. Ahmet": what follows belongs to it.
_BOUND = re.compile(r"[\d.,:/%₺]*\d[\d.,:/%₺]*|[^\W\d_]{1,5}\.")
_PAUSE = tuple(":;,!?–—")
#: A last line below this share of the longest is a widow when it holds one word.
_WIDOW = 0.4
#: What a flaw costs, in squares of a line's empty share: a widow weighs as much as a line that is half empty.
_WIDOW_COST, _BOUND_COST, _SHORT_WORD_COST, _PAUSE_COST = 0.25, 0.1, 0.02, -0.03

Measure = Callable[[str], float]


def balanced(words: Sequence[str], measure: Measure, width: float) -> list[str] | None:
    """Break into as few lines as the width allows, as even as possible; None where a word is wider than that.

    `measure` and `width` have the same unit.
    """
    count = len(words)

    @cache
    def line(start: int, end: int) -> float | None:
        """Give what a line costs; None where it is too wide."""
        empty = 1 - measure(" ".join(words[start:end])) / width
        return None if empty < 0 else empty**2 + _flaws(words[start:end], 1 - empty, is_last=end == count)

    # best[n][end]: the cost of the first `end` words on n lines, and where the last of these begins.
    best: list[dict[int, tuple[float, int]]] = [{0: (0.0, 0)}]
    while count not in best[-1]:
        reached: dict[int, tuple[float, int]] = {}
        for start, (cost, _) in best[-1].items():
            for end in range(start + 1, count + 1):
                added = line(start, end)
                if added is None:
                    break
                if end not in reached or cost + added < reached[end][0]:
                    reached[end] = (cost + added, start)
        if not reached:
            return None
        best.append(reached)
    found, end = [], count
    for reached in reversed(best[1:]):
        start = reached[end][1]
        found.append(" ".join(words[start:end]))
        end = start
    return found[::-1]


def _flaws(words: Sequence[str], filled: float, *, is_last: bool) -> float:
    if is_last:
        return _WIDOW_COST if len(words) == 1 and filled < _WIDOW else 0.0
    if words[-1].endswith(_PAUSE):
        return _PAUSE_COST
    if _BOUND.fullmatch(words[-1]):
        return _BOUND_COST
    return _SHORT_WORD_COST if len(words[-1]) <= 2 else 0.0


def parts(word: str, measure: Measure, width: float) -> list[str]:
    """Break a word if it is wider than a line: after a sign or between syllables, and anywhere where it has neither."""
    found = _filled(word, measure, width)
    if len(found) == 1:
        return found
    for tenth in range(5, 10):  # rather two halves than a whole and a rest
        narrower = _filled(word, measure, width * tenth / 10)
        if len(narrower) == len(found):
            return narrower
    return found


def _filled(word: str, measure: Measure, width: float) -> list[str]:
    found = []
    while word and measure(word) > width:
        longest = max(_fitting(word, measure, width), 1)
        # Only where the line may end; a word without an end would take its third power of time.
        cuts = [word[:place] + hyphen for place, hyphen in _places(word[: longest + 2])]
        cut = max((cut for cut in cuts if measure(cut) <= width), key=len, default=word[:longest])
        found.append(cut)
        word = word[len(cut) if word.startswith(cut) else len(cut) - 1 :]
    return [*found, word] if word else found


def _fitting(word: str, measure: Measure, width: float) -> int:
    """Count the letters that a line has room for."""
    return bisect_right(range(1, len(word)), width, key=lambda count: measure(word[:count]))


def _places(word: str) -> list[tuple[int, str]]:
    """List where a word may be broken, with the hyphen that is then written.

    Turkish syllables: each has one vowel, and one consonant in front of it where there is any.
    """
    found = []
    for place in range(2, len(word) - 1):
        before, here, after = word[place - 1], word[place], word[place + 1]
        if not before.isalnum():
            found.append((place, ""))
        elif before.isalpha() and here.isalpha() and any(letter in _VOWELS for letter in word[:place]):
            opens = here not in _VOWELS and after in _VOWELS
            if opens or (here in _VOWELS and before in _VOWELS):
                found.append((place, "-"))
    return found
