from __future__ import annotations

import time

import pytest

from crossposter.core.chrome import Chrome
from crossposter.core.teaser import SHORT, is_teaser, with_article
from crossposter.testing import an_entry

SENTENCE = "İzmir Büyükşehir Belediyesi körfez hattına iki yeni yolcu gemisi aldı."
LONG = " ".join([SENTENCE] * 12)
ARTICLE = f"{SENTENCE}\n\nGemiler ekim ayında Karşıyaka iskelesinden ilk seferine çıkacak."


@pytest.mark.parametrize(
    ("summary", "text", "expected"),
    [
        ("", "", True),
        (SENTENCE, "", True),
        ("", SENTENCE, True),
        (LONG, "", False),
        ("", LONG, False),
        (SENTENCE, LONG, False),
        (LONG + " Başkan…", "", True),
        (LONG + " Başkan ...", "", True),
        (LONG + " Başkan [...]", "", True),
        (LONG + " Başkan […]", "", True),
        (LONG + " Devamını oku »", "", True),
        (LONG + " Read more", "", True),
        (LONG + " Belediye Başkanı Cemil", "", True),
        (LONG + " (Haber Merkezi)", "", False),
        (LONG + "\n\nİzmir Büyükşehir Belediyesi", "", False),
        (SENTENCE + "…", LONG, False),
        ("a" * (SHORT - 2) + ".", "", True),
    ],
)
def test_a_teaser_says_nothing_little_or_is_cut(summary: str, text: str, expected: bool) -> None:
    assert is_teaser(an_entry(summary=summary, text=text)) is expected


def test_the_article_becomes_the_text_and_the_teaser_stays_the_summary() -> None:
    teaser = an_entry(title="Körfeze iki yeni gemi", summary="İzmir Büyükşehir Belediyesi körfez…")
    found = with_article(teaser, ARTICLE, Chrome())
    assert (found.summary, found.text) == (teaser.summary, ARTICLE)


def test_the_article_is_freed_of_its_page_by_the_feeds_rules() -> None:
    teaser = an_entry(title="Körfeze iki yeni gemi", summary="")
    rules = Chrome(strip=("Haber Merkezi",), stop_before=("Etiketler:",))
    page = f"Körfeze iki yeni gemi\n\nHaber Merkezi\n\n{ARTICLE}\n\nEtiketler: gemi"
    assert with_article(teaser, page, rules).text == ARTICLE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "İzmir Büyükşehir Belediyesi.",
        "Aradığınız sayfa bulunamadı. Adresi doğru yazdığınızdan emin olun ya da ana sayfaya dönerek tekrar deneyin.",
    ],
)
def test_a_page_that_says_no_more_or_speaks_of_something_else_changes_nothing(text: str) -> None:
    teaser = an_entry(title="Körfeze iki yeni gemi", summary="İzmir Büyükşehir Belediyesi iki gemi aldı.")
    assert with_article(teaser, text, Chrome()) is teaser


def test_a_headline_without_long_words_is_no_reason_to_doubt() -> None:
    assert with_article(an_entry(title="AB: %5", summary=""), ARTICLE, Chrome()).text == ARTICLE


def test_a_long_text_takes_no_time() -> None:
    start = time.process_time()
    for unit in ("…", "[", "... ", "devamı ", "a", ") "):
        is_teaser(an_entry(text=unit * 100_000))
        with_article(an_entry(title=unit * 300, summary=""), unit * 100_000, Chrome())
    assert time.process_time() - start < 5
