"""Fetch a feed with a conditional GET and give its entries."""

from __future__ import annotations

import hashlib
import logging

from crossposter import __version__
from crossposter.core.model import Feed, Validators
from crossposter.errors import FeedError
from crossposter.feeds.manners import Manners
from crossposter.feeds.reading import FeedReader, Reading
from crossposter.ports import Fetched
from crossposter.web import Response, WebClient, WebError, shown
from crossposter.wording import Message, say

#: Bytes, unpacked. Real municipal feeds stay below 3 MB (facts of 2026-11: the largest of 199 has 1,046 items).
MAX_BYTES = 5 * 1024 * 1024
_ACCEPT = "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
#: In place of an ETag, where the server sends none: the digest of what it sent. No ETag begins like this.
_OWN_ETAG = "body:"
_GONE = 410

_log = logging.getLogger(__name__)


class WebFeedSource:
    """Reads feeds over http(s). Safe to use from several threads."""

    def __init__(self, web: WebClient, reader: FeedReader, manners: Manners | None = None) -> None:
        self._web = web
        self._reader = reader
        self._manners = manners or Manners()

    def fetch(self, feed: Feed, validators: Validators) -> Fetched:
        """Fetch and read, newest entry first as a rule; nothing when nothing changed, or the last answer still holds.

        Raises:
            FeedError: The feed could not be fetched, is no feed, or is empty; or it failed a moment ago.
        """
        if self._manners.is_fresh(feed):
            return Fetched(entries=None, validators=validators)
        try:
            response = self._web.get(self._manners.address(feed), max_bytes=MAX_BYTES, headers=_headers(validators))
            fetched = self._read(response, feed, validators)
        except WebError as error:
            failure = FeedError(_gone(feed) if error.status == _GONE else error.message)
            self._manners.failed(feed, failure, cause=error)
            raise failure from error
        except FeedError as error:
            self._manners.failed(feed, error, cause=None)
            raise
        self._manners.answered(feed, response)
        return fetched

    def _read(self, response: Response, feed: Feed, validators: Validators) -> Fetched:
        if response.status == 304:
            return Fetched(entries=None, validators=validators)
        own_etag = _OWN_ETAG + _digest(response.body, feed)
        if validators.etag == own_etag:
            return Fetched(entries=None, validators=validators)
        reading = self._reader.read(response.body, feed, address=response.url, headers=response.headers)
        _check(reading, feed)
        found = Validators(
            etag=response.headers.get("etag") or own_etag, last_modified=response.headers.get("last-modified")
        )
        # Letters may be right the next time: the configuration can mend them, while the feed stays as it is.
        return Fetched(entries=reading.entries, validators=Validators() if reading.misread else found)


def _headers(validators: Validators) -> dict[str, str]:
    headers = {"Accept": _ACCEPT}
    if validators.etag and not validators.etag.startswith(_OWN_ETAG):
        headers["If-None-Match"] = validators.etag
    if validators.last_modified:
        headers["If-Modified-Since"] = validators.last_modified
    return headers


def _digest(body: bytes, feed: Feed) -> str:
    """Name a body as this program reads it for this feed: read otherwise, it is another one."""
    how = f"{__version__} {feed.language} {feed.timezone} {feed.id_pattern} {feed.encoding_fallback}"
    return hashlib.blake2b(body, digest_size=16, key=hashlib.sha256(how.encode()).digest()).hexdigest()


def _gone(feed: Feed) -> Message:
    return say("{url!r} is gone for good, its server says: ask for the feed's new address", url=shown(feed.url))


def _check(reading: Reading, feed: Feed) -> None:
    """Make sure that there is something to decide about, and say what there is not.

    Raises:
        FeedError: There is no entry that can be read.
    """
    if reading.misread:
        _log.warning(
            "feed %r: letters of %d item(s) are wrong or lost: see encoding_fallback", feed.id, reading.misread
        )
    if reading.entries:
        return
    if reading.left_out:
        sentence = say("feed {feed} has no item with a title", feed=feed.id)
    else:
        # A site under repair answers like this. Taken for a first sight, all its news would be new afterwards.
        sentence = say("feed {feed} is empty: look at its address in a browser", feed=feed.id)
    raise FeedError(sentence)
