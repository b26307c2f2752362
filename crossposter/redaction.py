"""Striking secrets out of a text, before anybody sees it or it is kept: by their value, and by their shape."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable
from urllib.parse import quote, unquote

HIDDEN = "**********"
#: Letters by which values are looked for; fewer where one is shorter.
_BEGINNING = 4
#: Names of values that are secret, in whatever is written by name: JSON, queries, forms, headers.
NAMED = re.compile(
    "access_token|input_token|fb_exchange_token|client_secret|appsecret_proof|sessionid|oauth_token|oauth_signature"
    "|password|enc_password|csrftoken"
)
#: Shapes of credentials, for those that are not known by their value: renewed sessions, other people's tokens.
_CREDENTIAL = re.compile(
    rf"""(?x)
    (?<=Bearer\ )[\w.:%~+/=-]{{8,}}
    | (?<=OAuth\ )oauth_.*
    | IGT:2:[\w+/=%-]+
    | \bEAA[A-Za-z0-9]{{16,}}
    | (?<![\w])(?:{NAMED.pattern})
      \\?["']?\s*[=:]\s*\\?["']?[^\s"'&,;}}\\]+
    """
)


def _escaped(value: str, *, is_ascii: bool) -> tuple[str, str]:
    """Give how a value stands in somebody's JSON: some escape each slash."""
    written = json.dumps(value, ensure_ascii=is_ascii)[1:-1]
    return written, written.replace("/", "\\/")


def redactor(secrets: Iterable[str]) -> Callable[[str], str]:
    """Make what strikes these secrets out of a text, and all that has the shape of one."""
    revealed = {secret for secret in secrets if secret}
    written = {unquote(value) for value in revealed} | {quote(value, safe="") for value in revealed}
    escaped = {
        spelling
        for value in revealed | written
        for is_ascii in (True, False)
        for spelling in _escaped(value, is_ascii=is_ascii)
    }
    known = _Known(revealed | written | escaped)
    return lambda text: _CREDENTIAL.sub(HIDDEN, known.struck_out_of(text))


class _Known:
    """Values that are looked for by how they begin.

    One expression of all of them would try each at every letter: 7 ms a line for the secrets of 3,000 accounts.
    """

    def __init__(self, values: Collection[str]) -> None:
        self._width = min((_BEGINNING, *map(len, values)))
        self._values: dict[str, list[str]] = {}
        for value in sorted(values, key=len, reverse=True):
            self._values.setdefault(value[: self._width], []).append(value)

    def struck_out_of(self, text: str) -> str:
        """Give the text with each of them hidden: the leftmost first, and of those the longest."""
        if not self._values:
            return text
        kept: list[str] = []
        begin = place = 0
        while place < len(text):
            beginnings = self._values.get(text[place : place + self._width], ())
            found = next((value for value in beginnings if text.startswith(value, place)), None)
            if found is None:
                place += 1
                continue
            kept += [text[begin:place], HIDDEN]
            begin = place = place + len(found)
        return "".join([*kept, text[begin:]])
