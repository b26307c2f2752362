from __future__ import annotations

from collections.abc import Iterator

import pytest

from crossposter.core.model import Validators
from crossposter.errors import FeedError
from crossposter.feeds import WebFeedSource
from crossposter.testing import a_feed
from crossposter.web import WebClient
from tests.web_server import WebServer

RSS = b"""<rss version="2.0"><channel><title>x</title><item><title>T</title><guid>1</guid></item></channel></rss>"""


@pytest.fixture
def source() -> Iterator[WebFeedSource]:
    web = WebClient()
    yield WebFeedSource(web)
    web.close()


def test_the_server_is_asked_whether_something_changed(source: WebFeedSource, web_server: WebServer) -> None:
    feed = a_feed(url=web_server.url + "/rss")
    web_server.serve("/rss", RSS, ETag='"7"', Last_Modified="Wed, 25 Nov 2026 09:00:00 GMT", Content_Type="text/xml")
    first = source.fetch(feed, Validators())
    assert first.entries is not None
    assert "if-none-match" not in web_server.requests[0]
    web_server.serve("/rss", b"", status=304)
    second = source.fetch(feed, first.validators)
    assert web_server.requests[1]["if-none-match"] == '"7"'
    assert web_server.requests[1]["if-modified-since"] == "Wed, 25 Nov 2026 09:00:00 GMT"
    assert (second.entries, second.validators) == (None, first.validators)


def test_a_feed_that_is_not_there_is_an_error_with_its_address(source: WebFeedSource, web_server: WebServer) -> None:
    web_server.serve("/rss", b"", status=404)
    with pytest.raises(FeedError, match="/rss"):
        source.fetch(a_feed(url=web_server.url + "/rss"), Validators())


def test_a_page_of_html_is_no_feed(source: WebFeedSource, web_server: WebServer) -> None:
    web_server.serve("/rss", b"<html><body>bakim</body></html>", Content_Type="text/html")
    with pytest.raises(FeedError, match="is no feed"):
        source.fetch(a_feed(url=web_server.url + "/rss"), Validators())


def test_an_empty_feed_is_a_failure_and_not_no_news(source: WebFeedSource, web_server: WebServer) -> None:
    web_server.serve("/rss", b"<rss version='2.0'><channel><title>bakim</title></channel></rss>")
    with pytest.raises(FeedError, match="is empty"):
        source.fetch(a_feed(url=web_server.url + "/rss"), Validators())
