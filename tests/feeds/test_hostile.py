"""Documents that were made to stall or crash a reader: facts of 2026-11, measured on feedparser 6.0.14."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import closing

import pytest

from crossposter.core.model import Validators
from crossposter.errors import FeedError
from crossposter.feeds.reading import FeedReader
from crossposter.feeds.source import WebFeedSource
from crossposter.testing import a_feed
from crossposter.web import Network, WebClient
from tests.web_server import WebServer

ITEM = "<item><title>T</title><guid>1</guid>{more}</item>"
RSS = '<rss version="2.0"><channel><title>x</title>{items}</channel></rss>'
GOOD = RSS.format(items=ITEM.format(more=""))


def rss(more: str) -> str:
    return RSS.format(items=ITEM.format(more=more))


HOSTILE = {
    "entity declarations behind newlines": "\n" * 20_000 + "<!ENTITY " * 4_000 + GOOD,
    "a doctype that never ends": "<!DOCTYPE " + "<!ENTITY x " * 4_000 + GOOD,
    "many attributes": "<rss version='2.0' " + " ".join(f"a{n}='{n}'" for n in range(20_000)) + "><channel/></rss>",
    "a long author": rss(f"<author>{'a' * 80_000}</author>"),
    "a long name": rss(f"<managingEditor>{'a@' * 40_000}</managingEditor>"),
    "an entity that grows": "<!DOCTYPE rss [<!ENTITY a '" + "x" * 10_000 + "'>]>" + rss("&a;" * 8_000),
    "a billion laughs": "<!DOCTYPE x [<!ENTITY a 'ha'>"
    + "".join(f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(9))
    + "]>"
    + rss("&j;"),
    "a file of this machine": "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>" + rss("&a;"),
    "a parameter entity": "<!DOCTYPE x [<!ENTITY % a SYSTEM 'http://127.0.0.1/'> %a;]>" + rss(""),
    "deep nesting": rss("<a>" * 3_000 + "</a>" * 3_000),
    "many elements": rss("<a/>" * 900_000),
    "many items": RSS.format(items="<item/>" * 100_000),
    "a long text": rss(f"<description>{'a' * 2_000_000}</description>"),
    "many attributes that are not well-formed": "<rss version='2.0'><b>&<i "
    + " ".join("a='1'" for _ in range(90_000))
    + "></rss>",
    "one name without an end": "<rss version='2.0'><i " + "a" * 900_000,
    "nothing but beginnings": "<" * 5_000_000,
    "nothing but tags": "<a " * 1_500_000,
    "an unfinished section": "<rss version='2.0'><channel><item><title><![CDATA[" + "]] " * 1_000_000,
    "json that nests": '{"version":"https://jsonfeed.org/version/1","items":' + "[" * 900_000,
    "a number without end": '{"version":"https://jsonfeed.org/version/1","items":[{"id":' + "1" * 900_000 + "}]}",
    "nothing": "",
    "zeros": "\0" * 1_000_000,
    "a feed of half items": RSS.format(items="<item>" * 6_000),
}
#: Slow for feedparser by itself; here they are read, and the item is right.
HARMLESS = {
    "half a character": RSS.format(
        items="<item><title>T</title><description>&#xD800;</description><guid>1</guid></item>"
    ),
    "a character beyond all": RSS.format(
        items="<item><title>T</title><description>&#99999999999;</description><guid>1</guid></item>"
    ),
    "comments in a text": rss(f"<description><![CDATA[{'<!-- ' * 100_000}]]></description>"),
    "tags without an end": rss(f"<description><![CDATA[{'<a ' * 200_000}]]></description>"),
    "a picture without an end": rss(f"<description><![CDATA[{'<img src=' * 80_000}]]></description>"),
    "many categories": rss("<category>a</category>" * 5_000),
    "many dates": rss("<pubDate>24 sep</pubDate>" * 5_000),
    "more than a line": rss(f"<description>{'. ' * 200_000}</description>"),
    "phrases": rss(f"<description>{'paylaş ' * 60_000}</description>"),
    "a doctype that names a file": '<!DOCTYPE rss PUBLIC "-//Netscape//DTD" "http://127.0.0.1/rss.dtd">' + GOOD,
}


@pytest.fixture(scope="module")
def reader() -> Iterator[FeedReader]:
    with closing(FeedReader()) as made:
        yield made


def cpu_s() -> float:
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_ends_in_a_named_problem(web_server: WebServer, name: str) -> None:
    web_server.serve("/rss", HOSTILE[name].encode())
    before = cpu_s()
    with closing(WebClient(Network(allowed=("127.0.0.1",)))) as web, closing(FeedReader()) as reader:
        source = WebFeedSource(web, reader)
        with pytest.raises(FeedError, match=r"/rss|izmir-tr"):
            source.fetch(a_feed(url=web_server.url + "/rss"), Validators())
    assert cpu_s() - before < 5


@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_merely_much_is_read(reader: FeedReader, name: str) -> None:
    reading = reader.read(HARMLESS[name].encode(), a_feed(), address="http://x.tr/", headers={})
    assert [entry.title for entry in reading.entries] == ["T"]
