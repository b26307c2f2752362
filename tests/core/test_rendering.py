from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossposter.adapters import PLATFORMS, adapter_class
from crossposter.core.counting import find_links
from crossposter.core.model import Picture, Post, Reason
from crossposter.core.rendering import alt_text, ascii_link, render
from crossposter.testing import an_entry

LINK = "https://www.izmir.bel.tr/tr/Haberler/korfez/58041/156"
PICTURE = Picture(url="https://x.tr/a.jpg", content=b"", sha256="", width=1, height=1, alt="")
TWITTER, FACEBOOK, INSTAGRAM = (adapter_class(platform).limits for platform in ("twitter", "facebook", "instagram"))

NEWS = an_entry(
    title="Çiğli Tramvayı sefere başladı",
    summary="Üç yeni durak açıldı.",
    text="Çiğli Tramvayı bu sabah sefere başladı.\n\nİkinci paragraf.",
    link=LINK,
)


def rendered(found: Post | Reason) -> Post:
    assert isinstance(found, Post)
    return found


def test_x_says_headline_summary_and_link() -> None:
    post = rendered(render(NEWS, TWITTER))
    assert post.text == f"Çiğli Tramvayı sefere başladı\n\nÜç yeni durak açıldı.\n\n{LINK}"
    assert post.link is None


def test_facebook_says_everything_and_has_a_link_card() -> None:
    post = rendered(render(NEWS, FACEBOOK))
    assert post.text == ("Çiğli Tramvayı sefere başladı\n\nÇiğli Tramvayı bu sabah sefere başladı.\n\nİkinci paragraf.")
    assert post.link == LINK


def test_facebook_with_a_picture_has_the_link_in_its_text() -> None:
    post = rendered(render(NEWS, FACEBOOK, [PICTURE]))
    assert post.text.endswith(f"\n\n{LINK}")
    assert post.link is None


def test_instagram_has_no_dead_link() -> None:
    post = rendered(render(NEWS, INSTAGRAM, [PICTURE]))
    assert LINK not in post.text
    assert post.link is None


def test_instagram_without_a_picture_is_held() -> None:
    assert render(NEWS, INSTAGRAM) is Reason.NO_PICTURE


def test_no_more_pictures_go_out_than_the_platform_takes() -> None:
    assert len(rendered(render(NEWS, TWITTER, [PICTURE] * 9)).pictures) == 4
    assert len(rendered(render(NEWS, INSTAGRAM, [PICTURE] * 9)).pictures) == 1


def test_the_summary_shrinks_before_the_headline_and_the_link_never() -> None:
    long = an_entry(title="Başlık burada", summary="Bu bir cümledir. " * 40, link=LINK)
    post = rendered(render(long, TWITTER))
    assert post.text.startswith("Başlık burada\n\nBu bir cümledir.")
    assert post.text.endswith(LINK)
    assert TWITTER.measure(post.text) <= 280


def test_a_headline_that_is_too_long_is_cut_at_a_word() -> None:
    post = rendered(render(an_entry(title="kelime " * 60, summary="x", link=LINK), TWITTER))
    assert post.text.split("\n\n")[0].endswith("kelime…")


def test_what_cannot_be_made_to_fit_is_held() -> None:
    assert render(an_entry(title="a" * 400), TWITTER) is Reason.TOO_LONG


def test_a_summary_that_repeats_the_headline_is_left_out() -> None:
    post = rendered(render(an_entry(title="Aynı", summary="Aynı", link=LINK), TWITTER))
    assert post.text == f"Aynı\n\n{LINK}"


def test_an_entry_without_a_link_has_none() -> None:
    assert rendered(render(an_entry(link=None), TWITTER)).text == "Haber 1\n\nÖzet 1."


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("https://izmir.bel.tr/ara?q=şehir", "https://izmir.bel.tr/ara?q=%C5%9Fehir"),
        ("https://izmir.bel.tr/%C5%9F/a b", "https://izmir.bel.tr/%C5%9F/a%20b"),
        ("https://büyükşehir.tr/a", "https://xn--bykehir-n2ab50h.tr/a"),
        ("https://İZMİR.bel.tr/a", "https://izmir.bel.tr/a"),
        ("https://I\u0307ZMI\u0307R.bel.tr/a", "https://izmir.bel.tr/a"),
        ("https://büyükşehir.tr:8080/a", "https://xn--bykehir-n2ab50h.tr:8080/a"),
        ("https://user:geheim@izmir.bel.tr/a", "https://izmir.bel.tr/a"),
        ("https://izmir.bel.tr/h?id=5&cat=6#üst", "https://izmir.bel.tr/h?id=5&cat=6#%C3%BCst"),
    ],
)
def test_a_link_is_written_so_that_no_platform_cuts_it(link: str, expected: str) -> None:
    assert ascii_link(link) == expected
    assert [found.text for found in find_links(expected)] == [expected]


@pytest.mark.parametrize(
    "link",
    ["https://a..b/", "https://" + "ş" * 70 + ".tr/", "https://a b.tr/", "https://x.tr:8o80/", "http://[", "http://"],
)
def test_a_link_to_no_possible_host_is_left_out(link: str) -> None:
    assert ascii_link(link) is None
    assert rendered(render(an_entry(link=link), TWITTER)).text == "Haber 1\n\nÖzet 1."


def test_an_address_of_numbers_keeps_its_brackets() -> None:
    assert ascii_link("http://[::1]:80/a") == "http://[::1]:80/a"


def test_a_picture_is_described_by_the_feed_or_by_the_headline() -> None:
    assert alt_text(NEWS, "Tramvay durağında", max_length=100) == "Tramvay durağında"
    assert alt_text(NEWS, None, max_length=100) == NEWS.title
    assert len(alt_text(NEWS, "kelime " * 300, max_length=100)) <= 100


@pytest.mark.parametrize("platform", PLATFORMS)
@given(title=st.text(min_size=1, max_size=400), summary=st.text(max_size=900), text=st.text(max_size=3000))
def test_no_post_is_over_its_limit(platform: str, title: str, summary: str, text: str) -> None:
    limits = adapter_class(platform).limits
    post = render(an_entry(title=title, summary=summary, text=text, link=LINK), limits, [PICTURE])
    assert isinstance(post, Reason) or limits.measure(post.text) <= limits.max_length
