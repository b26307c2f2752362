from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from crossposter.core.model import Article, Entry, PictureRef
from crossposter.errors import ArticleError
from crossposter.feeds import article, children
from crossposter.feeds.article import WebArticleSource
from crossposter.feeds.children import Children
from crossposter.testing import a_feed, an_entry
from crossposter.web import Network, WebClient
from tests.feeds.test_page import HEADLINES, HOSTILE
from tests.web_server import WebServer

PAGES = Path(__file__).with_name("pages")
PAGE = (PAGES / "wordpress-tr.html").read_bytes()
TEXT = (PAGES / "wordpress-tr.txt").read_text("utf-8").strip()
FEED = a_feed(article=True)


@pytest.fixture
def pool() -> Iterator[Children]:
    with closing(Children()) as made:
        yield made


@pytest.fixture
def source(pool: Children) -> Iterator[WebArticleSource]:
    with closing(WebClient(Network(allowed=("127.0.0.1",)))) as web:
        yield WebArticleSource(web, pool)


def entry(web_server: WebServer, title: str = HEADLINES["wordpress-tr"]) -> Entry:
    return an_entry(title=title, link=web_server.url + "/haber/1")


def test_an_article_is_fetched_once_for_all_accounts(source: WebArticleSource, web_server: WebServer) -> None:
    web_server.serve("/haber/1", PAGE, Content_Type="text/html; charset=utf-8")
    with ThreadPoolExecutor(3) as lanes:
        found = list(lanes.map(lambda _: source.read(entry(web_server), FEED, wants_text=True), range(3)))
    url = "https://www.selcuk.bel.tr/wp-content/uploads/2026/09/efes-tarlasi.jpg"
    assert found == [Article(text=TEXT, picture=PictureRef(url=url, alt="Efes Tarlası'nda hasat"))] * 3
    assert len(web_server.requests) == 1


@pytest.mark.parametrize("status", [404, 403, 410])
def test_an_article_that_is_gone_is_none(source: WebArticleSource, web_server: WebServer, status: int) -> None:
    web_server.serve("/haber/1", b"", status=status)
    assert source.read(entry(web_server), FEED, wants_text=True) is None


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_an_article_that_cannot_be_had_at_the_moment_is_asked_for_again(
    source: WebArticleSource, web_server: WebServer, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    web_server.serve("/haber/1", b"", status=status)
    for _ in range(2):
        with pytest.raises(ArticleError):
            source.read(entry(web_server), FEED, wants_text=False)
    assert len(web_server.requests) == 1
    web_server.serve("/haber/1", b"<head></head>")
    monkeypatch.setattr(article, "_FAILED_S", 0.0)
    assert source.read(entry(web_server), FEED, wants_text=False) == Article(text="")


def test_an_entry_without_a_link_has_no_article(source: WebArticleSource) -> None:
    assert source.read(an_entry(link=None), FEED, wants_text=True) is None


def test_a_page_that_leads_to_another_site_is_not_the_citys(
    source: WebArticleSource, web_server: WebServer, caplog: pytest.LogCaptureFixture
) -> None:
    web_server.serve("/haber/1", PAGE)
    feed = a_feed(article=True, allowed_hosts=("izmir.bel.tr",))
    assert source.read(entry(web_server), feed, wants_text=True) is None
    assert "allowed_hosts" in caplog.text


def test_without_the_extra_there_is_the_picture_and_one_word_about_it(
    source: WebArticleSource,
    web_server: WebServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(article, "find_spec", lambda _: None)
    web_server.serve("/haber/1", PAGE)
    web_server.serve("/haber/2", PAGE)
    for path in ("/haber/1", "/haber/2"):
        found = source.read(an_entry(link=web_server.url + path), FEED, wants_text=True)
        assert found
        assert (found.text, bool(found.picture)) == ("", True)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "pip install 'crossposter-city[article]'" in caplog.text


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_hostile_page_ends_no_child(
    source: WebArticleSource, pool: Children, web_server: WebServer, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    web_server.serve("/haber/1", HOSTILE[name].encode())
    source.read(entry(web_server), FEED, wants_text=True)
    assert "ends the process" not in caplog.text
    assert "too long" not in caplog.text
    assert len(pool._idle) == 1


def test_a_page_whose_text_ends_the_child_still_names_its_picture(
    source: WebArticleSource, web_server: WebServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    start = "import sys; sys.path.append(sys.argv[1]); from crossposter.feeds import child, extracting\nimport os\n"
    monkeypatch.setattr(children, "_CODE", f"{start}extracting.main_lines = lambda *a, **k: os.abort()\nchild.main()")
    web_server.serve("/haber/1", PAGE)
    found = source.read(entry(web_server), FEED, wants_text=True)
    assert found
    assert (found.text, bool(found.picture)) == ("", True)
    assert "ends the process" in caplog.text


def test_a_page_that_ends_every_child_is_none(
    source: WebArticleSource, web_server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "_CODE", "import os; os._exit(3)")
    web_server.serve("/haber/1", PAGE)
    assert source.read(entry(web_server), FEED, wants_text=True) is None
