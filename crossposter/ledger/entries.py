"""What was seen: feeds, entries and their keys, and which feed showed which entry."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa

from crossposter.core.chain import Kind
from crossposter.core.identity import MAKESHIFT, content_of
from crossposter.core.model import Account, Entry, Feed, Known, Origin, PictureRef, Reason, Validators
from crossposter.core.window import Shown
from crossposter.errors import LedgerError
from crossposter.ledger import drafts, schema
from crossposter.ledger.bulk import Bulk, Lookup, members
from crossposter.ledger.erased import is_wordless
from crossposter.ledger.events import note
from crossposter.ledger.inserting import KEEP, Overwrite, inserting
from crossposter.ledger.polls import Poll
from crossposter.ledger.shared import is_shared
from crossposter.wording import say

_T = TypeVar("_T")
#: SQLite allows 32,766 variables in a statement; a feed's window is far below, a hostile one is not.
_PER_QUERY = 500
#: Statements of every poll that changes something, made once: that takes as long as carrying them out.
_SEE_FEED = Bulk(
    schema.feed,
    ["id", "site", "etag", "last_modified", "first_polled_at", "polled_at", "is_restored"],
    clash=Overwrite(keys=["id"], columns=["site", "etag", "last_modified", "polled_at", "is_restored"]),
)
_SEE_WINDOW = Bulk(schema.feed_window, ["feed_id", "items"], clash=Overwrite(keys=["feed_id"], columns=["items"]))
_ADD = Bulk(
    schema.entry,
    (
        *("id", "feed_id", "title", "link", "summary", "text", "language", "published_at", "pictures", "categories"),
        *("seen_at", "content"),
    ),
)
_SEE_ENTRIES = Bulk(schema.sighting, ["feed_id", "entry_id"], clash=KEEP)
_USE_KEYS = Bulk(schema.entry_key, ["site", "key", "entry_id", "position"], clash=KEEP)
#: What each delivery reads, made once as well.
_LOAD = (
    sa.select(schema.entry, schema.feed.c.site)
    .select_from(sa.join(schema.entry, schema.feed, schema.feed.c.id == schema.entry.c.feed_id))
    .where(schema.entry.c.id == sa.bindparam("entry"))
)
_KEYS = (
    sa.select(schema.entry_key.c.key)
    .where(schema.entry_key.c.entry_id == sa.bindparam("entry"))
    .order_by(schema.entry_key.c.position)
)
#: One list in place of a variable for each key: SQLite has room for 32,766 of those.
_KNOWN = Lookup(
    sa.select(schema.entry_key.c.key, schema.entry_key.c.entry_id).where(
        schema.entry_key.c.site == sa.bindparam("site"),
        schema.entry_key.c.key.in_(sa.select(members(sa.bindparam("keys")).table_valued("value").c.value)),
    )
)
_LAST = Lookup(sa.select(sa.func.max(schema.entry.c.id)))
_NEXT = sa.text("SELECT nextval('entry_id_seq') FROM generate_series(1, :count)")
_POLLED = (
    schema.feed.update()
    .where(schema.feed.c.id == sa.bindparam("feed"))
    .values(
        etag=sa.bindparam("etag"),
        last_modified=sa.bindparam("modified"),
        polled_at=sa.bindparam("at"),
        is_restored=sa.false(),
    )
)
_WINDOW = Lookup(
    sa.select(sa.cast(schema.feed_window.c["items"], sa.Text))
    .join(schema.feed, schema.feed.c.id == schema.feed_window.c.feed_id)
    .where(schema.feed.c.id == sa.bindparam("id"), schema.feed.c.site == sa.bindparam("site"))
)


def validators(connection: sa.Connection, feed: Feed) -> Validators | None:
    """Give what the feed's server wants to hear; None for a feed never seen on its site."""
    columns = schema.feed.c
    query = sa.select(columns.etag, columns.last_modified).where(columns.id == feed.id, columns.site == feed.site)
    row = connection.execute(query).one_or_none()
    return Validators(etag=row.etag, last_modified=row.last_modified) if row else None


def window(connection: sa.Connection, feed: Feed) -> list[Shown]:
    """Give what need not be read again of what the feed shows; empty for a feed never seen on its site."""
    row = _WINDOW.first(connection, {"id": feed.id, "site": feed.site})
    return [
        Shown(mark=mark, entry_id=entry_id, is_dated=is_dated, keys=tuple(keys))
        for mark, entry_id, is_dated, keys in (json.loads(row[0]) if row else ())
    ]


def see_feed(connection: sa.Connection, feed: Feed, validators: Validators, *, now: datetime) -> None:
    """Write that a feed was read, and what its server wants to hear next time."""
    row = {
        "id": feed.id,
        "site": feed.site,
        "etag": validators.etag,
        "last_modified": validators.last_modified,
        "first_polled_at": now,
        "polled_at": now,
        "is_restored": False,
    }
    _SEE_FEED.write(connection, [row])


def see_polls(connection: sa.Connection, polls: Mapping[str, Poll]) -> None:
    """Write polls that had nothing to say, by the feed's name."""
    if polls:
        rows = [
            {
                "feed": name,
                "etag": poll.validators.etag,
                "modified": poll.validators.last_modified,
                "at": poll.unwritten_at,
            }
            for name, poll in sorted(polls.items())  # in one order, so that two processes do not wait in a circle
        ]
        connection.execute(_POLLED, rows)


def see_window(connection: sa.Connection, feed: Feed, window: Sequence[Shown]) -> None:
    """Write what need not be read again; each has its entry's number."""
    items = [[shown.mark, shown.entry_id, shown.is_dated, shown.keys] for shown in window]
    _SEE_WINDOW.write(connection, [{"feed_id": feed.id, "items": items}])


def add_accounts(connection: sa.Connection, accounts: Sequence[Account]) -> None:
    """Write the accounts that are new.

    Raises:
        LedgerError: The name belongs to an account of another platform.
    """
    if not accounts:
        return
    rows = schema.account.c
    query = sa.select(rows.id, rows.platform).where(rows.id.in_([account.id for account in accounts]))
    known = {row.id: row.platform for row in connection.execute(query)}
    new = inserting(connection.dialect.name, schema.account, KEEP)
    for account in sorted(accounts, key=lambda one: one.id):
        if account.id not in known:
            connection.execute(new.values(id=account.id, platform=account.platform))
        elif known[account.id] != account.platform:
            raise LedgerError(
                say(
                    "account {name!r} was one of {platform} until now: give the new account another id",
                    name=account.id,
                    platform=known[account.id],
                )
            )


def known(connection: sa.Connection, feed: Feed, keys: Sequence[str]) -> Mapping[str, Known]:
    """Give those of the keys that were seen on the feed's site, with what is known of their entry."""
    by_key: dict[str, int] = dict(_KNOWN.all(connection, {"site": feed.site, "keys": json.dumps(keys)}))
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
            is_erased=said[entry_id].is_wordless,
        )
        for key, entry_id in by_key.items()
    }


def _rows(connection: sa.Connection, entry_ids: Sequence[int]) -> Iterator[Any]:
    rows, wordless = schema.entry.c, is_wordless().label("is_wordless")
    for part in parts(entry_ids):
        yield from connection.execute(
            sa.select(rows.id, rows.feed_id, rows.title, rows.content, wordless).where(rows.id.in_(part))
        )


def _shown_in(connection: sa.Connection, feed: Feed, entry_ids: Sequence[int]) -> set[int]:
    rows = schema.sighting.c
    found: set[int] = set()
    for part in parts(entry_ids):
        query = sa.select(rows.entry_id).where(rows.feed_id == feed.id, rows.entry_id.in_(part))
        found.update(connection.scalars(query))
    return found


def _decided(connection: sa.Connection, entry_ids: Sequence[int]) -> Mapping[int, set[str]]:
    rows = schema.delivery.c
    found: dict[int, set[str]] = {}
    for part in parts(entry_ids):
        is_decided = sa.or_(rows.reason.is_(None), rows.reason != Reason.BASELINE)
        query = sa.select(rows.entry_id, rows.account_id).where(rows.entry_id.in_(part), is_decided)
        for row in connection.execute(query):
            found.setdefault(row.entry_id, set()).add(row.account_id)
    return found


def parts(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """Give values in portions that one statement takes."""
    for start in range(0, len(values), _PER_QUERY):
        yield values[start : start + _PER_QUERY]


def see_entry(connection: sa.Connection, feed: Feed, entry_id: int, keys: Sequence[str]) -> None:
    """Write that a feed shows an entry, and the keys that are new on it."""
    _SEE_ENTRIES.write(connection, [{"feed_id": feed.id, "entry_id": entry_id}])
    if keys:
        used = schema.entry_key.c
        last = connection.scalar(sa.select(sa.func.max(used.position)).where(used.entry_id == entry_id))
        _USE_KEYS.write(connection, _key_rows(feed, entry_id, keys, start=0 if last is None else last + 1))


def _key_rows(feed: Feed, entry_id: int, keys: Sequence[str], *, start: int = 0) -> list[dict[str, Any]]:
    return [
        {"site": feed.site, "key": key, "entry_id": entry_id, "position": position}
        for position, key in enumerate(keys, start=start)
    ]


def add(
    connection: sa.Connection, feed: Feed, new: Mapping[tuple[str, ...], Entry], *, now: datetime
) -> Mapping[tuple[str, ...], int]:
    """Write new entries, each under its keys, and give their numbers."""
    if not new:
        return {}
    numbers = dict(zip(new, _new_numbers(connection, len(new)), strict=True))
    rows = [
        {"id": numbers[keys], "feed_id": feed.id, "language": entry.language, "seen_at": now, **_words(entry)}
        for keys, entry in new.items()
    ]
    _ADD.write(connection, rows)
    _SEE_ENTRIES.write(connection, [{"feed_id": feed.id, "entry_id": entry_id} for entry_id in numbers.values()])
    used = [row for keys, entry_id in numbers.items() for row in _key_rows(feed, entry_id, keys)]
    _USE_KEYS.write(connection, used)
    for (keys, entry), row in zip(new.items(), rows, strict=True):
        where = {"feed_id": feed.id, "language": entry.language, "seen_at": now, "revision": 1}
        _note_words(connection, Kind.SEEN, row["id"], row, facts=where, at=now, mark=entry.mark, keys=keys)
    return numbers


def _note_words(
    connection: sa.Connection,
    kind: Kind,
    entry_id: int,
    words: Mapping[str, Any],
    *,
    facts: Mapping[str, Any],
    at: datetime,
    mark: str | None,
    keys: Sequence[str] = (),
) -> None:
    """Note what an entry says; addresses and times are kept for ever, all else is words, or made of them."""
    kept = {**facts, "link": words["link"], "published_at": words["published_at"]}
    said = {name: words[name] for name in ("title", "summary", "text", "pictures", "categories", "content")}
    strong = [key for key in keys if not key.startswith(MAKESHIFT)]
    weak = [key for key in keys if key.startswith(MAKESHIFT)]
    note(
        connection,
        kind,
        at=at,
        entry_id=entry_id,
        facts={"entry": kept, **({"keys": strong} if strong else {})},
        content={"entry": said, **({"keys": weak} if weak else {}), **({"mark": mark} if mark else {})},
    )


def _new_numbers(connection: sa.Connection, count: int) -> Sequence[int]:
    """Give the numbers of so many new entries, in order."""
    if is_shared(connection):
        return list(connection.scalars(_NEXT, {"count": count}))
    # Nobody else writes meanwhile, and none is ever deleted.
    (last,) = _LAST.first(connection, {}) or (None,)
    return range((last or 0) + 1, (last or 0) + count + 1)


def revise(connection: sa.Connection, entry_id: int, entry: Entry, *, now: datetime) -> None:
    """Write what an entry says now, and keep what it said before; the caller holds its deliveries (shared.py)."""
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
    words = _words(entry)
    number = {"revision": before["revision"] + 1}
    _note_words(connection, Kind.REVISED, entry_id, words, facts=number, at=now, mark=entry.mark)
    values = {**words, "revision": rows.revision + 1}
    connection.execute(schema.entry.update().where(rows.id == entry_id).values(values))
    # Whoever let its flaws pass has not seen this.
    forgets = schema.delivery.update().where(schema.delivery.c.entry_id == entry_id)
    connection.execute(forgets.values(passed=[]))
    drafts.make_anew(connection, entry_id, now=now)


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


def polled_at(connection: sa.Connection, feed_id: str) -> datetime | None:
    """Give when a feed was last read, as far as that is written; None for one that never was."""
    found: datetime | None = connection.scalar(sa.select(schema.feed.c.polled_at).where(schema.feed.c.id == feed_id))
    return found


def newest(connection: sa.Connection, feed_id: str) -> datetime | None:
    """Give when a feed last had something new; None for one that never had."""
    entry, sighting = schema.entry.c, schema.sighting.c
    latest = sa.func.max(entry.seen_at, type_=schema.UtcDateTime)
    shown = sa.join(schema.entry, schema.sighting, entry.id == sighting.entry_id)
    found: datetime | None = connection.scalar(sa.select(latest).select_from(shown).where(sighting.feed_id == feed_id))
    return found


def load(connection: sa.Connection, entry_id: int) -> tuple[Origin, Entry]:
    """Give an entry, and where it came from."""
    row = connection.execute(_LOAD, {"entry": entry_id}).one()
    keys = connection.scalars(_KEYS, {"entry": entry_id})
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
    return Origin(feed_id=row.feed_id, site=row.site, seen_at=row.seen_at), entry
