"""A feed as it was read in the child, and its way through the pipe: plain values, and JSON.

Light on purpose: the child imports this, and nothing that it does not need.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from crossposter.wording import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """How a document is to be read.

    Attributes:
        name: What sentences call the feed: its address without a password.
        address: Where the document came from at last; relative addresses start there.
        content_type: The header; empty where there was none.
        language: BCP 47.
        timezone: IANA zone of dates without one.
        encoding_fallback: For bytes that say nothing of use.
        explains: Whether each item is to say where its fields were read.
        reading: All that decides how an item is read, in a short form; empty where no marks are wanted.
        known: The marks of items that need not be read.
    """

    name: str
    address: str
    content_type: str
    language: str
    timezone: str
    encoding_fallback: str | None = None
    explains: bool = False
    reading: str = ""
    known: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTask:
    """How the page of an article is to be read.

    Attributes:
        name: What sentences call it: its address without a password.
        address: Where it came from at last; relative addresses start there.
        content_type: The header; empty where there was none.
        language: BCP 47.
        title: The news' headline, as the feed has it.
        wants_text: Whether its main text is looked for as well, which takes the extra.
        encoding_fallback: For bytes that say nothing of use.
    """

    name: str
    address: str
    content_type: str
    language: str
    title: str
    wants_text: bool
    encoding_fallback: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The article of a page.

    Attributes:
        text: Paragraphs, an empty line between them; empty where none was found, or none was wanted.
        picture: Its absolute address, and its description where there is one.
    """

    text: str
    picture: tuple[str, str | None] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item as it was read: plain text, absolute addresses. It need not have a title, or any identity.

    Attributes:
        guid: What the feed itself calls it; None where it has none.
        title: Its own; empty when it has none.
        link: Absolute http(s) address; None where there is none that can be used.
        published: Aware UTC.
        pictures: Addresses with their descriptions, best first.
        origins: Where a field was read, in the feed's own words: `published` -> `pubDate: Thu, 24 Sep 2026`.
        mark: A short form of its bytes; None where they do not say it all (`window.py`).
    """

    guid: str | None
    title: str
    link: str | None
    summary: str
    text: str
    published: datetime | None
    pictures: tuple[tuple[str, str | None], ...]
    categories: tuple[str, ...]
    origins: Mapping[str, str] = field(default_factory=dict)
    mark: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A feed as it was read.

    Attributes:
        title: Its own; empty when it has none, or when nothing was read.
        language: Its own; None when it says none.
        encoding: How the bytes were read.
        items: In the document's order.
        problems: What a keeper of the site should mend.
        unread: The marks of the items that need not be read, as often as they stand there.
    """

    title: str
    language: str | None
    encoding: str
    items: tuple[Item, ...]
    problems: tuple[Message, ...]
    unread: tuple[str, ...] = ()


def page_from_json(found: Mapping[str, Any]) -> Page:
    """Make a page of data; `dataclasses.asdict` gives it."""
    return Page(text=found["text"], picture=tuple(found["picture"]) if found["picture"] else None)


def task_to_json(task: Task | PageTask) -> dict[str, Any]:
    """Give a task as data."""
    return {name: getattr(task, name) for name in type(task).__slots__}


def to_json(document: Document) -> dict[str, Any]:
    """Give a document as data."""
    return {
        "title": document.title,
        "language": document.language,
        "encoding": document.encoding,
        "items": [_item_to_json(item) for item in document.items],
        "problems": [message_to_json(problem) for problem in document.problems],
        "unread": document.unread,
    }


def from_json(found: Mapping[str, Any]) -> Document:
    """Make a document of data."""
    return Document(
        title=found["title"],
        language=found["language"],
        encoding=found["encoding"],
        items=tuple(_item(item) for item in found["items"]),
        problems=tuple(message_from_json(problem) for problem in found["problems"]),
        unread=tuple(found["unread"]),
    )


def _item_to_json(item: Item) -> dict[str, Any]:
    # Not `asdict`, which copies all that it meets.
    found = {name: getattr(item, name) for name in Item.__slots__}
    found["published"] = item.published.isoformat() if item.published else None
    return found


def _item(found: Mapping[str, Any]) -> Item:
    return Item(
        guid=found["guid"],
        title=found["title"],
        link=found["link"],
        summary=found["summary"],
        text=found["text"],
        published=datetime.fromisoformat(found["published"]) if found["published"] else None,
        pictures=tuple((url, alt) for url, alt in found["pictures"]),
        categories=tuple(found["categories"]),
        origins=found["origins"],
        mark=found["mark"],
    )


def message_to_json(message: Message) -> list[Any]:
    """Give a sentence as data; its values are texts and numbers."""
    return [message.template, dict(message.values)]


def message_from_json(found: list[Any]) -> Message:
    """Make a sentence of data."""
    return Message(found[0], found[1])
