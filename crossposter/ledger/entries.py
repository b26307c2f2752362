"""What was seen: feeds, entries and their keys, and which feed showed which entry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from crossposter.core.identity import MAKESHIFT, content_of
from crossposter.core.model import Account, Entry, Feed, Known, PictureRef, Reason, Validators
from crossposter.errors import LedgerError
from crossposter.ledger import schema
from crossposter.wording import say

_T = TypeVar("_T")
#: SQLite allows 32,766 variables in a statement; a feed's window is far below, a hostile one is not.
_PER_QUERY = 500


def see_feed(connection: sa.Connection, feed: Feed, validators: Validators, *, now: datetime) -> None:
    """Write that a feed was read, and what its server wants to hear next time."""
    seen = {
        "site": feed.site,
        "etag": validators.etag,
        "last_modified": validators.last_modified,
        "polled_at": now,
    }
    statement = insert(schema.feed).values(id=feed.id, first_polled_at=now, **seen)
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=seen))


def add_accounts(connection: sa.Connection, accounts: Sequence[Account]) -> None:
    """Write the accounts that are new.

    Raises:
        LedgerError: The name belongs to an account of another platform.
    """
    for account in accounts:
        row = {"id": account.id, "platform": account.platform}
        connection.execute(insert(schema.account).values(row).on_conflict_do_nothing())
        known = connection.scalar(sa.select(schema.account.c.platform).where(schema.account.c.id == account.id))
        if known != account.platform:
            raise LedgerError(
                say(
                    "account {name!r} was one of {platform} until now: give the new account another id",
                    name=account.id,
                    platform=known,
                )
            )


def known(connection: sa.Connection, feed: Feed, keys: Sequence[str]) -> Mapping[str, Known]:
    """Give those of the keys that were seen on the feed's site, with what is known of their entry."""
    used = schema.entry_key.c
    by_key: dict[str, int] = {}
    for part in _parts(keys):
        query = sa.select(used.key, used.entry_id).where(used.site == feed.site, used.key.in_(part))
        by_key.update({row.key: row.entry_id for row in connection.execute(query)})
    entry_ids = sorted(set(by_key.values()))
    shown = _shown_in(connection, feed, entry_ids)
    decided = _decided(connection, entry_ids)
    said = {row.id: row for row in _rows(connection, entry_ids)}
    return {
        key: Known(
            entry_id=entry_id,
            in_feed=entry_id in shown,
            is_first=said[entry_id].feed_id == feed.id,
            decided=frozenset(decided.get(entry_id, ())),
            content=said[entry_id].content or "",
            title=said[entry_id].title,
        )
        for key, entry_id in by_key.items()
    }


def _rows(connection: sa.Connection, entry_ids: Sequence[int]) -> Iterator[Any]:
    rows = schema.entry.c
    for part in _parts(entry_ids):
        yield from connection.execute(
            sa.select(rows.id, rows.feed_id, rows.title, rows.content).where(rows.id.in_(part))
        )


def _shown_in(connection: sa.Connection, feed: Feed, entry_ids: Sequence[int]) -> set[int]:
    rows = schema.sighting.c
    found: set[int] = set()
    for part in _parts(entry_ids):
        query = sa.select(rows.entry_id).where(rows.feed_id == feed.id, rows.entry_id.in_(part))
        found.update(connection.scalars(query))
    return found


def _decided(connection: sa.Connection, entry_ids: Sequence[int]) -> Mapping[int, set[str]]:
    rows = schema.delivery.c
    found: dict[int, set[str]] = {}
    for part in _parts(entry_ids):
        is_decided = sa.or_(rows.reason.is_(None), rows.reason != Reason.BASELINE)
        query = sa.select(rows.entry_id, rows.account_id).where(rows.entry_id.in_(part), is_decided)
        for row in connection.execute(query):
            found.setdefault(row.entry_id, set()).add(row.account_id)
    return found


def _parts(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for start in range(0, len(values), _PER_QUERY):
        yield values[start : start + _PER_QUERY]


def see_entry(connection: sa.Connection, feed: Feed, entry_id: int, keys: Sequence[str]) -> None:
    """Write that a feed shows an entry, and the keys that are new on it."""
    sighting = insert(schema.sighting).values(feed_id=feed.id, entry_id=entry_id)
    connection.execute(sighting.on_conflict_do_nothing())
    used = schema.entry_key.c
    last = connection.scalar(sa.select(sa.func.max(used.position)).where(used.entry_id == entry_id))
    for position, key in enumerate(keys, start=0 if last is None else last + 1):
        row = {"site": feed.site, "key": key, "entry_id": entry_id, "position": position}
        connection.execute(insert(schema.entry_key).values(row).on_conflict_do_nothing())


def add(connection: sa.Connection, feed: Feed, entry: Entry, keys: Sequence[str], *, now: datetime) -> int:
    """Write a new entry and give its number."""
    values = {"feed_id": feed.id, "language": entry.language, "seen_at": now, **_words(entry)}
    entry_id = connection.execute(schema.entry.insert().values(values).returning(schema.entry.c.id)).scalar_one()
    see_entry(connection, feed, entry_id, keys)
    return int(entry_id)


def revise(connection: sa.Connection, entry_id: int, entry: Entry, *, now: datetime) -> None:
    """Write what an entry says now, and keep what it said before."""
    rows, kept = schema.entry.c, schema.revision.c
    names = [name for name in kept.keys() if name in rows and name != "revision"]  # noqa: SIM118 - a collection
    before = connection.execute(sa.select(schema.entry).where(rows.id == entry_id)).one()._mapping
    connection.execute(
        schema.revision.insert().values(
            entry_id=entry_id,
            number=before["revision"],
            replaced_at=now,
            **{name: before[name] for name in names},
        )
    )
    values = {**_words(entry), "revision": rows.revision + 1}
    connection.execute(schema.entry.update().where(rows.id == entry_id).values(values))


def _words(entry: Entry) -> dict[str, Any]:
    return {
        "title": entry.title,
        "link": entry.link,
        "summary": entry.summary,
        "text": entry.text,
        "published_at": entry.published,
        "pictures": [{"url": picture.url, "alt": picture.alt} for picture in entry.pictures],
        "categories": list(entry.categories),
        "content": content_of(entry),
    }


def load(connection: sa.Connection, entry_id: int) -> tuple[str, Entry]:
    """Give an entry, and the feed that showed it first."""
    row = connection.execute(sa.select(schema.entry).where(schema.entry.c.id == entry_id)).one()
    used = schema.entry_key.c
    keys = connection.scalars(sa.select(used.key).where(used.entry_id == entry_id).order_by(used.position))
    entry = Entry(
        keys=tuple(key for key in keys if not key.startswith(MAKESHIFT)),
        title=row.title,
        link=row.link,
        summary=row.summary,
        text=row.text,
        language=row.language,
        published=row.published_at,
        pictures=tuple(PictureRef(**picture) for picture in row.pictures),
        categories=tuple(row.categories),
    )
    return row.feed_id, entry
