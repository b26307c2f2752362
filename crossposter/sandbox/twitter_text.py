"""How X shows a text: addresses wrapped in t.co, three characters escaped."""

from __future__ import annotations

import html
import re
import secrets
import unicodedata
from typing import Any, NamedTuple

from crossposter.core.counting import find_links

_TCO = "https://t.co/"


class Shown(NamedTuple):
    """A text as X gives it back."""

    text: str
    #: Values of `entities.urls`.
    urls: tuple[dict[str, Any], ...]


class ShortAddresses:
    """Gives each address its t.co address, always the same one."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def shorten(self, address: str) -> str:
        """Give the short address."""
        return self._known.setdefault(address, _TCO + secrets.token_hex(5))


def show(text: str, addresses: ShortAddresses, *, with_media: bool) -> Shown:
    """Wrap and escape a text; pictures add an address of their own at the end."""
    text = unicodedata.normalize("NFC", text)
    parts: list[str] = []
    urls = []
    done = length = 0
    for link in find_links(text):
        expanded = link.text if re.match("https?://", link.text, re.IGNORECASE) else f"http://{link.text}"
        short = addresses.shorten(expanded)
        parts += (text[done : link.start], short)
        start = length + link.start - done
        length = start + len(short)
        done = link.end
        display = re.sub(r"^https?://(www\.)?", "", expanded)
        urls.append(
            {"start": start, "end": length, "url": short, "expanded_url": expanded, "display_url": display[:26]}
        )
    parts.append(text[done:])
    shown = "".join(parts)
    if with_media:
        shown = f"{shown} {_TCO}{secrets.token_hex(5)}".lstrip()
    return Shown(html.escape(shown, quote=False), tuple(urls))
