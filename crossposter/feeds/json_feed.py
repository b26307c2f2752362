"""JSON Feed 1 and 1.1 (https://www.jsonfeed.org/version/1.1/, read 2026-11-26)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from crossposter.errors import FeedError
from crossposter.feeds.prepass import MAX_ITEMS, Facts, Medium
from crossposter.wording import say

#: Halves of characters, which JSON can write, and nothing can keep.
_LOST = re.compile("[\ud800-\udfff]")


def is_json(text: str) -> bool:
    """Tell whether a document is JSON, and no XML."""
    return text.lstrip("\ufeff \t\r\n")[:1] == "{"


def load(text: str, *, url: str) -> Mapping[str, Any]:
    """Read the document.

    Raises:
        FeedError: It is no JSON, or no JSON Feed.
    """
    try:
        found = json.loads(text.lstrip("\ufeff \t\r\n"))
    except (ValueError, RecursionError) as error:
        cause = error.msg if isinstance(error, json.JSONDecodeError) else type(error).__name__
        sentence = say("{url!r} is no feed: its JSON breaks off or is broken ({cause})", url=url, cause=cause)
        raise FeedError(sentence) from error
    items = found.get("items") if isinstance(found, dict) else None
    if not isinstance(items, list) or "jsonfeed.org/version" not in str(found.get("version")):
        raise FeedError(say("{url!r} is no feed: it is JSON, but no JSON Feed", url=url))
    if len(items) > MAX_ITEMS:
        raise FeedError(say("{url!r} has more than {limit} items: not read", url=url, limit=MAX_ITEMS))
    return {**found, "items": [item for item in items if isinstance(item, dict)]}


def facts_of(item: Mapping[str, Any]) -> Facts:
    """Give what an item says, in the form that XML's items have."""
    return Facts(
        guid=_text(item, "id"),
        link=_text(item, "url") or _text(item, "external_url"),
        dates={"published": _text(item, "date_published"), "updated": _text(item, "date_modified")},
        enclosures=list(_attached(item)),
        images=[url for name in ("image", "banner_image") if (url := _text(item, name))],
    )


def texts_of(item: Mapping[str, Any]) -> tuple[str, str, str]:
    """Give title, summary and text, as HTML."""
    plain = _text(item, "content_text").replace("&", "&amp;").replace("<", "&lt;")
    return _text(item, "title"), _text(item, "summary"), _text(item, "content_html") or plain


def tags_of(item: Mapping[str, Any]) -> list[str]:
    """Give the categories."""
    tags = item.get("tags")
    return [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []


def _attached(item: Mapping[str, Any]) -> Iterator[Medium]:
    attachments = item.get("attachments")
    for attachment in attachments if isinstance(attachments, list) else []:
        if isinstance(attachment, dict):
            yield Medium(url=_text(attachment, "url"), kind=_text(attachment, "mime_type"))


def _text(item: Mapping[str, Any], name: str) -> str:
    """Give a text; an `id` may be a number."""
    value = item.get(name)
    found = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return _LOST.sub("\ufffd", found)
