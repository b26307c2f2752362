from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from crossposter.core.model import Validators
from crossposter.errors import FeedError
from crossposter.feeds.manners import Manners
from crossposter.feeds.reading import FeedReader
from crossposter.feeds.source import WebFeedSource
from crossposter.ports import Fetched
from crossposter.testing import a_feed
from crossposter.web import Network, WebClient
from tests.web_server import WebServer

RSS = b"""<rss version="2.0"><channel><title>x</title><item><title>T</title><guid>1</guid></item></channel></rss>"""


@pytest.fixture
def source() -> Iterator[WebFeedSource]:
    with closing(WebClient(Network(allowed=("127.0.0.1",)))) as web, closing(FeedReader()) as reader:
        yield WebFeedSource(web, reader)


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


def test_a_body_that_was_read_before_is_not_read_again(
    source: WebFeedSource, web_server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = a_feed(url=web_server.url + "/rss")
    web_server.serve("/rss", RSS)
    first = source.fetch(feed, Validators())
    assert first.entries is not None
    second = source.fetch(feed, first.validators)
    assert (second.entries, second.validators) == (None, first.validators)
    assert "if-none-match" not in web_server.requests[1]
    assert source.fetch(replace(feed, id_pattern=r"/(\d+)/"), first.validators).entries
    web_server.serve("/rss", RSS + b"\n")
    assert source.fetch(feed, first.validators).entries


def test_letters_that_are_wrong_are_looked_at_again(source: WebFeedSource, web_server: WebServer) -> None:
    bad = "<item><title>B\ufffdlge</title><guid>2</guid></item></channel>".encode()
    web_server.serve("/rss", RSS.replace(b"</channel>", bad), ETag='"7"')
    found = source.fetch(a_feed(url=web_server.url + "/rss"), Validators())
    assert [entry.title for entry in found.entries or ()] == ["T", "B\ufffdlge"]
    assert found.validators == Validators()


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        ("<guid>2</guid>", "no item with a title"),
    ],
)
def test_a_feed_without_an_entry_says_what_is_wrong(
    source: WebFeedSource, web_server: WebServer, item: str, problem: str
) -> None:
    web_server.serve("/rss", f"<rss version='2.0'><channel><item>{item}</item></channel></rss>".encode())
    with pytest.raises(FeedError, match=problem):
        source.fetch(a_feed(url=web_server.url + "/rss"), Validators())


class TestManners:
    @pytest.fixture
    def clock(self) -> list[float]:
        return [1000.0]

    @pytest.fixture
    def source(self, clock: list[float]) -> Iterator[WebFeedSource]:
        manners = Manners(monotonic=lambda: clock[0], share=lambda: 1.0)
        with closing(WebClient(Network(allowed=("127.0.0.1",)))) as web, closing(FeedReader()) as reader:
            yield WebFeedSource(web, reader, manners)

    def test_a_fresh_answer_is_not_asked_for_again(
        self, source: WebFeedSource, web_server: WebServer, clock: list[float]
    ) -> None:
        feed = a_feed(url=web_server.url + "/rss")
        web_server.serve("/rss", RSS, Cache_Control="max-age=1800", ETag='"1"')
        first = source.fetch(feed, Validators())
        assert source.fetch(feed, first.validators) == Fetched(entries=None, validators=first.validators)
        clock[0] += 1790
        source.fetch(feed, first.validators)
        assert len(web_server.requests) == 2

    def test_a_failing_feed_is_left_alone_longer_and_longer(
        self, source: WebFeedSource, web_server: WebServer, clock: list[float]
    ) -> None:
        feed = a_feed(url=web_server.url + "/rss")
        web_server.serve("/rss", b"<html>")
        asked = []
        for _ in range(12):
            with pytest.raises(FeedError):
                source.fetch(feed, Validators())
            asked.append(len(web_server.requests))
            clock[0] += 300
        assert asked == [1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4]
        with pytest.raises(FeedError, match=r"is no feed.*; asked again in 0:05:00"):
            source.fetch(feed, Validators())
        clock[0] += 3600
        web_server.serve("/rss", RSS)
        assert source.fetch(feed, Validators()).entries

    def test_a_server_that_wants_to_be_left_alone_is(
        self, source: WebFeedSource, web_server: WebServer, clock: list[float]
    ) -> None:
        feed = a_feed(url=web_server.url + "/rss")
        web_server.serve("/rss", b"", status=429, Retry_After="1200")
        for seconds in (0, 1199, 1):
            clock[0] += seconds
            with pytest.raises(FeedError, match="429"):
                source.fetch(feed, Validators())
        assert len(web_server.requests) == 2

    def test_a_feed_that_is_gone_is_said_so_and_left_alone_for_a_day(
        self, source: WebFeedSource, web_server: WebServer, clock: list[float]
    ) -> None:
        feed = a_feed(url=web_server.url + "/rss")
        web_server.serve("/rss", b"", status=410)
        for _ in range(2):
            with pytest.raises(FeedError, match="gone for good"):
                source.fetch(feed, Validators())
            clock[0] += 80_000
        assert len(web_server.requests) == 1

    def test_a_feed_that_has_moved_is_asked_at_its_new_place_until_that_fails(
        self, source: WebFeedSource, web_server: WebServer, caplog: pytest.LogCaptureFixture
    ) -> None:
        feed = a_feed(url=web_server.url + "/old")
        web_server.serve("/old", b"", status=301, Location="/new")
        web_server.serve("/new", RSS)
        for _ in range(2):
            source.fetch(feed, Validators())
        assert [request["path"] for request in web_server.requests] == ["/old", "/new", "/new"]
        assert caplog.text.count("has moved for good") == 1
        web_server.serve("/new", b"", status=404)
        for _ in range(2):
            with pytest.raises(FeedError):
                source.fetch(feed, Validators())
        assert web_server.requests[-2]["path"] == "/old"
        web_server.serve("/other", RSS)
        assert source.fetch(replace(feed, url=web_server.url + "/other"), Validators()).entries
