"""The sample news site: what a feed reader finds in it."""

from __future__ import annotations

import calendar
import json
import threading
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import feedparser
import pytest
from PIL import Image

from crossposter.sandbox import site as module
from crossposter.sandbox.site import Site

NOW = datetime(2026, 11, 25, 9, 0, 0, 123456, tzinfo=UTC)
BASE = "http://127.0.0.1:8080/site"
SAMPLE = Path(module.__file__).with_name("sample")
NEWS = json.loads((SAMPLE / "news.json").read_text("utf-8"))
ITEMS = [item for language in ("tr", "en") for item in NEWS[language]["items"]]
PICTURES = sorted((SAMPLE / "pictures").iterdir())


@pytest.fixture
def site() -> Site:
    return Site(now=NOW, base_url=BASE)


def read(site: Site, language: str) -> Any:
    status, headers, body = site.respond("GET", f"/rss/{language}.xml", {})
    assert (status, headers["Content-Type"]) == (200, "application/rss+xml; charset=utf-8")
    assert int(headers["Content-Length"]) == len(body)
    parsed = feedparser.parse(body)
    assert not parsed.bozo
    return parsed


@pytest.mark.parametrize(("language", "count"), [("tr", 4), ("en", 3)])
def test_the_older_items_stand_in_the_feed_from_the_start_newest_first(site: Site, language: str, count: int) -> None:
    feed = read(site, language)
    assert feed.feed.title == NEWS[language]["title"]
    assert feed.feed.language == language
    assert [entry.title for entry in feed.entries] == [item["title"] for item in NEWS[language]["items"][:count][::-1]]


def test_an_entry_carries_all_that_a_post_is_made_of(site: Site) -> None:
    assert site.publish("tr") == ["Çiğli Tramvayı üç yeni durağıyla sefere başladı"]
    entry = read(site, "tr").entries[0]
    assert entry.link == "https://www.izmir.bel.tr/tr/Haberler/ciglide-yeni-tramvay-duraklari-acildi/58041/156"
    assert (entry.id, entry.guidislink) == ("izmir-tr-58041", False)
    assert entry.author == "İzmir Büyükşehir Belediyesi"
    assert [tag.term for tag in entry.tags] == ["Ulaşım"]
    assert entry.summary.startswith("Çiğli Tramvayı’na eklenen üç durak hizmete girdi.")
    assert entry.content[0].value.count("<p>") == 3
    (enclosure,) = entry.enclosures
    assert (enclosure.href, enclosure.type) == (f"{BASE}/pictures/tram.jpg", "image/jpeg")
    assert int(enclosure.length) == (SAMPLE / "pictures/tram.jpg").stat().st_size
    assert entry.media_content[0]["url"] == enclosure.href


def test_an_entry_names_the_alt_text_of_its_picture(site: Site) -> None:
    # Read as XML: feedparser takes media:description for a second description of the item and drops it.
    site.publish("tr")
    rss = ElementTree.fromstring(site.respond("GET", "/rss/tr.xml", {})[2])
    alt = rss.find("channel/item/media:content/media:description", {"media": "http://search.yahoo.com/mrss/"})
    assert alt is not None
    assert alt.text == "Palmiyelerin önünden geçen mavi beyaz renkli bir tramvay"


def test_an_entry_without_a_picture_has_no_enclosure(site: Site) -> None:
    site.publish("tr", 2)
    entry = read(site, "tr").entries[0]
    assert "1379 Sok. No: 59" in entry.summary
    assert entry.enclosures == []
    assert "media_content" not in entry


def test_dates_follow_from_now_and_are_written_in_turkish_time(site: Site) -> None:
    site.publish("en")
    entry = read(site, "en").entries[0]
    assert entry.title == "Izmir – Belarus friendship bridge"
    assert entry.published == "Wed, 25 Nov 2026 09:30:00 +0300"
    assert datetime.fromtimestamp(calendar.timegm(entry.published_parsed), UTC) == datetime(
        2026, 11, 25, 6, 30, tzinfo=UTC
    )


def test_publishing_lets_the_next_item_of_that_language_appear_at_the_top(site: Site) -> None:
    before = [entry.id for entry in read(site, "tr").entries]
    (title,) = site.publish("tr")
    after = read(site, "tr").entries
    assert after[0].title == title
    assert [entry.id for entry in after[1:]] == before
    assert len(read(site, "en").entries) == 3


def test_publishing_ends_when_all_items_are_out(site: Site) -> None:
    assert len(site.publish("tr", 99)) == 3
    assert site.publish("tr") == []
    assert len(read(site, "tr").entries) == 7


def test_threads_that_publish_at_once_let_each_item_appear_once(site: Site) -> None:
    titles: list[str] = []
    threads = [threading.Thread(target=lambda: titles.extend(site.publish("tr"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(titles) == len(set(titles)) == 3


def test_the_base_url_may_be_set_when_the_server_knows_its_port() -> None:
    site = Site(now=NOW)
    site.base_url = "https://localhost:1/site"
    feed = read(site, "en")
    assert feed.entries[0].enclosures[0].href.startswith("https://localhost:1/site/pictures/")
    assert {
        "rel": "self",
        "type": "application/rss+xml",
        "href": "https://localhost:1/site/rss/en.xml",
    } in feed.feed.links


# Validators


def test_a_feed_that_has_not_changed_is_not_sent_again(site: Site) -> None:
    _, headers, _ = site.respond("GET", "/rss/tr.xml", {})
    for asked in (
        {"If-None-Match": headers["ETag"]},
        {"if-none-match": f'"other", W/{headers["ETag"]}'},
        {"If-None-Match": "*"},
        {"If-Modified-Since": headers["Last-Modified"]},
    ):
        status, answered, body = site.respond("GET", "/rss/tr.xml", asked)
        assert (status, body) == (304, b"")
        assert answered["ETag"] == headers["ETag"]


def test_a_feed_that_has_changed_is_sent_again(site: Site) -> None:
    _, headers, _ = site.respond("GET", "/rss/tr.xml", {})
    site.publish("tr")
    for asked in (
        {"If-None-Match": headers["ETag"]},
        {"If-Modified-Since": headers["Last-Modified"]},
        {"If-None-Match": headers["ETag"], "If-Modified-Since": "Wed, 25 Nov 2026 23:00:00 GMT"},
    ):
        assert site.respond("GET", "/rss/tr.xml", asked)[0] == 200


def test_a_feed_that_was_written_anew_is_sent_again_with_the_same_news(site: Site) -> None:
    _, headers, before = site.respond("GET", "/rss/tr.xml", {})
    site.rebuild(now=NOW)
    status, changed, after = site.respond("GET", "/rss/tr.xml", {"If-None-Match": headers["ETag"]})
    assert (status, changed["Last-Modified"]) == (200, "Wed, 25 Nov 2026 09:00:00 GMT")
    (differing,) = [line for line in after.splitlines() if line not in before.splitlines()]
    assert b"lastBuildDate" in differing


@pytest.mark.parametrize(("date", "status"), [("tomorrow", 200), ("Wed, 25 Nov 2026 23:00:00 -0000", 304)])
def test_an_unreadable_date_is_ignored_and_one_without_a_zone_is_utc(site: Site, date: str, status: int) -> None:
    assert site.respond("GET", "/rss/tr.xml", {"If-Modified-Since": date})[0] == status


def test_a_picture_is_served_once(site: Site) -> None:
    status, headers, body = site.respond("GET", "/pictures/tram.jpg", {})
    assert (status, headers["Content-Type"]) == (200, "image/jpeg")
    assert body == (SAMPLE / "pictures/tram.jpg").read_bytes()
    assert site.respond("GET", "/pictures/tram.jpg?width=1", {"If-None-Match": headers["ETag"]})[0] == 304
    assert site.respond("GET", "/pictures/tram.jpg", {"If-Modified-Since": "Wed, 25 Nov 2026 23:00:00 GMT"})[0] == 200


def test_asking_for_the_head_alone_gives_the_same_headers(site: Site) -> None:
    _, headers, _ = site.respond("GET", "/rss/tr.xml", {})
    assert site.respond("HEAD", "/rss/tr.xml", {}) == (200, headers, b"")


@pytest.mark.parametrize(
    "path", ["/", "/rss", "/rss/de.xml", "/rss/tr", "/pictures/", "/pictures/none.jpg", "/pictures/../news.json"]
)
def test_an_unknown_path_is_not_found(site: Site, path: str) -> None:
    assert site.respond("GET", path, {})[0] == 404


def test_nothing_can_be_written(site: Site) -> None:
    assert site.respond("POST", "/rss/tr.xml", {})[:2] == (405, {"Allow": "GET, HEAD"})


# The sample itself


def test_every_item_with_a_picture_describes_it_and_every_picture_is_used() -> None:
    assert all((item["picture"] is None) == (item["alt"] is None) for item in ITEMS)
    assert {item["picture"] for item in ITEMS} - {None} == {path.name for path in PICTURES}


@pytest.mark.parametrize("language", ["tr", "en"])
def test_the_items_stand_oldest_first_and_have_keys_of_their_own(language: str) -> None:
    items = NEWS[language]["items"]
    hours = [item["hours_ago"] for item in items]
    assert hours == sorted(hours, reverse=True)
    assert min(hours) > 0
    assert len({item["number"] for item in ITEMS}) == len(ITEMS)
    assert all(2 <= len(item["paragraphs"]) <= 4 for item in items)


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.name)
def test_a_picture_is_a_small_jpeg_without_metadata(path: Path) -> None:
    content = path.read_bytes()
    assert len(content) < 120_000
    with Image.open(BytesIO(content)) as picture:
        picture.load()
        assert (picture.format, picture.mode) == ("JPEG", "RGB")
        assert picture.size in {(1600, 900), (1200, 1500)}
        assert not picture.getexif()
        assert not {"exif", "icc_profile", "comment", "photoshop", "xmp"} & set(picture.info)
