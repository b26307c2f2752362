"""Bytes of a feed become entries, by feedparser; what it gets wrong is set right here."""

from __future__ import annotations

import io
import logging
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo

import feedparser

from crossposter.core.chrome import without_chrome
from crossposter.core.cutting import shorten_to
from crossposter.core.identity import keys_of
from crossposter.core.model import Entry, Feed, PictureRef
from crossposter.core.text import clean_line
from crossposter.errors import FeedError
from crossposter.feeds.html import plain_text
from crossposter.web import shown
from crossposter.wording import say

_EARLIEST_YEAR = 1990
#: Characters of an entry that are kept: far more than any platform takes, far less than a hostile feed sends.
_MAX_TITLE = 1_000
_MAX_TEXT = 100_000
#: What follows a time of day and names its zone: `+03:00`, `Z`, `GMT`; not the year of asctime, not AM or PM.
_ZONE = re.compile(r"(?:t\d\d|:\d\d(?:[.,]\d+)?)\s*\(?(?:[+-]\d|(?!(?:am|pm)\b)[a-z])", re.IGNORECASE)
#: Terminal escapes, places where a platform would cut the address, halves of characters.
_NOT_IN_ADDRESS = re.compile(r"[\s\x00-\x20\x7f-\x9f\ud800-\udfff]")

#: feedparser calls a document malformed when the server's words about its encoding are poor.
_HARMLESS = (feedparser.NonXMLContentType, feedparser.CharacterEncodingOverride)

_log = logging.getLogger(__name__)

#: feedparser takes a media:description for the item's description (6.0.14, measured). Under a name that it does not
#: know, and without attributes, it keeps the text apart, as the item's `media_alt`. Bounded, and ended by the
#: next `<`: otherwise a body of nothing but such beginnings takes quadratic time.
_MEDIA_DESCRIPTION = re.compile(rb"<(/?)media:description\b[^<>]{0,500}(?<!/)>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a document says, as it is read.

    Attributes:
        title: The feed's own; empty when it has none.
        language: The feed's own; None when it says none.
        encoding: How the bytes were read.
        entries: In the feed's order.
        left_out: How many items have no title, or nothing to know them by.
        complaint: What is not well-formed about the document; None when it is.
    """

    title: str
    language: str | None
    encoding: str | None
    entries: tuple[Entry, ...]
    left_out: int
    complaint: str | None


def parse_feed(content: bytes, feed: Feed, *, address: str, headers: Mapping[str, str]) -> tuple[Entry, ...]:
    """Give the entries in the feed's order; see `read_feed`.

    Raises:
        FeedError: This is no feed, or not one of its items can be read.
    """
    return read_feed(content, feed, address=address, headers=headers).entries


def read_feed(content: bytes, feed: Feed, *, address: str, headers: Mapping[str, str]) -> Reading:
    """Read a feed; items without a title or any identity are left out.

    Args:
        content: The body, decompressed.
        feed: Whose language, pattern and zone hold for the entries.
        address: Where the body came from at last; relative addresses start there.
        headers: Of the answer, names in lower case.

    Raises:
        FeedError: This is no feed, or not one of its items can be read.
    """
    response_headers = {
        "content-type": headers.get("content-type", "application/xml"),
        "content-location": address,
    }
    try:
        # A file object: text and bytes would be tried as a file's name, or an address, first.
        body = io.BytesIO(_MEDIA_DESCRIPTION.sub(rb"<\1media:alt>", content))
        # Of the HTML only text is kept (`plain_text`): its cleaning is wasted work, and quadratic in hostile HTML.
        parsed = feedparser.parse(
            body, response_headers=response_headers, sanitize_html=False, resolve_relative_uris=False
        )
    except Exception as error:
        raise FeedError(say("{url!r} cannot be parsed: {cause}", url=shown(feed.url), cause=repr(error))) from error
    if not parsed.get("version"):
        url = shown(feed.url)
        raise FeedError(say("{url!r} is no feed: ask the site's keeper for its RSS or Atom address", url=url))
    entries = _entries(parsed.entries, feed, address)
    malformed = parsed.get("bozo") and not isinstance(parsed.bozo_exception, _HARMLESS)
    return Reading(
        title=clean_line(plain_text(parsed.feed.get("title", ""))),
        language=parsed.feed.get("language") or None,
        encoding=parsed.get("encoding") or None,
        entries=entries,
        left_out=len(parsed.entries) - len(entries),
        complaint=str(parsed.bozo_exception) if malformed else None,
    )


def _entries(items: Sequence[Mapping[str, Any]], feed: Feed, address: str) -> tuple[Entry, ...]:
    entries: list[Entry] = []
    broken = 0
    for number, item in enumerate(items, start=1):
        try:
            entry = _entry(item, feed, address)
        except Exception as error:  # noqa: BLE001 - whatever one item trips over must not cost the others
            broken += 1
            last = error
            _log.warning("feed %r: item %d cannot be read (%s)", feed.id, number, type(error).__name__)
        else:
            entries += [entry] if entry else []
    if broken and broken == len(items):
        cause = type(last).__name__
        raise FeedError(say("{url!r} cannot be parsed: {cause}", url=shown(feed.url), cause=cause)) from last
    return tuple(entries)


def _entry(item: Mapping[str, Any], feed: Feed, address: str) -> Entry | None:
    link = _web_address(item.get("link"), address)
    keys = keys_of(guid=clean_line(item.get("id", "")) or None, link=link, id_pattern=feed.id_pattern)
    title = shorten_to(clean_line(plain_text(item.get("title", ""))), _MAX_TITLE)
    if not keys or not title:
        return None
    summary = _body(item.get("summary", ""), title, feed)
    texts = (_body(content.get("value", ""), title, feed) for content in item.get("content", []))
    text = max(texts, key=len, default="")
    return Entry(
        keys=keys,
        title=title,
        link=link,
        summary=summary,
        text="" if text == summary else text,
        language=feed.language,
        published=_published(item, ZoneInfo(feed.timezone)),
        pictures=_pictures(item, address),
        categories=tuple(clean_line(tag["term"]) for tag in item.get("tags", []) if tag.get("term")),
    )


def _body(html: str, title: str, feed: Feed) -> str:
    return without_chrome(shorten_to(plain_text(html), _MAX_TEXT), title, feed.chrome)


def _published(item: Mapping[str, Any], zone: tzinfo) -> datetime | None:
    """Give the date in UTC; one that names no zone is in the feed's."""
    # `in`, not `get`: feedparser hands out another date for a missing one, with a warning.
    name = next((name for name in ("published", "updated") if f"{name}_parsed" in item), "")
    parsed: time.struct_time | None = item[f"{name}_parsed"] if name else None
    if parsed is None or parsed.tm_year < _EARLIEST_YEAR:
        return None
    # feedparser reads a date without a zone as UTC, and does not say so.
    assumed = UTC if name not in item or _ZONE.search(str(item[name])) else zone
    try:
        return datetime(*parsed[:6], tzinfo=assumed).astimezone(UTC)
    except (ValueError, OverflowError):  # the year 10000, by an offset
        return None


def _pictures(item: Mapping[str, Any], address: str) -> tuple[PictureRef, ...]:
    """Give media:content first, then enclosures, each address once; the description where it is clear whose it is."""
    found = [media.get("url") for media in item.get("media_content", []) if _is_picture(media)]
    found += [link.get("href") for link in item.get("enclosures", []) if _is_picture(link)]
    urls = list(dict.fromkeys(url for one in found if (url := _web_address(one, address))))
    alt = clean_line(plain_text(item.get("media_alt", ""))) if len(urls) == 1 else ""
    return tuple(PictureRef(url=url, alt=alt or None) for url in urls)


def _is_picture(media: Mapping[str, Any]) -> bool:
    kind = str(media.get("type") or media.get("medium") or "")
    url = str(media.get("url") or media.get("href") or "")
    return kind.startswith("image") or url.lower().endswith((".jpg", ".jpeg", ".png", ".webp"))


def _web_address(url: object, base: str) -> str | None:
    """Make it absolute; None for what is no http(s) address, or holds a password, white space or control characters."""
    relative = str(url or "").strip().replace(" ", "%20")  # "Resim 1.jpg", as some sites write it
    if not relative or _NOT_IN_ADDRESS.search(relative):
        return None
    try:
        absolute = urljoin(base, relative)
        parts = urlsplit(absolute)
        _ = parts.port  # raises when it is no number
    except ValueError:
        return None
    is_usable = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
    return absolute if is_usable else None
