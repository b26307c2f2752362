"""`post:` of an account, `brand:`, and what a feed says of its text: right ones, and each mistake in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from crossposter.bootstrap import accounts_of, feeds_of
from crossposter.config import load_config
from crossposter.core.budget import Budget, WhenSpent
from crossposter.core.kinds import Kind
from crossposter.core.model import Brand, Fit, Holds, MediaRule, OnEdit, PostRules
from tests.config.conftest import ENVIRON, Complaints, changed

PAGE_PIN = 'expect: {id: "456"}'
LANGUAGE = "language: tr"


def with_post(block: str) -> str:
    """Give the right file whose Facebook account says more about its posts."""
    return changed((PAGE_PIN, f"{PAGE_PIN}\n    post:\n      {block}"))


def with_brand(block: str) -> str:
    return changed(("timezone: Europe/Istanbul\n", f"timezone: Europe/Istanbul\nbrand: {block}\n"))


def rules_of(yaml: Path, text: str, account: str = "izmir-facebook") -> PostRules:
    yaml.write_text(text, "utf-8")
    return accounts_of(load_config(yaml, environ=ENVIRON, secrets_needed=True))[account].rules


def test_an_account_that_says_nothing_has_the_platforms_ways(yaml: Path) -> None:
    assert rules_of(yaml, changed()) == PostRules()


def test_every_rule_reaches_the_service(yaml: Path) -> None:
    text = with_post(
        'template: "{{ title }}"\n      hashtags: [İzmir, "#Körfez"]\n      category_hashtags: true\n'
        "      link: {only: [Acil, Afet]}\n      media: required\n      fit: crop\n"
        "      alt: required\n      card: true"
    )
    assert rules_of(yaml, text) == PostRules(
        template="{{ title }}",
        hashtags=("İzmir", "#Körfez"),
        category_hashtags=True,
        link_categories=("Acil", "Afet"),
        media=MediaRule.REQUIRED,
        fit=Fit.CROP,
        alt_required=True,
    )


@pytest.mark.parametrize(("link", "categories"), [("always", None), ("never", ()), ("{only: [Acil]}", ("Acil",))])
def test_the_link_is_for_all_for_none_or_for_some(yaml: Path, link: str, categories: tuple[str, ...] | None) -> None:
    assert rules_of(yaml, with_post(f"link: {link}")).link_categories == categories


@pytest.mark.parametrize(
    ("account", "post", "is_drawn"),
    [
        ("izmir-instagram", "", True),
        ("izmir-facebook", "", False),
        ("izmir-facebook", "card: true", True),
    ],
)
def test_a_card_is_drawn_where_a_platform_needs_a_picture_or_the_account_wants_one(
    yaml: Path, account: str, post: str, is_drawn: bool
) -> None:
    text = with_brand("{name: İzmir}").replace(PAGE_PIN, f"{PAGE_PIN}\n    post: {{{post}}}")
    assert rules_of(yaml, text, account).card is is_drawn


def test_without_a_brand_no_card_is_drawn(yaml: Path) -> None:
    assert not rules_of(yaml, changed(), "izmir-instagram").card


def test_a_brand_starts_its_logo_beside_the_yaml(yaml: Path) -> None:
    (yaml.parent / "logo.png").write_bytes(b"logo")
    yaml.write_text(with_brand('{name: İzmir, colour: "#123abc", logo: logo.png, mourning: true}'), "utf-8")
    brand = load_config(yaml, environ=ENVIRON, secrets_needed=True).brand
    assert brand is not None
    assert brand.brand() == Brand(name="İzmir", colour="#123abc", logo=str(yaml.parent / "logo.png"), mourning=True)


def test_a_feed_says_what_belongs_to_its_page_and_where_its_links_lead(yaml: Path) -> None:
    text = changed(
        (LANGUAGE, f"{LANGUAGE}\n    allowed_hosts: [www.İzmir.bel.tr]\n    strip: [Menü]\n    stop_before: [Etiket]")
    )
    yaml.write_text(text, "utf-8")
    (feed,) = feeds_of(load_config(yaml, environ=ENVIRON, secrets_needed=True))
    assert feed.allowed_hosts == ("izmir.bel.tr",)
    assert (feed.chrome.strip, feed.chrome.start_after, feed.chrome.stop_before) == (("Menü",), (), ("Etiket",))


def test_x_charges_what_the_yaml_says(yaml: Path) -> None:
    from crossposter.core.model import Post

    text = changed(('expect: {id: "123", handle: izmirbld}', 'expect: {id: "123"}\n    prices: {post: 0.5}'))
    yaml.write_text(text, "utf-8")
    account = accounts_of(load_config(yaml, environ=ENVIRON, secrets_needed=True))["izmir-x"]
    assert account.price(Post(text="a", link=None)) == 0.5
    assert account.price(Post(text="https://izmir.bel.tr", link=None)) == 0.2
    facebook = replace(accounts_of(load_config(yaml, environ=ENVIRON, secrets_needed=True))["izmir-facebook"])
    assert facebook.price(Post(text="a", link=None)) is None


@pytest.mark.parametrize(
    ("text", "path", "said"),
    [
        (with_post('template: "{{ titel }}"'), "accounts[1].post.template", "the template knows no 'titel'"),
        (with_post('template: "{{ title"'), "accounts[1].post.template", "not complete in its line 1"),
        (with_post("link: sometimes"), "accounts[1].post.link", "write always, never, or only:"),
        (with_post("link: {only: []}"), "accounts[1].post.link", "write always, never, or only:"),
        (with_post("fit: stretch"), "accounts[1].post.fit", "'stretch' is not possible here; possible: 'pad', 'crop'"),
        (with_post("alt: yes please"), "accounts[1].post.alt", "possible: 'derive', 'required'"),
        (with_post("card: perhaps"), "accounts[1].post.card", "true or false is wanted here"),
        (with_post("hashtag: [a]"), "accounts[1].post.hashtag", "did you mean 'hashtags'?"),
        (with_post("hashtags: İzmir"), "accounts[1].post.hashtags", "a list is wanted here"),
        (with_brand("{name: İzmir, colour: blue}"), "brand.colour", "this is no colour"),
        (with_brand('{colour: "#123456"}'), "brand.name", "this is missing"),
        (with_brand("{name: İzmir, logo: nosuch.png}"), "brand.logo", "cannot be read"),
        (
            changed((LANGUAGE, f"{LANGUAGE}\n    allowed_hosts: ['https://izmir.bel.tr/']")),
            "feeds[0].allowed_hosts[0]",
            "'https://izmir.bel.tr/' is no host",
        ),
        (
            changed(('expect: {id: "123", handle: izmirbld}', 'expect: {id: "123"}\n    prices: {post: -1}')),
            "accounts[0].prices.post",
            "a number from 0 upwards is wanted here",
        ),
    ],
)
def test_a_mistake_is_told_in_words(complaints: Complaints, text: str, path: str, said: str) -> None:
    ((line, found, sentence),) = complaints(text)
    assert found == path
    assert said in sentence
    assert line > 0


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ("{}", Holds()),
        ("{new_entries_over: 12, older_than: 3d}", Holds(new_entries_over=12, older_than=timedelta(days=3))),
        ("{new_entries_over: never, older_than: never}", Holds(new_entries_over=None, older_than=None)),
    ],
)
def test_holds_are_said_once_for_all_feeds(yaml: Path, block: str, expected: Holds) -> None:
    yaml.write_text(changed(("timezone: Europe/Istanbul\n", f"timezone: Europe/Istanbul\nholds: {block}\n")), "utf-8")
    (feed,) = feeds_of(load_config(yaml, environ=ENVIRON, secrets_needed=True))
    assert feed.holds == expected


@pytest.mark.parametrize(
    ("block", "path", "said"),
    [
        ("{new_entries_over: 0}", "holds.new_entries_over", "a whole number from 1 upwards, or never"),
        ("{new_entries_over: many}", "holds.new_entries_over", "a whole number from 1 upwards, or never"),
        ("{older_than: soon}", "holds.older_than", "a span of time is wanted here"),
    ],
)
def test_a_mistake_about_holds_is_told(complaints: Complaints, block: str, path: str, said: str) -> None:
    text = changed(("timezone: Europe/Istanbul\n", f"timezone: Europe/Istanbul\nholds: {block}\n"))
    ((_, found, sentence),) = complaints(text)
    assert found == path
    assert said in sentence


def test_an_account_may_have_a_budget(yaml: Path) -> None:
    text = changed((PAGE_PIN, f"{PAGE_PIN}\n    budget: {{usd_per_month: 60, when_spent: no_links}}"))
    yaml.write_text(text, "utf-8")
    accounts = accounts_of(load_config(yaml, environ=ENVIRON, secrets_needed=True))
    assert accounts["izmir-facebook"].budget == Budget(usd_per_month=60, when_spent=WhenSpent.NO_LINKS)
    assert accounts["izmir-facebook"].timezone == "Europe/Istanbul"
    assert accounts["izmir-x"].budget is None


def test_a_mistake_about_money_is_told(complaints: Complaints) -> None:
    text = changed((PAGE_PIN, f"{PAGE_PIN}\n    budget: {{usd_per_month: 0, when_spent: beg}}"))
    assert [(path, said.partition(":")[0]) for _, path, said in complaints(text)] == [
        ("accounts[1].budget.usd_per_month", "a number above 0 is wanted here"),
        ("accounts[1].budget.when_spent", "'beg' is not possible here; possible"),
    ]


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ("", OnEdit(how=Kind.EDIT)),
        ("how: repost", OnEdit(how=Kind.REPOST)),
        ("how: nothing", OnEdit()),
        ("unasked: true", OnEdit(how=Kind.EDIT, unasked=True)),
    ],
)
def test_an_account_says_how_its_posts_are_corrected(yaml: Path, block: str, expected: OnEdit) -> None:
    more = f"\n    on_edit: {{{block}}}" if block else ""
    yaml.write_text(changed((PAGE_PIN, f"{PAGE_PIN}{more}")), "utf-8")
    accounts = accounts_of(load_config(yaml, environ=ENVIRON, secrets_needed=True))
    assert accounts["izmir-facebook"].on_edit == expected


def test_a_way_that_the_platform_does_not_have_is_refused_with_its_line(complaints: Complaints) -> None:
    (complaint,) = complaints(changed((PAGE_PIN, f"{PAGE_PIN}\n    on_edit: {{how: reply}}")))
    _, place, words = complaint
    assert words == "how: 'reply' is not possible on this account: it can be edit, repost, nothing"
    assert place == "accounts[1].on_edit"
