"""An entry becomes a post: exactly what one account will say, within its platform's limits."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote, urlsplit, urlunsplit

from crossposter.core.model import Body, Entry, Limits, LinkPlace, Picture, Post, Reason
from crossposter.core.text import shorten

_BETWEEN = "\n\n"


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


def ascii_link(link: str) -> str:
    """Percent-encode what platforms would take for the end of a link (`?q=ş`); what is encoded stays."""
    parts = urlsplit(link)
    keep = "%/:@!$&'()*+,;=~-._?"
    return urlunsplit(
        (
            parts.scheme,
            _ascii_host(parts.netloc),
            quote(parts.path, keep),
            quote(parts.query, keep),
            quote(parts.fragment, keep),
        )
    )


def _ascii_host(host: str) -> str:
    try:
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        return host  # no name that could exist; it is not ours to mend


def alt_text(entry: Entry, alt: str | None, *, max_length: int) -> str:
    """Describe a picture by the feed's own words, else by the headline."""
    return shorten(alt or entry.title, lambda cut: len(cut) <= max_length)


def _body(entry: Entry, body: Body) -> str:
    first, second = (entry.summary, entry.text) if body is Body.SUMMARY else (entry.text, entry.summary)
    text = first or second
    return "" if text == entry.title else text
