"""Bytes of a feed become entries, by feedparser; what it gets wrong is set right here."""

from __future__ import annotations

import calendar
import io
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import feedparser

from crossposter.core.identity import keys_of
from crossposter.core.model import Entry, Feed, PictureRef
from crossposter.core.text import clean_line
from crossposter.errors import FeedError
from crossposter.feeds.html import plain_text
from crossposter.wording import say

_EARLIEST_YEAR = 1990

#: feedparser takes a media:description for the item's description (6.0.14, measured). Under a name that it does not
#: know, and without attributes, it keeps the text apart, as the item's `media_alt`.
_MEDIA_DESCRIPTION = re.compile(rb"<(/?)media:description\b[^>]*(?<!/)>")


def parse_feed(content: bytes, feed: Feed, *, address: str, headers: Mapping[str, str]) -> tuple[Entry, ...]:
    """Give the entries in the feed's order; those without any identity are left out.

    Args:
        content: The body, decompressed.
        feed: Whose language, pattern and zone hold for the entries.
        address: Where the body came from at last; relative addresses start there.
        headers: Of the answer, names in lower case.

    Raises:
        FeedError: This is no feed.
    """
    response_headers = {
        "content-type": headers.get("content-type", "application/xml"),
        "content-location": address,
    }
    try:
        # A file object: text and bytes would be tried as a file's name, or an address, first.
        body = io.BytesIO(_MEDIA_DESCRIPTION.sub(rb"<\1media:alt>", content))
        parsed = feedparser.parse(body, response_headers=response_headers)
    except Exception as error:
        raise FeedError(say("{url!r} cannot be parsed: {cause}", url=feed.url, cause=repr(error))) from error
    if not parsed.get("version"):
        raise FeedError(say("{url!r} is no feed: ask the site's keeper for its RSS or Atom address", url=feed.url))
    return tuple(entry for item in parsed.entries if (entry := _entry(item, feed, address)))


def _entry(item: Mapping[str, Any], feed: Feed, address: str) -> Entry | None:
    link = _web_address(item.get("link"), address)
    keys = keys_of(guid=clean_line(item.get("id", "")) or None, link=link, id_pattern=feed.id_pattern)
    title = clean_line(plain_text(item.get("title", "")))
    if not keys or not title:
        return None
    summary = plain_text(item.get("summary", ""))
    text = max((plain_text(content.get("value", "")) for content in item.get("content", [])), key=len, default="")
    return Entry(
        keys=keys,
        title=title,
        link=link,
        summary=summary,
        text="" if text == summary else text,
        language=feed.language,
        published=_published(item),
        pictures=_pictures(item, address),
        categories=tuple(clean_line(tag["term"]) for tag in item.get("tags", []) if tag.get("term")),
    )


def _published(item: Mapping[str, Any]) -> datetime | None:
    # `in`, not `get`: feedparser hands out another date for a missing one, with a warning.
    parsed: time.struct_time | None = next(
        (item[name] for name in ("published_parsed", "updated_parsed") if name in item), None
    )
    if parsed is None or parsed.tm_year < _EARLIEST_YEAR:
        return None
    return datetime.fromtimestamp(calendar.timegm(parsed), UTC)


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
    """Make it absolute; None for what is no http(s) address."""
    if not url:
        return None
    try:
        absolute = urljoin(base, str(url).strip())
        parts = urlsplit(absolute)
    except ValueError:
        return None
    return absolute if parts.scheme in ("http", "https") and parts.hostname else None
