"""The dry run's page: values in, HTML out; and what a browser makes of it."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from crossposter import sandbox
from crossposter.adapters import adapter_class
from crossposter.cli import preview_page
from crossposter.cli.preview_page import page_of, write_page
from crossposter.cli.preview_text import folded, pieces_of
from crossposter.core.model import Account, Entry, Identity, Picture, Post, Reason
from crossposter.core.rendering import render
from crossposter.errors import CrossposterError, FeedError
from crossposter.media.preparing import prepare
from crossposter.messages import LANGUAGES, Translator
from crossposter.preview import NotPosted, Preview, PreviewedPost
from crossposter.testing import an_account, an_entry
from crossposter.wording import Message, say
from tests.city import DEMO_CONFIG, City
from tests.cli.conftest import Call

PICTURES = Path(sandbox.__file__).with_name("sample") / "pictures"
STYLE = Path(preview_page.__file__).with_name("preview_page.css").read_text("utf-8")
TEMPLATE = Path(preview_page.__file__).with_name("preview_page.html.j2").read_text("utf-8")
NOW = datetime(2026, 11, 25, 22, 4, 5, tzinfo=UTC)
ENTRY = an_entry(
    1,
    title="Çiğli Tramvayı üç yeni durağıyla sefere başladı",
    summary="İlk hafta boyunca yolculuklar ücretsiz.",
    text="\n\n".join(
        f"{number}. paragraf: raylı sistem yalnızca bir ulaşım yatırımı değil, temiz hava yatırımıdır."
        for number in range(1, 12)
    ),
    published=datetime(2026, 11, 25, 21, 30, tzinfo=UTC),
)
HOSTILE = """<script>alert(1)</script><img src=x onerror=alert(2)> "'> &amp; </style></p>\x00\ud800{{ 7 * 7 }}"""
EMPTY = Preview(posts=(), held=(), skipped=(), errors=())


# ---- values in ----


def on(platform: str, *, handle: str | None = "izmirbld", price: float | None = None) -> Account:
    """Make an account with the real limits of its platform."""
    return replace(
        an_account(f"izmir-{platform}"),
        platform=platform,
        limits=adapter_class(platform).limits,
        pinned=Identity(id="1", handle=handle),
        price=lambda _: price,
    )


def a_picture(account: Account, name: str = "tram.jpg", **changes: Any) -> Picture:
    """Prepare a picture as the platform gets it."""
    content, (width, height) = prepare((PICTURES / name).read_bytes(), account.limits.picture, url=name)
    picture = Picture(
        url=f"https://www.izmir.bel.tr/{name}",
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        width=width,
        height=height,
        alt="Mavi beyaz bir tramvay",
    )
    return replace(picture, **changes)


def a_post(
    account: Account,
    entry: Entry = ENTRY,
    *pictures: Picture,
    feed_id: str = "izmir-tr",
    text: str | None = None,
    warnings: Sequence[Message] = (),
) -> PreviewedPost:
    """Write the post of an entry; `text` replaces it."""
    if text is None:
        post = render(entry, account.limits, pictures)
        assert isinstance(post, Post)
    else:
        post = Post(text=text, link=None, pictures=pictures)
    return PreviewedPost(feed_id=feed_id, entry=entry, account=account, post=post, warnings=tuple(warnings))


def not_posted(
    account: Account | None, entry: Entry, reason: Reason, *warnings: Message, feed_id: str = "izmir-tr"
) -> NotPosted:
    return NotPosted(feed_id=feed_id, entry=entry, account=account, reason=reason, warnings=warnings)


def everything() -> Preview:
    """Make a preview with all there can be: long texts, no picture, several, held, skipped, unread."""
    x, facebook, instagram = on("twitter", price=0.205), on("facebook"), on("instagram")
    english = an_entry(2, language="en", title="First electric ferry joins the fleet", text="It carries 450 people.")
    several = [a_picture(facebook, name) for name in ("ferry.jpg", "bridge.jpg", "cycle-path.jpg")]
    capitals = say("the headline is written in capitals alone: hard to read, and screen readers spell it")
    return Preview(
        posts=(
            a_post(instagram, ENTRY, a_picture(instagram)),
            a_post(x, ENTRY, a_picture(x), warnings=[capitals]),
            a_post(facebook, ENTRY, a_picture(facebook, url="", alt_is_derived=True)),
            a_post(x, english, *several),
            a_post(facebook, english),
        ),
        held=(
            not_posted(instagram, english, Reason.NO_PICTURE),
            not_posted(x, an_entry(3), Reason.GATE, say("letters are broken: {word!r}", word="Ýzmir")),
        ),
        skipped=(
            not_posted(None, an_entry(4), Reason.KNOWN),
            not_posted(None, an_entry(5), Reason.KNOWN),
            not_posted(x, an_entry(6), Reason.BASELINE),
            not_posted(facebook, an_entry(6), Reason.BASELINE),
        ),
        errors=(FeedError(say("feed {feed} is empty: look at its address in a browser", feed="izmir-press")),),
    )


def page(found: Preview, *, language: str = "en", name: str | None = None) -> Element:
    return parsed(page_of(found, translate=Translator(language), now=NOW, timezone="Europe/Istanbul", name=name))


# ---- HTML out ----


class Element:
    """A part of a page."""

    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.children: list[Element | str] = []

    @property
    def classes(self) -> list[str]:
        return self.attributes.get("class", "").split()

    @property
    def text(self) -> str:
        return "".join(child if isinstance(child, str) else child.text for child in self.children)

    def all(self, tag: str = "", **wanted: str) -> list[Element]:
        """Give what is inside it, in order, by tag and attributes; `class_` is one of the classes."""
        name = wanted.pop("class_", "")
        return [
            element
            for element in self._inside()
            if tag in ("", element.tag)
            and (not name or name in element.classes)
            and wanted.items() <= element.attributes.items()
        ]

    def one(self, tag: str = "", **wanted: str) -> Element:
        (found,) = self.all(tag, **wanted)
        return found

    def _inside(self) -> Iterator[Element]:
        for child in self.children:
            if isinstance(child, Element):
                yield child
                yield from child._inside()

    def without(self, name: str) -> Element:
        """Give a copy without what has a class."""
        copy = Element(self.tag, self.attributes)
        copy.children = [
            child if isinstance(child, str) else child.without(name)
            for child in self.children
            if isinstance(child, str) or name not in child.classes
        ]
        return copy


class Parser(HTMLParser):
    """Builds the tree, and insists that every element is closed where it should be."""

    VOID = frozenset(("meta", "link", "img", "input", "rect"))

    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in self.VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def parsed(html: str) -> Element:
    parser = Parser()
    parser.feed(html)
    parser.close()
    assert len(parser.open) == 1, "something stays open"
    return parser.open[0]


def card_of(found: Element, platform: str) -> Element:
    """Give the first column of a platform: the post and what is said of it."""
    columns = found.one(id="posts").all("li", class_="column")
    return next(column for column in columns if column.one("h4").all(**{"data-platform": platform}))


def said(card: Element) -> str:
    """Give the post's own words, with what is folded."""
    return card.one(class_="said").without("more").text


def row(card: Element, name: str) -> str:
    """Give what the notes say behind a word."""
    (found,) = [div.one("dd").text for div in card.one("dl").all("div") if div.one("dt").text.startswith(name)]
    return found


# ---- one file that asks nobody ----


def test_the_page_fetches_nothing_and_runs_nothing() -> None:
    found = page(everything())
    assert not found.all("script")
    assert not found.all("form")
    assert [link.attributes["rel"] for link in found.all("link")] == ["icon"]
    for element in found.all():
        assert not [name for name in element.attributes if name.startswith("on") or name == "style"]
        assert "srcset" not in element.attributes
        assert element.attributes.get("src", "data:").startswith("data:")
        if element.tag != "a":
            assert element.attributes.get("href", "data:").startswith("data:")
    assert not re.search(r"url\(|@import|https?:|//", re.sub(r"/\*.*?\*/", "", STYLE, flags=re.DOTALL))


def test_a_strict_policy_says_so_and_names_the_style_by_its_hash() -> None:
    found = page(everything())
    digest = base64.b64encode(hashlib.sha256(found.one("style").text.encode()).digest()).decode()
    assert found.one("meta", **{"http-equiv": "Content-Security-Policy"}).attributes["content"] == (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    assert found.one("meta", name="referrer").attributes["content"] == "no-referrer"


def test_links_lead_to_the_city_alone_and_tell_it_nothing() -> None:
    outward = [link for link in page(everything()).all("a") if not link.attributes["href"].startswith("#")]
    assert {link.attributes["href"].split("/")[2] for link in outward} == {"www.izmir.bel.tr"}
    assert {link.attributes["rel"] for link in outward} == {"noopener noreferrer"}


# ---- what it says ----


def test_the_heading_says_what_it_is_and_when_it_was_made_in_the_offices_time() -> None:
    header = page(everything()).one("header", class_="top")
    assert header.one("h1").text == "Preview of the posts"
    assert header.one(class_="stamp").text == "Nothing has been sent"
    made = header.one("time")
    assert made.attributes["datetime"] == "2026-11-25T22:04:05+00:00"
    assert made.text == "Made on 26 November 2026 at 01:04 (Europe/Istanbul)"


def test_the_summary_counts_and_leads_to_the_sections() -> None:
    found = page(everything())
    figures = found.one("nav").all("li")
    assert [" ".join(figure.text.split()) for figure in figures] == [
        "5 posts would go out", "2 posts are held", "0.41 US dollars in all", "3 news items are skipped",
        "1 feed could not be read",
    ]  # fmt: skip
    targets = [link.attributes["href"] for link in found.one("nav").all("a")]
    assert targets == ["#posts", "#held", "#skipped", "#errors"]


def test_nothing_new_is_said_so() -> None:
    found = page(EMPTY)
    assert found.one(class_="empty").text == "No post would go out: there is nothing new in the feeds."
    assert [figure.text for figure in found.one("nav").all("li")] == ["0 posts would go out", "0 posts are held"]
    assert [section.attributes["id"] for section in found.all("section")] == ["posts"]
    assert not found.all("input")


@pytest.mark.parametrize("platform", ["twitter", "facebook", "instagram"])
def test_a_post_stands_there_word_for_word_in_its_language(platform: str) -> None:
    account = on(platform)
    shown = a_post(account, ENTRY, a_picture(account))
    card = card_of(page(replace(EMPTY, posts=(shown,)), language="en", name="İzmir Belediyesi"), platform)
    assert said(card) == shown.post.text
    assert "\n\n" in said(card)
    assert card.one(class_="text").attributes["lang"] == "tr"
    assert "izmirbld" in card.one(class_="byline").text
    assert card.one(class_="account").text == account.id
    assert card.one(class_="platform").text in ("X", "Facebook", "Instagram")


def test_an_account_is_named_by_the_city_else_its_handle_else_its_id() -> None:
    posts = (a_post(on("twitter")),)
    names = [
        card_of(page(replace(EMPTY, posts=posts), name=name), "twitter").one(class_="name").text
        for name in ("izmir", None)
    ]
    assert names == ["izmir", "izmirbld"]
    card = card_of(page(replace(EMPTY, posts=(a_post(on("twitter", handle=None)),))), "twitter")
    assert (card.one(class_="name").text, card.one(class_="handle").text) == ("izmir-twitter", "")
    assert card.one(class_="avatar").text == "İ"


def test_the_pictures_are_the_very_bytes_that_would_be_sent() -> None:
    x = on("twitter")
    pictures = [a_picture(x, name, alt=name) for name in ("tram.jpg", "ferry.jpg")]
    images = page(replace(EMPTY, posts=(a_post(x, ENTRY, *pictures),))).all("img")
    for image, picture in zip(images, pictures, strict=True):
        kind, _, content = image.attributes["src"].partition(",")
        assert (kind, base64.b64decode(content)) == ("data:image/jpeg;base64", picture.content)
        assert image.attributes["alt"] == picture.alt
        assert (image.attributes["width"], image.attributes["height"]) == (str(picture.width), str(picture.height))


def test_every_description_is_shown_and_where_it_comes_from() -> None:
    found = page(everything())
    assert [quote.text for quote in card_of(found, "twitter").all(class_="alt")] == ["Mavi beyaz bir tramvay"]
    assert not card_of(found, "twitter").all(class_="badge")
    badges = [badge.text for badge in card_of(found, "facebook").all(class_="badge")]
    assert badges == ["drawn card", "description taken from the headline"]


def test_a_picture_without_a_description_is_not_passed_over() -> None:
    x = on("twitter")
    image = page(replace(EMPTY, posts=(a_post(x, ENTRY, a_picture(x, alt="")),))).one("img")
    assert (image.attributes["alt"], image.attributes["lang"]) == ("Picture without a description", "en")


def test_the_picture_stands_where_the_platform_has_it() -> None:
    found = page(everything())
    for platform, first in (("twitter", "p"), ("facebook", "p"), ("instagram", "div")):
        parts = [part for part in card_of(found, platform).one(class_="post").children if isinstance(part, Element)]
        order = [part.tag for part in parts if {"text", "pictures"} & {*part.classes}]
        assert (order[0], len(order)) == (first, 2), platform


def test_a_link_is_shown_as_each_platform_shows_it() -> None:
    found = page(everything())
    x, facebook, instagram = (card_of(found, name) for name in ("twitter", "facebook", "instagram"))
    assert [link.text for link in x.one(class_="text").all("a")] == [ENTRY.link]
    assert row(x, "Link") == "in the text; a link counts as 23 characters, however long"
    assert row(facebook, "Link") == "in the text"
    assert not instagram.one(class_="post").all("a")
    assert row(instagram, "Link") == "none: links cannot be clicked here"


def test_a_link_without_a_picture_is_a_card_on_facebook() -> None:
    card = card_of(page(replace(EMPTY, posts=(a_post(on("facebook")),))), "facebook")
    link = card.one("a", class_="link-card")
    assert link.attributes["href"] == ENTRY.link
    assert (link.one(class_="host").text, link.one("b").text) == ("www.izmir.bel.tr", ENTRY.title)
    assert row(card, "Link").startswith("as a card under the text. Facebook takes the card's picture")


def test_no_link_is_said_so() -> None:
    for platform in ("twitter", "facebook"):
        card = card_of(page(replace(EMPTY, posts=(a_post(on(platform), text="Merhaba #İzmir"),))), platform)
        assert row(card, "Link") == "none"
        assert card.one(class_="tag").text == "#İzmir"


def test_long_texts_are_marked_where_the_platform_folds_them_and_stay_readable() -> None:
    found = page(everything())
    for platform, limit, words in (("facebook", 477, "… See more"), ("instagram", 125, "… more")):
        whole = card_of(found, platform).one(class_="said")
        start, rest = whole.without("more").without("rest").text, whole.one(class_="rest").text
        assert limit - 20 < len(start) <= limit
        assert rest.startswith((" ", "\n"))
        assert words in whole.one(class_="more").text
        assert "hidden" not in whole.one(class_="rest").attributes
    assert not card_of(found, "twitter").all(class_="more")
    assert found.one("input", id="fold").attributes["type"] == "checkbox"


@pytest.mark.parametrize(
    ("text", "at", "parts"),
    [
        ("bir iki", None, ("bir iki", "")),
        ("bir iki", 7, ("bir iki", "")),
        ("bir iki üç", 8, ("bir iki", " üç")),
        ("bir iki üç", 7, ("bir iki", " üç")),
        ("bir iki üç", 6, ("bir", " iki üç")),
        ("bir\n\niki", 6, ("bir", "\n\niki")),
        ("birikiüç", 3, ("bir", "ikiüç")),
        (" birikiüç", 4, (" bir", "ikiüç")),
    ],
)
def test_a_text_is_folded_at_a_space(text: str, at: int | None, parts: tuple[str, str]) -> None:
    assert folded(text, at=at) == parts


def test_the_length_used_is_a_number_and_a_bar() -> None:
    shown = a_post(on("twitter"), text="ğ" * 70)
    card = card_of(page(replace(EMPTY, posts=(shown,))), "twitter")
    assert row(card, "Length").strip() == "70 / 280"
    assert card.one("rect", class_="filled").attributes["width"] == "25.00"
    assert card.one("svg").attributes["aria-hidden"] == "true"


def test_prices_are_shown_and_added_up() -> None:
    posts = (a_post(on("twitter", price=0.205)), a_post(on("facebook")), a_post(on("twitter", price=0.2), an_entry(2)))
    found = page(replace(EMPTY, posts=posts), language="tr")
    assert card_of(found, "facebook").one("dl").all("dd")[2].text == Translator("tr")(say("free of charge"))
    assert "0,205 " in card_of(found, "twitter").one("dl").text
    assert found.one("nav").all("b")[2].text == "0,405"


def test_without_prices_there_is_no_sum() -> None:
    assert len(page(replace(EMPTY, posts=(a_post(on("facebook")),))).one("nav").all("li")) == 2


def test_warnings_stand_at_their_post() -> None:
    found = page(everything())
    warning = "Warning: the headline is written in capitals alone: hard to read, and screen readers spell it"
    assert card_of(found, "twitter").one(class_="warnings").text.strip() == warning
    assert not card_of(found, "facebook").all(class_="warnings")


def test_a_news_item_is_one_row_with_its_accounts_in_the_platforms_order() -> None:
    rows = page(everything()).one(id="posts").all("article")
    assert [one.one("h3").text for one in rows] == [ENTRY.title, "First electric ferry joins the fleet"]
    for one in rows:
        assert [each.attributes["data-platform"] for each in one.all(class_="platform")] == [
            "twitter", "facebook", "instagram",
        ]  # fmt: skip
    assert [one.one("h3").attributes["lang"] for one in rows] == ["tr", "en"]
    assert "izmir-tr · 26 November 2026 00:30 · Read the article" in rows[0].one("header").text


def test_one_news_item_of_two_feeds_is_one_row() -> None:
    other = replace(ENTRY, keys=("guid:other",))
    posts = (a_post(on("twitter")), a_post(on("facebook"), other, feed_id="izmir-press"))
    (row,) = page(replace(EMPTY, posts=posts)).all("article")
    assert "izmir-tr, izmir-press" in row.one("header").text


def test_two_cities_that_number_alike_are_two_rows() -> None:
    other = replace(ENTRY, link="https://www.ankara.bel.tr/1")
    posts = (a_post(on("twitter")), a_post(on("twitter"), other, feed_id="ankara"))
    assert len(page(replace(EMPTY, posts=posts)).all("article")) == 2


def test_what_is_held_says_why_in_its_row_and_in_a_section_of_its_own() -> None:
    found = page(everything())
    here = found.one(id="posts").one(class_="held-here")
    assert here.one(class_="badge").text == "held"
    assert here.one(class_="reasons").text.strip() == str(Reason.NO_PICTURE.message)
    section = found.one(id="held")
    assert [one.text for one in section.all("h3")] == ["First electric ferry joins the fleet", "Haber 3"]
    assert [one.text for one in section.all("article")[1].one(class_="reasons").all("li")] == [
        str(Reason.GATE.message), "letters are broken: 'Ýzmir'",
    ]  # fmt: skip
    assert [one.text for one in section.all(class_="account")] == ["izmir-instagram", "izmir-twitter"]


def test_what_is_held_for_all_accounts_of_a_feed_names_none() -> None:
    held = (not_posted(None, ENTRY, Reason.GATE),)
    found = page(replace(EMPTY, posts=(a_post(on("twitter")),), held=held))
    assert [one.one("h4").text.strip() for one in found.all("li", class_="column")][1] == "izmir-tr"
    assert not found.one(id="held").all(class_="account")


def test_what_is_skipped_is_folded_and_counted_by_its_reason() -> None:
    groups = page(everything()).one(id="skipped").all("details")
    assert [group.one("summary").text for group in groups] == [
        f"2 {Reason.KNOWN.message}", f"1 {Reason.BASELINE.message}",
    ]  # fmt: skip
    assert not any("open" in group.attributes for group in groups)
    assert [link.text for link in groups[0].all("a")] == ["Haber 4", "Haber 5"]
    assert [link.text for link in groups[1].all("a")] == ["Haber 6"]


def test_a_feed_that_could_not_be_read_is_named() -> None:
    found = page(everything()).one(id="errors")
    assert found.one("li").text == "feed izmir-press is empty: look at its address in a browser"


def test_news_without_headline_link_or_date_are_named_all_the_same() -> None:
    bare = an_entry(9, title="", link=None)
    found = page(replace(EMPTY, held=(not_posted(on("twitter"), bare, Reason.GATE),),
                         skipped=(not_posted(None, bare, Reason.KNOWN),)))  # fmt: skip
    assert found.one(id="held").one("h3").text == "9"
    assert found.one(id="held").one("header").text.split() == ["9", "izmir-tr"]
    assert found.one(id="skipped").one("li").text == "9 izmir-tr"


def test_a_platform_that_the_page_does_not_know_is_shown_plainly() -> None:
    account = replace(an_account(), platform="mastodon")
    found = page(replace(EMPTY, posts=(a_post(account), a_post(on("twitter")))))
    assert [one.text for one in found.all(class_="platform")] == ["X", "mastodon"]


# ---- languages ----


class Marking(Translator):
    """Marks what it has said."""

    def __call__(self, message: Message) -> str:
        return f"⟦{super().__call__(message)}⟧"


def test_every_sentence_of_the_page_is_translated() -> None:
    found = everything()
    shown = parsed(page_of(found, translate=Marking("en"), now=NOW, timezone="Europe/Istanbul"))
    of_the_news = {"said", "news-head", "byline", "account", "platform", "alt", "size", "host", "mark", "count"}
    body = shown.one("body")
    for name in of_the_news:
        body = body.without(name)
    texts = re.sub(r"⟦.*?⟧", "", body.text, flags=re.DOTALL)
    texts = re.sub(r"First electric ferry joins the fleet|Haber \d|izmirbld", "", texts)
    assert not re.search(r"[^\W\d_]", texts), texts
    for label in [element.attributes["aria-label"] for element in shown.all() if "aria-label" in element.attributes]:
        assert label.startswith("⟦")


def test_every_sentence_is_used() -> None:
    assert set(re.findall(r"words\.(\w+)", TEMPLATE)) == set(preview_page._WORDS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_in_the_offices_language(language: str) -> None:
    found = page(everything(), language=language)
    assert found.one("html").attributes["lang"] == language
    assert found.one("body").one("time").text.count("November" if language == "en" else "Kasım") == 1
    reasons = [one.text.strip() for one in found.one(id="held").all(class_="reasons")]
    assert Translator(language)(Reason.NO_PICTURE.message) in reasons
    limits = [one.text.strip() for one in card_of(found, "instagram").all(class_="length")]
    assert limits[0].endswith("2,200" if language == "en" else "2.200")


# ---- for everybody ----


def test_landmarks_and_headings_are_in_order() -> None:
    found = page(everything())
    body = found.one("body")
    top = [part.tag for part in body.children if isinstance(part, Element)]
    assert top == ["a", "header", "main", "footer"]
    levels = [int(element.tag[1]) for element in found.all() if re.fullmatch(r"h\d", element.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below <= above + 1 for above, below in pairwise(levels))
    for section in found.all("section"):
        assert found.one(id=section.attributes["aria-labelledby"]).tag == "h2"


def test_every_address_within_the_page_leads_somewhere_once() -> None:
    found = page(everything())
    ids = [element.attributes["id"] for element in found.all() if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    inward = [link.attributes["href"][1:] for link in found.all("a") if link.attributes["href"].startswith("#")]
    assert set(inward) <= set(ids)
    assert found.one("body").all("a")[0].attributes == {"class": "skip", "href": "#posts"}


def test_every_picture_has_a_description() -> None:
    assert all(image.attributes["alt"].strip() for image in page(everything()).all("img"))


def colours(scheme: str) -> dict[str, str]:
    """Read the custom properties of a scheme."""
    light, dark, _ = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)  # the last one is for paper
    return dict(re.findall(r"--([\w-]+): (#\w+);", dark if scheme == "dark" else light))


def test_every_colour_is_a_property_said_for_light_and_dark() -> None:
    rules = re.sub(r":root \{.*?\}", "", re.sub(r"/\*.*?\*/", "", STYLE, flags=re.DOTALL), flags=re.DOTALL)
    assert set(re.findall(r"var\(--([\w-]+)", rules)) == set(colours("light")) == set(colours("dark"))
    assert not re.search(r": #|rgb|hsl", rules)


# ---- hostile words ----


def test_hostile_words_are_shown_and_never_obeyed() -> None:
    entry = an_entry(1, title=HOSTILE, text=HOSTILE, link="javascript:alert(1)", language='tr"><script>')
    x, facebook, instagram = (on(name, handle=HOSTILE) for name in ("twitter", "facebook", "instagram"))
    warning = say("{words}", words=HOSTILE)
    found = Preview(
        posts=(
            a_post(x, entry, a_picture(x, alt=HOSTILE), text=HOSTILE, warnings=[warning], feed_id=HOSTILE),
            replace(a_post(facebook, entry, text=HOSTILE), post=Post(text=HOSTILE, link="javascript:alert(1)")),
            a_post(instagram, entry, a_picture(instagram, alt=HOSTILE), text=HOSTILE * 9),
        ),
        held=(not_posted(x, entry, Reason.GATE, warning, feed_id=HOSTILE),),
        skipped=(not_posted(None, entry, Reason.KNOWN, warning, feed_id=HOSTILE),),
        errors=(FeedError(warning),),
    )
    html = page_of(found, translate=Translator("en"), now=NOW, timezone="Europe/Istanbul", name=HOSTILE)
    assert html.encode()
    shown = parsed(html)
    assert not shown.all("script")
    assert {image.attributes["src"][:15] for image in shown.all("img")} == {"data:image/jpeg"}
    assert not [link for link in shown.all("a") if link.attributes.get("href", "").startswith("javascript")]
    assert "onerror" not in {name for element in shown.all() for name in element.attributes}
    assert "{{ 7 * 7 }}" in card_of(shown, "twitter").one(class_="said").text
    assert len(shown.all("style")) == 1


@pytest.mark.parametrize(
    ("text", "hrefs"),
    [
        (
            "Bkz. izmir.bel.tr/tr ve https://www.izmir.bel.tr/1.",
            ["https://izmir.bel.tr/tr", "https://www.izmir.bel.tr/1"],
        ),
        ("javascript:alert(1)", []),
    ],
)
def test_what_x_links_leads_where_x_would_lead(text: str, hrefs: list[str]) -> None:
    pieces = pieces_of(text, on("twitter"))
    assert [piece.href for piece in pieces if piece.href] == hrefs
    assert "".join(piece.text for piece in pieces) == text


@pytest.mark.parametrize("text", ["http://[::1", "http://", "https://[", "a https:///b"])
def test_what_only_looks_like_an_address_is_text(text: str) -> None:
    pieces = pieces_of(text, on("facebook"))
    assert not [piece.href for piece in pieces if piece.href]
    assert "".join(piece.text for piece in pieces) == text


def test_a_text_that_is_not_normalised_is_shown_as_it_is() -> None:
    text = "I\u0307zmir https://www.izmir.bel.tr/1"
    assert "".join(piece.text for piece in pieces_of(text, on("twitter"))) == text


# ---- the file ----


def test_the_page_is_written_whole_in_the_place_of_what_was_there(tmp_path: Path) -> None:
    target, link = tmp_path / "preview.html", tmp_path / "link.html"
    target.write_text("old")
    link.symlink_to(target)
    umask = os.umask(0o022)
    try:
        write_page(link, "ğ\n")
    finally:
        os.umask(umask)
    assert target.read_bytes() == "ğ\n".encode()
    assert link.is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o644
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.html", "preview.html"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path, why in (
        (tmp_path / "no" / "preview.html", "there is no such folder"),
        (tmp_path / "file" / "preview.html", "there is no such folder"),
        (tmp_path, "this is no file"),
    ):
        with pytest.raises(CrossposterError) as caught:
            write_page(path, "")
        assert str(caught.value) == f"the page cannot be written to {str(path)!r}: {why}"


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (PermissionError(), "this user may not write there"),
        (OSError(28, "No space left on device"), "the system says: No"),
    ],
)
def test_a_page_that_fails_half_way_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, why: str
) -> None:
    target = tmp_path / "preview.html"
    target.write_text("old")

    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(CrossposterError, match=why):
        write_page(target, "new")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_importing_the_page_loads_nothing_that_only_a_page_needs() -> None:
    script = "import sys, crossposter.cli.preview_page; print({'jinja2', 'babel', 'PIL', 'rich'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


# ---- the command ----


def test_a_dry_run_writes_the_page_beside_what_it_prints(city: City, call: Call, tmp_path: Path) -> None:
    target = tmp_path / "preview.html"
    code, printed = call("dry-run", "--last", "1", "--html", str(target))
    assert code == 0
    assert "izmir-instagram-en (instagram)" in printed
    assert printed.endswith(f"the page is written to {target}\n")
    found = parsed(target.read_text("utf-8"))
    assert len(found.all(class_="post")) == 6
    assert not city.ledger.exists()


def test_with_json_standard_output_is_json_alone(
    city: City, capsys: pytest.CaptureFixture[str], call: Call, tmp_path: Path
) -> None:
    from crossposter.cli import main

    target = tmp_path / "preview.html"
    assert main(["dry-run", "--last", "1", "--json", "--html", str(target)]) == 0
    printed = capsys.readouterr()
    assert len(json.loads(printed.out)["posts"]) == 6
    assert printed.err == f"the page is written to {target}\n"
    assert target.exists()


def test_a_dry_run_that_cannot_write_its_page_says_where(
    city: City, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from crossposter.cli import main

    target = tmp_path / "no" / "preview.html"
    assert main(["dry-run", "--html", str(target)]) == 1
    assert f"the page cannot be written to {str(target)!r}: there is no such folder" in capsys.readouterr().err


def test_a_dry_run_without_a_page_loads_no_part_of_it(city: City) -> None:
    script = """
import sys
from crossposter.cli import main
main(["dry-run", "--json"])
print("crossposter.cli.preview_page" in sys.modules, file=sys.stderr)
"""
    environ = {"PATH": os.environ["PATH"], "CROSSPOSTER_CONFIG": str(DEMO_CONFIG), **city.without_secrets()}
    done = subprocess.run([sys.executable, "-c", script], env=environ, capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "False"


# ---- in a browser ----

#: WCAG 2.2's contrast of every text that is shown, against the nearest ground that is painted behind it.
LOW_CONTRAST = """
const linear = (channel) => channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
const luminance = ([r, g, b]) => [r, g, b].map(each => linear(each / 255))
    .reduce((sum, each, at) => sum + each * [0.2126, 0.7152, 0.0722][at], 0);
const groundOf = (element) => {
    for (let each = element; each; each = each.parentElement) {
        const found = channels(getComputedStyle(each).backgroundColor);
        if (found.length === 3 || found[3] === 1) return found;
        if (found[3] !== 0) throw new Error('half transparent: ' + each.className);
    }
    throw new Error('no ground');
};
const low = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility() || element.closest('.unseen')) continue;
    const both = [channels(getComputedStyle(element).color), groundOf(element)].map(luminance);
    const ratio = (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
    if (ratio < 4.5) low.push([element.tagName, element.className, walker.currentNode.data.trim(), ratio]);
}
return low;
"""


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "preview.html"
    found = everything()
    long_word = a_post(on("twitter"), an_entry(7, title="İ" * 200), text="ğ" * 280, feed_id="f" * 200)
    found = replace(found, posts=(*found.posts, long_word))
    write_page(path, page_of(found, translate=Translator("tr"), now=NOW, timezone="Europe/Istanbul"))
    return path


def emulate(browser: Any, *, width: int, scheme: str) -> None:
    metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    features = [
        {"name": "prefers-color-scheme", "value": scheme},
        {"name": "prefers-reduced-motion", "value": "reduce"},
    ]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "screen", "features": features})


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_a_browser_shows_it_whole_and_readable(browser: Any, page_file: Path, width: int, scheme: str) -> None:
    emulate(browser, width=width, scheme=scheme)
    browser.get(page_file.as_uri())
    browser.execute_script("for (const each of document.querySelectorAll('details')) each.open = true")
    hidden = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert browser.execute_script(hidden) == 0
    assert browser.execute_script("return matchMedia('(prefers-color-scheme: dark)').matches") == (scheme == "dark")
    images = "return [...document.images].map(image => [image.alt !== '', image.naturalWidth > 0])"
    assert browser.execute_script(images) == [[True, True]] * 6
    assert browser.execute_script(LOW_CONTRAST) == []
    columns = "return new Set([...document.querySelectorAll('#posts .row')[0].children].map(e => e.offsetTop)).size"
    assert browser.execute_script(columns) == (3 if width == 360 else 1)
    assert browser.get_log("browser") == []  # the policy would complain here


def test_the_keyboard_meets_the_skip_link_first_and_sees_where_it_is(browser: Any, page_file: Path) -> None:
    from selenium.webdriver import ActionChains, Keys

    emulate(browser, width=1440, scheme="light")
    browser.get(page_file.as_uri())
    ActionChains(browser, duration=0).send_keys(Keys.TAB).perform()
    focused = "return [document.activeElement.className, document.activeElement.getBoundingClientRect().top >= 0, " \
        "getComputedStyle(document.activeElement).outlineStyle]"  # fmt: skip
    assert browser.execute_script(focused) == ["skip", True, "solid"]
    ActionChains(browser, duration=0).send_keys(Keys.ENTER).perform()
    assert browser.execute_script("return document.activeElement.id") == "posts"


def test_on_paper_it_is_light_and_without_what_can_only_be_clicked(browser: Any, page_file: Path) -> None:
    emulate(browser, width=760, scheme="dark")
    browser.get(page_file.as_uri())
    features = [{"name": "prefers-color-scheme", "value": "dark"}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": features})
    assert browser.execute_script("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert browser.execute_script(LOW_CONTRAST) == []
    assert not browser.execute_script("return document.querySelector('.switch').checkVisibility()")


def test_texts_can_be_folded_as_the_platforms_do(browser: Any, page_file: Path) -> None:
    emulate(browser, width=1440, scheme="light")
    browser.get(page_file.as_uri())
    shown = "return [...document.querySelectorAll('.rest')].map(each => each.checkVisibility())"
    assert browser.execute_script(shown) == [True, True]
    browser.find_element("css selector", "#fold").click()
    assert browser.execute_script(shown) == [False, False]
