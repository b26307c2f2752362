"""What people are shown before it is sent, and what they write: one draft of a delivery, rewritten until it is sent.

Each function works in the transaction it is given. Whoever changes a draft counts the delivery's `edition` up, by which
a claim sees that its post was made before.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crossposter.core.chain import Kind
from crossposter.core.cities import city_of
from crossposter.core.draft import Draft, digest
from crossposter.core.model import Delivery, Outcome, Picture, Post, Reason, Status
from crossposter.ledger import schema
from crossposter.ledger.events import note
from crossposter.ledger.names import NAME, name_in, named, whose
from crossposter.ledger.records import packed, picture_row

#: What an event tells of a change: facts and content, as `events.note` takes them.
Told = tuple[dict[str, Any], dict[str, Any]]
_UNAPPROVED = {"approved_hash": None, "approved_at": None, "approved_by": None}
_LOAD = sa.select(schema.draft).where(schema.draft.c.delivery_id == sa.bindparam("row"))
_REVISION = sa.select(schema.entry.c.revision).where(schema.entry.c.id == sa.bindparam("entry"))


def load(connection: sa.Connection, row_id: int) -> Draft | None:
    """Give the draft of a delivery; None where there is none."""
    row = connection.execute(_LOAD, {"row": row_id}).one_or_none()
    return None if row is None else _draft(row)


def unsent(connection: sa.Connection) -> Mapping[int, Draft]:
    """Give the drafts of what is queued or held, by the number of the delivery's row."""
    rows = schema.delivery.c
    query = (
        sa.select(schema.draft)
        .join(schema.delivery, rows.id == schema.draft.c.delivery_id)
        .where(rows.status.in_((Status.QUEUED, Status.HELD)))
    )
    return {row.delivery_id: _draft(row) for row in connection.execute(query)}


def hold(connection: sa.Connection, delivery: Delivery, draft: Draft, outcome: Outcome, *, now: datetime) -> bool:
    """Let a delivery wait for a person with exactly what would be sent; False when it has moved on.

    An approval that it had is over.
    """
    rows, entry = schema.delivery.c, schema.entry.c
    says_now = sa.select(entry.revision).where(entry.id == delivery.entry_id).scalar_subquery()
    held = connection.execute(
        schema.delivery.update()
        .where(
            named(delivery.id),
            rows.status == Status.QUEUED,
            rows.edition == delivery.edition,
            sa.true() if delivery.attempt else says_now == delivery.revision,
        )
        .values(
            status=outcome.status,
            reason=outcome.reason,
            message=packed(outcome.message),
            not_before=None,
            **_UNAPPROVED,
            edition=rows.edition + 1,
            updated_at=now,
        )
        .returning(rows.id)
    ).one_or_none()
    if held is None:
        return False
    facts, content = save(connection, held.id, draft)
    message = packed(outcome.message)
    state = {"status": outcome.status, "reason": outcome.reason, **_UNAPPROVED}
    note(
        connection,
        Kind.POSTPONED,
        at=now,
        entry_id=delivery.entry_id,
        account_id=delivery.id.partition("/")[2],
        facts={"delivery": state, **facts},
        content={**({"delivery": {"message": message}} if message else {}), **content},
    )
    return True


def save(connection: sa.Connection, row_id: int, draft: Draft) -> Told:
    """Write the draft of a delivery in place of the one before; the caller holds the delivery, and notes what is told.

    Events keep every draft that people were shown, let out or wrote; the row is overwritten.
    """
    rows = schema.draft.c
    kept: dict[str, Any] = {"revision": draft.revision, "made_at": draft.made_at, "edited_by": draft.edited_by}
    said: dict[str, Any] = {
        "text": draft.post.text,
        "link": draft.post.link,
        "pictures": [picture_row(picture) for picture in draft.post.pictures],
        "hash": draft.hash,
    }
    connection.execute(schema.draft.delete().where(rows.delivery_id == row_id))
    connection.execute(schema.draft.insert().values(delivery_id=row_id, **kept, **said))
    return {"draft": kept}, {"draft": said}


def let_out(connection: sa.Connection, row: sa.Row[Any], *, by: str, now: datetime) -> Told:
    """Write that a person lets out what they are shown of a delivery; nothing where that is not all that is sent.

    Who lets out a text that was written before the news was changed has seen both.
    """
    draft = load(connection, row.id)
    if draft is None:
        return {}, {}
    says_now = revision_of(connection, row.entry_id)
    if row.reason == Reason.REVISED:
        draft = replace(draft, revision=says_now, hash=digest(draft.post, revision=says_now) if draft.hash else "")
    # As it was, unless it is of now only since somebody says so: the act's event tells what was let out, whole.
    facts, content = save(connection, row.id, draft)
    if draft.is_complete and (row.attempt or draft.revision == says_now):
        whose, which = {"approved_at": now, "approved_by": by}, {"approved_hash": draft.hash}
        connection.execute(schema.delivery.update().where(schema.delivery.c.id == row.id).values(**whose, **which))
        facts, content = {**facts, "delivery": whose}, {**content, "delivery": which}
    return facts, content


def rewrite(
    connection: sa.Connection, row_id: int, text: str, *, by: str, passed: Collection[str], now: datetime
) -> Told:
    """Write a person's text as what is sent; its pictures stay, or are prepared when its time comes.

    Args:
        connection: In whose transaction the delivery is held.
        row_id: The number of the delivery's row.
        text: What is to be sent.
        by: Who wrote it.
        passed: What the gate has found in it and the person lets pass, in short; all that was let pass before is over.
        now: When.
    """
    rows = schema.delivery.c
    entry_id = connection.execute(sa.select(rows.entry_id).where(rows.id == row_id)).scalar_one()
    before, says_now = load(connection, row_id), revision_of(connection, entry_id)
    is_of_now = before is not None and before.revision == says_now
    post = replace(before.post, text=text) if before and is_of_now else Post(text=text, link=None)
    is_complete = before is not None and is_of_now and before.is_complete
    made = Draft(
        post=post,
        hash=digest(post, revision=says_now) if is_complete else "",
        revision=says_now,
        made_at=now,
        edited_by=by,
    )
    facts, content = save(connection, row_id, made)
    flaws = {"passed": sorted(passed)}
    changed = schema.delivery.update().where(rows.id == row_id)
    connection.execute(changed.values(**flaws, edition=rows.edition + 1, updated_at=now))
    return facts, {**content, "delivery": flaws}


def revision_of(connection: sa.Connection, entry_id: int) -> int:
    """Give which of its revisions an entry says now."""
    return int(connection.execute(_REVISION, {"entry": entry_id}).scalar_one())


def make_anew(connection: sa.Connection, entry_id: int, *, now: datetime) -> None:
    """Let the daemon make the drafts of an entry anew, since the news was changed; the caller holds its deliveries.

    What waits for its text to be let out is held again with the new one; nothing that was made before is claimed.
    """
    rows = schema.delivery.c
    of_entry = rows.entry_id == entry_id
    connection.execute(schema.delivery.update().where(of_entry).values(edition=rows.edition + 1))
    again = connection.execute(
        schema.delivery.update()
        .where(of_entry, rows.status == Status.HELD, rows.reason == Reason.APPROVAL)
        .values(status=Status.QUEUED, message=None, updated_at=now)
        .returning(*NAME)
    ).all()
    for row in again:
        facts = {"delivery": {"status": Status.QUEUED, "reason": Reason.APPROVAL}}
        note(connection, Kind.POSTPONED, at=now, entry_id=entry_id, account_id=whose(row)[1], facts=facts)


def waiting(connection: sa.Connection) -> Sequence[str]:
    """Name the deliveries that wait until a person lets their text out, oldest first."""
    rows = schema.delivery.c
    query = sa.select(*NAME).where(rows.status == Status.HELD, rows.reason == Reason.APPROVAL).order_by(rows.id)
    return [name_in(row) for row in connection.execute(query)]


def newest(connection: sa.Connection) -> Mapping[str, datetime]:
    """Give when the newest draft of each city was made, whatever became of it."""
    rows, drafts = schema.delivery.c, schema.draft.c
    query = (
        sa.select(rows.account_id, sa.func.max(drafts.made_at, type_=schema.UtcDateTime).label("made_at"))
        .join(schema.draft, drafts.delivery_id == rows.id)
        .group_by(rows.account_id)
    )
    found: dict[str, datetime] = {}
    for row in connection.execute(query):
        city = city_of(row.account_id)
        found[city] = max(found.get(city, row.made_at), row.made_at)
    return found


def _draft(row: sa.Row[Any]) -> Draft:
    pictures = tuple(Picture(content=b"", **picture) for picture in row.pictures)
    return Draft(
        post=Post(text=row.text, link=row.link, pictures=pictures),
        hash=row.hash,
        revision=row.revision,
        made_at=row.made_at,
        edited_by=row.edited_by,
    )
