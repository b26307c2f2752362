from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossposter.core.gate import Flaw, examine, hard, is_allowed, mojibake
from crossposter.testing import an_entry


def flaws(**words: object) -> list[Flaw]:
    return [finding.flaw for finding in examine(an_entry(**words), allowed_hosts=("izmir.bel.tr",))]  # type: ignore[arg-type]  # words of an entry


def test_ordinary_news_passes() -> None:
    text = "Sok. No:59'daki “bina” 5 < 7 iken %25'i & kalanı yıkıldı; R&D, AT&T, 3;5 tamam mı? Evet."
    assert flaws(title="Çiğli Tramvayı İZBAN'a bağlandı", summary=text) == []


@pytest.mark.parametrize("word", ["Ýzmir", "Ä°zmir", "BÃ¼yÃ¼k", "ÅŸehir", "Türkiye?nin", "Ko\ufffdak", "â€™de"])
def test_broken_letters_are_held(word: str) -> None:
    assert mojibake(f"Yeni {word} haberi", "en")
    assert flaws(summary=f"Bir {word} haberi.") == [Flaw.MOJIBAKE]


@pytest.mark.parametrize(
    "text",
    ["Kâğıt, Lâle, Rüzgâr", "São Paulo ile kardeş şehir", "Ne zaman? Nasıl?", "Ýmir ağacı", "https://a.tr/x?id=3&y=4"],
)
def test_right_letters_are_not(text: str) -> None:
    assert mojibake(text, "tr") is None


def test_letters_are_at_home_in_some_languages() -> None:
    assert mojibake("Þórður í Reykjavík", "is") is None
    assert mojibake("Þórður in Reykjavík", "en") == "Þórður"


@pytest.mark.parametrize(
    "piece",
    ["<b>", "</div>", '<img src="a.jpg">', "&nbsp;", "&#39;", "&amp;", "<!--", "[gallery ids=3]", "{{ title }}"],
)
def test_pieces_of_code_are_held(piece: str) -> None:
    assert flaws(summary=f"Haber {piece} metni") == [Flaw.MARKUP]


def test_parts_of_the_page_are_held() -> None:
    assert flaws(text="Menü Sağ Menü ve Haber") == [Flaw.CHROME]


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/a",
        "javascript:alert(1)",
        "https://izmir.bel.tr.evil.example/",
        "https://izmir.bel.tr@evil.example/",
        "https://notizmir.bel.tr/",
        "ftp://izmir.bel.tr/",
        "http://[",
    ],
)
def test_a_link_that_leads_elsewhere_is_held(link: str) -> None:
    assert flaws(link=link) == [Flaw.LINK]


@pytest.mark.parametrize("link", ["https://izmir.bel.tr/a", "http://www.izmir.bel.tr./a", "https://eski.izmir.bel.tr"])
def test_a_link_to_the_city_passes(link: str) -> None:
    assert flaws(link=link) == []


def test_an_address_in_the_text_that_leads_elsewhere_is_held() -> None:
    assert flaws(summary="Kazandınız: https://evil.example/odul hemen girin") == [Flaw.LINK]
    assert flaws(summary="Ayrıntı www.izmir.bel.tr'de ve bilgi@izmir.bel.tr") == []


def test_anything_is_allowed_where_no_hosts_are_named() -> None:
    assert is_allowed("https://anywhere.example/", ())


def test_a_headline_in_capitals_is_told_and_passes() -> None:
    (finding,) = examine(an_entry(title="İZMİR'DE SAĞANAK UYARISI VERİLDİ"))
    assert finding.flaw is Flaw.CAPITALS
    assert hard([finding]) is None
    assert examine(an_entry(title="İZSU ve ESHOT duyurdu")) == ()


def test_a_headline_without_a_word_is_held() -> None:
    assert flaws(title="– 123 –") == [Flaw.EMPTY]


def test_a_mention_is_told_and_passes() -> None:
    (finding,) = examine(an_entry(summary="Başkan @birisi ile #İzmir'de"))
    assert (finding.flaw, finding.is_hard) == (Flaw.SIGNS, False)


def test_hard_findings_come_first() -> None:
    found = examine(an_entry(title="İZMİR'DE SAĞANAK UYARISI VERİLDİ", summary="&nbsp; Ýzmir"))
    assert [finding.is_hard for finding in found] == [True, True, False]
    assert hard(found) == found[0].message


@given(st.text(max_size=300), st.text(max_size=100))
def test_no_text_makes_the_gate_stumble(text: str, link: str) -> None:
    examine(an_entry(title=text, summary=text, link=link), allowed_hosts=("izmir.bel.tr",))
