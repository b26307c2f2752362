"""What lets nothing out, and what came due meanwhile.

Each function works in the transaction it is given. A pause holds from its commit on: a claim asks for it in its own
transaction. It holds until its end is written, which is done together with holding what came due.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crossposter.core.chain import Kind
from crossposter.core.kinds import Kind as Doing
from crossposter.core.model import Reason, Status
from crossposter.core.pausing import Pause, Scope
from crossposter.core.retrying import LONGEST_WAIT
from crossposter.core.waiting import Urgency
from crossposter.ledger import schema
from crossposter.ledger.events import note
from crossposter.ledger.shared import is_shared

#: Asked each second, so made once, as `names.THIS` says.
_OPEN = sa.select(schema.pause).where(sa.text("ended_at IS NULL")).order_by(schema.pause.c.id)


def is_paused() -> sa.ColumnElement[bool]:
    """Tell of a delivery, in a statement about deliveries, whether a pause keeps it; what is taken away none does."""
    rows, pauses, sighting = schema.delivery.c, schema.pause.c, schema.sighting.c
    is_shown = (
        sa.select(sighting.entry_id)
        .where(sighting.entry_id == rows.entry_id, sighting.feed_id == pauses.name)
        .correlate(schema.delivery, schema.pause)
        .exists()
    )
    covers = sa.or_(
        pauses.scope == Scope.ALL,
        sa.and_(pauses.scope == Scope.ACCOUNT, pauses.name == rows.account_id),
        sa.and_(pauses.scope == Scope.FEED, is_shown),
    )
    holds = sa.select(pauses.id).where(pauses.ended_at.is_(None), covers).correlate(schema.delivery).exists()
    return sa.and_(rows.kind != Doing.DELETE, holds)


def may_go_on() -> sa.ColumnElement[bool]:
    """Tell of a delivery whether no pause keeps it: what is only looked for on its account none does."""
    return sa.or_(schema.delivery.c.status != Status.QUEUED, ~is_paused())


def open_pauses(connection: sa.Connection) -> list[Pause]:
    """List the pauses that hold, oldest first."""
    return [_pause(row) for row in connection.execute(_OPEN)]


def ended_pauses(connection: sa.Connection, *, since: datetime) -> list[Pause]:
    """List the pauses that have ended since a time, oldest first."""
    rows = schema.pause.c
    query = sa.select(schema.pause).where(rows.ended_at >= since).order_by(rows.id)
    return [_pause(row) for row in connection.execute(query)]


def begin(
    connection: sa.Connection,
    scope: Scope,
    name: str,
    *,
    why: str,
    person: str,
    system_user: str,
    until: datetime | None,
    file: str | None = None,
    now: datetime,
) -> None:
    """Write a pause; whatever is being claimed at this moment is claimed before it."""
    hold_accounts(connection)
    told = {"scope": scope, "name": name, "system_user": system_user, "file": file, "until": until}
    added = schema.pause.insert().values(why=why, person=person, begun_at=now, **told)
    facts = {"id": connection.execute(added.returning(schema.pause.c.id)).scalar_one(), **told}
    note(connection, Kind.PAUSED, at=now, person=person, facts={"pause": facts}, content={"why": why} if why else {})


def end(
    connection: sa.Connection,
    pauses: Sequence[Pause],
    *,
    by: str | None = None,
    system_user: str | None = None,
    now: datetime,
) -> int:
    """Write that pauses end, and hold what came due under them; give of how many posts."""
    if not pauses:
        return 0
    hold_accounts(connection)
    rows = schema.pause.c
    held = 0
    for pause in pauses:
        is_open = sa.and_(rows.id == pause.id, rows.ended_at.is_(None))
        ended = schema.pause.update().where(is_open)
        written = connection.execute(ended.values(ended_at=now, ended_by=by, ended_system_user=system_user))
        if written.rowcount:
            facts = {"id": pause.id, "scope": pause.scope, "name": pause.name, "ended_system_user": system_user}
            note(connection, Kind.RESUMED, at=now, person=by, facts={"pause": facts})
            held += hold_due(connection, in_scope(pause.scope, pause.name), now=now)
    return held


def in_scope(scope: Scope, name: str) -> sa.ColumnElement[bool]:
    """Choose the deliveries of a scope."""
    rows, sighting = schema.delivery.c, schema.sighting.c
    if scope is Scope.ALL:
        return sa.true()
    if scope is Scope.ACCOUNT:
        return rows.account_id == name
    return rows.entry_id.in_(sa.select(sighting.entry_id).where(sighting.feed_id == name))


def hold_due(connection: sa.Connection, chosen: sa.ColumnElement[bool], *, now: datetime) -> int:
    """Hold as a backlog what news is queued and due; give of how many posts. What is put right goes on by itself."""
    rows = schema.delivery.c
    is_due = sa.or_(rows.not_before.is_(None), rows.not_before <= now, rows.not_before > now + LONGEST_WAIT)
    found = sa.and_(rows.status == Status.QUEUED, rows.kind == Doing.PUBLISH, is_due, chosen)
    hold_rows(connection, found)
    held = connection.execute(
        schema.delivery.update()
        .where(found)
        .values(status=Status.HELD, reason=Reason.BACKLOG, message=None, not_before=None, updated_at=now)
        .returning(rows.entry_id, rows.account_id)
    ).all()
    state = {"status": Status.HELD, "reason": Reason.BACKLOG}
    for row in held:
        where = {"entry_id": row.entry_id, "account_id": row.account_id}
        note(connection, Kind.BACKLOG, at=now, **where, facts={"delivery": state})
    return len(held)


def hold_of_accounts(connection: sa.Connection, accounts: Collection[str], *, since: datetime, now: datetime) -> int:
    """Hold as a backlog what is due on accounts for which nobody was at work since a time.

    What a person has let out since then they have seen.
    """
    rows = schema.delivery.c
    is_unseen = sa.or_(rows.released_at.is_(None), rows.released_at <= since)
    return hold_due(connection, sa.and_(rows.account_id.in_(sorted(accounts)), is_unseen), now=now)


def backlog(connection: sa.Connection, chosen: sa.ColumnElement[bool]) -> Sequence[sa.Row[Any, Any, Any, Any]]:
    """Give what is held as a backlog, by number, with when its news is of."""
    rows, entry = schema.delivery.c, schema.entry.c
    at = sa.func.coalesce(entry.published_at, entry.seen_at, type_=schema.UtcDateTime)
    query = (
        sa.select(rows.id, rows.entry_id, rows.account_id, at.label("at"))
        .join(schema.entry, entry.id == rows.entry_id)
        .where(rows.status == Status.HELD, rows.reason == Reason.BACKLOG, chosen)
        .order_by(rows.id)
    )
    return connection.execute(query).all()


def count_backlog(connection: sa.Connection) -> dict[str, int]:
    """Count what is held as a backlog, by account."""
    rows = schema.delivery.c
    query = (
        sa.select(rows.account_id, sa.func.count().label("number"))
        .where(rows.status == Status.HELD, rows.reason == Reason.BACKLOG)
        .group_by(rows.account_id)
    )
    return {row.account_id: row.number for row in connection.execute(query)}


def urgency(connection: sa.Connection, account_id: str, *, since: datetime, now: datetime) -> Urgency:
    """Tell what is urgent on an account, and when the last urgent post was sent there since a time."""
    rows, attempt = schema.delivery.c, schema.attempt.c
    is_due = sa.or_(rows.not_before.is_(None), rows.not_before <= now)
    waiting = (
        sa.select(rows.id)
        .where(sa.text(f"delivery.{schema.OPEN}"), rows.account_id == account_id, rows.is_urgent)
        .where(rows.status == Status.QUEUED, is_due, ~is_paused())
    )
    sent = (
        sa.select(sa.func.max(attempt.started_at, type_=schema.UtcDateTime))
        .join(schema.delivery, rows.id == attempt.delivery_id)
        .where(rows.account_id == account_id, rows.is_urgent, attempt.started_at > since, attempt.started_at <= now)
    )
    return Urgency(is_due=connection.execute(waiting.limit(1)).first() is not None, last_sent=connection.scalar(sent))


def hold_accounts(connection: sa.Connection) -> None:
    """Let nobody change an account, so that nobody claims, until the transaction ends."""
    if is_shared(connection):
        rows = schema.account.c
        connection.execute(sa.select(rows.id).order_by(rows.id).with_for_update(key_share=True))


def hold_rows(connection: sa.Connection, chosen: sa.ColumnElement[bool]) -> None:
    """Let nobody change these deliveries until the transaction ends; locked by their numbers."""
    if is_shared(connection):
        rows = schema.delivery.c
        connection.execute(sa.select(rows.id).where(chosen).order_by(rows.id).with_for_update(key_share=True))


def _pause(row: sa.Row[Any]) -> Pause:
    return Pause(
        id=row.id,
        scope=Scope(row.scope),
        name=row.name,
        why=row.why,
        person=row.person,
        system_user=row.system_user,
        begun_at=row.begun_at,
        until=row.until,
        file=row.file,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
    )
