"""What X counts and links: our own cases, X's own conformance cases where they are at hand, and any text at all."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossposter.core.counting import LINK_WEIGHT, find_links, has_invalid_characters, weighted_length

#: Text, its weight, and what X links in it. Expected values: twitter-text 3.1.0, or its rules by hand.
CASES = [
    # letters
    ("", 0, []),
    ("İzmir Büyükşehir Belediyesi", 27, []),
    ("ığüşöçİĞÜŞÖÇâîû", 15, []),
    ("ı İ ſ K", 7, []),
    (unicodedata.normalize("NFD", "Güzelyalı’da şenlik, İnciraltı’nda çocuklar"), 43, []),
    ("I\u0307zmir", 5, []),
    ("Привет, Минск", 13, []),
    ("京都", 4, []),
    ("a\r\nb", 4, []),
    ("20\u00a0Ekim", 7, []),
    ("zabı\u00adta", 7, []),
    ("Adres http://xn--şehir.com/a", 29, ["http://xn--şehir.com/a"]),
    ("Bakınız http://-izmir.bel.tr", 28, []),
    ("Bak http://xn--京都.com/a", 25, []),
    # signs
    ("Bilet 20 ₺", 11, []),
    ("Devamı…", 8, []),
    ("Devamı...", 9, []),
    ("• Konak → Buca", 16, []),
    ("“İzmir” ‘tek’ – ’", 17, []),
    ("© 2026", 6, []),
    ("™", 2, []),
    ("Kültür &amp; Sanat", 18, []),
    # emoji
    ("🎉", 2, []),
    ("👨‍👩‍👧‍👦 aileler", 10, []),
    ("🇹🇷🇹🇷", 4, []),
    ("🏳️‍🌈", 2, []),
    ("1️⃣ 2⃣", 5, []),
    ("❤️❤", 4, []),
    ("👍🏽", 2, []),
    ("🧑🏻‍❤️‍🧑🏿", 8, []),
    ("🫶🏽", 4, []),
    ("#️⃣", 2, []),
    # a full stop without a space behind it
    ("Adres: 1379 Sok.No:59 Konak", 44, ["Sok.No"]),
    ("Adres: 1379 Sok. No: 59 Konak", 29, []),
    ("Şair Eşref Blv.No:1, Cad.No:12", 64, ["Blv.No", "Cad.No"]),
    ("Çalışma tamamlandı.Ve yarın açılıyor", 46, ["tamamlandı.Ve"]),
    ("Çeşme yolu 3.km sonra", 40, ["3.km"]),
    ("geldi.Coşku arttı", 32, ["geldi.Co"]),
    ("geldi.Bu", 8, []),
    ("koştu.At bitti.Et", 47, ["koştu.At", "bitti.Et"]),
    ("T.C. İzmir A.Ş. ve Ltd.Şti. saat 19.30'da 10.00-17.00", 53, []),
    # bare names
    ("Ayrıntı: izmir.bel.tr", 32, ["izmir.bel.tr"]),
    ("www.izmir.bel.tr'de", 26, ["www.izmir.bel.tr"]),
    ("bizizmir.com/etkinlik?id=3", 23, ["bizizmir.com/etkinlik?id=3"]),
    ("bizizmir.com?id=3", 28, ["bizizmir.com"]),
    ("izmir.bel.tr:8080", 28, ["izmir.bel.tr"]),
    ("e-devlet.gov.tr üzerinden", 33, ["e-devlet.gov.tr"]),
    ("İzmir.bel.tr", 24, ["zmir.bel.tr"]),
    ("Yeni: İzmir.bel.tr", 29, ["İzmir.bel.tr"]),
    ("bilgi@izmir.bel.tr", 18, []),
    ("-izmir.bel.tr", 13, []),
    ("su_izmir.com", 12, []),
    ("а.рф", 4, []),
    ("ornek.한국.com", 27, ["ornek.한국"]),
    ("ab.com한.net", 29, ["ab.com"]),
    ("xn--.한국", 9, []),
    ("örnek.한.com", 12, []),
    # with a scheme
    ("https://www.izmir.bel.tr/tr/Haberler/ödül-töreni/1", 23, ["https://www.izmir.bel.tr/tr/Haberler/ödül-töreni/1"]),
    ("HTTPS://IZMIR.BEL.TR", 23, ["HTTPS://IZMIR.BEL.TR"]),
    ("https://izmir.bel.tr/haber/1'de", 23, ["https://izmir.bel.tr/haber/1'de"]),
    ("https://izmir.bel.tr/haber/1’de", 26, ["https://izmir.bel.tr/haber/1"]),
    ("https://izmir.bel.tr'de", 26, ["https://izmir.bel.tr"]),
    ("(https://izmir.bel.tr/a), https://izmir.bel.tr/b.", 51, ["https://izmir.bel.tr/a", "https://izmir.bel.tr/b"]),
    ("https://izmir.bel.tr/a_(b)_c", 23, ["https://izmir.bel.tr/a_(b)_c"]),
    ("https://izmir.bel.tr/a_(b_(c)_d)!", 24, ["https://izmir.bel.tr/a_(b_(c)_d)"]),
    ("https://izmir.bel.tr/a!(b)", 27, ["https://izmir.bel.tr/a"]),
    ("https://izmir.bel.tr/a(b)!.", 25, ["https://izmir.bel.tr/a(b)"]),
    ("https://izmir.bel.tr/a! b", 26, ["https://izmir.bel.tr/a"]),
    ("https://izmir.bel.tr/a(", 24, ["https://izmir.bel.tr/a"]),
    ("https://izmir.bel.tr/!?", 25, ["https://izmir.bel.tr/"]),
    ("https://izmir.bel.tr/?q=şenlik&x=1", 33, ["https://izmir.bel.tr/?q="]),
    ("https://izmir.bel.tr/?q=%C5%9Fenlik&x=1", 23, ["https://izmir.bel.tr/?q=%C5%9Fenlik&x=1"]),
    ("https://izmir.bel.tr:443/a", 23, ["https://izmir.bel.tr:443/a"]),
    ("xhttp://izmir.bel.tr", 20, []),
    ("http://xn--zmir-1wa.com.tr", 23, ["http://xn--zmir-1wa.com.tr"]),
    ("http://a.xn--p1ai/", 23, ["http://a.xn--p1ai/"]),
    ("https://t.co/Abc123'te", 26, ["https://t.co/Abc123"]),
    ("https://t.co/" + "a" * 41, 54, []),
    (f"http://{'x' * 64}.com", 75, []),
    (f"http://{'ş' * 60}.com", 71, []),
    (f"http://{'ş' * 64}.com", 75, []),
    ("https://a.co/" + "x" * 4096, 4109, []),
    ("🎉https://izmir.bel.tr🎉", 27, ["https://izmir.bel.tr"]),
]


@pytest.mark.parametrize(("text", "weight", "links"), CASES)
def test_a_text_weighs_and_links_as_on_x(text: str, weight: int, links: list[str]) -> None:
    assert [link.text for link in find_links(text)] == links
    assert weighted_length(text) == weight


def test_offsets_are_those_of_the_normalised_text() -> None:
    decomposed = unicodedata.normalize("NFD", "İzmir’de açıldı: izmir.bel.tr")
    (link,) = find_links(decomposed)
    assert (link.start, link.end) == (17, 29)


@pytest.mark.parametrize("character", ["\ufeff", "\ufffe", "\uffff"])
def test_a_character_x_refuses_is_noticed(character: str) -> None:
    assert has_invalid_characters(f"İzmir{character}")
    assert not has_invalid_characters("İzmir")


# X's own cases


CONFORMANCE = Path(__file__).parents[2].parent / "shared/data/twitter-text"
#: Configuration v2 sums these up; v3 counts each of their emoji as one.
ONLY_IN_V2 = {"H🐱☺👨‍👩‍👧‍👦", "🙋🏽👨‍🎤"}


def conformance_cases(kind: str, *sections: str) -> list[Any]:
    """Read X's cases; one case that says it is skipped where the folder is absent."""
    if not CONFORMANCE.is_dir():
        return [pytest.param({}, marks=pytest.mark.skip(reason=f"no twitter-text cases in {CONFORMANCE}"))]
    suite = json.loads((CONFORMANCE / "all.json").read_text("utf-8"))[kind]
    return [
        pytest.param(case, id=f"{section}-{number}")
        for section in sections
        for number, case in enumerate(suite[section])
    ]


def turkish_cases() -> list[Any]:
    """Read the Turkish cases, whose expected values the official library gave."""
    if not CONFORMANCE.is_dir():
        return conformance_cases("")
    cases = json.loads((CONFORMANCE / "turkish_cases.json").read_text("utf-8"))["cases"]
    return [pytest.param(case, id=case["why"]) for case in cases]


@pytest.mark.parametrize(
    "case",
    conformance_cases(
        "validate",
        "WeightedTweetsCounterTest",
        "WeightedTweetsWithDiscountedEmojiCounterTest",
        "UnicodeDirectionalMarkerCounterTest",
    ),
)
def test_weights_agree_with_the_conformance_suite(case: dict[str, Any], request: pytest.FixtureRequest) -> None:
    if case["text"] in ONLY_IN_V2 and "Discounted" not in request.node.name:
        pytest.skip("configuration v2 weighs emoji otherwise")
    weight = weighted_length(case["text"])
    assert weight == case["expected"]["weightedLength"]
    assert (0 < weight <= 280 and not has_invalid_characters(case["text"])) == case["expected"]["valid"]


@pytest.mark.parametrize(
    "case",
    conformance_cases("extract", "urls", "urls_with_indices", "urls_with_directional_markers", "tco_urls_with_params"),
)
def test_links_agree_with_the_conformance_suite(case: dict[str, Any]) -> None:
    links = find_links(case["text"])
    for link, expected in zip(links, case["expected"], strict=True):
        if isinstance(expected, str):
            assert link.text == expected
        else:
            assert (link.text, [link.start, link.end]) == (expected["url"], expected["indices"])


@pytest.mark.parametrize("case", turkish_cases())
def test_turkish_texts_agree_with_the_official_library(case: dict[str, Any]) -> None:
    weight = weighted_length(case["text"])
    assert weight == case["weightedLength"]
    assert [link.text for link in find_links(case["text"])] == case["urls"]
    assert (0 < weight <= 280 and not has_invalid_characters(case["text"])) == case["valid"]


# any text


LETTERS = ["İ", "ı", "ş", "izmir", "\u0307", "한국", "👨‍👩‍👧‍👦", "🇹🇷", "1️⃣", "\ufe0f", "\u200e", "’", "…", "₺", " "]
ADDRESSES = ["http://", "https://", "bel", "tr", "com", "Co", "xn--", "t.co/", *"._-/()?=:@#'"]
PIECES = st.sampled_from([*LETTERS, *ADDRESSES])
TEXTS = st.one_of(st.text(), st.lists(PIECES, max_size=20).map("".join))


@given(TEXTS)
def test_links_lie_in_order_inside_the_text(text: str) -> None:
    normalised = unicodedata.normalize("NFC", text)
    end = 0
    for link in find_links(text):
        assert end <= link.start < link.end
        assert link.text == normalised[link.start : link.end]
        end = link.end
    assert end <= len(normalised)


@given(TEXTS, TEXTS)
def test_a_blank_between_two_texts_adds_exactly_its_own_weight(first: str, second: str) -> None:
    # The letter stays with both, because X reads the very start of a text differently from its middle.
    whole = weighted_length(f"{first} a {second}")
    assert whole == weighted_length(f"{first} a ") + weighted_length(f"a {second}") - weighted_length("a ")


@given(TEXTS)
def test_no_text_weighs_more_than_two_a_character_and_a_link_for_each_dot(text: str) -> None:
    normalised = unicodedata.normalize("NFC", text)
    assert 0 <= weighted_length(text) <= 2 * len(normalised) + LINK_WEIGHT * text.count(".")


HOSTILE = [
    "a.",
    "ş.",
    "a_.",
    "http://",
    "(",
    "ş",
    "a.co/(",
    "https://a.co/(a",
    "a.com.",
    "x/",
    "xn--",
    "a.한.",
    "👨‍",
    "1",
    "?(",
]


@pytest.mark.timeout(30)
@pytest.mark.parametrize("piece", HOSTILE)
def test_a_hostile_text_is_counted_in_time(piece: str) -> None:
    # What grows with the square of the length needs minutes for this, what grows with the length tenths of a second.
    assert weighted_length(f"https://a.co/{piece * 20_000}.com") > 0
