"""Fetch a feed with a conditional GET and give its entries."""

from __future__ import annotations

from crossposter.core.model import Feed, Validators
from crossposter.errors import FeedError
from crossposter.feeds.parsing import parse_feed
from crossposter.ports import Fetched
from crossposter.web import WebClient, WebError
from crossposter.wording import say

#: Real municipal feeds stay below 3 MB (facts of 2026-11: the largest of 199 has 1,046 items).
MAX_BYTES = 5 * 1024 * 1024


class WebFeedSource:
    """Reads feeds over http(s)."""

    def __init__(self, web: WebClient) -> None:
        self._web = web

    def fetch(self, feed: Feed, validators: Validators) -> Fetched:
        """Fetch and parse, newest entry first as a rule; nothing when the server says that nothing changed.

        Raises:
            FeedError: The feed could not be fetched, is no feed, or is empty.
        """
        headers = {"Accept": "application/rss+xml, application/atom+xml, application/xml;q=0.9, */*;q=0.5"}
        if validators.etag:
            headers["If-None-Match"] = validators.etag
        if validators.last_modified:
            headers["If-Modified-Since"] = validators.last_modified
        try:
            response = self._web.get(feed.url, max_bytes=MAX_BYTES, headers=headers)
        except WebError as error:
            raise FeedError(error.message) from error
        if response.status == 304:
            return Fetched(entries=None, validators=validators)
        entries = parse_feed(response.body, feed, address=response.url, headers=response.headers)
        if not entries:
            # A site under repair answers like this. Taken for a first sight, all its news would be new afterwards.
            raise FeedError(say("feed {feed} is empty: look at its address in a browser", feed=feed.id))
        return Fetched(
            entries=entries,
            validators=Validators(
                etag=response.headers.get("etag"), last_modified=response.headers.get("last-modified")
            ),
        )
