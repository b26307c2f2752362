"""Fetch a feed with a conditional GET and give its entries."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Sequence

from crossposter import __version__
from crossposter.core.model import Feed, Validators
from crossposter.core.window import Shown, stand_apart
from crossposter.errors import FeedError
from crossposter.feeds.manners import Manners
from crossposter.feeds.reading import FeedReader, Reading
from crossposter.ports import Fetched, no_window
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

    def fetch(self, feed: Feed, validators: Validators, window: Callable[[], Sequence[Shown]] = no_window) -> Fetched:
        """Fetch and read, newest entry first as a rule; nothing when nothing changed, or the last answer still holds.

        What stands there as it stood in the last window is not read again.

        Raises:
            FeedError: The feed could not be fetched, is no feed, or is empty; or it failed a moment ago.
        """
        if self._manners.is_fresh(feed):
            return Fetched(entries=None, validators=validators)
        try:
            response = self._web.get(self._manners.address(feed), max_bytes=MAX_BYTES, headers=_headers(validators))
            fetched = self._read(response, feed, validators, window)
        except WebError as error:
            failure = FeedError(_gone(feed) if error.status == _GONE else error.message)
            self._manners.failed(feed, failure, cause=error)
            raise failure from error
        except FeedError as error:
            self._manners.failed(feed, error, cause=None)
            raise
        self._manners.answered(feed, response)
        return fetched

    def _read(
        self, response: Response, feed: Feed, validators: Validators, window: Callable[[], Sequence[Shown]]
    ) -> Fetched:
        if response.status == 304:
            return Fetched(entries=None, validators=validators)
        how = _how(feed)
        own_etag = _OWN_ETAG + hashlib.blake2b(response.body, digest_size=16, key=how).hexdigest()
        if validators.etag == own_etag:
            return Fetched(entries=None, validators=validators)
        known = {shown.mark: shown for shown in window()}
        reading = self._parsed(response, feed, how, known)
        unread = tuple(known[mark] for mark in reading.unread)
        if not stand_apart(unread, reading.entries):
            reading, unread = self._parsed(response, feed, how, ()), ()
        _check(reading, feed)
        found = Validators(
            etag=response.headers.get("etag") or own_etag, last_modified=response.headers.get("last-modified")
        )
        # Letters may be right the next time: the configuration can mend them, while the feed stays as it is.
        validators = Validators() if reading.misread else found
        return Fetched(entries=reading.entries, validators=validators, unread=unread)

    def _parsed(self, response: Response, feed: Feed, how: bytes, known: Iterable[str]) -> Reading:
        return self._reader.read(
            response.body,
            feed,
            address=response.url,
            headers=response.headers,
            reading=how.hex(),
            known=tuple(known),
        )


def _headers(validators: Validators) -> dict[str, str]:
    headers = {"Accept": _ACCEPT}
    if validators.etag and not validators.etag.startswith(_OWN_ETAG):
        headers["If-None-Match"] = validators.etag
    if validators.last_modified:
        headers["If-Modified-Since"] = validators.last_modified
    return headers


def _how(feed: Feed) -> bytes:
    """Give a short form of how this program reads this feed: read otherwise, the same bytes say something else."""
    how = (__version__, feed.language, feed.timezone, feed.id_pattern, feed.encoding_fallback, feed.chrome)
    return hashlib.sha256(repr(how).encode()).digest()


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
    if reading.entries or reading.unread:
        return
    if reading.left_out:
        sentence = say("feed {feed} has no item with a title", feed=feed.id)
    else:
        # A site under repair answers like this. Taken for a first sight, all its news would be new afterwards.
        sentence = say("feed {feed} is empty: look at its address in a browser", feed=feed.id)
    raise FeedError(sentence)
