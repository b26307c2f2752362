"""One walk over a document before feedparser sees it: hard limits, and the facts of each item that feedparser loses.

feedparser takes seconds to minutes for documents of a few kilobytes that were made for it (facts of 2026-11), drops or
rewrites what stands in `<image>`, `<guid>` and `<link>`, and calls a document that breaks off complete. A document that
is not well-formed is walked tag by tag instead, by the same rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import NamedTuple
from xml.parsers import expat

from crossposter.errors import FeedError
from crossposter.feeds.addresses import joined
from crossposter.wording import Message, say

#: Far above real feeds (of 199: at most 1,046 items; municipal ones below 100), and below what takes long.
MAX_DEPTH = 64
MAX_ATTRIBUTES = 64
MAX_ITEMS = 5_000
MAX_ELEMENTS = 100_000
#: Characters of one element's text.
MAX_TEXT = 1024 * 1024
#: Of one that names somebody or something.
MAX_NAME = 8 * 1024
_NAMES = frozenset((
    "title", "link", "guid", "id", "pubdate", "published", "updated", "date", "author", "creator",
    "contributor", "name", "email", "uri", "managingeditor", "webmaster", "category", "language",
    "generator",
))  # fmt: skip
#: What items are called, whatever stands in front of it.
ITEMS = frozenset({"item", "entry"})
#: What feedparser reads well, and is long.
_LONG = frozenset({"description", "content", "encoded", "summary", "body", "title"})
#: Elements of an item that are known from the walk alone, as they are mostly written; those with others inside are not.
_TAKEN = frozenset({
    "link", "guid", "pubDate", "enclosure", "id", "published", "updated", "dc:date", "dc:creator", "media:thumbnail",
    "media:content",
})  # fmt: skip
#: These may stand in them: feedparser must not see them either (`parsing.py`).
_TAKEN_INSIDE = frozenset({"media:title", "media:description"})
#: Elements that hold a date; the first that is there counts.
DATES = ("pubdate", "published", "issued", "date", "created", "updated", "modified", "lastupdated")
#: The document ends here, says expat, and should not.
_CUT = {
    expat.errors.codes[message]
    for message in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
}
_PICTURE_ADDRESS = re.compile(
    r"(?:https?:)?/[^\s<>\"?]{1,2000}\.(?:jpe?g|png|webp|gif)(?:\?[^\s<>\"]*)?", re.IGNORECASE
)


class Link(NamedTuple):
    """One `<link>`: what it leads to (`rel`, `type`), and where."""

    rel: str
    kind: str
    href: str


class Medium(NamedTuple):
    """One picture, or whatever else, that an item names."""

    url: str
    kind: str = ""
    width: int = 0
    height: int = 0
    alt: str = ""
    #: Media of one group are one picture in several sizes.
    group: int = 0


@dataclass(slots=True)
class Facts:
    """What an item says, in its own words."""

    base: str = ""
    guid: str = ""
    #: RSS: whether the guid is the article's address as well, as it is if nothing else is said.
    guid_is_link: bool = False
    #: RSS: the text of `<link>`.
    link: str = ""
    links: list[Link] = field(default_factory=list)
    dates: dict[str, str] = field(default_factory=dict)
    media: list[Medium] = field(default_factory=list)
    thumbnails: list[Medium] = field(default_factory=list)
    enclosures: list[Medium] = field(default_factory=list)
    #: `<image>`, and other elements that hold nothing but the address of a picture.
    images: list[str] = field(default_factory=list)
    #: `media:description` beside the media.
    alt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """What one walk has found.

    Attributes:
        root: The name of the outermost element, in lower case; empty when there is none.
        items: In the document's order.
        problem: What is not well-formed; None when it is.
        taken: Where elements of items begin and end that say nothing but what stands in the facts.
    """

    root: str
    items: tuple[Facts, ...]
    problem: Message | None
    taken: tuple[tuple[int, int], ...] = ()

    def without_taken(self, document: bytes) -> bytes:
        """Give the document without what the facts say: whoever reads the rest has half the work."""
        parts, place = [], 0
        for begin, end in self.taken:
            parts.append(document[place:begin])
            place = end
        return b"".join([*parts, document[place:]])


def walk(document: bytes, text: str, *, url: str) -> Walk:
    """Walk over a document.

    Args:
        document: In UTF-8, tidied.
        text: The same, not yet encoded.
        url: What sentences call the feed.

    Raises:
        FeedError: It is beyond a limit, or breaks off inside an item.
    """
    parser = expat.ParserCreate()
    walker = _Walker(url, where=lambda: parser.CurrentByteIndex)
    parser.buffer_text = True
    parser.StartElementHandler = walker.start
    parser.EndElementHandler = walker.end
    parser.CharacterDataHandler = walker.text
    problem: Message | None = None
    try:
        parser.Parse(document, True)
    except expat.ExpatError as error:
        if error.code in _CUT and walker.is_in_item:
            raise _broken_off(url) from error
        problem = say("the document is not well-formed: {cause}", cause=expat.errors.messages[error.code])
        walker = _walked_leniently(text, url)
    return Walk(root=walker.root, items=tuple(walker.items), problem=problem, taken=tuple(walker.taken))


def _broken_off(url: str) -> FeedError:
    return FeedError(say("{url!r} breaks off in the middle of an item: the next poll tries again", url=url))


class _Walker:
    """Takes the events of a document in order; its limits hold whoever sends them."""

    def __init__(self, url: str, *, where: Callable[[], int] | None = None) -> None:
        """Begin; `where` tells where the event stands in the document, for those who want to know what was taken."""
        self.root = ""
        self.items: list[Facts] = []
        self.taken: list[tuple[int, int]] = []
        self._url = url
        self._where = where
        #: Where an element begins that is taken whole, unless there is another inside; and whether it has ended.
        self._taken_from: int | None = None
        self._is_taken = False
        self._names: list[str] = []
        self._sizes: list[int] = []
        self._bases: list[str] = [""]
        self._elements = 0
        #: The item that is being read, and how deep it stands.
        self._item: Facts | None = None
        self._depth = 0
        #: The text of the element that is wanted; None where none is.
        self._kept: list[str] | None = None
        self._kept_depth = 0
        self._medium: Medium | None = None
        self._group = 0
        self._groups = 0
        self._link = Link("", "", "")

    @property
    def is_in_item(self) -> bool:
        """Tell whether an item has begun, and not ended."""
        return self._item is not None

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Take the beginning of an element."""
        if self._where and self._taken_from is not None and (self._is_taken or name not in _TAKEN_INSIDE):
            self._take_until(self._where())
        local = name.rpartition(":")[2].lower()
        self._elements += 1
        self._names.append(local)
        self._sizes.append(0)
        base = attributes.get("xml:base")
        self._bases.append(joined(self._bases[-1], base) if base else self._bases[-1])
        self.root = self.root or local
        if self._elements > MAX_ELEMENTS or len(self._names) > MAX_DEPTH or len(attributes) > MAX_ATTRIBUTES:
            self._refuse(attributes)
        if local in ITEMS and ":" not in name.removeprefix("rss:").removeprefix("atom:"):
            self._item = Facts(base=self._bases[-1], guid=_attribute(attributes, "rdf:about"))
            self._depth = len(self._names)
            self._kept = self._medium = None
            self.items.append(self._item)
            if len(self.items) > MAX_ITEMS:
                raise self._beyond("items", MAX_ITEMS)
        elif self._item:
            self._start_inside(self._item, name.lower(), local, attributes)
            if self._where and name in _TAKEN and len(self._names) == self._depth + 1:
                self._taken_from = self._where()

    def end(self, _: str) -> None:
        """Take the end of the innermost element."""
        depth, local = len(self._names), self._names[-1]
        if self._where and self._taken_from is not None:
            if self._is_taken:
                self._take_until(self._where())
            elif depth == self._depth + 1:
                self._is_taken = True
        if self._item and depth == self._depth:
            self._item = None
        elif self._item:
            self._end_inside(self._item, local, depth)
        self._names.pop()
        self._sizes.pop()
        self._bases.pop()

    def _take_until(self, place: int) -> None:
        """Note what was taken: until the next element begins, or the item ends."""
        assert self._taken_from is not None  # noqa: S101 - asked before
        if self._is_taken:
            self.taken.append((self._taken_from, place))
        self._taken_from, self._is_taken = None, False

    def text(self, data: str) -> None:
        """Take text of the innermost element."""
        if not self._names:
            return
        self._sizes[-1] += len(data)
        if self._sizes[-1] > (MAX_NAME if self._names[-1] in _NAMES else MAX_TEXT):
            raise self._beyond("text", MAX_NAME if self._names[-1] in _NAMES else MAX_TEXT)
        if self._kept is not None:
            self._kept.append(data)

    def _refuse(self, attributes: Mapping[str, str]) -> None:
        if len(self._names) > MAX_DEPTH:
            raise self._beyond("depth", MAX_DEPTH)
        if len(attributes) > MAX_ATTRIBUTES:
            raise self._beyond("attributes", MAX_ATTRIBUTES)
        raise self._beyond("elements", MAX_ELEMENTS)

    def _beyond(self, what: str, limit: int) -> FeedError:
        sentence = say(
            "{url!r} is beyond what a feed may have ({what}: more than {limit} in <{element}>): not read",
            url=self._url,
            what=what,
            limit=limit,
            element=self._names[-1][:100],
        )
        return FeedError(sentence)

    def _start_inside(self, item: Facts, name: str, local: str, attributes: Mapping[str, str]) -> None:
        """Take an element of an item: what it says by attributes is noted now, its text at its end."""
        depth = len(self._names) - self._depth
        if local == "link" and depth == 1:
            self._link = Link(
                _attribute(attributes, "rel").lower(), _attribute(attributes, "type"), _attribute(attributes, "href")
            )
            if self._link.rel == "enclosure":
                item.enclosures.append(_medium(attributes))
        elif local == "guid" and depth == 1:
            item.guid_is_link = _attribute(attributes, "ispermalink").lower() != "false"
        elif local == "enclosure" and depth == 1:
            item.enclosures.append(_medium(attributes))
        elif local == "group" and depth == 1:
            self._groups += 1
            self._group = self._groups
        elif local in ("content", "thumbnail") and (_attribute(attributes, "url") or name.startswith("media:")):
            found = _medium(attributes)._replace(group=self._group)
            if local == "content":
                self._medium = found
                item.media.append(found)
            else:
                item.thumbnails.append(found)
        elif local == "image" and depth == 1 and (url := _attribute(attributes, "href", "url", "src")):
            item.images.append(url)
        is_medium = name.startswith("media:") and depth <= 3
        if is_medium or (depth == 1 and local not in _LONG) or self._names[-2:] == ["image", "url"]:
            self._kept, self._kept_depth = [], len(self._names)

    def _end_inside(self, item: Facts, local: str, depth: int) -> None:
        inside = depth - self._depth
        if self._kept is not None and depth == self._kept_depth:
            self._keep(item, local, "".join(self._kept).strip(), inside)
            self._kept = None
        if local == "content" and self._medium:
            self._medium = None
        elif local == "group" and inside == 1:
            self._group = 0

    def _keep(self, item: Facts, local: str, text: str, inside: int) -> None:
        """Note what an element says by its text."""
        if local == "link" and inside == 1:
            if self._link.href:
                item.links.append(self._link)
            elif self._link.rel and text:
                item.links.append(self._link._replace(href=text))
                self._complete(item, text)
            else:
                item.link = item.link or text
        elif local == "description":
            self._describe(item, text)
        elif inside > 1:
            if self._names[-2:] == ["image", "url"] and text:
                item.images.append(text)
        elif local in ("guid", "id"):
            item.guid = text or item.guid
        elif local in DATES:
            item.dates.setdefault(local, text)
        elif local == "enclosure":
            self._complete(item, text)
        elif (local == "image" and text) or (
            len(text) < MAX_NAME and local not in ("comments", "source") and _PICTURE_ADDRESS.fullmatch(text)
        ):
            item.images.append(text)

    def _complete(self, item: Facts, text: str) -> None:
        """Take an enclosure's address from where it should not stand."""
        if item.enclosures and not item.enclosures[-1].url:
            item.enclosures[-1] = item.enclosures[-1]._replace(url=text)

    def _describe(self, item: Facts, text: str) -> None:
        if self._medium and item.media:
            item.media[-1] = item.media[-1]._replace(alt=text)
        else:
            item.alt = text


def _attribute(attributes: Mapping[str, str], *names: str) -> str:
    if not attributes:
        return ""
    return next((value for name, value in attributes.items() if name.lower() in names), "").strip()


def _medium(attributes: Mapping[str, str]) -> Medium:
    width, height = (_attribute(attributes, name) for name in ("width", "height"))
    return Medium(
        url=_attribute(attributes, "url", "href", "src"),
        kind=_attribute(attributes, "type") or _attribute(attributes, "medium"),
        width=int(width) if re.fullmatch("[0-9]{1,5}", width) else 0,
        height=int(height) if re.fullmatch("[0-9]{1,5}", height) else 0,
    )


#: What the lenient walk sees: sections that are text, declarations, tags; anything else is text.
_TOKEN = re.compile(
    r"""<!\[CDATA\[(?P<cdata>.*?)(?:\]\]>|\Z)
      | <!--.*?(?:-->|\Z)
      | <[!?][^>]*>?
      | </(?P<end>[A-Za-z_][^\s/<>]*)[^<>]*>
      | <(?P<start>[A-Za-z_][^\s/<>]*)(?P<attributes>(?:[^<>"']|"[^"<]*"|'[^'<]*')*?)(?P<empty>/?)>""",
    re.VERBOSE | re.DOTALL,
)
_ATTRIBUTE = re.compile(r"""(?<![^\s"'/])([A-Za-z_][^\s=/<>"']*+)\s*+=\s*(?:"([^"<]*)"|'([^'<]*)')""")
#: HTML that stands unescaped in a text: one begins where the one before it ends.
_ENDED_BY_ITSELF = frozenset({"dd", "dt", "li", "option", "p", "td", "th", "tr"})
_VOID = frozenset({"br", "hr", "img", "input", "meta", "wbr"})


def _walked_leniently(text: str, url: str) -> _Walker:
    """Walk over what is no XML; an end that nothing began is passed over, and what it skips is ended.

    Raises:
        FeedError: It is beyond a limit, or breaks off inside an item.
    """
    walker = _Walker(url)
    open_names: list[str] = []
    place = 0
    for found in _TOKEN.finditer(text):
        walker.text(unescape(text[place : found.start()]))
        place = found.end()
        if found["cdata"] is not None:
            walker.text(found["cdata"])
        elif name := found["start"]:
            if name.lower() in _ENDED_BY_ITSELF and open_names[-1:] == [name.lower()]:
                open_names.pop()
                walker.end(name)
            walker.start(name, _attributes(found["attributes"]))
            if found["empty"] or name.lower() in _VOID:
                walker.end(name)
            else:
                open_names.append(name.lower())
        elif (name := (found["end"] or "").lower()) in open_names:
            while open_names.pop() != name:
                walker.end(name)
            walker.end(name)
    if walker.is_in_item:
        raise _broken_off(url)
    return walker


def _attributes(written: str) -> dict[str, str]:
    return {name: unescape(double or single) for name, double, single in _ATTRIBUTE.findall(written)}
