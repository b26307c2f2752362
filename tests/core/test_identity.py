from __future__ import annotations

import pytest

from crossposter.core.identity import canonical_link, keys_of

ARTICLE = "https://www.izmir.bel.tr/tr/Haberler/korfez/58041/156"


@pytest.mark.parametrize(
    "spelling",
    [
        "http://izmir.bel.tr/tr/Haberler/korfez/58041/156",
        "https://WWW.IZMIR.bel.tr/tr/Haberler/korfez/58041/156/",
        "https://www.izmir.bel.tr:443/tr/Haberler/korfez/58041/156#yorumlar",
        "https://www.izmir.bel.tr/tr/Haberler/korfez/58041/156?utm_source=rss&fbclid=abc",
    ],
)
def test_the_spellings_of_one_address_are_one_key(spelling: str) -> None:
    assert canonical_link(spelling) == canonical_link(ARTICLE)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://x.tr/haber?id=5", "https://x.tr/haber?id=6"),
        ("https://x.tr/haber/5", "https://y.tr/haber/5"),
        ("https://x.tr/Haber/5", "https://x.tr/haber/5"),
        ("https://x.tr:8080/haber", "https://x.tr/haber"),
    ],
)
def test_different_articles_have_different_keys(one: str, other: str) -> None:
    assert canonical_link(one) != canonical_link(other)


def test_the_pattern_finds_the_article_whatever_its_slug() -> None:
    pattern = r"/(tr|en)/[^/]+/[^/]+/(\d+)/"
    before = keys_of(guid="a", link=ARTICLE, id_pattern=pattern)
    after = keys_of(guid="b", link=ARTICLE.replace("korfez", "korfez-icin-karar"), id_pattern=pattern)
    assert set(before) & set(after) == {"id:tr/58041"}


def test_optional_groups_are_told_apart_and_none_is_no_key() -> None:
    pattern = r"tr/(?:a(\d+))?/(?:b(\d+))?"
    first = keys_of(guid=None, link="https://x.tr/a12/", id_pattern=pattern)
    second = keys_of(guid=None, link="https://x.tr//b12", id_pattern=pattern)
    assert (first[0], second[0]) == ("id:12/", "id:/12")
    assert keys_of(guid="g", link="https://x.tr//", id_pattern=pattern)[0] == "guid:g"


@pytest.mark.parametrize("link", ["https://x.tr:8o80/1", "https://x.tr:99999/1", "http://["])
def test_a_link_that_cannot_be_parsed_is_no_key(link: str) -> None:
    assert keys_of(guid="g", link=link, id_pattern=None) == ("guid:g",)


def test_an_entry_without_guid_and_link_has_no_keys() -> None:
    assert keys_of(guid=None, link=None, id_pattern=None) == ()


def test_the_two_languages_of_one_news_are_two_entries() -> None:
    pattern = r"/(tr|en)/[^/]+/[^/]+/(\d+)/"
    turkish = keys_of(guid=None, link="https://x.tr/tr/Haberler/a/58041/156", id_pattern=pattern)
    english = keys_of(guid=None, link="https://x.tr/en/News/a/58041/156", id_pattern=pattern)
    assert not set(turkish) & set(english)
