"""Feeds of every kind, each with one thing that is often wrong: what becomes of it."""

from __future__ import annotations

import pytest

from crossposter.errors import FeedError
from crossposter.feeds.document import Document, Item
from tests.feeds.reading import the_document

MEDIA = 'xmlns:media="http://search.yahoo.com/mrss/" xmlns:atom="http://www.w3.org/2005/Atom"'
CONTENT = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'


def rss(items: str, *, namespaces: str = MEDIA) -> Document:
    return the_document(f'<rss version="2.0" {namespaces}><channel><title>x</title>{items}</channel></rss>')


def the_item(inside: str, *, namespaces: str = MEDIA) -> Item:
    (item,) = rss(f"<item><title>T</title>{inside}</item>", namespaces=namespaces).items
    return item


KINDS = {
    "RSS 0.91": """<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN"
        "http://my.netscape.com/publish/formats/rss-0.91.dtd"><rss version="0.91"><channel><title>x</title>
        <item><title>Köprü açıldı</title><link>https://x.tr/1</link></item></channel></rss>""",
    "RSS 0.92 in upper case": """<RSS VERSION="0.92"><CHANNEL><TITLE>x</TITLE>
        <ITEM><TITLE>Köprü açıldı</TITLE><LINK>https://x.tr/1</LINK></ITEM></CHANNEL></RSS>""",
    "RDF 0.90": """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://my.netscape.com/rdf/simple/0.9/">
        <channel><title>x</title></channel><item><title>Köprü açıldı</title><link>https://x.tr/1</link></item></rdf:RDF>""",
    "RDF 1.0": """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
        <channel rdf:about="https://x.tr/"><title>x</title><items><rdf:Seq><rdf:li resource="https://x.tr/1"/></rdf:Seq>
        </items></channel><item rdf:about="https://x.tr/1"><title>Köprü açıldı</title><link>https://x.tr/1</link></item></rdf:RDF>""",
    "Atom 0.3": """<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>x</title><entry>
        <title>Köprü açıldı</title><link rel="alternate" type="text/html" href="https://x.tr/1"/><id>1</id></entry></feed>""",
    "Atom 1.0": """<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title><entry><title>Köprü açıldı</title>
        <link href="https://x.tr/1"/><id>1</id></entry></feed>""",
    "JSON Feed": """{"version": "https://jsonfeed.org/version/1.1", "title": "x", "items": [
        {"id": 1, "title": "Köprü açıldı", "url": "https://x.tr/1"}]}""",
    "without its namespaces": """<rss version="2.0"><channel><title>x</title><item><title>Köprü açıldı</title>
        <media:content url="https://x.tr/1.jpg" medium="image"/><link>https://x.tr/1</link></item></channel></rss>""",
    "behind a warning of PHP": """<br /><b>Warning</b>: mysql_connect() in /var/www on line 3<br />
        <?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>x</title>
        <item><title>Köprü açıldı</title><link>https://x.tr/1</link></item></channel></rss>""",
    "with HTML's entities": """<rss version="2.0"><channel><title>x</title>
        <item><title>K&ouml;pr&uuml;&nbsp;a&#231;&#x131;ld&#305;</title><link>https://x.tr/1</link></item></channel></rss>""",
    "with a tag that nobody closes": """<rss version="2.0"><channel><title>x</title>
        <item><title>Köprü açıldı</title><description>Bir<br>iki<p>üç</description><link>https://x.tr/1</link></item></channel></rss>""",
    "cut off behind the last item": """<rss version="2.0"><channel><title>x</title>
        <item><title>Köprü açıldı</title><link>https://x.tr/1</link></item>""",
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_feed_is_read(kind: str) -> None:
    (item,) = the_document(KINDS[kind]).items
    assert (item.title, item.link) == ("Köprü açıldı", "https://x.tr/1")


@pytest.mark.parametrize(
    "cut",
    [
        "<item><title>Ya",
        "<item><title>Yarım</title><link>https://x.tr/2</li",
        "<item><title>Yarım</title><link>https://x.tr/2</link>",
        "<item><title><![CDATA[Yarım",
        "<item><title>Yarım & yarım</title><description>Bir<br>iki",
        "<item><",
    ],
)
def test_a_feed_that_breaks_off_inside_an_item_is_a_failure(cut: str) -> None:
    whole = "<item><title>T</title><link>https://x.tr/1</link></item>"
    for start in ("", "<title>bare & wrong <b></title>"):
        with pytest.raises(FeedError, match="breaks off in the middle of an item"):
            the_document(f'<rss version="2.0"><channel>{start}{whole}{cut}')


def test_a_page_that_names_its_feed_says_so() -> None:
    link = '<link rel="alternate" type="application/rss+xml" title="Haberler" href="/haberler/rss.xml">'
    with pytest.raises(FeedError, match=r"no feed but a web page, .* https://www\.izmir\.bel\.tr/haberler/rss\.xml"):
        the_document(f"<!doctype html>\n<!-- x --><html><head>{link}</head></html>")
    with pytest.raises(FeedError, match="ask the site's keeper"):
        the_document("<html><head><link type='application/rss+xml' href='javascript:x'></head></html>")


def test_a_feed_that_was_put_into_a_page_is_read_all_the_same() -> None:
    feed = KINDS["Atom 1.0"]
    assert len(the_document(f"<!DOCTYPE html><html><body>{feed}</body></html>").items) == 1


class TestIdentity:
    @pytest.mark.parametrize(
        ("inside", "guid", "link"),
        [
            (
                "<guid>https://x.tr/h?id=5&cat=156&utm_source=rss</guid>",
                "https://x.tr/h?id=5&cat=156&utm_source=rss",
                ...,
            ),
            ("<guid>1</guid><link>https://x.tr/h?id=5&copy=1</link>", "1", "https://x.tr/h?id=5&copy=1"),
            ("<link>/tr/1</link><guid>1</guid>", "1", "https://www.izmir.bel.tr/tr/1"),
            ("<link>https://x.tr/1</link><atom:link rel='alternate' href='https://x.tr/2'/>", None, "https://x.tr/1"),
            ("<atom:link href='https://x.tr/2'/>", None, "https://x.tr/2"),
            ("<atom:link rel='self' href='https://x.tr/feed'/><guid>1</guid>", "1", None),
            ("<guid isPermaLink='true'>https://x.tr/1</guid>", "https://x.tr/1", "https://x.tr/1"),
            ("<guid isPermaLink='false'>https://x.tr/1</guid>", "https://x.tr/1", None),
            ("<guid>1</guid>", "1", None),
            ("<link></link><link>https://x.tr/1</link>", None, "https://x.tr/1"),
            ("<link>https://x.tr/\u200bkorfez</link>", None, "https://x.tr/%E2%80%8Bkorfez"),
            ("<link>https://x.tr/Resim 1</link>", None, "https://x.tr/Resim%201"),
            ("<link>\n  https://x.tr/\n  korfez\n</link>", None, "https://x.tr/korfez"),
            ("<link>javascript:alert(1)</link><guid isPermaLink='false'>1</guid>", "1", None),
        ],
    )
    def test_guid_and_link_are_what_the_item_says(self, inside: str, guid: str | None, link: object) -> None:
        item = the_item(inside)
        assert item.guid == guid
        assert link is ... or item.link == link

    @pytest.mark.parametrize(
        ("inside", "link", "picture"),
        [
            (
                '<link rel="enclosure" type="image/jpeg">a.jpg</link><link href="https://x.tr/1"/>',
                "https://x.tr/1",
                "https://x.tr/tr/a.jpg",
            ),
            ('<link rel="enclosure" type="image/jpeg" href="a.jpg"/>', None, "https://x.tr/tr/a.jpg"),
            ("<id>urn:uuid:1</id>", None, None),
            ('<link type="application/pdf" href="1.pdf"/><link type="text/html" href="1"/>', "https://x.tr/tr/1", None),
        ],
    )
    def test_an_enclosure_or_an_id_is_no_link(self, inside: str, link: str | None, picture: str | None) -> None:
        text = f'<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://x.tr/tr/"><title>x</title><entry><title>T</title>{inside}</entry></feed>'
        (item,) = the_document(text).items
        assert item.link == link
        assert [url for url, _ in item.pictures] == ([picture] if picture else [])

    def test_dates_come_from_the_first_that_can_be_read(self) -> None:
        item = the_item(
            "<pubDate>bugün</pubDate><dc:date>2026-09-24 09:15</dc:date>",
            namespaces='xmlns:dc="http://purl.org/dc/elements/1.1/"',
        )
        assert item.published is not None
        assert item.published.isoformat() == "2026-09-24T06:15:00+00:00"


class TestPictures:
    @pytest.mark.parametrize(
        ("inside", "expected"),
        [
            ('<enclosure url="e.jpg" type="image/jpeg"/><media:content url="m.jpg" type="image/jpeg"/>', "m.jpg"),
            ('<image>i.jpg</image><enclosure url="e.jpg" type="image/jpeg"/>', "e.jpg"),
            ('<description>&lt;img src="d.jpg"&gt;</description><image>i.jpg</image>', "i.jpg"),
            ("<image><url>i.jpg</url><title>x</title></image>", "i.jpg"),
            ('<image href="i.jpg"/>', "i.jpg"),
            ("<resim>/i.jpg?v=2</resim>", "i.jpg?v=2"),
            ('<media:thumbnail url="t.jpg"/><description>&lt;img src="d.jpg"&gt;</description>', "d.jpg"),
            ('<media:content><media:thumbnail url="t.jpg"/></media:content>', "t.jpg"),
            ('<media:group><media:content url="s.jpg" width="100" type="image/jpeg"/>'
             '<media:content url="l.jpg" width="1200" type="image/jpeg"/></media:group>', "l.jpg"),
            ('<media:content url="a-300x200.jpg" width="300" medium="image"/>'
             '<media:content url="a-900x600.jpg" width="900" medium="image"/>', "a-900x600.jpg"),
            ('<media:content url="v.mp4" type="video/mp4"/><enclosure url="e.jpg" type="application/x"/>', "e.jpg"),
            ('<enclosure url="e.mp3" type="audio/mpeg"/>', None),
            ('<media:content url="file:///etc/passwd.jpg" medium="image"/>', None),
            ("<description>&lt;img src=d.jpg&gt;</description>", "d.jpg"),
            ('<description>&lt;img data-src="d.jpg" src="data:image/gif;base64,R0"&gt;</description>', "d.jpg"),
            ('<description>&lt;img src="p.gif" width="1" height="1"&gt;&lt;img src="d.jpg"&gt;</description>', "d.jpg"),
            ('<description>&lt;img src="p.gif" style="width: 1px; height:1px"&gt;</description>', None),
            ('<description>&lt;img src="/sayac/pixel.gif?id=1"&gt;</description>', None),
            ('<description>&lt;img class="wp-smiley" src="s.png"&gt;</description>', None),
            ('<description>&lt;img src="logo.svg"&gt;</description>', None),
            ('<description>&lt;img src="facebook.png" width="24" height="24"&gt;</description>', None),
        ],
    )  # fmt: skip
    def test_the_best_picture_is_taken(self, inside: str, expected: str | None) -> None:
        found = [url.removeprefix("https://www.izmir.bel.tr/rss/").lstrip("/") for url, _ in the_item(inside).pictures]
        assert [url.removeprefix("https://www.izmir.bel.tr/") for url in found] == ([expected] if expected else [])

    def test_a_picture_of_the_text_brings_its_description(self) -> None:
        item = the_item('<description>&lt;img src="/d.jpg" alt="Yeni &amp;quot;durak&amp;quot;"&gt;</description>')
        assert item.pictures == (("https://www.izmir.bel.tr/d.jpg", 'Yeni "durak"'),)

    def test_several_pictures_stay_several_with_their_own_descriptions(self) -> None:
        item = the_item(
            '<media:content url="/1.jpg" medium="image"><media:description>Bir</media:description></media:content>'
            '<media:content url="/2.jpg" medium="image" width="x"/><media:description>Genel</media:description>'
        )
        assert item.pictures == (
            ("https://www.izmir.bel.tr/1.jpg", "Bir"),
            ("https://www.izmir.bel.tr/2.jpg", None),
        )


class TestText:
    @pytest.mark.parametrize(
        ("written", "title"),
        [
            ("K&amp;acirc;r &amp;quot;X&amp;quot; &amp;amp; Y", 'Kâr "X" & Y'),
            ("<![CDATA[Belediye&#39;den &amp;#34;duyuru&amp;#34;]]>", 'Belediye\'den "duyuru"'),
            ("&lt;b&gt;SON DAKİKA&lt;/b&gt; Köprü", "SON DAKİKA Köprü"),
            ("5 &lt; 6", "5 < 6"),
            ("I\u0307zmir\u200b", "İzmir"),
        ],
    )
    def test_a_title_is_plain_however_it_was_escaped(self, written: str, title: str) -> None:
        (item,) = rss(f"<item><title>{written}</title></item>").items
        assert item.title == title

    def test_escaped_markup_becomes_paragraphs(self) -> None:
        item = the_item(
            "<description>&amp;lt;p&amp;gt;Bir.&amp;lt;/p&amp;gt;&amp;lt;p&amp;gt;İki.&amp;lt;/p&amp;gt;</description>"
        )
        assert item.summary == "Bir.\n\nİki."

    def test_an_item_without_a_title_is_called_by_its_first_sentence(self) -> None:
        text = "<guid>1</guid><description>Körfezde yeni sefer başladı. İkinci cümle burada.</description>"
        (item,) = rss(f"<item>{text}</item>").items
        assert item.title == "Körfezde yeni sefer başladı. İkinci cümle burada."
        assert item.summary == ""
        (item,) = rss(f"<item>{text.replace('İkinci', 'Uzun ' * 30)}</item>").items
        assert item.title.startswith("Körfezde yeni sefer başladı. Uzun")
        assert item.title.endswith("…")
        assert item.summary.startswith("Körfezde yeni")
        (item,) = rss(f"<item>{text.replace('Körfezde', 'Körfezde, ' + 'uzun ' * 15)}</item>").items
        assert item.title.endswith("başladı.")
        assert item.summary == "İkinci cümle burada."

    def test_the_longest_text_is_the_text(self) -> None:
        inside = "<description>Kısa.</description><content:encoded>&lt;p&gt;Uzun metin.&lt;/p&gt;</content:encoded>"
        item = the_item(inside, namespaces=CONTENT)
        assert (item.summary, item.text) == ("Kısa.", "Uzun metin.")


class TestJson:
    def test_all_of_an_item_is_read(self) -> None:
        (item,) = the_document(
            """\ufeff{"version": "https://jsonfeed.org/version/1", "title": "Haberler", "language": "tr", "items": [
            {"id": "a", "url": "/1", "title": "T", "content_html": "<p>Bir.</p><p>İki.</p>", "summary": "Özet",
             "date_published": "2026-09-24T09:15:00+03:00", "tags": ["Ulaşım", 3],
             "attachments": [{"url": "/a.jpg", "mime_type": "image/jpeg"}, 5], "banner_image": "/b.jpg"}, "x"]}"""
        ).items
        assert item.published is not None
        assert (item.guid, item.link, item.title, item.summary, item.text) == (
            "a", "https://www.izmir.bel.tr/1", "T", "Özet", "Bir.\n\nİki.",
        )  # fmt: skip
        assert item.categories == ("Ulaşım",)
        assert item.pictures == (("https://www.izmir.bel.tr/a.jpg", None),)

    def test_plain_text_stays_plain_and_half_a_character_is_lost(self) -> None:
        text = (
            '{"version": "https://jsonfeed.org/version/1", "items":'
            ' [{"id": "9\\ud800x", "content_text": "5 < 6 & 7. \\ud800"}]}'
        )
        (item,) = the_document(text).items
        assert (item.guid, item.title) == ("9\ufffdx", "5 < 6 & 7. \ufffd")

    @pytest.mark.parametrize(
        "text", ["{}", '{"version": "1", "items": []}', '{"version": "https://jsonfeed.org/version/1"', "[1]"]
    )
    def test_other_json_is_no_feed(self, text: str) -> None:
        with pytest.raises(FeedError, match="is no feed"):
            the_document(text)


@pytest.mark.parametrize(
    ("inside", "limit"),
    [
        ("<a>" * 70 + "</a>" * 70, "depth"),
        ("<a " + " ".join(f"a{number}=''" for number in range(70)) + "/>", "attributes"),
        (f"<author>{'a' * 9_000}</author>", "text"),
        ("<a/>" * 100_001, "elements"),
        ("</item>" + "<item></item>" * 5_001 + "<item>", "items"),
    ],
)
@pytest.mark.parametrize("start", ["", "<b>"])
def test_a_limit_holds_for_xml_and_for_what_is_none(inside: str, limit: str, start: str) -> None:
    with pytest.raises(FeedError, match=rf"beyond what a feed may have \({limit}: "):
        rss(f"<item><title>T</title>{start}{inside}</item>")


@pytest.mark.parametrize(
    "prologue",
    ["<!DOCTYPE rss [<!ENTITY a 'x'>]>", "<!ENTITY a 'x'>", "<!-- x --><!DOCTYPE rss [", "\n<?pi?>\n<!DOCTYPE "],
)
def test_entities_of_the_documents_own_are_refused(prologue: str) -> None:
    with pytest.raises(FeedError, match="declares XML entities"):
        the_document(f"{prologue}<rss version='2.0'><channel/></rss>")
