from __future__ import annotations

import ast
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossposter import core
from crossposter.core.text import clean, clean_line, lower, match_key, same_handle, upper


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


@given(st.text(max_size=300))
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)


def test_handles_are_compared_as_platforms_do() -> None:
    assert same_handle("@IzmirBld", "izmirbld")
    assert not same_handle("izmirbld", "izmirbl")


@pytest.mark.parametrize(
    ("text", "upper_case", "lower_case"),
    [
        ("izmir", "İZMİR", "izmir"),
        ("IŞIK", "IŞIK", "ışık"),
        ("Iğdır", "IĞDIR", "ığdır"),
        ("ÇİĞLİ tramvayı", "ÇİĞLİ TRAMVAYI", "çiğli tramvayı"),
        (unicodedata.normalize("NFD", "İzmir"), "İZMİR", "izmir"),
    ],
)
def test_turkish_has_two_pairs_of_i(text: str, upper_case: str, lower_case: str) -> None:
    assert upper(text, "tr") == upper_case
    assert lower(text, "tr-TR") == lower_case


def test_other_languages_have_one() -> None:
    assert upper("izmir", "en") == "IZMIR"
    assert lower("İZMİR", "en") == "izmir"


def test_a_word_is_recognised_however_its_i_is_written() -> None:
    spellings = ("İzmir", "IZMIR", "izmir", "ızmır", unicodedata.normalize("NFD", "İZMİR"))
    assert len({match_key(spelling) for spelling in spellings}) == 1


def test_the_core_changes_case_by_the_language_only() -> None:
    banned = {"lower", "upper", "title", "casefold", "capitalize", "swapcase"}
    for path in Path(core.__file__).parent.glob("*.py"):
        if path.name == "text.py":
            continue
        calls = (node.func for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call))
        found = [call.attr for call in calls if isinstance(call, ast.Attribute) and call.attr in banned]
        assert found == [], path.name
