"""An entry becomes a post: exactly what one account will say, within its platform's limits."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from ipaddress import IPv6Address
from urllib.parse import quote, urlsplit, urlunsplit

from crossposter.core.model import Body, Entry, Limits, LinkPlace, Picture, Post, Reason
from crossposter.core.text import shorten

_BETWEEN = "\n\n"
#: IDNA lets through what no host has: spaces, `%`, `<`.
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?")


def render(entry: Entry, limits: Limits, pictures: Sequence[Picture] = ()) -> Post | Reason:
    """Write the post: headline, as much of the news as fits, the link where the platform shows one.

    Only the body is shortened, and the headline after it; the link is never cut. What still does not fit, or lacks the
    picture that the platform insists on, is given back as the reason to hold it.
    """
    if limits.needs_picture and not pictures:
        return Reason.NO_PICTURE
    link = ascii_link(entry.link) if entry.link else None
    on_card = limits.link is LinkPlace.CARD and not pictures
    in_text = link if limits.link is LinkPlace.TEXT or (limits.link is LinkPlace.CARD and pictures) else None

    def whole(headline: str, body: str) -> str:
        return _BETWEEN.join(part for part in (headline, body, in_text) if part)

    def fits(text: str) -> bool:
        return limits.measure(text) <= limits.max_length

    headline = shorten(entry.title, lambda cut: fits(whole(cut, "")))
    if not headline:
        return Reason.TOO_LONG
    body = shorten(_body(entry, limits.body), lambda cut: fits(whole(headline, cut)))
    return Post(
        text=whole(headline, body),
        link=link if on_card else None,
        pictures=tuple(pictures[: limits.max_pictures]),
    )


def ascii_link(link: str) -> str | None:
    """Percent-encode what platforms would take for the end of a link (`?q=ş`); what is encoded stays.

    A name or password in front of the host is dropped. None when the host is no name that could exist.
    """
    keep = "%/:@!$&'()*+,;=~-._?"
    try:
        parts = urlsplit(link)
        port = "" if parts.port is None else f":{parts.port}"
        host = _ascii_host(parts.hostname or "")
        path, query, fragment = (quote(part, keep) for part in (parts.path, parts.query, parts.fragment))
    except ValueError:  # UnicodeError is one
        return None
    return urlunsplit((parts.scheme, host + port, path, query, fragment)) if host else None


def _ascii_host(host: str) -> str | None:
    """Give the host as it is looked up; ValueError or None for what is none."""
    if ":" in host:
        return f"[{IPv6Address(host)}]"
    # The lower case of İ is an i and a combining dot; the host that is meant has a plain i.
    lower = unicodedata.normalize("NFC", host.lower().replace("i\u0307", "i"))
    encoded = lower.encode("idna").decode("ascii")
    return encoded if _HOST.fullmatch(encoded) else None


def alt_text(entry: Entry, alt: str | None, *, max_length: int) -> str:
    """Describe a picture by the feed's own words, else by the headline."""
    return shorten(alt or entry.title, lambda cut: len(cut) <= max_length)


def _body(entry: Entry, body: Body) -> str:
    first, second = (entry.summary, entry.text) if body is Body.SUMMARY else (entry.text, entry.summary)
    text = first or second
    return "" if text == entry.title else text
