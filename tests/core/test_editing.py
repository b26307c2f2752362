from __future__ import annotations

from dataclasses import replace

import pytest

from crossposter.core.counting import find_links
from crossposter.core.editing import examine_text, misfit, tidied
from crossposter.core.model import LinkPlace, Picture, Post, PostRules, Reason
from crossposter.core.rendering import Held, with_words
from crossposter.testing import LIMITS, an_entry

X = replace(LIMITS, find_links=find_links, max_hashtags=2)


def test_a_text_is_kept_as_it_was_meant() -> None:
    assert tidied("  Gu\u0308zel\r\nI\u0307zmir\r \n") == "Güzel\nİzmir"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the text is empty"),
        ("x" * 281, "the text is too long: 281 of 280 characters"),
        ("#a #b #c", "the text has too many hashtags: 3 of 2"),
        ("#a #b C&#39;s", None),
        ("x" * 280, None),
    ],
)
def test_what_the_platform_would_not_take_is_told(text: str, said: str | None) -> None:
    found = misfit(text, X)
    assert (str(found) if found else None) == said


@pytest.mark.parametrize(
    ("text", "hosts", "said"),
    [
        ("Körfez temiz #İzmir @izmirbld", (), []),
        ("Bakın: https://example.org/x", ("izmir.bel.tr",), ["the text names 'https://example.org/x', which is not"]),
        ("Bakın: https://www.izmir.bel.tr/x", ("izmir.bel.tr",), []),
        ("Bakın: izmir.bel.tr", ("izmir.bel.tr",), []),
        ("Otobüs geldi.Com değil", (), ["'geldi.Com' would become a link that leads nowhere"]),
        ("<b>Kalın</b>", (), ["pieces of the page's code", "pieces of the page's code"]),
        ("...", (), ["the headline holds no word"]),
        ("Ä°zmir Büyükşehir", (), ["letters are broken"]),
    ],
)
def test_the_gate_looks_at_what_a_person_wrote(text: str, hosts: tuple[str, ...], said: list[str]) -> None:
    found = examine_text(text, an_entry(1), X, allowed_hosts=hosts)
    assert all(finding.is_hard for finding in found)
    assert all(str(finding.message).startswith(words) for finding, words in zip(found, said, strict=False)), found
    assert bool(found) is bool(said)


def test_a_platform_that_finds_no_links_makes_none() -> None:
    assert examine_text("Otobüs geldi.Com değil", an_entry(1), LIMITS, allowed_hosts=()) == ()


PICTURE = Picture(url="https://a.example/a.jpg", content=b"x", sha256="0", width=1, height=1, alt="a")


def test_the_words_of_a_person_keep_the_news_link_where_it_has_a_field_of_its_own() -> None:
    card = replace(LIMITS, link=LinkPlace.CARD)
    entry = an_entry(1)
    alone = with_words("Söz", entry, card, (), rules=PostRules())
    assert alone == Post(text="Söz", link=entry.link)
    shown = with_words("Söz", entry, card, (PICTURE,), rules=PostRules())
    assert shown == Post(text="Söz", link=None, pictures=(PICTURE,))


def test_the_words_of_a_person_need_what_the_platform_needs() -> None:
    needing = replace(LIMITS, needs_picture=True)
    assert with_words("Söz", an_entry(1), needing, (), rules=PostRules()) == Held(reason=Reason.NO_PICTURE)
    assert with_words("x" * 281, an_entry(1), LIMITS, (), rules=PostRules()) == Held(reason=Reason.TOO_LONG)
