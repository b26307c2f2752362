"""Which news is urgent: by its categories, and by words of its headline."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from crossposter.core.text import match_key

if TYPE_CHECKING:
    from crossposter.core.model import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Urgent:
    """What a city calls urgent; nothing, unless it says."""

    categories: tuple[str, ...] = ()
    #: Whole words of the headline; with a * at the end any ending will do.
    keywords: tuple[str, ...] = ()
    #: So long after an urgent post of an account its ordinary ones wait.
    holds_others: timedelta | None = None
    #: Whether it goes out in a silence of a certain day as well.
    in_silences: bool = False

    @property
    def is_used(self) -> bool:
        """Tell whether anything can be urgent."""
        return bool(self.categories or self.keywords)


def is_urgent(entry: Entry, urgent: Urgent) -> bool:
    """Tell whether news is urgent; İ, I, ı and i count as one letter."""
    wanted = {match_key(name) for name in urgent.categories}
    if not wanted.isdisjoint(match_key(name) for name in entry.categories):
        return True
    return bool(urgent.keywords) and bool(_pattern(urgent.keywords).search(match_key(entry.title)))


@lru_cache(maxsize=1024)
def _pattern(keywords: tuple[str, ...]) -> re.Pattern[str]:
    """Make what finds any of the words, and no part of another one: "sel" is not in "Selçuk"."""
    return re.compile("|".join(rf"(?<!\w){_words(keyword)}" for keyword in keywords))


def _words(keyword: str) -> str:
    words = r"\s+".join(map(re.escape, match_key(keyword.removesuffix("*")).split()))
    return words if keyword.endswith("*") else rf"{words}(?!\w)"
