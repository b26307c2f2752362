"""An entry becomes a post: exactly what one account will say, within its platform's limits."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from crossposter.core.cutting import ELLIPSIS, shorten
from crossposter.core.hashtags import tags_of
from crossposter.core.links import harmless
from crossposter.core.model import Entry, Limits, LinkPlace, Picture, Post, PostRules, Reason
from crossposter.core.templates import Moment, TemplateProblem, fill, names_in
from crossposter.core.text import lower, match_key
from crossposter.wording import Message, say

#: IDNA lets through what no host has: spaces, `%`, `<`.
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?")
#: Anything else at the end of a link X takes for the sentence's.
_PLAIN_ENDS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-_=]")
#: What shrinks so that a post fits, in this order. Nothing else does.
_SHRINKING = ("text", "summary")
#: Characters of a cut sentence: fewer say nothing beside a headline.
_LEAST_CUT = 60
#: A template may do with the words what it wants: so often the room for them is measured again.
_MOST_FITTINGS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Why there is no post."""

    reason: Reason
    #: The cause in words, where the reason does not say it all.
    message: Message | None = None


def render(
    entry: Entry,
    limits: Limits,
    pictures: Sequence[Picture] = (),
    *,
    rules: PostRules | None = None,
    timezone: str = "UTC",
) -> Post | Held:
    """Write the post by the account's template: only the news' summary and text are shortened, nothing is ever cut.

    What does not fit all the same, or lacks the picture that the platform insists on, is held.
    """
    rules = rules or PostRules()
    if limits.needs_picture and not pictures:
        return Held(reason=Reason.NO_PICTURE)
    link = _link(entry, rules)
    on_card = limits.link is LinkPlace.CARD and not pictures
    in_text = limits.link is LinkPlace.TEXT or (limits.link is LinkPlace.CARD and bool(pictures))
    values = _values(entry, limits, link=link if in_text else "", timezone=timezone)
    template = rules.template or limits.template
    try:
        text = _fitted(template, values, limits, hashtags=_hashtags(entry, limits, rules))
        if text is None:
            return Held(reason=Reason.TOO_LONG)
        if stray := _stray_link(text, template, values, limits):
            return Held(reason=Reason.GATE, message=stray)
    except TemplateProblem as problem:
        return Held(reason=Reason.GATE, message=problem.message)
    return Post(text=text, link=link if on_card and link else None, pictures=tuple(pictures[: limits.max_pictures]))


def with_words(
    words: str, entry: Entry, limits: Limits, pictures: Sequence[Picture], *, rules: PostRules
) -> Post | Held:
    """Give the post whose text a person wrote: the pictures, and a link in a field of its own, are the news'."""
    if limits.needs_picture and not pictures:
        return Held(reason=Reason.NO_PICTURE)
    if limits.measure(words) > limits.max_length:
        return Held(reason=Reason.TOO_LONG)
    link = _link(entry, rules) if limits.link is LinkPlace.CARD and not pictures else ""
    return Post(text=words, link=link or None, pictures=tuple(pictures[: limits.max_pictures]))


def shows_text(entry: Entry, limits: Limits, rules: PostRules) -> bool:
    """Tell whether a post shows the news' text, or stands on its summary alone; a template that fails shows nothing."""
    try:
        names = names_in(rules.template or limits.template)
    except TemplateProblem:
        return False
    return "text" in names or ("summary" in names and not entry.summary)


def alt_text(entry: Entry, alt: str | None, *, max_length: int) -> str:
    """Describe a picture by the feed's own words, else by the headline."""
    return shorten(alt or entry.title, max_length)


def ascii_link(link: str) -> str | None:
    """Percent-encode what platforms would take for the end of a link (`?q=ş`); what is encoded stays.

    A name or password in front of the host is dropped. None when the host is no name that could exist.
    """
    # X takes what follows an apostrophe for a part of the link, and ends it at a bracket or a full stop.
    keep = "%/:@!$&*+,;=~-._?"
    try:
        parts = urlsplit(link)
        port = "" if parts.port is None else f":{parts.port}"
        host = _ascii_host(parts.hostname or "")
        path, query, fragment = (quote(part, keep) for part in (parts.path, parts.query, parts.fragment))
    except ValueError:  # UnicodeError is one
        return None
    return _with_plain_end(urlunsplit((parts.scheme, host + port, path, query, fragment))) if host else None


def _with_plain_end(link: str) -> str:
    return link if link[-1] in _PLAIN_ENDS else f"{link[:-1]}%{ord(link[-1]):02X}"


def _ascii_host(host: str) -> str | None:
    """Give the host as it is looked up; ValueError or None for what is none."""
    if ":" in host:
        return f"[{IPv6Address(host)}]"
    encoded = lower(unicodedata.normalize("NFC", host), "en").encode("idna").decode("ascii")
    return encoded if _HOST.fullmatch(encoded) else None


def _link(entry: Entry, rules: PostRules) -> str:
    wanted = rules.link_categories
    if wanted is not None and not {*map(match_key, wanted)} & {*map(match_key, entry.categories)}:
        return ""
    return (ascii_link(entry.link) if entry.link else None) or ""


def _hashtags(entry: Entry, limits: Limits, rules: PostRules) -> Sequence[str]:
    categories = entry.categories if rules.category_hashtags else ()
    return tags_of((*rules.hashtags, *categories), language=entry.language, limit=limits.max_hashtags)


def _values(entry: Entry, limits: Limits, *, link: str, timezone: str) -> dict[str, Any]:
    """Give the words of the entry as this platform may have them: nothing in them links, mentions or tags."""

    def spoken(words: str) -> str:
        return harmless(words, breaks_links=limits.find_links is not None)

    title = spoken(entry.title)
    summary, text = spoken(entry.summary), spoken(entry.text)
    summary, text = ("" if _key(words) == _key(title) else words for words in (summary or text, text or summary))
    return {
        "title": title,
        "summary": summary,
        "text": text,
        "link": link,
        "categories": [spoken(category) for category in entry.categories],
        "published": Moment(entry.published, timezone, entry.language) if entry.published else "",
        "language": entry.language,
        "hashtags": "",
    }


def _key(words: str) -> str:
    return match_key(words.rstrip(" .…!"))


def _fitted(template: str, values: Mapping[str, Any], limits: Limits, *, hashtags: Sequence[str]) -> str | None:
    """Fill the template so that it fits: hashtags are left out from the end before a post is given up."""
    for count in range(len(hashtags), -1, -1):
        text = _shrunk(template, {**values, "hashtags": " ".join(hashtags[:count])}, limits)
        if text is not None:
            return text
    return None


def _shrunk(template: str, values: dict[str, Any], limits: Limits) -> str | None:
    """Shorten text, then summary, until the whole fits; None when nothing of them could stay and it does not."""
    filled = fill(template, values)
    if limits.measure(filled) <= limits.max_length:
        return filled or None
    for name in _SHRINKING:
        if not values[name] or fill(template, {**values, name: ""}) == filled:
            continue  # the template does not show it
        if text := _with_room_for(name, template, values, limits):
            return text
        values = {**values, name: ""}
    filled = fill(template, values)
    return filled if filled and limits.measure(filled) <= limits.max_length else None


def _with_room_for(name: str, template: str, values: Mapping[str, Any], limits: Limits) -> str | None:
    """Fill the template with as much of one value as fits; None when not a word does."""

    def length(words: str) -> int:
        return limits.measure(fill(template, {**values, name: words}))

    probe = "x"
    room = limits.max_length - length(probe) + len(probe)
    for _ in range(_MOST_FITTINGS):
        words = shorten(values[name], room, limits.weigh)
        if not words or (len(words) < _LEAST_CUT and ELLIPSIS in words and words != values[name]):
            return None
        text = fill(template, {**values, name: words})
        excess = limits.measure(text) - limits.max_length
        if excess <= 0:
            return text
        room -= excess
    return None


def _stray_link(text: str, template: str, values: Mapping[str, Any], limits: Limits) -> Message | None:
    """Say which link the platform would see that nobody has put there, or that it would not see as it is meant."""
    link: str = values["link"]
    if link and link in text and link not in text.split():
        return say("the link does not stand alone in the template: put it on a line of its own")
    if limits.find_links is None:
        return None
    ours = _links_of(limits.find_links, fill(template, {**dict.fromkeys(values, ""), "categories": []}))
    stray = _links_of(limits.find_links, text) - ours - {link}
    return say("{link!r} would become a link that leads nowhere", link=min(stray)) if stray else None


def _links_of(find: Callable[[str], Sequence[Any]], text: str) -> set[str]:
    return {found.text for found in find(text)}
