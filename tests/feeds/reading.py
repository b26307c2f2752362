"""Reads a feed in this very process: what the child does, and what the program makes of it."""

from __future__ import annotations

from collections.abc import Mapping

from crossposter.core.model import Entry, Feed
from crossposter.feeds.document import Document, from_json, to_json
from crossposter.feeds.parsing import read_document
from crossposter.feeds.reading import Reading, reading_of, task_of
from crossposter.testing import a_feed

ADDRESS = "https://www.izmir.bel.tr/rss/haberler.xml"


def read_feed(
    content: bytes, feed: Feed, *, address: str = ADDRESS, headers: Mapping[str, str] | None = None
) -> Reading:
    """Read a document, and send it through the form in which it comes out of the child."""
    document = read_document(content, task_of(feed, address=address, headers=headers or {}))
    return reading_of(from_json(to_json(document)), feed)


def parse_feed(content: bytes, feed: Feed, *, address: str, headers: Mapping[str, str]) -> tuple[Entry, ...]:
    """Give the entries only."""
    return read_feed(content, feed, address=address, headers=headers).entries


def the_document(text: str, *, language: str = "tr") -> Document:
    """Read a document as the child gives it."""
    return read_document(text.encode(), task_of(a_feed(language=language), address=ADDRESS, headers={}))
