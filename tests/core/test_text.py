from __future__ import annotations

import tracemalloc
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossposter.core.text import clean, clean_line, same_handle, shorten, shorten_to


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("  İzmir'in   körfezi \n temiz ", "İzmir'in körfezi temiz"),
        ("Bir.\r\n\r\n\r\nİki.\n  \nÜç.", "Bir.\n\nİki.\n\nÜç."),
        (unicodedata.normalize("NFD", "Çiğli Şöyle"), "Çiğli Şöyle"),
        ("\u200bizmir\u00ad-in\ufeff", "izmir-in"),
        ("a\x00b\x07c\x9fd", "a b c d"),
        ("güvenli \u202emetin\u2069", "güvenli metin"),
        ("aile 👨‍👩‍👧 kaldı", "aile 👨‍👩‍👧 kaldı"),
        ("", ""),
    ],
)
def test_text_is_cleaned(raw: str, expected: str) -> None:
    assert clean(raw) == expected


def test_a_title_has_one_line() -> None:
    assert clean_line("İzmir –\n\n Belarus") == "İzmir – Belarus"


def fits_in(length: int) -> object:
    return lambda text: len(text) <= length


@pytest.mark.parametrize(
    ("text", "length", "expected"),
    [
        ("Kısa.", 80, "Kısa."),
        ("Tramvay başladı. Duraklar açıldı. Üçüncü cümle uzun.", 36, "Tramvay başladı. Duraklar açıldı."),
        ("Tramvay seferleri sabah altıda başlayacak", 30, "Tramvay seferleri sabah…"),
        ("Birinci paragraf burada\n\nİkinci paragraf da burada", 30, "Birinci paragraf burada"),
        ("Başkan Dr. Ayşe Yılmaz konuştu ve ayrıldı", 24, "Başkan Dr. Ayşe Yılmaz…"),
        ("29. Uluslararası İzmir Festivali bu akşam", 30, "29. Uluslararası İzmir…"),
        ("Kısa, virgülle biten bir cümle", 12, "Kısa…"),
        ("Çokuzunbirkelime", 5, ""),
    ],
)
def test_a_text_is_cut_where_a_reader_accepts_it(text: str, length: int, expected: str) -> None:
    assert shorten(text, lambda cut: len(cut) <= length) == expected


@given(st.text(max_size=300), st.integers(min_value=0, max_value=300))
def test_a_cut_text_fits_and_is_a_beginning(text: str, length: int) -> None:
    cut = shorten(text, lambda candidate: len(candidate) <= length)
    assert len(cut) <= length
    assert text.startswith(cut.removesuffix("…"))


def test_a_long_text_is_cut_one_candidate_at_a_time() -> None:
    text = "haberler şehir. " * 6_000
    tracemalloc.start()
    try:
        assert shorten(text, lambda cut: len(cut) <= 280).endswith("şehir.")
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_a_text_is_cut_to_a_length_by_words_where_it_has_any() -> None:
    assert shorten_to("bir iki üç", 8) == "bir iki…"
    assert shorten_to("a" * 20, 8) == "a" * 8


@given(st.text(max_size=300))
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)


def test_handles_are_compared_as_platforms_do() -> None:
    assert same_handle("@IzmirBld", "izmirbld")
    assert not same_handle("izmirbld", "izmirbl")
