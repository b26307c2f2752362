"""The record's events in the ledger: noted where something is changed, written with it, read for whoever looks.

    note(connection, Kind.POSTPONED, at=now, entry_id=412, account_id="izmir-x", facts={"delivery": {"status": "held"}})

Nothing is written before the transaction ends: then all that was noted in it becomes a part of the chain, so that no
change is without its event and no event without its change. In a database the chain's row is the last lock that a
transaction takes, whatever others it holds: nobody waits in a circle for it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crossposter.core.chain import Event, Head, Kind, Noted, linked
from crossposter.ledger import schema
from crossposter.ledger.bulk import Bulk

_NAMES = ("id", "kind", "at", "entry_id", "account_id", "person", "facts", "content", "salt", "digest", "hash")
_APPEND = Bulk(schema.event, _NAMES)
_HEAD = sa.select(schema.chain.c.position, schema.chain.c.hash)
_HELD_HEAD, _MOVE_HEAD = _HEAD.with_for_update(), schema.chain.update()
_NOTED = "events noted"
_SALT_BYTES = 16


def begin(connection: sa.Connection) -> None:
    """Forget what a transaction that failed had noted on this connection."""
    connection.info[_NOTED] = []


def note(
    connection: sa.Connection,
    kind: Kind,
    *,
    at: datetime,
    entry_id: int | None = None,
    account_id: str | None = None,
    person: str | None = None,
    facts: Mapping[str, Any] | None = None,
    content: Mapping[str, Any] | None = None,
) -> None:
    """Note what is changed in this transaction; written at its end.

    Args:
        connection: In a transaction of `SqlLedger.writing`.
        kind: What it is.
        at: When, by the clock whose time the changed rows have.
        entry_id: Of which entry.
        account_id: Of which delivery of it; None for the entry itself.
        person: Who wants it so.
        facts: What is kept for ever. What stands in rows is named by table and column, `{"delivery": {"status": ...}}`,
            and compared with them by `ledger verify`; see core/replay.py.
        content: What retention may remove: words and pictures; in the same form.
    """
    noted: list[Noted] = connection.info[_NOTED]
    noted.append(
        Noted(
            kind=kind,
            at=at,
            entry_id=entry_id,
            account_id=account_id,
            person=person,
            facts=facts or {},
            content=content or {},
        )
    )


def together(*parts: Mapping[str, Any]) -> dict[str, Any]:
    """Put facts together, or contents: the columns of a table that several of them name."""
    found: dict[str, Any] = {}
    for part in parts:
        for name, told in part.items():
            is_table = isinstance(told, Mapping) and name in found
            found[name] = {**found[name], **told} if is_table else told
    return found


def write(connection: sa.Connection) -> None:
    """Add what was noted to the chain; the last thing that a transaction does."""
    noted: list[Noted] = connection.info[_NOTED]
    if not noted:
        return
    connection.info[_NOTED] = []
    head = _held_head(connection)
    added = []
    for one in noted:
        event = linked(one, head, salt=secrets.token_hex(_SALT_BYTES))
        head = Head(event.position, event.hash)
        added.append(event)
    append(connection, added)


def append(connection: sa.Connection, events: Sequence[Event]) -> None:
    """Write events that follow the chain's end, and where it ends now."""
    _APPEND.write(connection, [_row(event) for event in events])
    connection.execute(_MOVE_HEAD, {"position": events[-1].position, "hash": events[-1].hash})


def head(connection: sa.Connection) -> Head:
    """Give where the chain ends."""
    row = connection.execute(_HEAD).one()
    return Head(row.position, row.hash)


def read(connection: sa.Connection, *, after: int, count: int) -> list[Event]:
    """Give the events behind a position, in order, so many at most."""
    query = sa.select(schema.event).where(schema.event.c.id > after).order_by(schema.event.c.id).limit(count)
    return [_event(row) for row in connection.execute(query)]


def positions(connection: sa.Connection, *, after: int, count: int) -> Sequence[int]:
    """Give the positions behind one at which there is an event, in order, so many at most."""
    rows = schema.event.c
    return connection.scalars(sa.select(rows.id).where(rows.id > after).order_by(rows.id).limit(count)).all()


def at(connection: sa.Connection, position: int) -> Event | None:
    """Give the event at a position; None where there is none."""
    row = connection.execute(sa.select(schema.event).where(schema.event.c.id == position)).one_or_none()
    return _event(row) if row else None


def of_entries(connection: sa.Connection, first: int, last: int) -> Iterator[Event]:
    """Give the events of entries, from one number to another, by entry and position."""
    rows = schema.event.c
    query = sa.select(schema.event).where(rows.entry_id.between(first, last)).order_by(rows.entry_id, rows.id)
    for row in connection.execute(query):
        yield _event(row)


def of_ledger(connection: sa.Connection, kinds: Sequence[Kind]) -> list[Event]:
    """Give the events of some kinds that are of no entry, in order."""
    rows = schema.event.c
    query = sa.select(schema.event).where(rows.entry_id.is_(None), rows.kind.in_(kinds)).order_by(rows.id)
    return [_event(row) for row in connection.execute(query)]


def _held_head(connection: sa.Connection) -> Head:
    row = connection.execute(_HELD_HEAD).one()
    return Head(row.position, row.hash)


def _row(event: Event) -> dict[str, Any]:
    return {
        "id": event.position,
        "kind": str(event.kind),
        "at": event.at,
        "entry_id": event.entry_id,
        "account_id": event.account_id,
        "person": event.person,
        "facts": event.facts,
        "content": event.content,
        "salt": event.salt,
        "digest": event.digest,
        "hash": event.hash,
    }


def _event(row: sa.Row[Any]) -> Event:
    values = dict(row._mapping)
    return Event(position=values.pop("id"), **values)
