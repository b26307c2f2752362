from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossposter.media.lines import balanced, parts

LONG = "muvaffakiyetsizleştiricileştiriveremeyebileceklerimizdenmişsinizcesine"


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("Tramvay", 20, ["Tramvay"]),
        ("Körfez temizleniyor artık", 20, ["Körfez", "temizleniyor artık"]),
        # A greedy break would leave one word alone.
        ("Yeni otobüs hatları açıldı", 20, ["Yeni otobüs", "hatları açıldı"]),
        # A number stays with what it counts, a title with its name, a clause ends its line.
        ("Kentte bu yıl 25 park açılıyor", 17, ["Kentte bu yıl", "25 park açılıyor"]),
        ("Açılışı yapan Prof. Dr. Ahmet Yıldırım", 26, ["Açılışı yapan", "Prof. Dr. Ahmet Yıldırım"]),
        ("Su kesintisi: Buca bu gece susuz", 20, ["Su kesintisi:", "Buca bu gece susuz"]),
    ],
)
def test_lines_are_even_and_keep_together_what_belongs_together(text: str, width: int, lines: list[str]) -> None:
    assert balanced(text.split(), len, width) == lines


def test_a_word_wider_than_the_line_cannot_be_laid_out() -> None:
    assert balanced(["bir", LONG], len, 20) is None


WORDS = st.lists(st.text("abcçİışğ.1", min_size=1, max_size=12), min_size=1, max_size=25)


@given(WORDS, st.integers(min_value=12, max_value=40))
def test_no_word_is_lost_and_no_line_too_wide_or_needless(words: list[str], width: int) -> None:
    lines = balanced(words, len, width)
    assert lines is not None
    assert " ".join(lines).split() == words
    assert max(map(len, lines)) <= width
    greedy = [words[0]]
    for word in words[1:]:
        if len(greedy[-1]) + 1 + len(word) <= width:
            greedy[-1] += " " + word
        else:
            greedy.append(word)
    assert len(lines) == len(greedy)


@pytest.mark.parametrize(
    ("word", "width", "broken"),
    [
        ("tramvay", 20, ["tramvay"]),
        ("Büyükşehir", 8, ["Büyük-", "şehir"]),
        ("çalışmalarından", 10, ["çalışma-", "larından"]),
        ("saatleri", 6, ["saat-", "leri"]),
        ("Karşıyaka-Bornova", 12, ["Karşıyaka-", "Bornova"]),
        ("aaaaaaaaaa", 4, ["aaa-", "aaa-", "aaaa"]),
        ("1234567890", 4, ["1234", "5678", "90"]),
        ("ab", 1, ["a", "b"]),
    ],
)
def test_a_long_word_breaks_between_syllables_and_into_even_parts(word: str, width: int, broken: list[str]) -> None:
    found = parts(word, len, width)
    assert "".join(part.removesuffix("-") for part in found) == word.replace("-", "")
    assert max(map(len, found)) <= width
    assert found == broken


@given(st.text(min_size=1, max_size=60), st.integers(min_value=1, max_value=30))
def test_a_broken_word_keeps_its_letters(word: str, width: int) -> None:
    found = parts(word, len, width)
    assert all(len(part) <= width for part in found)
    assert "".join(found).replace("-", "") == word.replace("-", "")
