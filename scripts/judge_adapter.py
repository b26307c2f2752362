"""What the judges of data/feeds call: one document, read as the program reads it. See scripts/judge_feeds.py."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from crossposter.core.model import Feed
from crossposter.errors import FeedError
from crossposter.feeds.children import Children
from crossposter.feeds.reading import task_of

_children = Children()


def parse(body: bytes, headers: Mapping[str, str], feed_url: str) -> list[dict[str, Any]]:
    """Give the items; none of a document that is a failure."""
    named = {name.lower(): value for name, value in headers.items()}
    if named.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    feed = Feed(
        id="judged",
        url=feed_url,
        language="tr",
        site="judged",
        accounts=(),
        id_pattern=None,
        timezone="Europe/Istanbul",
        every=timedelta(minutes=5),
    )
    try:
        document = _children.read(body, task_of(feed, address=feed_url, headers=named))
    except FeedError:
        return []
    return [
        {
            "title": item.title,
            "link": item.link,
            "id": item.guid,
            "published": item.published,
            "image": item.pictures[0][0] if item.pictures else None,
            "text": item.text or item.summary,
        }
        for item in document.items
    ]
