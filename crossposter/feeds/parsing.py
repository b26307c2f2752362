"""Bytes of a feed become items: decoded, tidied, walked, read by feedparser; what that gets wrong is set right here.

Runs in the child (`child.py`), where time and memory have hard limits.
"""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from crossposter.core.cutting import shorten_to
from crossposter.core.dates import read_date
from crossposter.core.text import clean, clean_line
from crossposter.errors import FeedError
from crossposter.feeds import json_feed
from crossposter.feeds.addresses import joined, web_address
from crossposter.feeds.boilerplate import without_chrome, without_labels
from crossposter.feeds.decoding import Decoded, decode, unpacked
from crossposter.feeds.document import Document, Item, Task
from crossposter.feeds.html import lines_of, plain_line
from crossposter.feeds.pictures import origin_of, pictures_of
from crossposter.feeds.prepass import DATES, Facts, Medium, Walk, walk
from crossposter.feeds.repair import tidied
from crossposter.feeds.window import Window, window_of
from crossposter.wording import Message, say

#: Bytes, unpacked. Real municipal feeds stay below 3 MB (facts of 2026-11: the largest of 199 has 1,046 items).
MAX_BYTES = 5 * 1024 * 1024
#: Characters of an entry that are kept: far more than any platform takes, far less than a hostile feed sends.
_MAX_TITLE = 1_000
_MAX_TEXT = 100_000
#: Of a title that is made from the text.
_MADE_TITLE = 120
_MAX_CATEGORIES = 50

#: feedparser takes a media:description for the item's description, and media:title for its title (6.0.14, measured).
#: Under names that it does not know it leaves them alone. Bounded, and ended by the next `<`: otherwise a body of
#: nothing but such beginnings takes quadratic time.
_MEDIA_DESCRIPTION = re.compile(rb"<(/?)media:(description|title)\b([^<>]{0,500})(?<!/)>")
#: A page where a feed should be; browsers read it so far even if it is no XML.
_PAGE = re.compile(
    r"(?>\s+|<\?.*?\?>|<!--.*?-->|<!doctype\s+html[^>]*>)*+<(?:html|head|body)\b", re.IGNORECASE | re.DOTALL
)
#: A feed that was put into a page; it is read all the same.
_FEED_INSIDE = re.compile(r"<(?:feed\b[^<>]*\bxmlns|rss\b[^<>]*\bversion|rdf:RDF\b)", re.IGNORECASE)
#: How a page names its feed.
_NAMES_FEED = re.compile(r"<link\b[^<>]*\btype\s*=\s*[\"']?application/(?:rss|atom)\+xml[^<>]*>", re.IGNORECASE)
_HREF = re.compile(r"\bhref\s*=\s*[\"']?([^\s\"'<>]+)", re.IGNORECASE)


def read_document(content: bytes, task: Task) -> Document:
    """Read a feed.

    Raises:
        FeedError: This is no feed, it is beyond a limit, or it breaks off inside an item.
    """
    content = unpacked(content, MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise FeedError(say("{url!r} is larger than {limit} bytes", url=task.name, limit=MAX_BYTES))
    decoded = decode(
        content,
        content_type=task.content_type,
        fallback=task.encoding_fallback,
        language=task.language,
    )
    if json_feed.is_json(decoded.text):
        return _read_json(decoded, task)
    if _PAGE.match(decoded.text, 0, 100_000) and not _FEED_INSIDE.search(decoded.text):
        raise FeedError(_page(decoded.text, task))
    window = window_of(decoded.text, reading=task.reading) if task.reading else None
    known = set(task.known).intersection(window.marks) if window else ()
    if window and known and (document := _read_rest(window, known, decoded, task)):
        return document
    document, is_plain = _read_xml(decoded.text, decoded, task)
    if window and is_plain and len(window.marks) == len(document.items):
        return _marked(document, window.marks)
    return document


def _read_rest(window: Window, known: Collection[str], decoded: Decoded, task: Task) -> Document | None:
    """Read what need not be left unread; None where that turns out to be no plain document."""
    rest, marks = window.without(known)
    unread = tuple(mark for mark in window.marks if mark in known)
    if not marks:
        return replace(_document("", None, (), decoded, None), unread=unread)
    document, is_plain = _read_xml(rest, decoded, task)
    is_plain = is_plain and len(marks) == len(document.items)
    return replace(_marked(document, marks), unread=unread) if is_plain else None


def _marked(document: Document, marks: Sequence[str]) -> Document:
    items = (replace(item, mark=mark) for item, mark in zip(document.items, marks, strict=True))
    return replace(document, items=tuple(items))


def _read_xml(text: str, decoded: Decoded, task: Task) -> tuple[Document, bool]:
    """Read a document of XML; tell as well whether walk and feedparser saw the same in it, and nothing to mend."""
    text = tidied(text, url=task.name)
    xml = text.encode("utf-8", "replace")
    found = walk(xml, text, url=task.name)
    if not found.root:
        raise FeedError(_no_feed(task))
    parsed = _parsed(found.without_taken(xml), task)
    if len(found.items) != len(parsed["entries"]) and found.taken:
        parsed = _parsed(xml, task)  # it sees other items than the walk: then it must see all of them
    if not parsed.get("version"):
        raise FeedError(_no_feed(task))
    entries = parsed["entries"]
    facts = found.items if len(found.items) == len(entries) else tuple(map(_facts_of, entries))
    items = [_item(_told(entry), fact, task) for entry, fact in zip(entries, facts, strict=True)]
    feed = parsed["feed"]
    is_plain = found.problem is None and not parsed["bozo"] and len(found.items) == len(entries)
    return _document(feed.get("title", ""), feed.get("language"), items, decoded, found), is_plain


def _parsed(xml: bytes, task: Task) -> Mapping[str, Any]:
    import feedparser  # here, so that a child that has nothing to read is quick to start

    # It would look for another parser that is nowhere, in every folder, for each document.
    feedparser.api.PREFERRED_XML_PARSERS = []
    body = io.BytesIO(_MEDIA_DESCRIPTION.sub(rb"<\1media:x\2\3>", xml))
    # Of the HTML only text is kept: its cleaning is wasted work, and quadratic in hostile HTML. Without an address
    # feedparser joins none to each element, which is a third of its time.
    try:
        found: Mapping[str, Any] = feedparser.parse(
            body,
            response_headers={"content-type": "application/xml; charset=utf-8"},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as error:
        raise FeedError(say("{url!r} cannot be parsed: {cause}", url=task.name, cause=type(error).__name__)) from error
    return found


def _read_json(decoded: Decoded, task: Task) -> Document:
    feed = json_feed.load(decoded.text, url=task.name)
    items = []
    for entry in feed["items"]:
        title, summary, text = json_feed.texts_of(entry)
        told = _Told(title, summary, [text], json_feed.tags_of(entry))
        items.append(_item(told, json_feed.facts_of(entry), task))
    title, language = (str(feed.get(name) or "") for name in ("title", "language"))
    return _document(title, language, items, decoded, None)


def _document(title: str, language: Any, items: Sequence[Item], decoded: Decoded, found: Walk | None) -> Document:
    problems = [problem for problem in (decoded.problem, found and found.problem) if problem]
    return Document(
        title=plain_line(title),
        language=clean_line(str(language))[:50] if language else None,
        encoding=decoded.encoding,
        items=tuple(items),
        problems=tuple(problems),
    )


def _no_feed(task: Task) -> Message:
    return say("{url!r} is no feed: ask the site's keeper for its RSS or Atom address", url=task.name)


def _page(text: str, task: Task) -> Message:
    """Say that a page stands where a feed should be, and which feed it names."""
    named = _NAMES_FEED.search(text, 0, 200_000)
    href = _HREF.search(named[0]) if named else None
    if href and (address := web_address(href[1], task.address)):
        return say("{url!r} is no feed but a web page, which names this feed: {feed}", url=task.name, feed=address)
    return _no_feed(task)


class _Told(NamedTuple):
    """What an item tells its readers: HTML."""

    title: str
    summary: str
    texts: Sequence[str]
    tags: Sequence[str]


def _told(entry: Mapping[str, Any]) -> _Told:
    return _Told(
        title=str(entry.get("title") or ""),
        summary=str(entry.get("summary") or ""),
        texts=[str(content.get("value") or "") for content in entry.get("content", [])],
        tags=[str(tag["term"]) for tag in entry.get("tags", []) if tag.get("term")],
    )


def _item(told: _Told, facts: Facts, task: Task) -> Item:
    base = joined(task.address, facts.base)
    title = shorten_to(plain_line(told.title), _MAX_TITLE)
    summary = _news(told.summary, title)
    text = max((_news(text, title) for text in told.texts), key=len, default="")
    text = "" if text == summary else text
    if not title:
        title = _made_title(summary or text)
        summary, text = summary.removeprefix(title).lstrip(), text.removeprefix(title).lstrip()
    item = Item(
        guid=clean_line(facts.guid) or None,
        title=title,
        link=next(_links(facts, base), None),
        summary=summary,
        text=text,
        published=next(_dates(facts, ZoneInfo(task.timezone)), None),
        pictures=pictures_of(facts, [*told.texts, told.summary], base),
        categories=tuple(dict.fromkeys(filter(None, map(clean_line, told.tags[:_MAX_CATEGORIES])))),
    )
    return replace(item, origins=_origins(item, facts, base)) if task.explains else item


def _origins(item: Item, facts: Facts, base: str) -> dict[str, str]:
    """Say where the fields of an item were read, as far as it is not plain."""
    found = {}
    dates = [f"{name}: {written}" for name in DATES if (written := facts.dates.get(name))]
    if dates:
        found["published"] = "; ".join(dates)
    if item.link:
        found["link"] = "link" if facts.link or facts.links else "guid"
    if item.text or item.summary:
        found["text"] = "content" if item.text else "summary"
    if item.pictures:
        found["pictures"] = origin_of(item.pictures[0][0], facts, base)
    return found


def _news(html: str, title: str) -> str:
    """Give the text of the news, without what the site puts around it."""
    lines = without_chrome(lines_of(without_labels(html)), title=title)
    return shorten_to(clean("\n".join(lines)), _MAX_TEXT)


def _made_title(text: str) -> str:
    """Give the beginning of the text: no title is no reason to lose a news item."""
    return shorten_to(text.partition("\n")[0], _MADE_TITLE)


def _links(facts: Facts, base: str) -> Iterator[str]:
    """Give where the article may be, best first; an enclosure or the like is not it."""
    pages = [link for link in facts.links if link.rel in ("", "alternate")]
    pages.sort(key=lambda link: link.kind not in ("", "text/html", "application/xhtml+xml"))
    permalink = facts.guid if facts.guid_is_link and facts.guid.startswith(("http://", "https://")) else ""
    for written in (facts.link, *(link.href for link in pages), permalink):
        if written and (address := web_address(written, base)):
            yield address


def _dates(facts: Facts, zone: ZoneInfo) -> Iterator[datetime]:
    for name in DATES:
        if found := read_date(facts.dates.get(name, ""), zone=zone):
            yield found


def _facts_of(entry: Mapping[str, Any]) -> Facts:
    """Take what feedparser has understood, where our own walk saw other items than it."""
    return Facts(
        guid=str(entry.get("id") or ""),
        link=str(entry.get("link") or ""),
        # `in`, not `get`: feedparser hands out another date for a missing one, with a warning.
        dates={name: str(entry[name]) for name in ("published", "updated", "created") if name in entry},
        media=[_medium_of(media) for media in entry.get("media_content", [])],
        thumbnails=[_medium_of(media) for media in entry.get("media_thumbnail", [])],
        enclosures=[_medium_of(link) for link in entry.get("enclosures", [])],
    )


def _medium_of(media: Mapping[str, Any]) -> Medium:
    url, kind = media.get("url") or media.get("href"), media.get("type") or media.get("medium")
    return Medium(url=str(url or ""), kind=str(kind or ""))
