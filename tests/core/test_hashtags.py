from __future__ import annotations

import pytest

from crossposter.core.hashtags import tag_of, tags_of


@pytest.mark.parametrize(
    ("phrase", "language", "expected"),
    [
        ("Ulaşım & Altyapı", "tr", "#UlaşımAltyapı"),
        ("İzmir Büyükşehir Belediyesi", "tr", "#İzmirBüyükşehirBelediyesi"),
        ("ilçe ısıtma", "tr", "#İlçeIsıtma"),
        ("izmir news", "en", "#IzmirNews"),
        ("9 eylül", "tr", "#9Eylül"),
        ("kültürpark'ta", "tr", "#Kültürpark"),
        ("Aliağa-Çiğli", "tr", "#AliağaÇiğli"),
        ("T.C.", "tr", "#TC"),
        ("#İzmirHepimizin", "tr", "#İzmirHepimizin"),
        ("2026", "tr", None),
        ("???", "tr", None),
        ("", "tr", None),
    ],
)
def test_a_phrase_becomes_one_hashtag(phrase: str, language: str, expected: str | None) -> None:
    assert tag_of(phrase, language) == expected


def test_a_hashtag_stands_once_however_it_is_spelt() -> None:
    assert tags_of(["İzmir", "IZMIR", "ulaşım"], language="tr", limit=None) == ["#İzmir", "#Ulaşım"]


def test_what_makes_no_hashtag_is_left_out() -> None:
    assert tags_of(["2026", "Ulaşım"], language="tr", limit=None) == ["#Ulaşım"]


def test_no_more_hashtags_than_the_platform_takes() -> None:
    assert len(tags_of([f"etiket {letter}" for letter in "abcdefgh"], language="tr", limit=3)) == 3
