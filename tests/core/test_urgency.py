from __future__ import annotations

import pytest

from crossposter.core.urgency import Urgent, is_urgent
from crossposter.testing import an_entry


@pytest.mark.parametrize("category", ["Acil", "ACİL", "acil", "ACIL", "Acıl"])
def test_a_category_counts_in_every_spelling(category: str) -> None:
    assert is_urgent(an_entry(categories=(category,)), Urgent(categories=("Acil", "Afet")))


@pytest.mark.parametrize(
    ("title", "urgent"),
    [
        ("İZMİR'DE DEPREM", True),
        ("Deprem: toplanma alanları", True),
        ("Depremde ne yapmalı", False),
        ("SEL UYARISI", True),
        ("Selçuk'ta festival", False),
        ("Su  kesintisi başladı", True),
        ("Susuz yaz", False),
        ("Fırtına bekleniyor", True),
        ("FIRTINADAN sonra", True),
    ],
)
def test_a_keyword_is_a_whole_word_of_the_headline_unless_a_star_stands_for_its_ending(
    title: str, urgent: bool
) -> None:
    words = Urgent(keywords=("deprem", "sel", "su kesintisi", "fırtına*"))
    assert is_urgent(an_entry(title=title, summary="deprem sel"), words) is urgent


def test_nothing_is_urgent_unless_the_city_says_so() -> None:
    assert not Urgent().is_used
    assert not is_urgent(an_entry(categories=("Acil",), title="Acil"), Urgent())
    assert Urgent(keywords=("sel",)).is_used
