from __future__ import annotations

import pytest

from crossposter.core.mojibake import mended, misread_word

TEXT = "İzmir Büyükşehir Belediyesi: ışık, Ğ, “yeni” ağ — Çiğli’de 5 °C"


@pytest.mark.parametrize("wrong", ["cp1252", "latin-1", "cp1254"])
def test_utf8_that_was_read_otherwise_is_read_again(wrong: str) -> None:
    try:
        misread = TEXT.encode().decode(wrong)
    except UnicodeDecodeError:
        misread = "".join(bytes([byte]).decode(wrong, "ignore") or chr(byte) for byte in TEXT.encode())
    assert misread_word(misread, language="tr")
    assert mended(misread, language="tr") == TEXT


@pytest.mark.parametrize("language", ["tr", "tr-TR", "en"])
def test_turkish_that_was_read_as_western_is_mended(language: str) -> None:
    misread = TEXT.encode("cp1254").decode("cp1252")
    assert misread.startswith("Ýzmir Büyükþehir")
    assert misread_word(misread, language=language)
    assert mended(misread, language=language) == TEXT


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (TEXT, "tr"),
        ("plain", "en"),
        ("Þórunn Ýr Jónsdóttir", "en"),
        ("Nový most přes řeku", "cs"),
        ("Reykjavík’ten Þórunn İzmir’de", "tr"),
        ("KÂĞIT «HÂL» Âşık", "tr"),
        ("Où est l’Église", "fr"),
    ],
)
def test_what_is_right_stays(text: str, language: str) -> None:
    assert not misread_word(text, language=language)
    assert mended(text, language=language) == text


def test_one_right_word_beside_a_wrong_one_is_not_touched() -> None:
    text = "Martine Ã©crit, Ã…"
    assert mended(text, language="fr").startswith("Martine écrit")
    assert mended("Ã– Ä\x81Ä", language="tr") == "Ö Ä\x81Ä"


def test_a_lost_letter_is_seen() -> None:
    assert misread_word("\ufffdzmir", language="tr")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Yeni Ýzmir haberi", "Ýzmir"),
        ("Yeni\nKo\ufffdak haberi", "Ko\ufffdak"),
        ("Yeni Türkiye?nin haberi", "Türkiye?nin"),
        ("Ne zaman? Nasıl? https://a.tr/x?id=3&y=4", None),
        ("São Paulo, Kâğıt, Ýmir ağacı", None),
        ("MEVLÂNÂ’NIN ve “HÂLÂ” dedi, HÂLÂ…", None),
        ("Neler yapıldı?İşte hepsi", None),
    ],
)
def test_the_broken_word_is_named(text: str, word: str | None) -> None:
    assert misread_word(text, language="tr") == word
