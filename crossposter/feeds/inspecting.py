"""How a feed is read, and what is wrong with it: the same reading as a poll's, with everything told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from crossposter.core.gate import Finding, examine
from crossposter.core.model import Entry, Feed
from crossposter.core.planning import lumped, would_be_a_flood
from crossposter.errors import FeedError
from crossposter.feeds.discovery import named_feeds, usual_feeds
from crossposter.feeds.reading import FeedReader, Reading
from crossposter.feeds.source import MAX_BYTES
from crossposter.web import Response, WebClient, WebError, shown
from crossposter.wording import Message, say

#: Bytes of a site's page that are fetched to look for its feeds.
_MAX_PAGE = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectedEntry:
    """An entry as it is read; where its fields were read; what the gate says of it."""

    entry: Entry
    origins: Mapping[str, str]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """A feed as it is read.

    Attributes:
        url: Where it was found at last.
        title: Its own; empty when it has none.
        language: Its own; None when it says none. Entries have that of the configuration.
        encoding: How its bytes were read.
        bytes: Of the document, decompressed.
        has_validators: Whether its server answers "not modified" when nothing changed; None where none was asked.
        entries: In the feed's order.
        problems: What a keeper of the site, or of the configuration, should mend.
        guards: What would hold news if the feed showed all of this for the first time now.
    """

    url: str
    title: str
    language: str | None
    encoding: str
    bytes: int
    has_validators: bool | None
    entries: tuple[InspectedEntry, ...]
    problems: tuple[Message, ...]
    guards: tuple[Message, ...]


def inspect_url(feed: Feed, web: WebClient, reader: FeedReader, *, now: datetime) -> Inspection:
    """Fetch a feed and inspect it; of a site's address, the feed that its page names, or has at a usual place.

    Raises:
        FeedError: It could not be fetched, or is no feed, and the site has none that can be found.
    """
    response = _fetched(feed.url, web, max_bytes=MAX_BYTES)
    try:
        found = _inspected(response, feed, web, reader, now=now)
    except FeedError as error:
        address = _discovered(response, feed, web, reader)
        if address is None:
            raise _without_feed(response, error) from error
        response = _fetched(address, web, max_bytes=MAX_BYTES)
        found = _inspected(response, feed, web, reader, now=now)
        words = say("{url!r} is no feed, but this is one: {feed}", url=shown(feed.url), feed=address)
        found = replace(found, problems=(words, *found.problems))
    moved = [_moved(response.moved_to)] if response.moved_to else []
    return replace(found, problems=(*moved, *found.problems))


def inspect_bytes(content: bytes, feed: Feed, reader: FeedReader, *, now: datetime) -> Inspection:
    """Inspect the bytes of a file.

    Raises:
        FeedError: This is no feed.
    """
    reading = reader.read(content, feed, address="", headers={}, explains=True)
    return _inspection(reading, feed, url=feed.url, size=len(content), has_validators=None, now=now)


def _fetched(url: str, web: WebClient, *, max_bytes: int, headers: Mapping[str, str] | None = None) -> Response:
    try:
        return web.get(url, max_bytes=max_bytes, headers=headers or {})
    except WebError as error:
        raise FeedError(error.message) from error


def _inspected(response: Response, feed: Feed, web: WebClient, reader: FeedReader, *, now: datetime) -> Inspection:
    reading = reader.read(response.body, feed, address=response.url, headers=response.headers, explains=True)
    validators = _answers_not_modified(response, web)
    size = len(response.body)
    return _inspection(reading, feed, url=response.url, size=size, has_validators=validators, now=now)


def _answers_not_modified(response: Response, web: WebClient) -> bool:
    """Ask a second time, as a poll would."""
    names = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
    headers = {asked: response.headers[name] for name, asked in names.items() if name in response.headers}
    if not headers:
        return False
    try:
        return web.get(response.url, max_bytes=MAX_BYTES, headers=headers).status == 304
    except WebError:
        return False


def _discovered(response: Response, feed: Feed, web: WebClient, reader: FeedReader) -> str | None:
    """Find a feed of the site whose page this is."""
    page = response.body[:_MAX_PAGE].decode("utf-8", "replace")
    addresses = dict.fromkeys((*named_feeds(page, response.url), *usual_feeds(response.url)))
    addresses.pop(feed.url, None)
    return next((address for address in addresses if _is_feed(address, feed, web, reader)), None)


def _is_feed(address: str, feed: Feed, web: WebClient, reader: FeedReader) -> bool:
    try:
        response = web.get(address, max_bytes=MAX_BYTES)
        return bool(reader.read(response.body, feed, address=response.url, headers=response.headers).entries)
    except (WebError, FeedError):
        return False


def _without_feed(response: Response, error: FeedError) -> FeedError:
    if b"<html" not in response.body[:4096].lower():
        return error
    sentence = say(
        "{url!r} is a web page that names no feed, and there is none at the usual places: ask the site's keeper",
        url=shown(response.url),
    )
    return FeedError(sentence)


def _inspection(
    reading: Reading, feed: Feed, *, url: str, size: int, has_validators: bool | None, now: datetime
) -> Inspection:
    entries = tuple(
        InspectedEntry(entry=entry, origins=origins, findings=examine(entry, allowed_hosts=feed.allowed_hosts))
        for entry, origins in zip(reading.entries, reading.origins, strict=True)
    )
    problems = [*_of_feed(reading, lacks_validators=has_validators is False), *_of_entries(reading.entries)]
    return Inspection(
        url=url,
        title=reading.title,
        language=reading.language,
        encoding=reading.encoding,
        bytes=size,
        has_validators=has_validators,
        entries=entries,
        problems=tuple(problems),
        guards=tuple(_guards(entries, feed, now=now)),
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
    yield from reading.problems
    if lacks_validators:
        yield say('the server never answers "not modified": every poll fetches the whole feed')


def _of_entries(entries: Sequence[Entry]) -> Iterator[Message]:
    undated = sum(1 for entry in entries if entry.published is None)
    if undated:
        yield say("{count} news without a date that can be trusted: the feed's order counts", count=undated)
    unlinked = sum(1 for entry in entries if entry.link is None)
    if unlinked:
        yield say("{count} news without a link: their posts will lead nowhere", count=unlinked)
    bare = sum(1 for entry in entries if not entry.pictures)
    if bare:
        yield say("{count} news without a picture: Instagram gets a drawn card, or holds them", count=bare)
    keys = Counter(key for entry in entries for key in set(entry.keys))
    if twice := [key for key, count in keys.items() if count > 1]:
        yield say("several news share a key, and count as one: {keys}", keys=", ".join(twice[:5]))


def _guards(entries: Sequence[InspectedEntry], feed: Feed, *, now: datetime) -> Iterator[Message]:
    if flood := would_be_a_flood(feed, len(entries), window=len(entries)):
        yield flood
    if same := lumped([one.entry for one in entries]):
        yield same
    limit = feed.holds.older_than
    dates = [one.entry.published for one in entries if one.entry.published]
    if limit and (stale := sum(1 for date in dates if now - date > limit)):
        yield say("{count} news are older than holds.older_than", count=stale)
    if unnamed := sum(1 for one in entries if not one.entry.keys):
        yield say("{count} news have neither an id nor a link", count=unnamed)
    if flawed := sum(1 for one in entries if any(finding.is_hard for finding in one.findings)):
        yield say("{count} news the gate would hold: see them above", count=flawed)
