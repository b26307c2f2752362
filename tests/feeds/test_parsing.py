from __future__ import annotations

import gzip
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crossposter.core.gate import Flaw, examine
from crossposter.core.model import Entry, PictureRef
from crossposter.errors import FeedError
from crossposter.feeds.html import plain_text
from crossposter.feeds.parsing import _MEDIA_DESCRIPTION
from crossposter.testing import a_feed
from tests.feeds.reading import parse_feed, read_feed

FEED = a_feed(id_pattern=r"/(tr|en)/[^/]+/[^/]+/(\d+)/")
ADDRESS = "https://www.izmir.bel.tr/rss/haberler.xml"
RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/">
<channel><title>İzmir</title><link>https://www.izmir.bel.tr</link>{items}</channel></rss>"""
ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>İzmir</title><id>urn:izmir</id><updated>2026-11-25T09:00:00Z</updated>
<entry><id>urn:haber:1</id><title type="html">Körfez &amp;amp; deniz</title>
<link rel="alternate" href="/tr/Haberler/korfez/58041/156"/><updated>2026-11-25T09:00:00+03:00</updated>
<summary>Özet</summary></entry></feed>"""


def parsed(items: str) -> tuple[Entry, ...]:
    return parse_feed(RSS.format(items=items).encode(), FEED, address=ADDRESS, headers={})


def the_entry(item: str) -> Entry:
    (entry,) = parsed(f"<item>{item}</item>")
    return entry


def test_an_rss_item_becomes_an_entry() -> None:
    entry = the_entry(
        """<title>Çiğli Tramvayı &amp; durakları</title><guid isPermaLink="false">haber-58041</guid>
        <link>https://www.izmir.bel.tr/tr/Haberler/cigli/58041/156</link>
        <pubDate>Wed, 25 Nov 2026 12:14:00 +0300</pubDate><category>Ulaşım</category><category>Çevre</category>
        <description>Üç yeni durak açıldı.</description>
        <content:encoded><![CDATA[<p>Tramvay bu sabah başladı.</p><p>İkinci&nbsp;paragraf.</p>]]></content:encoded>
        <enclosure url="https://www.izmir.bel.tr/YuklenenDosyalar/tramvay.jpg" type="image/jpeg" length="1"/>"""
    )
    assert entry == Entry(
        keys=(
            "id:tr/58041",
            "guid:haber-58041",
            "link://izmir.bel.tr/tr/Haberler/cigli/58041/156",
        ),
        title="Çiğli Tramvayı & durakları",
        link="https://www.izmir.bel.tr/tr/Haberler/cigli/58041/156",
        summary="Üç yeni durak açıldı.",
        text="Tramvay bu sabah başladı.\n\nİkinci paragraf.",
        language="tr",
        published=datetime(2026, 11, 25, 9, 14, tzinfo=UTC),
        pictures=(PictureRef(url="https://www.izmir.bel.tr/YuklenenDosyalar/tramvay.jpg"),),
        categories=("Ulaşım", "Çevre"),
    )
    assert entry.id == "tr/58041"


def test_an_atom_entry_becomes_an_entry() -> None:
    (entry,) = parse_feed(ATOM.encode(), FEED, address=ADDRESS, headers={})
    assert entry.title == "Körfez & deniz"
    assert entry.link == "https://www.izmir.bel.tr/tr/Haberler/korfez/58041/156"
    assert entry.published == datetime(2026, 11, 25, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    "order",
    [
        "<description>Özet.</description>{media}",
        "{media}<description>Özet.</description>",
    ],
)
def test_a_pictures_description_is_its_alt_text_and_nothing_else(order: str) -> None:
    described = '<media:description type="plain">Durak</media:description>'
    media = f'<media:content url="/a.jpg" medium="image">{described}</media:content>'
    entry = the_entry("<title>T</title><guid>1</guid>" + order.format(media=media))
    assert entry.pictures == (PictureRef(url="https://www.izmir.bel.tr/a.jpg", alt="Durak"),)
    assert (entry.summary, entry.text) == ("Özet.", "")


def test_one_picture_named_twice_is_one_picture() -> None:
    entry = the_entry(
        """<title>T</title><guid>1</guid><media:content url="/a.jpg" type="image/jpeg"/>
        <enclosure url="https://www.izmir.bel.tr/a.jpg" type="image/jpeg"/>
        <enclosure url="/b.mp3" type="audio/mpeg"/>"""
    )
    assert [picture.url for picture in entry.pictures] == ["https://www.izmir.bel.tr/a.jpg"]


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "ftp://x.tr/a",
        "",
        "http://[",
        "https://x.tr:8o80/1",
        "https://x.tr/&#27;[31m",
        "https://user:geheim@x.tr/",
    ],
)
def test_a_link_that_is_no_web_address_is_none(link: str) -> None:
    assert the_entry(f"<title>T</title><guid>1</guid><link>{link}</link>").link is None


@pytest.mark.parametrize("date", ["Mon, 01 Jan 0001 00:00:00 GMT", "dün", "", "9999-12-31T23:59:59-12:00"])
def test_a_date_that_cannot_be_trusted_is_none(date: str) -> None:
    assert the_entry(f"<title>T</title><guid>1</guid><pubDate>{date}</pubDate>").published is None


def test_an_item_without_a_title_is_left_out_and_one_without_identity_is_there_to_be_held() -> None:
    good = "<item><title>T</title><guid isPermaLink='false'>2</guid></item>"
    items = "<item><guid>1</guid></item><item><title>T</title></item>" + good
    assert [(entry.title, entry.keys) for entry in parsed(items)] == [("T", ()), ("T", ("guid:2",))]


@pytest.mark.parametrize(
    ("date", "hour"),
    [
        ("2026-11-25T12:14:00", 9),
        ("2026-11-25 12:14:00.123", 9),
        ("25 Nov 2026 12:14:00", 9),
        ("Wed Nov 25 12:14:00 2026", 9),
        ("2026-11-25T12:14:00Z", 12),
        ("2026-11-25T12:14:00+01:00", 11),
        ("Wed, 25 Nov 2026 12:14:00 GMT", 12),
        ("Wed, 25 Nov 2026 12:14:00 -0100", 13),
    ],
)
def test_a_date_without_a_zone_is_in_the_feeds_zone(date: str, hour: int) -> None:
    found = the_entry(f"<title>T</title><guid>1</guid><pubDate>{date}</pubDate>").published
    assert found is not None
    assert (found.day, found.hour, found.minute) == (25, hour, 14)


def test_a_date_beyond_all_years_is_none() -> None:
    date = '<dc:date xmlns:dc="http://purl.org/dc/elements/1.1/">9999-12-31T23:59:59-12:00</dc:date>'
    assert the_entry(f"<title>T</title><guid>1</guid>{date}").published is None


@pytest.mark.parametrize("title", ["&#xD800;", "&#99999999999;", "Ba\ufffdlık"])
def test_an_item_that_cannot_be_read_right_is_there_to_be_held(title: str) -> None:
    bad, good = (f"<item><title>{title}</title><guid>1</guid></item>", "<item><title>T</title><guid>2</guid></item>")
    reading = read_feed(RSS.format(items=bad + good).encode(), FEED, address=ADDRESS, headers={})
    assert [entry.title for entry in reading.entries][1:] == ["T"]
    assert reading.misread == 1
    assert {finding.flaw for finding in examine(reading.entries[0])} & {Flaw.MOJIBAKE, Flaw.EMPTY}


@pytest.mark.parametrize("error", [KeyError("links"), UnicodeEncodeError("utf-8", "x", 0, 1, "no"), RecursionError()])
def test_whatever_feedparser_raises_is_the_feeds_failure(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def tripping(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("feedparser.parse", tripping)
    with pytest.raises(FeedError, match=f"cannot be parsed: {type(error).__name__}"):
        parsed("")


def test_a_marked_section_in_a_title_is_no_error() -> None:
    assert the_entry("<title>&lt;![foo bar]]&gt; T</title><guid>1</guid>").title == "T"


@pytest.mark.parametrize("content", [b" " * 5_300_000, gzip.compress(b" " * 50_000_000)])
def test_a_document_that_is_too_large_is_not_read(content: bytes) -> None:
    with pytest.raises(FeedError, match="is larger than 5242880 bytes"):
        parse_feed(content, FEED, address=ADDRESS, headers={})


def test_a_feed_that_was_stored_packed_is_read() -> None:
    packed = gzip.compress(RSS.format(items="<item><title>T</title><guid>1</guid></item>").encode())
    assert [entry.title for entry in parse_feed(packed, FEED, address=ADDRESS, headers={})] == ["T"]


def test_a_password_is_not_in_the_sentence() -> None:
    with pytest.raises(FeedError, match=r"'https://x\.tr/rss'") as caught:
        parse_feed(b"", a_feed(url="https://user:geheim@x.tr/rss"), address=ADDRESS, headers={})
    assert "geheim" not in str(caught.value)


def test_an_entry_keeps_no_more_than_anyone_reads() -> None:
    entry = the_entry(f"<title>{'başlık ' * 400}</title><guid>1</guid><description>{'haber ' * 30_000}</description>")
    assert 900 < len(entry.title) <= 1_000
    assert 99_000 < len(entry.summary) <= 100_000


HOSTILE = ("<", "<!", "<!--", "<a ", "<a '", '<a x="', "&", "<![", "</", "<?", "<script>", "<a =", "&lt;a ")


@pytest.mark.parametrize("fragment", HOSTILE)
def test_hostile_html_takes_no_time(fragment: str) -> None:
    html = fragment * (400_000 // len(fragment))
    started = time.process_time()
    plain_text(html)
    assert time.process_time() - started < 5  # seconds; quadratic time takes minutes
    started = time.process_time()
    entry = the_entry(f"<title>T</title><guid>1</guid><description><![CDATA[{html}]]></description>")
    assert entry.title == "T"
    assert time.process_time() - started < 5


def test_unfinished_descriptions_take_no_time() -> None:
    started = time.process_time()
    _MEDIA_DESCRIPTION.sub(b"", b"<media:description" * 50_000)
    assert time.process_time() - started < 5  # seconds; quadratic time takes minutes


def test_an_empty_feed_has_no_entries() -> None:
    assert parsed("") == ()


@pytest.mark.parametrize(
    "content",
    [b"", b"<html><body>Bakim calismasi</body></html>", b"{}", "İzmir".encode(), b"\x89PNG\r\n\x1a\n"],
)
def test_what_is_no_feed_is_said_so(content: bytes) -> None:
    with pytest.raises(FeedError, match="is no feed"):
        parse_feed(content, FEED, address=ADDRESS, headers={})


def test_an_answer_that_names_a_file_opens_none(tmp_path: Path) -> None:
    path = tmp_path / "feed.xml"
    path.write_text(RSS.format(items="<item><title>T</title><guid>1</guid></item>"))
    with pytest.raises(FeedError, match="is no feed"):
        parse_feed(str(path).encode(), FEED, address=ADDRESS, headers={})


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>Bir.</p>\n<p>İki <b>kalın</b>.</p>", "Bir.\n\nİki kalın."),
        ("Satır<br>sonu<br/>burada", "Satır sonu burada"),
        ("K&acirc;r &quot;X&quot; &amp; Y", 'Kâr "X" & Y'),
        ("<script>alert(1)</script>Metin<style>p{}</style>", "Metin"),
        ("<ul><li>Bir</li><li>İki</li></ul>", "Bir\n\nİki"),
        ("düz metin", "düz metin"),
        ("5 < 6 ve a<b dir", "5 < 6 ve a<b dir"),
        ("<a title=\"x > y\" href='/a'>Metin</a>", "Metin"),
        ("<a title=it's>Bir</a> ve it's", "Bir ve it's"),
        ("<![if gte mso 9]>Metin<![endif]><!-- <p>yok</p> -->", "Metin"),
        ("<figure><img src=a><figcaption>yok</figcaption></figure>Metin", "Metin"),
        ("Bir <script>if (a<b) '</p>'", "Bir"),
        ("bir\nsatır", "bir satır"),
    ],
)
def test_html_becomes_plain_text(html: str, expected: str) -> None:
    assert plain_text(html) == expected
