"""How a feed is read, and what is wrong with it: the same reading as a poll's, with everything told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from crossposter.core.model import Entry, Feed
from crossposter.errors import FeedError
from crossposter.feeds.reading import FeedReader, Reading
from crossposter.feeds.source import MAX_BYTES
from crossposter.web import WebClient, WebError
from crossposter.wording import Message, say


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """A feed as it is read.

    Attributes:
        url: Where it was found at last.
        title: Its own; empty when it has none.
        language: Its own; None when it says none. Entries have that of the configuration.
        encoding: How its bytes were read.
        entries: In the feed's order.
        problems: What a keeper of the site, or of the configuration, should mend.
    """

    url: str
    title: str
    language: str | None
    encoding: str
    entries: tuple[Entry, ...]
    problems: tuple[Message, ...]


def inspect_url(feed: Feed, web: WebClient, reader: FeedReader) -> Inspection:
    """Fetch a feed and inspect it.

    Raises:
        FeedError: It could not be fetched, or is no feed.
    """
    try:
        response = web.get(feed.url, max_bytes=MAX_BYTES)
    except WebError as error:
        raise FeedError(error.message) from error
    found = inspect_bytes(response.body, feed, reader, address=response.url, headers=response.headers)
    moved = [_moved(response.moved_to)] if response.moved_to else []
    return replace(found, problems=(*moved, *found.problems))


def inspect_bytes(
    content: bytes, feed: Feed, reader: FeedReader, *, address: str, headers: Mapping[str, str]
) -> Inspection:
    """Inspect a feed's bytes.

    Raises:
        FeedError: This is no feed.
    """
    reading = reader.read(content, feed, address=address, headers=headers)
    is_fetched = bool(address)
    validators = "etag" in headers or "last-modified" in headers
    problems = [*_of_feed(reading, lacks_validators=is_fetched and not validators), *_of_entries(reading.entries)]
    return Inspection(
        url=address or feed.url,
        title=reading.title,
        language=reading.language,
        encoding=reading.encoding,
        entries=reading.entries,
        problems=tuple(problems),
    )


def _moved(address: str) -> Message:
    return say(
        "the feed has moved for good: write its new address into the configuration, {address!r}", address=address
    )


def _of_feed(reading: Reading, *, lacks_validators: bool) -> Iterator[Message]:
    if not reading.entries:
        yield say("the feed is empty; such a poll counts as failed")
    if reading.left_out:
        yield say("{count} item(s) were left out: without a title", count=reading.left_out)
    if reading.misread:
        yield say("{count} item(s) will be held: letters of them are wrong or lost", count=reading.misread)
    yield from reading.problems
    if lacks_validators:
        yield say("the server sends no ETag and no Last-Modified: every poll fetches and reads the whole feed")


def _of_entries(entries: Sequence[Entry]) -> Iterator[Message]:
    undated = sum(1 for entry in entries if entry.published is None)
    if undated:
        yield say("{count} news without a date that can be trusted: the feed's order counts", count=undated)
    unlinked = sum(1 for entry in entries if entry.link is None)
    if unlinked:
        yield say("{count} news without a link: their posts will lead nowhere", count=unlinked)
    bare = sum(1 for entry in entries if not entry.pictures)
    if bare:
        yield say("{count} news without a picture: Instagram will hold them", count=bare)
    keys = Counter(key for entry in entries for key in set(entry.keys))
    if twice := [key for key, count in keys.items() if count > 1]:
        yield say("several news share a key, and count as one: {keys}", keys=", ".join(twice[:5]))
