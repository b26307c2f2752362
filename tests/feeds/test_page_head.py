from __future__ import annotations

import time

import pytest

from crossposter.feeds.page_head import is_furniture, picture_of, title_of

ADDRESS = "https://www.izmir.bel.tr/tr/Haberler/tramvay/123/156"


def page(head: str, body: str = "") -> str:
    return f"<!doctype html><html><head><title>x</title>{head}</head><body>{body}</body></html>"


def url_of(head: str) -> str | None:
    found = picture_of(page(head), address=ADDRESS)
    return found[0] if found else None


@pytest.mark.parametrize(
    "head",
    [
        '<meta property="og:image" content="https://cdn.izmir.bel.tr/a.jpg">',
        "<META content='https://cdn.izmir.bel.tr/a.jpg' PROPERTY='OG:IMAGE' />",
        "<meta property=og:image content=https://cdn.izmir.bel.tr/a.jpg>",
        '<meta name="twitter:image" content=" https://cdn.izmir.bel.tr/a.jpg ">',
        '<meta property="og:image:secure_url" content="https://cdn.izmir.bel.tr/a.jpg">',
        '<meta name="description" content="a > b"><meta property="og:image" content="https://cdn.izmir.bel.tr/a.jpg">',
        '<!-- <meta property="og:image" content="/old.jpg"> -->'
        '<meta property="og:image" content="https://cdn.izmir.bel.tr/a.jpg">',
        "<script>'<meta property=og:image content=/s.jpg>'</script>"
        '<meta property="og:image" content="https://cdn.izmir.bel.tr/a.jpg">',
    ],
)
def test_the_picture_for_previews_is_found_however_it_is_written(head: str) -> None:
    assert url_of(head) == "https://cdn.izmir.bel.tr/a.jpg"


@pytest.mark.parametrize(
    ("content", "url"),
    [
        ("/upload/a.jpg", "https://www.izmir.bel.tr/upload/a.jpg"),
        ("a.jpg?w=1&amp;h=2", "https://www.izmir.bel.tr/tr/Haberler/tramvay/123/a.jpg?w=1&h=2"),
        ("//cdn.izmir.bel.tr/a.jpg", "https://cdn.izmir.bel.tr/a.jpg"),
    ],
)
def test_its_address_is_completed_from_the_page(content: str, url: str) -> None:
    assert url_of(f'<meta property="og:image" content="{content}">') == url


@pytest.mark.parametrize(
    "content",
    ["", "#", "data:image/png;base64,AA", "ftp://x/a.jpg", "javascript:x", "http://[", "https://", "/" + "a" * 3000],
)
def test_what_is_no_web_address_is_no_picture(content: str) -> None:
    assert url_of(f'<meta property="og:image" content="{content}">') is None


@pytest.mark.parametrize(
    "path",
    [
        "/img/logo.png",
        "/img/izmir-logo.png",
        "/img/siteLogo_v2.png",
        "/assets/izmirlogo.jpg",
        "/logolar/x.jpg",
        "/favicon.ico",
        "/icons/haber.png",
        "/img/apple-touch-icon-120.png",
        "/img/default.jpg",
        "/img/default_image.jpg",
        "/img/place-holder.png",
        "/avatars/7.jpg",
        "/img/sprite.png",
        "/weather/sunny.png",
        "/upload/hava-durumu/gunesli.png",
        "/img/share.jpg",
        "/img/facebook-share-tr.png",
        "/upload/harita.SVG",
        "/img/varsay%C4%B1lan.jpg",
    ],
)
def test_the_furniture_of_a_site_is_no_picture_of_news(path: str) -> None:
    assert is_furniture("https://www.izmir.bel.tr" + path)
    assert url_of(f'<meta property="og:image" content="{path}">') is None


@pytest.mark.parametrize(
    "path",
    [
        "/upload/tramvay.jpg",
        "/upload/teknoloji-festivali.jpg",
        "/sites/default/files/2026-11/tramvay.jpg",
        "/share/tramvay.jpg",
        "/upload/psikologlar-bulustu.jpg",
        "/upload/silicon-vadisi.jpg",
        "/upload/havalimani.jpg",
    ],
)
def test_names_that_only_look_like_furniture_are_pictures(path: str) -> None:
    assert not is_furniture("https://www.izmir.bel.tr" + path)


def test_a_real_picture_behind_a_logo_is_taken() -> None:
    head = '<meta property="og:image" content="/logo.png"><meta name="twitter:image" content="/upload/tramvay.jpg">'
    assert url_of(head) == "https://www.izmir.bel.tr/upload/tramvay.jpg"


def test_the_page_describes_the_picture() -> None:
    head = (
        '<meta property="og:image" content="/a.jpg"><meta property="og:image:alt" content="Şehir &amp;  körfez">'
        '<meta property="og:image:alt" content="another">'
    )
    assert picture_of(page(head), address=ADDRESS) == ("https://www.izmir.bel.tr/a.jpg", "Şehir & körfez")


def test_only_the_head_is_looked_at() -> None:
    tag = '<meta property="og:image" content="/a.jpg">'
    assert picture_of(page("", tag), address=ADDRESS) is None
    assert picture_of(page(" " * 300_000 + tag), address=ADDRESS) is None
    assert picture_of(page(tag, "ş" * 300_000), address=ADDRESS) is not None


@pytest.mark.parametrize("content", ["", "\0", "%PDF-1.7", "<meta", "<![x]]><meta property=og:image>"])
def test_a_page_without_one_has_no_picture(content: str) -> None:
    assert picture_of(content, address=ADDRESS) is None


@pytest.mark.parametrize(
    "unit",
    [
        "<a ",
        "<meta ",
        '<meta "',
        "<meta '\"",
        "<meta a=",
        "<!--",
        "<script",
        "<title>",
        "a",
        'a="',
        "<meta a'",
        "=",
        "& ",
    ],
)
def test_a_hostile_page_takes_no_longer_than_a_large_one(unit: str) -> None:
    start = time.process_time()
    picture_of(unit * 300_000, address=ADDRESS)
    picture_of("<meta " + unit * 300_000 + ">", address=ADDRESS)
    picture_of("<meta property=og:image content='/" + unit.replace("'", "") * 80_000 + "'>", address=ADDRESS)
    title_of("<title>" + unit * 300_000)
    assert time.process_time() - start < 5
