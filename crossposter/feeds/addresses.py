"""Addresses as feeds write them become absolute ones that may be fetched, shown and posted; or none."""

from __future__ import annotations

import re
from urllib.parse import quote, urljoin, urlsplit

#: Terminal escapes, places where a platform would cut the address, halves of characters.
_NOT_IN_ADDRESS = re.compile(r"[\s\x00-\x20\x7f-\x9f\ud800-\udfff]")
_LINE_BREAKS = re.compile(r"[\t\r\n]+ *")
#: Cannot be seen, and would be lost on the way: U+200B stands in slugs of izmir.bel.tr.
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


def web_address(url: str, base: str) -> str | None:
    """Make it absolute; None for what is no http(s) address, or holds a password, white space or control characters."""
    # "Resim 1.jpg", as some sites write it; line breaks inside an address are nothing, as in browsers.
    relative = _LINE_BREAKS.sub("", url.strip()).replace(" ", "%20")
    if not relative or _NOT_IN_ADDRESS.search(relative):
        return None
    try:
        absolute = urljoin(base, _UNSEEN.sub(lambda found: quote(found[0]), relative))
        parts = urlsplit(absolute)
        _ = parts.port  # raises when it is no number
    except ValueError:
        return None
    is_usable = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
    return absolute if is_usable else None


def joined(base: str, url: str) -> str:
    """Give the address where relative ones start."""
    try:
        return urljoin(base, url)
    except ValueError:
        return base
