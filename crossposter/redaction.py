"""Striking secrets out of a text, before anybody sees it or it is kept: by their value, and by their shape."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from urllib.parse import quote, unquote

HIDDEN = "**********"
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
    values = sorted(revealed | written | escaped, key=len, reverse=True)
    known = re.compile("|".join(re.escape(value) for value in values)) if values else None
    return lambda text: _CREDENTIAL.sub(HIDDEN, known.sub(HIDDEN, text) if known else text)
