"""A feed as the program uses it: what the child read becomes entries, with keys, in the words of the configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from crossposter.core.chrome import without_chrome
from crossposter.core.identity import keys_of
from crossposter.core.model import Entry, Feed, PictureRef
from crossposter.core.mojibake import misread_word
from crossposter.feeds.children import Children
from crossposter.feeds.document import Document, Item, Task
from crossposter.web import shown
from crossposter.wording import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a document says, as it is read.

    Attributes:
        title: The feed's own; empty when it has none.
        language: The feed's own; None when it says none.
        encoding: How the bytes were read.
        entries: In the feed's order.
        left_out: How many items have no title and no text.
        misread: How many have letters that are wrong or lost; the gate holds them.
        problems: What else a keeper of the site should mend.
        origins: Where each entry's fields were read, as `Item.origins`; empty unless asked for.
        unread: The marks of the items that stand there just so since the last window, each once.
    """

    title: str
    language: str | None
    encoding: str
    entries: tuple[Entry, ...]
    left_out: int
    misread: int
    problems: tuple[Message, ...]
    origins: tuple[Mapping[str, str], ...] = ()
    unread: tuple[str, ...] = ()


class FeedReader:
    """Reads feeds. Safe to use from several threads."""

    def __init__(self, children: Children | None = None) -> None:
        self._children = children or Children()

    def close(self) -> None:
        """End what reads for it."""
        self._children.close()

    def read(
        self,
        content: bytes,
        feed: Feed,
        *,
        address: str,
        headers: Mapping[str, str],
        reading: str = "",
        known: Sequence[str] = (),
        explains: bool = False,
    ) -> Reading:
        """Read a feed.

        Args:
            content: The body, decompressed.
            feed: Whose language, pattern and zone hold for the entries.
            address: Where the body came from at last; relative addresses start there.
            headers: Of the answer, names in lower case.
            reading: A short form of how this feed is read; empty where the entries need no marks.
            known: The marks of items that need not be read.
            explains: Whether the reading is to say where each field was read.

        Raises:
            FeedError: This is no feed, is beyond a limit, or breaks off inside an item.
        """
        task = task_of(feed, address=address, headers=headers, reading=reading, known=known)
        task = replace(task, explains=explains)
        return reading_of(self._children.read(content, task), feed)


def task_of(
    feed: Feed, *, address: str, headers: Mapping[str, str], reading: str = "", known: Sequence[str] = ()
) -> Task:
    """Say how a feed's document is to be read."""
    return Task(
        name=shown(feed.url),
        address=address,
        content_type=headers.get("content-type", ""),
        language=feed.language,
        timezone=feed.timezone,
        encoding_fallback=feed.encoding_fallback,
        reading=reading and f"{reading} {address}",
        known=tuple(known),
    )


def reading_of(document: Document, feed: Feed) -> Reading:
    """Make entries of a document's items: of those that have a title."""
    read = [(entry, item.origins) for item in document.items if (entry := _entry(item, feed))]
    entries = [entry for entry, _ in read]
    # Letters that are wrong may be right the next time: they are looked at again.
    misread = [bool(misread_word(_words(entry), language=feed.language)) for entry in entries]
    entries = [replace(entry, mark=None) if bad else entry for entry, bad in zip(entries, misread, strict=True)]
    return Reading(
        title=document.title,
        language=document.language,
        encoding=document.encoding,
        entries=tuple(entries),
        left_out=len(document.items) - len(entries),
        misread=sum(misread),
        problems=document.problems,
        origins=tuple(origins for _, origins in read),
        unread=tuple(dict.fromkeys(document.unread)),
    )


def _entry(item: Item, feed: Feed) -> Entry | None:
    keys = keys_of(guid=item.guid, link=item.link, id_pattern=feed.id_pattern)
    if not item.title:
        return None
    return Entry(
        keys=keys,
        title=item.title,
        link=item.link,
        summary=without_chrome(item.summary, item.title, feed.chrome),
        text=without_chrome(item.text, item.title, feed.chrome),
        language=feed.language,
        published=item.published,
        pictures=tuple(PictureRef(url=url, alt=alt) for url, alt in item.pictures),
        categories=item.categories,
        mark=item.mark,
    )


def _words(entry: Entry) -> str:
    return f"{entry.title} {entry.summary} {entry.text}"
