"""A sample city news site: two RSS feeds and their pictures, as a municipality's press office would publish them.

The news are made up (`sample/news.json`), the pictures drawn (`scripts/make_sample_pictures.py`). Knows no sockets:
a server hands it requests and sends what it answers.
"""

from __future__ import annotations

import hashlib
import html
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

Response = tuple[int, dict[str, str], bytes]

SAMPLE = Path(__file__).with_name("sample")
_PUBLISHER = "İzmir Büyükşehir Belediyesi"
_WWW = "https://www.izmir.bel.tr"
_SECTIONS = {"tr": "tr/Haberler", "en": "en/News"}
#: Türkiye keeps this offset all year, since 2016.
_TURKEY = timezone(timedelta(hours=3))
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_RSS_TYPE = "application/rss+xml; charset=utf-8"
_PICTURE_TYPE = "image/jpeg"

_ATOM = "http://www.w3.org/2005/Atom"
_CONTENT = "http://purl.org/rss/1.0/modules/content/"
_DC = "http://purl.org/dc/elements/1.1/"
_MEDIA = "http://search.yahoo.com/mrss/"
for _prefix, _uri in {"atom": _ATOM, "content": _CONTENT, "dc": _DC, "media": _MEDIA}.items():
    ElementTree.register_namespace(_prefix, _uri)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """One news item as the press office wrote it; `picture` is a file's name."""

    slug: str
    number: int
    title: str
    summary: str
    paragraphs: list[str]
    categories: list[str]
    picture: str | None
    alt: str | None
    hours_ago: float


@dataclass(slots=True, kw_only=True)
class _Channel:
    """The news of one language, oldest first; the first `visible` of them are out."""

    language: str
    title: str
    description: str
    items: list[_Item]
    visible: int


class Site:
    """The sample site; safe to use from several threads.

    At the start the older items stand in the feeds; `publish` lets the next one appear.
    """

    def __init__(self, *, now: datetime, base_url: str = "") -> None:
        #: Where a server shows this site, without a slash at the end; the feeds name their pictures under it.
        self.base_url = base_url
        self._now = now
        self._built_at: datetime | None = None
        self._lock = threading.Lock()
        self._channels = {language: _read_channel(language) for language in _SECTIONS}
        self._pictures = {path.name: path.read_bytes() for path in (SAMPLE / "pictures").glob("*.jpg")}

    def publish(self, language: str, count: int = 1) -> list[str]:
        """Let the next items of a language appear; give their titles, fewer or none when all are out."""
        with self._lock:
            channel = self._channels[language]
            appearing = channel.items[channel.visible : channel.visible + count]
            channel.visible += len(appearing)
        return [item.title for item in appearing]

    def edit(self, language: str, *, title: str) -> None:
        """Give the newest item of a language another headline, at the same address."""
        with self._lock:
            channel = self._channels[language]
            channel.items[channel.visible - 1] = replace(channel.items[channel.visible - 1], title=title)

    def rebuild(self, *, now: datetime) -> None:
        """Write the feeds anew without any news in them, as content management systems do at night."""
        with self._lock:
            self._built_at = now.astimezone(UTC).replace(microsecond=0)

    def respond(self, method: str, path: str, headers: Mapping[str, str]) -> Response:
        """Answer a request for `/rss/tr.xml`, `/rss/en.xml` or `/pictures/NAME.jpg`: status, headers, body."""
        if method not in ("GET", "HEAD"):
            return 405, {"Allow": "GET, HEAD"}, b""
        page = self._page(path.partition("?")[0])
        if page is None:
            return 404, {"Content-Type": "text/plain; charset=utf-8"}, b"not found\n"
        content_type, modified, body = page
        validators = {"ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"'}
        if modified:
            validators["Last-Modified"] = format_datetime(modified, usegmt=True)
        if _is_unchanged(headers, validators["ETag"], modified):
            return 304, validators, b""
        answer = {"Content-Type": content_type, "Content-Length": str(len(body)), **validators}
        return 200, answer, body if method == "GET" else b""

    def _page(self, path: str) -> tuple[str, datetime | None, bytes] | None:
        """Give the content type, the time of the last change and the body of a page."""
        folder, _, name = path.removeprefix("/").partition("/")
        language = name.removesuffix(".xml")
        if folder == "rss" and name.endswith(".xml") and language in self._channels:
            with self._lock:
                channel = self._channels[language]
                items = channel.items[channel.visible - 1 :: -1]
                built_at = max(self._published(items[0]), self._built_at or _LONG_AGO)
                return _RSS_TYPE, built_at, self._feed(channel, items, built_at)
        if folder == "pictures" and name in self._pictures:
            return _PICTURE_TYPE, None, self._pictures[name]
        return None

    def _published(self, item: _Item) -> datetime:
        """Give the time of an item, UTC, in whole seconds as HTTP and RSS have them."""
        return (self._now - timedelta(hours=item.hours_ago)).astimezone(UTC).replace(microsecond=0)

    def _feed(self, channel: _Channel, items: list[_Item], built_at: datetime) -> bytes:
        """Build the RSS 2.0 document, in the order of the items."""
        rss = ElementTree.Element("rss", version="2.0")
        head = ElementTree.SubElement(rss, "channel")
        _add(head, "title", channel.title)
        _add(head, "link", f"{_WWW}/{_SECTIONS[channel.language]}")
        _add(head, "description", channel.description)
        _add(head, "language", channel.language)
        _add(head, "lastBuildDate", _rfc822(built_at))
        address = f"{self.base_url}/rss/{channel.language}.xml"
        _add(head, f"{{{_ATOM}}}link", None, href=address, rel="self", type="application/rss+xml")
        for item in items:
            self._add_item(head, channel.language, item)
        ElementTree.indent(rss)
        document: bytes = ElementTree.tostring(rss, encoding="utf-8", xml_declaration=True)
        return document

    def _add_item(self, head: ElementTree.Element, language: str, item: _Item) -> None:
        entry = ElementTree.SubElement(head, "item")
        _add(entry, "title", item.title)
        _add(entry, "link", f"{_WWW}/{_SECTIONS[language]}/{item.slug}/{item.number}/156")
        _add(entry, "guid", f"izmir-{language}-{item.number}", isPermaLink="false")
        _add(entry, "pubDate", _rfc822(self._published(item)))
        _add(entry, f"{{{_DC}}}creator", _PUBLISHER)
        for category in item.categories:
            _add(entry, "category", category)
        _add(entry, "description", item.summary)
        paragraphs = "\n".join(f"<p>{html.escape(paragraph, quote=False)}</p>" for paragraph in item.paragraphs)
        _add(entry, f"{{{_CONTENT}}}encoded", paragraphs)
        if item.picture:
            url = f"{self.base_url}/pictures/{item.picture}"
            length = str(len(self._pictures[item.picture]))
            _add(entry, "enclosure", None, url=url, length=length, type=_PICTURE_TYPE)
            media = _add(entry, f"{{{_MEDIA}}}content", None, url=url, type=_PICTURE_TYPE, medium="image")
            _add(media, f"{{{_MEDIA}}}description", item.alt, type="plain")


def _read_channel(language: str) -> _Channel:
    written: dict[str, Any] = json.loads((SAMPLE / "news.json").read_text("utf-8"))[language]
    items = sorted((_Item(**item) for item in written["items"]), key=lambda item: -item.hours_ago)
    return _Channel(
        language=language,
        title=written["title"],
        description=written["description"],
        items=items,
        visible=written["baseline"],
    )


def _add(parent: ElementTree.Element, tag: str, text: str | None, **attributes: str) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, tag, attributes)
    element.text = text
    return element


def _rfc822(moment: datetime) -> str:
    return format_datetime(moment.astimezone(_TURKEY))


def _is_unchanged(headers: Mapping[str, str], etag: str, modified: datetime | None) -> bool:
    """Tell whether the asker has this version; If-None-Match goes before If-Modified-Since (RFC 9110, 13.2.2)."""
    asked = {name.lower(): value for name, value in headers.items()}
    if "if-none-match" in asked:
        known = [tag.strip().removeprefix("W/") for tag in asked["if-none-match"].split(",")]
        return etag in known or "*" in known
    if modified is None or "if-modified-since" not in asked:
        return False
    try:
        since = parsedate_to_datetime(asked["if-modified-since"])
    except ValueError:
        return False  # an unreadable date is to be ignored (RFC 9110, 13.1.3)
    return modified <= (since if since.tzinfo else since.replace(tzinfo=UTC))
