"""What retention removes from the ledger: words, never keys, numbers and addresses of posts, times, or the chain.

An entry belongs to the city of its feed, whether the YAML has that feed still or not. Its words go all at once, with
one event that says so; what was noted of it keeps its digest, so the chain holds as before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from crossposter.core.chain import Kind
from crossposter.core.cities import city_of
from crossposter.core.identity import WORDS as WORDS_KEY
from crossposter.core.kinds import Kind as Does
from crossposter.core.model import Reason, Status
from crossposter.core.replay import PICTURES, TEXTS, WORDS
from crossposter.core.retention import Retention, Story, is_dropped, may_go, needs_words
from crossposter.ledger import schema
from crossposter.ledger.deliveries import NAME, note_status, whose
from crossposter.ledger.erased import is_wordless
from crossposter.ledger.events import note
from crossposter.ledger.history import of_city
from crossposter.ledger.shared import hold_stories, is_shared, one_at_a_time
from crossposter.ledger.store import SqlLedger

#: Stories that are looked at, and at most erased, in one transaction: whoever writes meanwhile waits for no more.
_PORTION = 50


@dataclass(frozen=True, slots=True)
class _Found:
    feed_id: str
    site: str
    story: Story


def erase_texts(
    ledger: SqlLedger, retentions: Mapping[str, Retention], *, feed_ids: Collection[str], now: datetime, most: int
) -> int:
    """Erase the words of stories that are old enough.

    Args:
        ledger: The ledger.
        retentions: What each city says; by its name, which is empty where there is one file only.
        feed_ids: The feeds of the YAML: what they show still is left alone.
        now: When.
        most: Stories at which to end; what is left is for the next time.

    Returns:
        How many stories were erased.
    """
    erased = 0
    shown = _shown(ledger, feed_ids)
    for city, retention in retentions.items():
        if retention.texts is None:
            continue
        before = retention.texts.before(now)
        facts = {"what": TEXTS, "older_than": str(retention.texts)}
        is_meant = sa.and_(of_city(schema.entry.c.feed_id, city), schema.entry.c.seen_at < before, _has_words())
        for portion in _portions(ledger, is_meant):
            due = [found for found in portion if may_go(found.story, before=before, shown=shown)]
            for site, found in groupby(due[: most - erased], lambda one: one.site):
                ids = [one.story.entry_id for one in found]
                erased += _erase(ledger, site, ids, before=before, shown=shown, facts=facts, now=now)
            if erased >= most:
                return erased
    return erased


def pictures_in_use(
    ledger: SqlLedger, retentions: Mapping[str, Retention], *, feed_ids: Collection[str], now: datetime
) -> set[str]:
    """Give the digests of the pictures whose files are kept: all that some story names which is not old enough."""
    in_use: set[str] = set()
    shown = _shown(ledger, feed_ids)
    for portion in _portions(ledger, sa.true()):
        kept = []
        for found in portion:
            age = retentions.get(city_of(found.feed_id), Retention()).pictures  # a city without a file keeps all
            if age is None or not may_go(found.story, before=age.before(now), shown=shown):
                kept.append(found.story.entry_id)
        in_use |= _named_by(ledger, kept)
    return in_use


def note_pictures(ledger: SqlLedger, count: int, *, now: datetime) -> None:
    """Note that the files of so many pictures are removed."""
    with ledger.writing() as connection:
        note(connection, Kind.ERASED, at=now, facts={"what": PICTURES, "count": count})


def _has_words() -> sa.ColumnElement[bool]:
    """Choose the entries of which anything is left to erase; what people said after it was erased once, as well."""
    event = schema.event.c
    told = sa.exists().where(event.entry_id == schema.entry.c.id, event.content.is_not(None))
    return sa.or_(sa.not_(is_wordless()), told)


def _shown(ledger: SqlLedger, feed_ids: Collection[str]) -> set[int]:
    """Give the entries that feeds show still."""
    rows = schema.feed_window.c
    with ledger.reading() as connection:
        windows = connection.execute(sa.select(rows.feed_id, rows["items"]))
        return {item[1] for feed_id, items in windows if feed_id in feed_ids for item in items}


def _portions(ledger: SqlLedger, is_meant: sa.ColumnElement[bool]) -> Iterator[list[_Found]]:
    """Give stories by their numbers, so many at a time, each portion in a transaction of its own."""
    after = 0
    while True:
        with ledger.reading() as connection:
            found = _stories(connection, sa.and_(is_meant, schema.entry.c.id > after))
        yield found
        if len(found) < _PORTION:
            return
        after = found[-1].story.entry_id


def _stories(connection: sa.Connection, is_meant: sa.ColumnElement[bool]) -> list[_Found]:
    """Give the next stories of those that are meant, by number."""
    entry, delivery, revision = schema.entry.c, schema.delivery.c, schema.revision.c
    feed = schema.feed.c
    query = sa.select(entry.id, entry.seen_at, feed.id.label("feed_id"), feed.site)
    query = query.join(schema.feed, feed.id == entry.feed_id)
    rows = connection.execute(query.where(is_meant).order_by(entry.id).limit(_PORTION)).all()
    ids = [row.id for row in rows]
    last: dict[int, datetime] = {row.id: row.seen_at for row in rows}
    needed: set[int] = set()
    decided = sa.select(delivery.entry_id, delivery.status, delivery.kind, delivery.attempt, delivery.updated_at)
    for one in connection.execute(decided.where(delivery.entry_id.in_(ids))):
        if needs_words(Status(one.status), Does(one.kind), is_begun=one.attempt > 0):
            needed.add(one.entry_id)
        last[one.entry_id] = max(last[one.entry_id], one.updated_at)
    replaced = sa.select(revision.entry_id, revision.replaced_at).where(revision.entry_id.in_(ids))
    for entry_id, replaced_at in connection.execute(replaced):
        last[entry_id] = max(last[entry_id], replaced_at)
    return [
        _Found(row.feed_id, row.site, Story(entry_id=row.id, last_at=last[row.id], is_needed=row.id in needed))
        for row in rows
    ]


def _erase(
    ledger: SqlLedger,
    site: str,
    ids: Sequence[int],
    *,
    before: datetime,
    shown: Collection[int],
    facts: Mapping[str, Any],
    now: datetime,
) -> int:
    """Erase the words of stories of one site, of those that may go still; gives how many did."""
    with ledger.writing() as connection:
        # Whoever reads the site's feeds writes entries and deliveries in an order of its own.
        one_at_a_time(connection, f"site {site}")
        hold_stories(connection, ids)
        found = _stories(connection, schema.entry.c.id.in_(ids))
        due = [one.story.entry_id for one in found if may_go(one.story, before=before, shown=shown)]
        with _overwriting(connection):
            _drop(connection, due, now=now)
            _blank(connection, due)
            _take_from_windows(connection, site, due)
        for entry_id in due:
            note(connection, Kind.ERASED, at=now, entry_id=entry_id, facts=facts)
    return len(due)


def _drop(connection: sa.Connection, ids: Sequence[int], *, now: datetime) -> None:
    """End what is held of stories and can go out no more; told before their words go, as all that happened to them."""
    rows = schema.delivery.c
    held = sa.select(rows.id, rows.kind, rows.attempt, *NAME).where(rows.entry_id.in_(ids), rows.status == Status.HELD)
    for row in connection.execute(held.order_by(rows.id)).all():
        if is_dropped(Status.HELD, Does(row.kind), is_begun=row.attempt > 0):
            ended = {"status": Status.SKIPPED, "reason": Reason.FORGOTTEN, "message": None, "updated_at": now}
            connection.execute(schema.delivery.update().where(rows.id == row.id).values(ended))
            note_status(connection, Kind.POSTPONED, whose(row), (Status.SKIPPED, Reason.FORGOTTEN, None), at=now)


def _blank(connection: sa.Connection, ids: Sequence[int]) -> None:
    of_stories = sa.select(schema.delivery.c.id).where(schema.delivery.c.entry_id.in_(ids))
    for name, blank in WORDS.items():
        table = schema.metadata.tables[name]
        if name == "entry":
            is_meant = table.c.id.in_(ids)
        elif "entry_id" in table.c:
            is_meant = table.c.entry_id.in_(ids)
        else:
            is_meant = table.c.delivery_id.in_(of_stories)
        connection.execute(table.update().where(is_meant).values(**blank))
    # What is made of the words goes with them: whoever guesses a text could see by it that they are right.
    used = schema.entry_key.c
    connection.execute(schema.entry_key.delete().where(used.entry_id.in_(ids), used.key.startswith(WORDS_KEY)))
    connection.execute(schema.step.delete().where(schema.step.c.delivery_id.in_(of_stories)))
    rows = schema.event.c
    told = sa.and_(rows.entry_id.in_(ids), rows.content.is_not(None))
    connection.execute(schema.event.update().where(told).values(content=None, salt=None))


def _take_from_windows(connection: sa.Connection, site: str, ids: Collection[int]) -> None:
    """Take entries from what feeds of a site showed last: those that the YAML has no more. Their marks are digests."""
    rows, feed = schema.feed_window.c, schema.feed.c
    query = sa.select(rows.feed_id, rows["items"]).join(schema.feed, feed.id == rows.feed_id).where(feed.site == site)
    for feed_id, items in connection.execute(query).all():
        left = [item for item in items if item[1] not in ids]
        if len(left) < len(items):
            connection.execute(schema.feed_window.update().where(rows.feed_id == feed_id).values(items=left))


@contextmanager
def _overwriting(connection: sa.Connection) -> Iterator[None]:
    """Let SQLite write zeros over what is removed: else it stands in the file until its place is used again."""
    if is_shared(connection):
        yield
        return
    connection.exec_driver_sql("PRAGMA secure_delete = ON")
    yield
    connection.exec_driver_sql("PRAGMA secure_delete = OFF")


def _named_by(ledger: SqlLedger, ids: Sequence[int]) -> set[str]:
    """Give the digests of the pictures that were sent for entries, or would be."""
    of_stories = sa.select(schema.delivery.c.id).where(schema.delivery.c.entry_id.in_(ids))
    with ledger.reading() as connection:
        return {
            picture["sha256"]
            for table in (schema.attempt, schema.draft)
            for pictures in connection.scalars(sa.select(table.c.pictures).where(table.c.delivery_id.in_(of_stories)))
            for picture in pictures
        }
