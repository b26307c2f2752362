"""The dry run as a page for the press office: one HTML file that needs nothing else and asks nobody for anything.

Each post stands as its platform will show it, beside what the office should know of it. What the page says is made
here, as values; how it stands there is in `preview_page.html.j2` and `preview_page.css`. Jinja2 and Babel are loaded
when a page is made: a dry run without one does not wait for them.
"""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from crossposter.adapters import PLATFORMS, adapter_class
from crossposter.cli.preview_text import FOLDS, Piece, folded, pieces_of, web_address
from crossposter.core.counting import LINK_WEIGHT
from crossposter.core.model import Account, Entry, LinkPlace, Picture, Post
from crossposter.core.templates import Moment
from crossposter.core.text import upper
from crossposter.errors import CrossposterError
from crossposter.messages import Translator
from crossposter.preview import NotPosted, Preview, PreviewedPost
from crossposter.wording import Message, say

_TEMPLATE = Path(__file__).with_name("preview_page.html.j2")
_STYLE = Path(__file__).with_name("preview_page.css")

_WORDS = {
    "title": say("Preview of the posts"),
    "nothing_sent": say("Nothing has been sent"),
    "about": say(
        "This is what would be posted, by the feeds as they stood at that moment. The page itself publishes nothing."
    ),
    "skip": say("Skip to the posts"),
    "summary": say("Summary"),
    "posts": say("Posts"),
    "no_posts": say("No post would go out: there is nothing new in the feeds."),
    "fold": say("Fold long texts as the platforms first show them"),
    "folded_here": say("(folded here at first)"),
    "article": say("Read the article"),
    "length": say("Length"),
    "link": say("Link"),
    "price": say("Price"),
    "no_alt": say("Picture without a description"),
    "is_card": say("drawn card"),
    "alt_is_derived": say("description taken from the headline"),
    "warning": say("Warning"),
    "card_source": say("Facebook takes the card's picture and words from the article's page."),
    "held_here": say("held"),
    "held": say("Held"),
    "held_about": say("These wait for a person. They would not go out by themselves."),
    "skipped": say("Skipped"),
    "errors": say("Feeds that could not be read"),
    "footer": say("Made by crossposter. A dry run: nothing was written to the ledger, nothing was sent."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPicture:
    """A picture with what is said of it."""

    source: str
    picture: Picture
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Byline:
    """Whose post it is, as the platform names the account."""

    platform: str
    platform_name: str
    account_id: str
    name: str
    #: With its @; empty where the YAML pins none.
    handle: str
    initial: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCard:
    """The card that Facebook makes of a link."""

    href: str
    host: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One post."""

    byline: Byline
    #: What everybody sees at once, and what only those see who unfold the text; together the whole text.
    start: Sequence[Piece]
    rest: Sequence[Piece]
    #: What the platform writes at the fold.
    more: str
    pictures: Sequence[ShownPicture]
    link_card: LinkCard | None
    length: str
    #: Percent of the limit.
    filled: str
    link: str
    price: str
    warnings: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCard:
    """One post that waits for a person; `byline` is None where it is so for all of the feed's accounts."""

    byline: Byline | None
    reasons: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One news item with what becomes of it."""

    #: As the first feed shows it.
    entry: Entry
    #: The feeds that show it.
    feeds: str
    #: When the site published it; empty where nobody knows.
    published: str
    cards: Sequence[Card] = ()
    held: Sequence[HeldCard] = ()

    @property
    def headline(self) -> str:
        """Give the headline; what the feed calls the entry where it has none."""
        return self.entry.title or self.entry.id

    @property
    def href(self) -> str:
        """Give the article's address, if it is one that may be clicked."""
        return web_address(self.entry.link or "")

    @property
    def columns(self) -> Sequence[Card | HeldCard]:
        """Give the accounts side by side, in the platforms' order."""
        return sorted([*self.cards, *self.held], key=_column)


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedNews:
    """News that are skipped for one reason."""

    reason: str
    news: Sequence[News]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number of the summary, and the section it leads to; none where there is no such section."""

    number: str
    words: str
    section: str = ""


def page_of(found: Preview, *, translate: Translator, now: datetime, timezone: str, name: str | None = None) -> str:
    """Write the page.

    Args:
        found: What it shows.
        translate: Into the office's language.
        now: When the preview was made, aware UTC.
        timezone: The office's, as an IANA name.
        name: The city's, where the YAML gives one; the accounts go by their handles otherwise.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    style = _STYLE.read_text("utf-8")
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATE.parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template(_TEMPLATE.name).render(
        _Maker(translate, timezone=timezone, name=name).values(found, now=now),
        # Ours, and part of the file: the policy names its hash, so that no other style is obeyed.
        style=Markup(style),  # noqa: S704 - ours, see above
        style_hash=b64encode(sha256(style.encode()).digest()).decode(),
    )
    # Half a character of a feed has no UTF-8; a question mark is better than no page.
    return page.encode("utf-8", "replace").decode("utf-8")


def write_page(path: Path, page: str) -> None:
    """Write the page, whole or not at all.

    Raises:
        CrossposterError: It cannot be written there.
    """
    target = path.resolve()
    if target.exists() and not target.is_file():
        raise CrossposterError(say("the page cannot be written to {path!r}: this is no file", path=str(path)))
    draft = target.with_name(f".{target.name[:200]}.{os.getpid()}")
    try:
        with draft.open("x", encoding="utf-8", newline="\n") as file:
            try:
                file.write(page)
                file.flush()
                draft.replace(target)
            finally:
                draft.unlink(missing_ok=True)
    except OSError as error:
        sentence = say("the page cannot be written to {path!r}: {cause}", path=str(path), cause=_why_unwritable(error))
        raise CrossposterError(sentence) from error


def _why_unwritable(error: OSError) -> Message:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return say("there is no such folder")
    if isinstance(error, PermissionError):
        return say("this user may not write there")
    return say("the system says: {words}", words=error.strerror)


class _Maker:
    """Says everything in one language, for one office."""

    def __init__(self, translate: Translator, *, timezone: str, name: str | None) -> None:
        self._translate = translate
        self._timezone = timezone
        self._name = name

    def values(self, found: Preview, *, now: datetime) -> dict[str, object]:
        """Give what the template shows."""
        news = [self._news(shown) for shown in _by_news([*found.posts, *found.held])]
        skipped = self._skipped(found.skipped)
        return {
            "language": self._translate.language,
            "words": {name: self._translate(words) for name, words in _WORDS.items()},
            "made_at": now.isoformat(timespec="seconds"),
            "made": self._translate(self._made(now)),
            "figures": list(self._figures(found, skipped=skipped)),
            "posts": [item for item in news if item.cards],
            "any_fold": any(card.rest for item in news for card in item.cards),
            "held": [item for item in news if item.held],
            "skipped": skipped,
            "errors": [self._translate(error.message) for error in found.errors],
        }

    def _made(self, now: datetime) -> Message:
        moment = self._moment(now)
        return say("Made on {date} at {time} ({zone})", date=moment.date(), time=moment.time(), zone=self._timezone)

    def _when(self, entry: Entry) -> str:
        if entry.published is None:
            return ""
        moment = self._moment(entry.published)
        return f"{moment.date()} {moment.time()}"

    def _moment(self, at: datetime) -> Moment:
        # A European office reads 15:04, not 3:04 PM.
        language = "en-GB" if self._translate.language == "en" else self._translate.language
        return Moment(at, self._timezone, language)

    def _figures(self, found: Preview, *, skipped: Sequence[SkippedNews]) -> Iterator[Figure]:
        posts, held = len(found.posts), len(found.held)
        yield self._figure(posts, say("post would go out"), say("posts would go out"), section="posts")
        yield self._figure(held, say("post is held"), say("posts are held"), section="held" if held else "")
        prices = [shown.price_usd for shown in found.posts if shown.price_usd is not None]
        if prices:
            yield Figure(number=self._dollars(sum(prices)), words=self._translate(say("US dollars in all")))
        if skipped:
            count = sum(len(group.news) for group in skipped)
            yield self._figure(count, say("news item is skipped"), say("news items are skipped"), section="skipped")
        if found.errors:
            one, many = say("feed could not be read"), say("feeds could not be read")
            yield self._figure(len(found.errors), one, many, section="errors")

    def _figure(self, count: int, one: Message, many: Message, *, section: str) -> Figure:
        return Figure(number=self._number(count), words=self._translate(one if count == 1 else many), section=section)

    def _news(self, shown: Sequence[PreviewedPost | NotPosted]) -> News:
        return News(
            entry=shown[0].entry,
            feeds=", ".join(dict.fromkeys(one.feed_id for one in shown)),
            published=self._when(shown[0].entry),
            cards=[self._card(one) for one in shown if isinstance(one, PreviewedPost)],
            held=[self._held(one) for one in shown if isinstance(one, NotPosted)],
        )

    def _skipped(self, skipped: Sequence[NotPosted]) -> list[SkippedNews]:
        by_reason: dict[str, list[NotPosted]] = {}
        for one in skipped:
            by_reason.setdefault(self._why(one), []).append(one)
        return [
            SkippedNews(reason=reason, news=[self._news(news) for news in _by_news(shown)])
            for reason, shown in by_reason.items()
        ]

    def _why(self, one: NotPosted) -> str:
        return "; ".join(self._translate(message) for message in one.why)

    def _held(self, one: NotPosted) -> HeldCard:
        byline = self._byline(one.account, language=one.entry.language) if one.account else None
        return HeldCard(byline=byline, reasons=[self._translate(message) for message in one.why])

    def _card(self, shown: PreviewedPost) -> Card:
        account, post = shown.account, shown.post
        max_length = account.limits.max_length
        start, rest = folded(post.text, at=FOLDS[account.platform][0] if account.platform in FOLDS else None)
        return Card(
            byline=self._byline(account, language=shown.entry.language),
            start=pieces_of(start, account),
            rest=pieces_of(rest, account),
            more=self._translate(FOLDS[account.platform][1]) if rest else "",
            pictures=self._pictures(post),
            link_card=_link_card(post, shown.entry),
            length=f"{self._number(shown.length)} / {self._number(max_length)}",
            filled=f"{min(100 * shown.length / max_length, 100):.2f}",
            link=self._translate(_about_link(post, account)),
            price=self._translate(self._price(shown.price_usd)),
            warnings=[self._translate(warning) for warning in shown.warnings],
        )

    def _byline(self, account: Account, *, language: str) -> Byline:
        handle = account.pinned.handle or ""
        name = self._name or handle or account.id
        return Byline(
            platform=account.platform,
            platform_name=_name_of(account.platform),
            account_id=account.id,
            name=name,
            handle=f"@{handle}" if handle else "",
            initial=upper(name[0], language),
        )

    def _pictures(self, post: Post) -> list[ShownPicture]:
        return [
            ShownPicture(
                source=f"data:{picture.media_type};base64,{b64encode(picture.content).decode()}",
                picture=picture,
                name=self._translate(
                    say("Picture {number}", number=number) if len(post.pictures) > 1 else say("Picture")
                ),
            )
            for number, picture in enumerate(post.pictures, start=1)
        ]

    def _price(self, price: float | None) -> Message:
        if price is None:
            return say("free of charge")
        return say("{price} US dollars", price=self._dollars(price))

    def _dollars(self, price: float) -> str:
        from babel.numbers import format_decimal

        return format_decimal(price, "#,##0.00#", locale=self._translate.language)

    def _number(self, number: int) -> str:
        from babel.numbers import format_decimal

        return format_decimal(number, locale=self._translate.language)


def _about_link(post: Post, account: Account) -> Message:
    limits = account.limits
    if limits.link is LinkPlace.NONE:
        return say("none: links cannot be clicked here")
    if post.link:
        return say("as a card under the text")
    if not any(piece.href for piece in pieces_of(post.text, account)):
        return say("none")
    if limits.find_links:
        return say("in the text; a link counts as {weight} characters, however long", weight=LINK_WEIGHT)
    return say("in the text")


def _link_card(post: Post, entry: Entry) -> LinkCard | None:
    if not post.link:
        return None
    address = web_address(post.link)
    return LinkCard(href=address, host=urlsplit(address).hostname or "", title=entry.title or post.link)


def _by_news(shown: Iterable[PreviewedPost | NotPosted]) -> list[list[PreviewedPost | NotPosted]]:
    """Put together what belongs to one news item, in the order in which they come."""
    groups: list[list[PreviewedPost | NotPosted]] = []
    for one in shown:
        for group in groups:
            if any(_is_same_news(one, other) for other in group):
                group.append(one)
                break
        else:
            groups.append([one])
    return groups


def _is_same_news(one: PreviewedPost | NotPosted, other: PreviewedPost | NotPosted) -> bool:
    """Compare keys within a feed, addresses of articles across feeds: two cities may number alike."""
    if one.feed_id == other.feed_id:
        return not set(one.entry.keys).isdisjoint(other.entry.keys)
    return one.entry.link is not None and one.entry.link == other.entry.link


def _name_of(platform: str) -> str:
    return adapter_class(platform).name if platform in PLATFORMS else platform


def _column(card: Card | HeldCard) -> int:
    names = list(PLATFORMS)
    platform = card.byline.platform if card.byline else ""
    return names.index(platform) if platform in names else len(names)
