from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from crossposter.composing import Composition, compose
from crossposter.core.chrome import Chrome
from crossposter.core.model import (
    Account,
    Article,
    Entry,
    Fit,
    Limits,
    MediaRule,
    Picture,
    PictureRef,
    Post,
    PostRules,
    Reason,
)
from crossposter.core.rendering import Held
from crossposter.errors import ArticleError, PictureError
from crossposter.testing import LIMITS, FakeArticleSource, FakePictureSource, a_feed, an_account, an_entry
from crossposter.wording import say

GONE = PictureError(say("gone"), is_permanent=True)
FEED_PICTURE = PictureRef(url="https://izmir.bel.tr/a.jpg", alt="Gemi iskelede")
PAGE_PICTURE = PictureRef(url="https://izmir.bel.tr/og.jpg")


def account(rules: PostRules | None = None, **limits: object) -> Account:
    return replace(an_account("izmir-x", **limits), rules=rules or PostRules())


def composed(
    entry: Entry, on: Account, pictures: FakePictureSource | None = None, articles: FakeArticleSource | None = None
) -> Composition:
    return compose(entry, on, pictures or FakePictureSource(), feed=a_feed(article=True), articles=articles)


def post_of(
    entry: Entry, on: Account, pictures: FakePictureSource | None = None, articles: FakeArticleSource | None = None
) -> Post:
    found = composed(entry, on, pictures, articles).post
    assert isinstance(found, Post)
    return found


def page(found: PictureRef | ArticleError, text: str = "") -> FakeArticleSource:
    article = found if isinstance(found, ArticleError) else Article(text=text, picture=found)
    return FakeArticleSource({an_entry(1).link or "": article})


#: Shows the text, as Facebook does.
WHOLE = "{{ title }}\n\n{{ text }}"
LATE = ArticleError(say("later"))
TEXT = (
    "Haber 1 metni böyle başlıyor ve özet 1 ile sürüyor. Gemi körfezde ilk seferini yaptı, yolcular alkışladı.\n\n"
    "Son cümle de burada duruyor."
)


def test_the_feeds_own_picture_comes_before_the_pages() -> None:
    news = an_entry(1, pictures=(FEED_PICTURE,))
    assert [one.url for one in post_of(news, account(), articles=page(PAGE_PICTURE)).pictures] == [FEED_PICTURE.url]


def test_the_articles_page_may_have_a_picture_that_the_feed_lacks() -> None:
    found = post_of(an_entry(1), account(), articles=page(PAGE_PICTURE))
    assert [picture.url for picture in found.pictures] == [PAGE_PICTURE.url]


def test_the_articles_text_stands_for_a_teaser_where_the_post_shows_it() -> None:
    articles = page(PAGE_PICTURE, TEXT)
    assert post_of(an_entry(1), account(template=WHOLE), articles=articles).text == f"Haber 1\n\n{TEXT}"
    assert "Özet 1." in post_of(an_entry(1), account(), articles=articles).text
    assert "Gemi" not in post_of(an_entry(1), account(), articles=articles).text
    assert "Gemi" in post_of(an_entry(1, summary=""), account(), articles=articles).text


def test_a_page_that_nothing_is_wanted_of_is_left_alone() -> None:
    articles = page(PAGE_PICTURE, TEXT)
    whole = " ".join(["Haberin tamamı burada duruyor."] * 30)
    illustrated = an_entry(1, pictures=(FEED_PICTURE,))
    composed(replace(illustrated, text=whole), account(template=WHOLE), articles=articles)
    composed(illustrated, account(), articles=articles)
    composed(an_entry(1), account(PostRules(media=MediaRule.NEVER)), articles=articles)
    compose(an_entry(1), account(), FakePictureSource(), feed=a_feed(), articles=articles)
    assert articles.asked == []
    composed(illustrated, account(template=WHOLE), articles=articles)
    assert articles.asked == [illustrated.link]


def test_the_gate_looks_at_the_articles_text_where_it_is_shown() -> None:
    articles = page(PAGE_PICTURE, TEXT + "\n\nBu satırda Sağ Menü kaldı.")
    found = composed(an_entry(1), account(template=WHOLE), articles=articles)
    assert isinstance(found.post, Held)
    assert (found.post.reason, [finding.flaw for finding in found.findings]) == (Reason.GATE, ["chrome"])
    assert isinstance(composed(an_entry(1), account(), articles=articles).post, Post)
    passed = compose(
        an_entry(1),
        account(template=WHOLE),
        FakePictureSource(),
        feed=a_feed(article=True),
        articles=articles,
        passed=frozenset(str(finding.message) for finding in found.findings),
    )
    assert isinstance(passed.post, Post)


def test_the_feeds_own_rules_free_the_articles_text_of_its_page() -> None:
    feed = a_feed(article=True, chrome=Chrome(stop_before=("Kaynak:",)))
    articles = page(PAGE_PICTURE, TEXT + "\n\nKaynak: Basın Bürosu")
    found = compose(an_entry(1), account(template=WHOLE), FakePictureSource(), feed=feed, articles=articles).post
    assert isinstance(found, Post)
    assert found.text == f"Haber 1\n\n{TEXT}"


def test_a_page_that_cannot_be_had_now_is_told_and_the_teaser_stands() -> None:
    found = composed(an_entry(1), account(template=WHOLE), articles=page(LATE))
    assert found.late == LATE
    assert isinstance(found.post, Post)
    assert found.post.text == "Haber 1\n\nÖzet 1."


def test_a_page_that_is_gone_changes_nothing() -> None:
    assert post_of(an_entry(1), account(template=WHOLE), articles=FakeArticleSource()).text == "Haber 1\n\nÖzet 1."


def test_a_description_of_its_own_is_told_from_one_that_is_made_of_the_headline() -> None:
    news = an_entry(1, pictures=(FEED_PICTURE, PAGE_PICTURE))
    found = [(picture.alt, picture.alt_is_derived) for picture in post_of(news, account()).pictures]
    assert found == [("Gemi iskelede", False), ("Haber 1", True)]


def test_an_account_may_ask_for_a_description_of_its_own() -> None:
    strict = account(PostRules(alt_required=True))
    assert composed(an_entry(1, pictures=(PAGE_PICTURE,)), strict).post == Held(reason=Reason.ALT)
    assert isinstance(composed(an_entry(1, pictures=(FEED_PICTURE,)), strict).post, Post)
    assert isinstance(composed(an_entry(1), strict).post, Post)


def test_a_card_is_drawn_where_there_is_no_picture_and_the_account_wants_one() -> None:
    wants = account(PostRules(card=True), needs_picture=True)
    news = an_entry(1, title="Gemi", published=datetime(2026, 9, 24, 21, 30, tzinfo=UTC))
    (card,) = post_of(news, wants).pictures
    assert card.is_card
    assert card.content.decode() == "Gemi\n25 Eylül 2026"
    assert not post_of(an_entry(1, pictures=(FEED_PICTURE,)), wants).pictures[0].is_card


def test_a_card_stands_in_for_a_picture_that_is_gone() -> None:
    pictures = FakePictureSource(errors={FEED_PICTURE.url: GONE})
    found = composed(an_entry(1, pictures=(FEED_PICTURE,)), account(PostRules(card=True)), pictures)
    assert isinstance(found.post, Post)
    assert [picture.is_card for picture in found.post.pictures] == [True]
    assert found.missing == (GONE,)


@pytest.mark.parametrize(
    ("rule", "pictures", "expected"),
    [
        (MediaRule.REQUIRED, (), Reason.NO_PICTURE),
        (MediaRule.REQUIRED, (FEED_PICTURE,), 1),
        (MediaRule.NEVER, (FEED_PICTURE,), 0),
        (MediaRule.PREFERRED, (FEED_PICTURE,), 1),
    ],
)
def test_an_account_says_whether_its_posts_carry_pictures(
    rule: MediaRule, pictures: tuple[PictureRef, ...], expected: int | Reason
) -> None:
    found = composed(an_entry(1, pictures=pictures), account(PostRules(media=rule))).post
    assert (len(found.pictures) if isinstance(found, Post) else found.reason) == expected


def test_further_pictures_get_the_first_ones_shape_where_the_platform_would_cut_them() -> None:
    asked: list[tuple[float, float] | None] = []

    class Asked(FakePictureSource):
        def prepare(self, ref: PictureRef, *, limits: Limits, alt: str, fit: Fit = Fit.PAD) -> Picture:
            asked.append(limits.picture.ratio)
            return super().prepare(ref, limits=limits, alt=alt, fit=fit)

    shaped = replace(LIMITS.picture, ratio=(0.8, 1.91))
    post_of(an_entry(1, pictures=(FEED_PICTURE, PAGE_PICTURE)), account(picture=shaped), Asked())
    assert asked == [(0.8, 1.91), (800 / 600, 800 / 600)]


def test_soft_findings_are_told_and_hard_ones_hold() -> None:
    told = composed(an_entry(1, summary="Başkan @birisi ile"), account())
    assert isinstance(told.post, Post)
    assert [finding.is_hard for finding in told.findings] == [False]
    assert composed(an_entry(1, summary="a &nbsp; b"), account()).post == Held(
        reason=Reason.GATE, message=say("pieces of the page's code stand in the text: {piece!r}", piece="&nbsp;")
    )


def test_a_feed_that_the_yaml_no_longer_has_has_no_rules() -> None:
    assert isinstance(compose(an_entry(1), account(), FakePictureSource(), feed=None).post, Post)


def test_a_card_that_cannot_be_drawn_is_told() -> None:
    class NoLogo(FakePictureSource):
        def card(self, headline: str, *, date: str, limits: Limits) -> Picture:
            raise GONE

    found = composed(an_entry(1), account(PostRules(card=True), needs_picture=True), NoLogo())
    assert found.post == Held(reason=Reason.NO_PICTURE)
    assert found.missing == (GONE,)


def test_an_entry_without_a_link_has_no_page() -> None:
    assert post_of(an_entry(1, link=None), account(), articles=page(PAGE_PICTURE)).pictures == ()


def test_a_person_s_text_takes_the_picture_of_the_article_s_page_and_none_of_its_words() -> None:
    found = compose(
        an_entry(1),
        account(template=WHOLE),
        FakePictureSource(),
        feed=a_feed(article=True),
        articles=page(PAGE_PICTURE, TEXT),
        words="Başka sözler",
    ).post
    assert isinstance(found, Post)
    assert (found.text, [picture.url for picture in found.pictures]) == ("Başka sözler", [PAGE_PICTURE.url])
