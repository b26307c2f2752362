from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossposter.adapters import PLATFORMS, adapter_class
from crossposter.core.counting import find_links
from crossposter.core.model import Picture, Post, PostRules, Reason
from crossposter.core.rendering import Held, alt_text, ascii_link, render, shows_text
from crossposter.core.text import clean, clean_line
from crossposter.testing import an_account, an_entry

LINK = "https://www.izmir.bel.tr/tr/Haberler/korfez/58041/156"
PICTURE = Picture(url="https://x.tr/a.jpg", content=b"", sha256="", width=1, height=1, alt="")
TWITTER, FACEBOOK, INSTAGRAM = (adapter_class(platform).limits for platform in ("twitter", "facebook", "instagram"))

NEWS = an_entry(
    title="Çiğli Tramvayı sefere başladı",
    summary="Üç yeni durak açıldı.",
    text="Çiğli Tramvayı bu sabah sefere başladı.\n\nİkinci paragraf.",
    link=LINK,
)


def rendered(found: Post | Held) -> Post:
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
    assert render(NEWS, INSTAGRAM) == Held(reason=Reason.NO_PICTURE)


def test_no_more_pictures_go_out_than_the_platform_takes() -> None:
    assert len(rendered(render(NEWS, TWITTER, [PICTURE] * 9)).pictures) == 4
    assert len(rendered(render(NEWS, INSTAGRAM, [PICTURE] * 19)).pictures) == 10


def test_the_summary_shrinks_and_the_link_never() -> None:
    long = an_entry(title="Başlık burada", summary="Bu bir cümledir. " * 40, link=LINK)
    post = rendered(render(long, TWITTER))
    assert post.text.startswith("Başlık burada\n\nBu bir cümledir.")
    assert post.text.endswith(LINK)
    assert TWITTER.measure(post.text) <= 280


def test_a_headline_that_does_not_fit_is_held_and_never_cut() -> None:
    assert render(an_entry(title="kelime " * 60, link=LINK), TWITTER) == Held(reason=Reason.TOO_LONG)


def test_an_account_has_its_own_template() -> None:
    rules = PostRules(template="{{ published }}: {{ title }}{% if summary %} – {{ summary }}{% endif %}\n{{ link }}")
    news = replace(NEWS, published=datetime(2026, 9, 24, 21, 30, tzinfo=UTC))
    post = rendered(render(news, TWITTER, rules=rules, timezone="Europe/Istanbul"))
    assert post.text == f"25 Eylül 2026: Çiğli Tramvayı sefere başladı – Üç yeni durak açıldı.\n{LINK}"


def test_a_template_may_do_with_the_words_what_it_wants_and_the_post_still_fits() -> None:
    rules = PostRules(template="{{ title }} {{ summary | upper }} {{ summary | replace('a', 'aaa') }}\n{{ link }}")
    long = an_entry(title="Başlık", summary="Bu araba yolda kaldı. " * 40, link=LINK)
    assert TWITTER.measure(rendered(render(long, TWITTER, rules=rules)).text) <= 280


def test_a_template_that_fails_over_some_news_holds_it() -> None:
    held = render(NEWS, TWITTER, rules=PostRules(template="{{ title }} {{ categories[3] + 'x' }}"))
    assert isinstance(held, Held)
    assert held.reason is Reason.GATE
    assert "the template fails" in str(held.message)


def test_a_template_that_fills_the_room_itself_is_held() -> None:
    filling = "{% if summary | length > 1 %}{{ 'y' * (281 - summary | length) }}{% endif %}{{ summary }}"
    rules = PostRules(template=filling)
    assert render(replace(NEWS, summary="Kelime " * 60), TWITTER, rules=rules) == Held(reason=Reason.TOO_LONG)


def test_a_link_that_does_not_stand_alone_is_held() -> None:
    held = render(NEWS, FACEBOOK, [PICTURE], rules=PostRules(template="{{ title }} ({{ link }})"))
    assert isinstance(held, Held)
    assert held.reason is Reason.GATE
    assert "line of its own" in str(held.message)


def test_words_that_a_template_glues_together_make_no_link() -> None:
    held = render(
        an_entry(title="Bitti", summary="Su verildi"), TWITTER, rules=PostRules(template="{{title}}.{{summary}}")
    )
    assert isinstance(held, Held)
    assert "'Bitti.Su' would become a link" in str(held.message)


def test_an_address_that_the_office_writes_itself_is_its_own_affair() -> None:
    rules = PostRules(template="{{ title }}\n\nHaberin tamamı: izmir.bel.tr")
    assert rendered(render(NEWS, TWITTER, rules=rules)).text.endswith("Haberin tamamı: izmir.bel.tr")


def test_the_only_link_that_x_sees_is_ours() -> None:
    text = "Sok.No:59 önündeki çalışma tamamlandı.Ve www.eshot.gov.tr adresinde 3.km için @birisi #deneme yazdı"
    post = rendered(render(an_entry(title=text[:60], summary=text, link=LINK), TWITTER))
    assert [found.text for found in find_links(post.text)] == [LINK]


@pytest.mark.parametrize(
    ("categories", "rule", "has_link"),
    [
        ((), None, True),
        ((), (), False),
        (("Acil",), ("acil", "Afet"), True),
        (("ACİL",), ("acil",), True),
        (("Kültür",), ("acil",), False),
    ],
)
def test_the_link_is_for_the_categories_that_the_office_names(
    categories: tuple[str, ...], rule: tuple[str, ...] | None, has_link: bool
) -> None:
    news = replace(NEWS, categories=categories)
    post = rendered(render(news, TWITTER, rules=PostRules(link_categories=rule)))
    assert (LINK in post.text) is has_link
    assert bool(rendered(render(news, FACEBOOK, rules=PostRules(link_categories=rule))).link) is has_link


def test_hashtags_come_from_the_yaml_and_from_categories() -> None:
    rules = PostRules(hashtags=("İzmir",), category_hashtags=True)
    news = replace(NEWS, categories=("Ulaşım & Altyapı", "izmir"))
    assert rendered(render(news, INSTAGRAM, [PICTURE], rules=rules)).text.endswith("\n\n#İzmir #UlaşımAltyapı")


def test_hashtags_are_left_out_before_a_post_is_given_up() -> None:
    rules = PostRules(hashtags=tuple(f"Etiket{'x' * 20}{number}" for number in range(9)))
    post = rendered(render(an_entry(title="Başlık " * 25, summary="", link=LINK), TWITTER, rules=rules))
    assert "#Etiket" in post.text
    assert post.text.endswith(LINK)


def test_a_missing_summary_is_the_text_and_the_other_way_round() -> None:
    assert "Bütün metin." in rendered(render(replace(NEWS, summary="", text="Bütün metin."), TWITTER)).text
    assert "Özet yalnız." in rendered(render(replace(NEWS, summary="Özet yalnız.", text=""), FACEBOOK)).text


def test_a_summary_that_repeats_the_headline_is_left_out() -> None:
    post = rendered(render(an_entry(title="Aynı", summary="Aynı", link=LINK), TWITTER))
    assert post.text == f"Aynı\n\n{LINK}"


@pytest.mark.parametrize("summary", ["Aynı haber.", "AYNI HABER", "Aynı haber…"])
def test_nor_does_its_punctuation_make_it_another_one(summary: str) -> None:
    assert rendered(render(an_entry(title="Aynı haber", summary=summary, link=None), TWITTER)).text == "Aynı haber"


def test_a_shred_of_a_summary_is_left_out() -> None:
    long = an_entry(title="Başlık burada " * 14, summary="Bu özet birkaç kelimeden sonra kesilecekti " * 3, link=LINK)
    assert rendered(render(long, TWITTER)).text == f"{long.title.strip()}\n\n{LINK}"
    whole = replace(long, summary="Bornova’da üç yeni durak açıldı. Seferler bu hafta sonu ücretsiz olacak.")
    assert "\n\nBornova’da üç yeni durak açıldı.\n\n" in rendered(render(whole, TWITTER)).text


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
        ("https://izmir.bel.tr/haber/1'de", "https://izmir.bel.tr/haber/1%27de"),
        ("https://izmir.bel.tr/a_(b", "https://izmir.bel.tr/a_%28b"),
        ("https://izmir.bel.tr/son.", "https://izmir.bel.tr/son%2E"),
        ("https://izmir.bel.tr/?q=a*", "https://izmir.bel.tr/?q=a%2A"),
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
    assert isinstance(post, Held) or limits.measure(post.text) <= limits.max_length


WORDS = st.text(alphabet="aşİı. 1'\n#@“”()/:wcomtr👨\u200d👩🇹🇷₺…é\u0301", max_size=500)
TEMPLATES = st.lists(
    st.sampled_from(
        ["{{ title }}", "{{ summary }}", "{{ text }}", "{{ link }}", "{{ hashtags }}", "\n\n", " ", "\n", "Haber:",
         "{% for one in categories %}{{ one }} {% endfor %}", "{{ summary | upper }}", "{% if link %}→{% endif %}"]
    ),
    min_size=1,
    max_size=9,
).map("".join)  # fmt: skip


@given(
    platform=st.sampled_from(list(PLATFORMS)),
    template=TEMPLATES,
    title=WORDS,
    summary=WORDS,
    text=WORDS,
    slug=st.text(max_size=40),
)
def test_whatever_the_news_and_the_template_say(
    platform: str, template: str, title: str, summary: str, text: str, slug: str
) -> None:
    limits = adapter_class(platform).limits
    entry = an_entry(
        title=clean_line(title), summary=clean(summary), text=clean(text), link=LINK + slug, categories=("Ulaşım",)
    )
    rules = PostRules(template=template, hashtags=("İzmir",), category_hashtags=True)
    post = render(entry, limits, [PICTURE], rules=rules)
    assert render(entry, limits, [PICTURE], rules=rules) == post
    if isinstance(post, Held):
        return
    assert 0 < limits.measure(post.text) <= limits.max_length
    if limits.find_links:
        assert {found.text for found in limits.find_links(post.text)} <= {ascii_link(entry.link or "")}
    assert post.text == post.text.strip()


@pytest.mark.parametrize(
    ("template", "summary", "expected"),
    [
        ("{{ title }} {{ text }}", "Özet.", True),
        ("{{ title }} {{ summary }}", "Özet.", False),
        ("{{ title }} {{ summary }}", "", True),
        ("{{ title }}", "", False),
        ("{{ text", "Özet.", False),
    ],
)
def test_a_post_shows_the_text_where_its_template_does(template: str, summary: str, expected: bool) -> None:
    rules = PostRules(template=template)
    assert shows_text(an_entry(1, summary=summary), an_account().limits, rules) is expected
