"""A city's news as a test writes them: an RSS feed of items that it adds, changes and takes away, with pictures."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape

from crossposter.sandbox.site import SAMPLE, Response

_HOST = "https://www.izmir.bel.tr"
_PICTURES = {path.name: path.read_bytes() for path in sorted((SAMPLE / "pictures").glob("*.jpg"))}
_SUBJECTS = ("park", "tramvay", "kütüphane", "vapur", "konser", "fidan", "köprü", "bisiklet yolu", "pazar yeri", "okul")
_DEEDS = ("açıldı", "yenilendi", "hizmete girdi", "büyütüldü", "ücretsiz oldu", "tanıtıldı", "ödül aldı")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One news item; `published` is what stands in its pubDate."""

    number: int
    published: str
    guid: str
    link: str
    title: str
    summary: str


@dataclass(slots=True)
class News:
    """The site; `respond` is what a server asks. Give `clock` the platforms' clock."""

    clock: Callable[[], float]
    base_url: str = ""
    #: Newest first.
    items: list[Item] = field(default_factory=list)
    #: How many of them the feed shows.
    shown: int = 20
    #: What is answered in place of the feed: status, headers, body.
    instead: Response | None = None
    #: Whether the feed says that it is as it was, when asked.
    validates: bool = True
    #: Whether it says so whatever it is.
    denies_changes: bool = False
    _made: int = 0

    def add(self, count: int = 1) -> list[Item]:
        """Publish news that nobody has said before."""
        added = [self._item() for _ in range(count)]
        self.items[:0] = reversed(added)
        return added

    def change(self, item: Item, **changes: str) -> Item:
        """Write an item anew."""
        changed = Item(**asdict(item) | changes)
        self.items[self.items.index(item)] = changed
        return changed

    def _item(self) -> Item:
        self._made += 1
        number = self._made
        subject, deed = _SUBJECTS[number % len(_SUBJECTS)], _DEEDS[number % len(_DEEDS)]
        at = datetime.fromtimestamp(self.clock(), UTC) - timedelta(minutes=1)
        return Item(
            number=number,
            published=format_datetime(at.replace(microsecond=0)),
            guid=f"haber-{number}",
            link=f"{_HOST}/tr/Haberler/haber-{number}/{number}/156",
            title=f"{number}. mahallede {subject} {deed}",
            summary=f"{number} numaralı mahallede {subject} için söz verilmişti; bugün {deed}.",
        )

    def respond(self, method: str, path: str, headers: Mapping[str, str]) -> Response:
        """Answer a request: status, headers, body."""
        name = path.rpartition("/")[2]
        if name in _PICTURES:
            return 200, {"Content-Type": "image/jpeg"}, _PICTURES[name]
        if self.denies_changes:
            return 304, {}, b""
        if self.instead:
            return self.instead
        body = self.document()
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        asked = {name.lower(): value for name, value in headers.items()}
        if self.validates and asked.get("if-none-match") == etag:
            return 304, {"ETag": etag}, b""
        return 200, {"Content-Type": "application/rss+xml; charset=utf-8", "ETag": etag}, body

    def document(self) -> bytes:
        """Give the feed."""
        items = "".join(map(self._written, self.items[: self.shown]))
        channel = f"<title>İzmir</title><link>{_HOST}</link><description>Haberler</description>{items}"
        return f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>{channel}</channel></rss>'.encode()

    def _written(self, item: Item) -> str:
        picture = list(_PICTURES)[item.number % len(_PICTURES)]
        date = f"<pubDate>{item.published}</pubDate>" if item.published else ""
        return (
            f"<item><title>{escape(item.title)}</title><link>{item.link}</link>"
            f'<guid isPermaLink="false">{item.guid}</guid>{date}<description>{escape(item.summary)}</description>'
            f'<enclosure url="{self.base_url}/pictures/{picture}" type="image/jpeg"'
            f' length="{len(_PICTURES[picture])}"/></item>'
        )
