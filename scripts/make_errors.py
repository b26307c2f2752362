"""Write docs/errors.md: every answer of a platform that crossposter knows, from the adapters' own tables.

python scripts/make_errors.py
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from crossposter.adapters import _instagrapi, _x_errors
from crossposter.adapters._graph_errors import FACEBOOK, INSTAGRAM
from crossposter.adapters._rules import Rule
from crossposter.errors import (
    AccountError,
    CreditError,
    MissingError,
    PublishError,
    RejectedError,
    TransientError,
    UncertainError,
)
from crossposter.messages import Translator

PAGE = Path(__file__).parents[1] / "docs" / "errors.md"
#: The tables as they are looked through, by the page's headings.
TABLES: dict[str, Sequence[Rule]] = {
    "X": _x_errors.RULES,
    "Facebook": FACEBOOK.rules,
    "Instagram, the official road (graph)": INSTAGRAM.rules,
    "Instagram by instagrapi": _instagrapi.RULES,
}
_KINDS: dict[type[PublishError], str] = {
    AccountError: "account stopped",
    CreditError: "account without money",
    TransientError: "tried again",
    RejectedError: "refused",
    MissingError: "not there",
    UncertainError: "uncertain",
}
_MARK = "<!-- made by `make errors` from the adapters' tables: all below this line -->"
_HEAD = "| answer | kind | what it means | anlamı | what to do | ne yapmalı |\n|---|---|---|---|---|---|"


def page() -> str:
    """Give the page: what is written by hand down to the mark, and the tables."""
    written, _, _ = PAGE.read_text("utf-8").partition(_MARK)
    return (
        written + _MARK + "\n" + "".join(f"\n## {name}\n\n{_HEAD}\n{''.join(_rows(TABLES[name]))}" for name in TABLES)
    )


def _rows(rules: Sequence[Rule]) -> Iterator[str]:
    for rule in rules:
        cells = (rule.answer, kind(rule), *sentences(rule))
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |\n"


def sentences(rule: Rule) -> tuple[str, str, str, str]:
    """Give what an answer means and what to do about it, each in English and in Turkish."""
    in_turkish, act = Translator("tr"), rule.act_of(rule.kind)
    return str(rule.meaning), in_turkish(rule.meaning), str(act), in_turkish(act)


def kind(rule: Rule) -> str:
    """Say what becomes of the post."""
    before = rule.kind_of(is_publish=False)
    told = _KINDS[rule.kind]
    if before is not rule.kind:
        told += f"; before the post is made: {_KINDS[before]}"
    return f"{told}; left alone for {_hours(rule.wait)}" if rule.wait else told


def _hours(wait: timedelta) -> str:
    hours = wait // timedelta(hours=1)
    return "an hour" if hours == 1 else f"{hours} hours"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
