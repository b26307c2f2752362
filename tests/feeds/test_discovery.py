from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from crossposter.core.model import Holds
from crossposter.errors import FeedError
from crossposter.feeds.discovery import named_feeds, usual_feeds
from crossposter.feeds.inspecting import inspect_bytes, inspect_url
from crossposter.feeds.reading import FeedReader
from crossposter.testing import a_feed
from crossposter.web import Network, WebClient
from tests.web_server import WebServer

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
RSS = (
    b"<rss version='2.0'><channel><title>Haberler</title>"
    b"<item><title>Tramvay</title><link>https://x.tr/1</link><guid isPermaLink='false'>1</guid>"
    b"<pubDate>Wed, 25 Nov 2026 09:00:00 +0300</pubDate><description>Bir.</description>"
    b"<enclosure url='https://x.tr/a.jpg' type='image/jpeg'/></item></channel></rss>"
)


@pytest.fixture
def web() -> Iterator[WebClient]:
    client = WebClient(Network(allowed=("127.0.0.1",)))
    yield client
    client.close()


@pytest.fixture
def reader() -> Iterator[FeedReader]:
    found = FeedReader()
    yield found
    found.close()


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ('<link rel="alternate" type="application/rss+xml" href="/rss">', ["https://x.tr/rss"]),
        ("<LINK TYPE='application/atom+xml' REL='alternate' HREF='https://y.tr/a?b&amp;c'>", ["https://y.tr/a?b&c"]),
        ('<a class="icon" href="/tr/rss">RSS</a><a href="/rssiz-sayfa">x</a>', ["https://x.tr/tr/rss"]),
        ('<link rel="stylesheet" href="/feed.css"><a href="/haberler">Haberler</a>', []),
        ('<a href="javascript:rss()">RSS</a>', []),
    ],
)
def test_a_page_names_its_feeds(page: str, expected: list[str]) -> None:
    assert named_feeds(page, "https://x.tr/anasayfa") == expected


def test_the_usual_places_are_those_of_the_site() -> None:
    assert usual_feeds("https://x.tr/a/b?c")[:2] == ["https://x.tr/rss", "https://x.tr/feed/"]


def test_a_sites_address_leads_to_the_feed_that_its_page_names(
    web: WebClient, reader: FeedReader, web_server: WebServer
) -> None:
    page = b'<html><link rel="alternate" type="application/rss+xml" href="/haber-akisi"></html>'
    web_server.serve("/", page, Content_Type="text/html")
    web_server.serve("/haber-akisi", RSS)
    found = inspect_url(a_feed(url=web_server.url + "/"), web, reader, now=NOW)
    assert found.url == web_server.url + "/haber-akisi"
    assert "but this is one" in str(found.problems[0])


def test_a_site_that_names_no_feed_is_asked_at_the_usual_places(
    web: WebClient, reader: FeedReader, web_server: WebServer
) -> None:
    web_server.serve("/", b"<html>Belediye</html>", Content_Type="text/html")
    web_server.serve("/rss.xml", RSS)
    assert inspect_url(a_feed(url=web_server.url + "/"), web, reader, now=NOW).url == web_server.url + "/rss.xml"


def test_a_site_without_a_feed_is_said_to_have_none(web: WebClient, reader: FeedReader, web_server: WebServer) -> None:
    web_server.serve("/", b"<html>Belediye</html>", Content_Type="text/html")
    with pytest.raises(FeedError, match="names no feed, and there is none at the usual places"):
        inspect_url(a_feed(url=web_server.url + "/"), web, reader, now=NOW)


def test_it_is_told_where_fields_were_read_and_what_it_costs_to_follow(
    web: WebClient, reader: FeedReader, web_server: WebServer
) -> None:
    web_server.serve("/rss", RSS, ETag='"1"')
    found = inspect_url(a_feed(url=web_server.url + "/rss"), web, reader, now=NOW)
    (one,) = found.entries
    assert one.origins == {
        "published": "pubdate: Wed, 25 Nov 2026 09:00:00 +0300",
        "link": "link",
        "text": "summary",
        "pictures": "enclosure",
    }
    assert (found.bytes, found.has_validators) == (len(RSS), True)
    web_server.serve("/rss", RSS)
    assert inspect_url(a_feed(url=web_server.url + "/rss"), web, reader, now=NOW).has_validators is False


def test_it_is_told_what_would_be_held(reader: FeedReader) -> None:
    items = b"".join(
        b"<item><title>Haber %d</title><description>&amp;nbsp;&amp;amp;nbsp;</description></item>" % n for n in range(3)
    )
    feed = a_feed(holds=Holds(new_entries_over=2, older_than=timedelta(hours=1)))
    document = RSS.replace(b"</channel>", items + b"</channel>")
    found = inspect_bytes(document, feed, reader, now=NOW)
    told = " | ".join(map(str, found.guards))
    assert "4 news at once, more than 2" in told
    assert "1 news are older than" in told
    assert "3 news have neither an id nor a link" in told
