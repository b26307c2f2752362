from __future__ import annotations

import time

import pytest

from crossposter.core.chrome import Chrome, trace_of_chrome, without_chrome

NEWS = "İzmir Büyükşehir Belediyesi, yeni gemiyi sefere aldı. Gemi 426 yolcu taşıyor."
TITLE = "Yeni gemi seferde"


@pytest.mark.parametrize(
    "page",
    [
        NEWS,
        f"Sağ Menü\n\nhava durumu ikonu\n\nSayfa İçeriği\n\n{TITLE}\n\nTüm Haberler PAYLAŞ\n\n{NEWS}\n\nÖnceki Haber",
        f"Right Menu Page Content {TITLE} All News SHARE {NEWS} Previous News Next News",
        f"{TITLE}\n\n{NEWS}",
        f"{NEWS}\n\nDevamını Oku",
        f"{NEWS}\n\nThe post {TITLE} appeared first on City of İzmir.",
        f"{NEWS} PAYLAŞ",
        f"{NEWS} Devamını oku »",
        f"{NEWS}\n\nHaberi paylaş:\n\n› READ MORE…",
        f"{TITLE}…\n\n{NEWS} Devamını oku...",
    ],
)
def test_the_news_is_freed_of_its_page(page: str) -> None:
    assert without_chrome(page, TITLE, Chrome()) == NEWS
    assert trace_of_chrome(without_chrome(page, TITLE, Chrome())) is None


@pytest.mark.parametrize(
    "text",
    [
        "We invite you to share",
        "Tüm haberler doğru.",
        "Haberi okudu ve devamını oku dedi.",
        "Paylaş dedi.",
        "Soru: Tüm haberler mi?",
        "SHARE",
    ],
)
def test_words_of_the_news_stay(text: str) -> None:
    assert without_chrome(f"Giriş.\n\n{text}", TITLE, Chrome()).startswith("Giriş.")
    if text != "SHARE":
        assert without_chrome(text, TITLE, Chrome()) == text


@pytest.mark.parametrize(
    ("excerpt", "expected"),
    [
        ("Kongreye 22 ülkeden [...]", "Kongreye 22 ülkeden…"),
        ("Kongre başlıyor. […]", "Kongre başlıyor…"),
        ("Kongreye 22 ülkeden […] Devamını Oku", "Kongreye 22 ülkeden…"),
        ("Kongreye [...] 22 ülkeden", "Kongreye [...] 22 ülkeden"),
    ],
)
def test_a_cut_excerpt_ends_as_a_cut_text_does(excerpt: str, expected: str) -> None:
    assert without_chrome(excerpt, TITLE, Chrome()) == expected


def test_a_feed_has_rules_of_its_own() -> None:
    rules = Chrome(strip=("Belediye Haber Merkezi",), start_after=("METİN:",), stop_before=("Etiketler:",))
    page = f"Menü METİN: {NEWS}\n\nBelediye Haber Merkezi\n\nEtiketler: gemi, körfez"
    assert without_chrome(page, TITLE, rules) == NEWS


def test_a_rule_that_would_leave_nothing_is_not_followed() -> None:
    assert without_chrome("Önceki Haber ve başka bir şey", TITLE, Chrome()) == "Önceki Haber ve başka bir şey"
    assert trace_of_chrome("Önceki Haber ve başka bir şey") == "Önceki Haber"


def test_a_headline_alone_stays() -> None:
    assert without_chrome(TITLE, TITLE, Chrome()) == TITLE


@pytest.mark.parametrize(
    "part", [". ", ", ", " ", "[…]", "PAYLAŞ ", "a. Devamını oku » ", "The post a ", "a yazısı ilk önce ", "a\n\n"]
)
def test_hostile_texts_are_freed_in_a_moment(part: str) -> None:
    text = part * (50_000 // len(part))
    started = time.process_time()
    without_chrome(text, TITLE, Chrome())
    assert time.process_time() - started < 2  # seconds; quadratic time would take longer
