from __future__ import annotations

import time
from pathlib import Path

import pytest

from crossposter.core.chrome import trace_of_chrome
from crossposter.feeds.document import Page, PageTask
from crossposter.feeds.extracting import main_lines
from crossposter.feeds.page import MAX_BYTES, read_page

#: Pages as cities' systems write them, and beside each the whole of its article.
PAGES = Path(__file__).with_name("pages")
HEADLINES = {
    "aspnet-en": "New ferries join the Gulf fleet",
    "aspnet-tr": "Bostanlı Pazaryeri'nde dönüşüm başladı",
    "broken-en": "Farmers market moves indoors",
    "civicplus-en": "Leaf Collection Begins Oct. 12",
    "divs-tr": "Sokak hayvanları için 7/24 nöbet",
    "drupal-en": "Library opens late on weekdays",
    "elementor-tr": "Kent tiyatrosu perdelerini açıyor",
    "itemprop-tr": "Nilüfer'de 5 bin fidan toprakla buluştu",
    "json-ld-tr": "Üsküdar sahiline 3 kilometrelik bisiklet yolu",
    "lead-tr": "Kadıköy'de gençlere ücretsiz kurs",
    "not-found-tr": "Bornova'da pazar yeri taşınıyor",
    "paywall-tr": "Metro hattında son durum",
    "sharepoint-tr": "Kent lokantası sayısı 12'ye çıktı",
    "short-notice-tr": "Su kesintisi",
    "single-page-app-en": "Council meets on Monday",
    "table-list-en": "Weekend road closures",
    "tables-windows-1254-tr": "Sahil bandında gece temizliği",
    "wordpress-tr": "Efes Tarlası yeni ürünlerini tanıttı",
}
PICTURES = {
    "aspnet-en": "https://city.example/YuklenenDosyalar/HaberResimleri/41020.jpg",
    "divs-tr": "https://city.example/uploads/haber/buyuk/7781.jpg",
    "json-ld-tr": "https://www.uskudar.bel.tr/img/bisiklet.jpg",
    "single-page-app-en": None,
    "not-found-tr": None,
}


def task(title: str = "", *, language: str = "tr", content_type: str = "", wants_text: bool = True) -> PageTask:
    return PageTask(
        name="https://city.example/haber/1",
        address="https://city.example/haber/1",
        content_type=content_type,
        language=language,
        title=title,
        wants_text=wants_text,
    )


def read(name: str) -> Page:
    return read_page((PAGES / f"{name}.html").read_bytes(), task(HEADLINES[name], language=name[-2:]))


def article(body: str, *, title: str = "Gemi", head: str = "") -> str:
    page = f"<html><head><meta charset=utf-8>{head}</head><body>{body}</body></html>"
    return read_page(page.encode(), task(title)).text


FIRST = "İzmir Büyükşehir Belediyesi, körfez hattına iki yeni yolcu gemisi aldı."
LAST = "Gemiler ekim ayında ilk seferlerine Karşıyaka iskelesinden çıkacak."


def test_every_page_has_its_headline() -> None:
    assert {path.stem for path in PAGES.glob("*.html")} == set(HEADLINES)


@pytest.mark.parametrize("name", sorted(HEADLINES))
def test_the_text_of_an_article_is_whole_and_nothing_else(name: str) -> None:
    text = read(name).text
    assert text == (PAGES / f"{name}.txt").read_text("utf-8").strip()
    assert trace_of_chrome(text) is None


@pytest.mark.parametrize("name", sorted(PICTURES))
def test_the_picture_is_what_the_page_names(name: str) -> None:
    found = read(name).picture
    assert (found and found[0]) == PICTURES[name]


def test_a_page_describes_its_picture() -> None:
    assert read("wordpress-tr").picture == (
        "https://www.selcuk.bel.tr/wp-content/uploads/2026/09/efes-tarlasi.jpg",
        "Efes Tarlası'nda hasat",
    )


def test_a_text_that_nobody_wants_is_not_looked_for() -> None:
    content = (PAGES / "wordpress-tr.html").read_bytes()
    assert read_page(content, task(wants_text=False)).text == ""
    assert read_page(content, task(wants_text=False)).picture


@pytest.mark.parametrize("header", ["", "text/html", "text/html; charset=utf-8", "text/html; charset=iso-8859-1"])
def test_letters_come_out_right_whatever_the_header_says(header: str) -> None:
    content = (PAGES / "tables-windows-1254-tr.html").read_bytes()
    found = read_page(content, task(HEADLINES["tables-windows-1254-tr"], content_type=header))
    assert found.text == (PAGES / "tables-windows-1254-tr.txt").read_text("utf-8").strip()


def test_a_page_in_another_alphabet_says_so_itself() -> None:
    words = "Город открыл новую библиотеку на берегу моря для всех жителей."
    page = f"<html><head><meta charset=windows-1251></head><body><p>{words}</p></body></html>".encode("windows-1251")
    assert read_page(page, task("Библиотека", language="ru")).text == words


@pytest.mark.parametrize(
    ("title", "headline", "is_found"),
    [
        ("404", "Gemi", False),
        ("Hata 404", "Gemi", False),
        ("Page not found | City", "Gemi", False),
        ("İçerik bulunamadı", "Gemi", False),
        ("Sitemiz bakım çalışması nedeniyle kapalıdır", "Gemi", False),
        ("404 konutluk proje tamamlandı", "404 konutluk proje tamamlandı", True),
        ("Gemi - İzmir", "Gemi", True),
    ],
)
def test_a_page_that_says_that_there_is_none_is_none(title: str, headline: str, is_found: bool) -> None:
    body = f"<p>{FIRST}</p><p>{LAST}</p>"
    assert bool(article(body, title=headline, head=f"<title>{title}</title>")) is is_found


@pytest.mark.parametrize("kind", ["application/pdf", "image/jpeg", "application/octet-stream"])
def test_what_is_no_page_has_no_article(kind: str) -> None:
    page = f'<meta property="og:image" content="/a.jpg"><p>{FIRST}</p>'.encode()
    assert read_page(page, task(content_type=kind)) == Page(text="", picture=None)


def test_a_page_is_of_bounded_size() -> None:
    assert read_page(b" " * (MAX_BYTES + 1), task()) == Page(text="", picture=None)


@pytest.mark.parametrize(
    "body",
    [
        f"<p>{FIRST}</p><p>{LAST}</p>",
        f"<div>{FIRST}<br>{LAST}</div>",
        f"<div>{FIRST}<br/><br/>{LAST}</div>",
        f"<h1>Gemi</h1><div class=date>24 Eylül 2026, 14:30</div><p>{FIRST}</p><p>{LAST}</p>",
        f"<p>{FIRST}</p><p>{LAST}</p><p>Etiketler: gemi, körfez</p>",
        f"<p>{FIRST}</p><p>{LAST}</p><p><a href=#>Benzer haberler için buraya tıklayın</a></p>",
        f"<p>{FIRST}</p><p>{LAST}</p><h3>Diğer Haberler</h3><p>Yeni pazaryeri açıldı, esnaf memnun, halk memnun.</p>",
        f"<div hidden>Bu kutu hiç görünmez, kimse de okumaz.</div><p>{FIRST}</p><p>{LAST}</p>",
        f"<div class='cerez-uyarisi'>{'Bu site çerez kullanır. ' * 60}</div><p>{FIRST}</p><p>{LAST}</p>",
        f"<body class='has-sidebar menu-open'><div class='content-with-sidebar'><p>{FIRST}</p><p>{LAST}</p></div>",
        f"<p>{FIRST}</p>\x01<nav>Menü</nav>\x0b<p>{LAST}</p>",
    ],
)
def test_the_forms_of_a_text(body: str) -> None:
    assert article(body) == f"{FIRST}\n\n{LAST}"


def test_a_programmes_dates_are_news() -> None:
    days = "<p>24 Eylül Perşembe</p><p>19.00 Konser</p>"
    assert "24 Eylül Perşembe" in article(f"<h1>Gemi</h1><p>{FIRST}</p>{days}<p>{LAST}</p>")


def test_a_line_that_is_only_wrapped_stays_one() -> None:
    assert article("<p>Gemiler, körfez hattında,<br>yaz boyunca, her gün<br>sefer yapacak ve yolcu taşıyacak.</p>") == (
        "Gemiler, körfez hattında, yaz boyunca, her gün sefer yapacak ve yolcu taşıyacak."
    )


@pytest.mark.usefixtures("no_look_for_garbage")
@pytest.mark.parametrize(
    "script",
    [
        "{",
        "[" * 100_000,
        '{"articleBody": 5, "headline": null, "image": 7}',
        '{"articleBody": "Gemi…"}',
        '{"@graph": [[[{"articleBody": "Gemi..."}]]]}',
        " " * 400_000,
    ],
)
def test_what_is_told_to_search_engines_may_be_anything(script: str) -> None:
    head = f'<script type="application/ld+json">{script}</script>'
    assert article(f"<p>{FIRST}</p><p>{LAST}</p>", head=head) == f"{FIRST}\n\n{LAST}"


def test_what_is_told_to_search_engines_may_be_html_and_have_several_pictures() -> None:
    told = (
        f'{{"headline": "Gemi", "articleBody": "<p>{FIRST}<\\/p><p>{LAST}<\\/p>", '
        '"image": [{"url": "/logo.png"}, {"url": "/gemi.jpg"}]}'
    )
    page = f'<script type="application/ld+json">{told}</script><div id=root></div>'.encode()
    found = read_page(page, task("Gemi"))
    assert found == Page(text=f"{FIRST}\n\n{LAST}", picture=("https://city.example/gemi.jpg", None))


HOSTILE = {
    "deep nesting": "<div>" * 200_000 + "x",
    "deep nesting of many kinds": "<p><b><i><span>" * 100_000,
    "many elements": "<p>a</p>" * 200_000,
    "many rows": "<table>" + "<tr><td>a<td>b" * 60_000,
    "tables in tables": "<table><tr><td>" * 20_000,
    "many attributes": "<p " + "a=b " * 300_000 + ">",
    "nothing but beginnings": "<" * 1_000_000,
    "comments without an end": "<!--" * 300_000,
    "scripts without an end": "<script>" * 200_000,
    "scripts for search engines": '<script type="application/ld+json">' * 30_000,
    "a file in a picture": f'<img src="data:image/png;base64,{"A" * 4_000_000}">',
    "a long text": "a" * 4_900_000,
    "many links": "<a href=#>a</a> " * 100_000,
    "many forms": "<form>" * 50_000,
    "many paragraphs": "".join(f"<p>Paragraf {n} bir cümledir, {n * 7} kişi okudu.</p>" for n in range(19_000)),
    "many classes": "<div class='menu nav share social'>Bir cümle.</div>" * 9_000,
    "entities": "&amp;" * 900_000,
    "one long class": f'<div class="{"menu-" * 200_000}">',
    "a label's beginning": "<meta charset=" * 100_000,
    "a title's beginning": "<title " * 100_000,
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_hostile_page_takes_no_more_than_a_child_has(name: str) -> None:
    start = time.process_time()
    read_page(HOSTILE[name].encode(), task("Gemi"))
    assert time.process_time() - start < 4


@pytest.mark.parametrize("tail", ["<div>" * 3_000, "<p>" * 15_000, "<table><tr><td>" * 2_000, "</div>" * 5_000])
def test_the_article_is_found_in_front_of_what_is_broken(tail: str) -> None:
    assert article(f"<div><p>{FIRST}</p><p>{LAST}</p></div>{tail}") == f"{FIRST}\n\n{LAST}"


def test_nothing_is_found_in_nothing() -> None:
    assert main_lines("", title="") == []
    assert main_lines("<p>a</p>" * 100_000, title="") == []
    assert article("<nav>Menü</nav><footer>Ana Sayfa | Haberler</footer>") == ""
