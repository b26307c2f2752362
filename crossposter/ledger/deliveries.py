"""What was decided of each delivery, and how it stands; what is due says due.py, whose turn it is leases.py.

Each function works in the transaction it is given; each contested change is one conditional UPDATE.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import compress
from typing import Any

import sqlalchemy as sa

from crossposter.core.acts import Verb
from crossposter.core.chain import Kind as Told
from crossposter.core.kinds import Kind, name_of
from crossposter.core.model import Attempt, Delivery, Outcome, Picture, Post, Reason, Status, Target
from crossposter.core.planning import Decision
from crossposter.ledger import drafts, entries, schema
from crossposter.ledger.bulk import Bulk
from crossposter.ledger.due import IS_SILENT
from crossposter.ledger.events import note, together
from crossposter.ledger.inserting import Overwrite
from crossposter.ledger.leases import let_rest
from crossposter.ledger.names import NAME, THIS, name_in, named, this, whose
from crossposter.ledger.pauses import may_go_on
from crossposter.ledger.records import approval_of, packed
from crossposter.ledger.shared import hold_account, hold_stories, is_shared, one_at_a_time

_OVER_BASELINE = Overwrite(
    keys=["entry_id", "account_id", "kind", "issue"],
    columns=["status", "reason", "message", "not_before", "is_urgent", "updated_at"],
    where=schema.delivery.c.reason == sa.literal_column(f"'{Reason.BASELINE}'"),
)
_DECIDED = (
    "entry_id", "account_id", "status", "reason", "message", "created_at", "updated_at", "tries", "picture_tries",
    "attempt", "not_before", "is_urgent",
)  # fmt: skip
_DECIDE, _DECIDE_ANEW = Bulk(schema.delivery, _DECIDED), Bulk(schema.delivery, _DECIDED, clash=_OVER_BASELINE)
#: What makes ordinary news wait; silences are asked about again.
_PASSED_BY_URGENT = (Reason.DELAY, Reason.QUIET, Reason.SILENCE, Reason.BEHIND_URGENT)
#: What is to be worked on: by nobody at this moment.
_IS_OPEN = sa.or_(schema.delivery.c.status.in_((Status.QUEUED, Status.UNCERTAIN)), IS_SILENT)
_ATTEMPT = sa.select(schema.attempt).where(
    schema.attempt.c.delivery_id == sa.bindparam("row"), schema.attempt.c.number == sa.bindparam("attempt")
)


def decide(
    connection: sa.Connection, decisions: Sequence[Decision], numbers: Mapping[tuple[str, ...], int], *, now: datetime
) -> None:
    """Write decisions; of what was decided before about a known entry, only a baseline gives way.

    Args:
        numbers: Those of the new entries, by their keys.
    """
    rows: list[dict[str, Any]] = [
        {
            "entry_id": decision.entry_id or numbers[decision.keys],
            "account_id": decision.account_id,
            "status": decision.status,
            "reason": decision.reason,
            "message": packed(decision.message),
            "created_at": now,
            "updated_at": now,
            "tries": 0,
            "picture_tries": 0,
            "attempt": 0,
            "not_before": decision.not_before,
            "is_urgent": decision.is_urgent,
        }
        for decision in decisions
    ]
    is_known = [decision.entry_id is not None for decision in decisions]
    hold_stories(connection, [decision.entry_id for decision in decisions if decision.entry_id is not None])
    decided = _final(connection, [row["entry_id"] for row in compress(rows, is_known)])
    for statement, selectors in ((_DECIDE, [not known for known in is_known]), (_DECIDE_ANEW, is_known)):
        if chosen := list(compress(rows, selectors)):
            statement.write(connection, chosen)
            for row in chosen:
                if (row["entry_id"], row["account_id"]) not in decided:
                    _note_decision(connection, row, at=now)


def _final(connection: sa.Connection, entry_ids: Sequence[int]) -> set[tuple[int, str]]:
    """Give what was decided of entries and does not give way: all but a baseline."""
    rows = schema.delivery.c
    is_final = sa.or_(rows.reason.is_(None), rows.reason != Reason.BASELINE)
    query = sa.select(rows.entry_id, rows.account_id).where(is_final)
    found: set[tuple[int, str]] = set()
    for part in entries.parts(sorted(set(entry_ids))):
        found.update((row.entry_id, row.account_id) for row in connection.execute(query.where(rows.entry_id.in_(part))))
    return found


def _note_decision(connection: sa.Connection, row: Mapping[str, Any], *, at: datetime) -> None:
    where, state = (row["entry_id"], row["account_id"]), (row["status"], row["reason"], row["message"])
    note_status(connection, Told.DECIDED, where, state, at=at, facts={"delivery": {"waived": []}})


def note_status(
    connection: sa.Connection,
    kind: Told,
    delivery: tuple[int, str],
    state: tuple[str, str | None, Mapping[str, Any] | None],
    *,
    at: datetime,
    person: str | None = None,
    facts: Mapping[str, Any] | None = None,
    content: Mapping[str, Any] | None = None,
) -> None:
    """Note how a delivery stands now.

    Args:
        connection: In the transaction that has changed it.
        kind: What has changed it.
        delivery: Of which entry it is, and which of its deliveries: see `whose`.
        state: Status, reason and message, as the row has them now.
        at: The row's `updated_at`.
        person: Who has changed it.
        facts: What else is kept for ever, as `events.note` takes it; of the delivery itself as well.
        content: What else may be removed.
    """
    status, reason, message = state
    told = {"delivery": {"message": message}} if message else {}
    note(
        connection,
        kind,
        at=at,
        entry_id=delivery[0],
        account_id=delivery[1],
        person=person,
        facts=together({"delivery": {"status": status, "reason": reason}}, facts or {}),
        content=together(told, content or {}),
    )


def recover(connection: sa.Connection, *, now: datetime) -> Sequence[str]:
    """End what processes that are gone have left: whoever holds the ledger alone knows that all others are.

    Where several work on it, only a lease that has run out is a sign of that.

    A row that was being published is uncertain by itself once its lease has run out; here that is written down, so
    that it can be told once, however long ago it was.

    Returns:
        The deliveries that were being published.
    """
    rows, accounts = schema.delivery.c, schema.account.c
    one_at_a_time(connection, "accounts")
    others = is_shared(connection)
    left = accounts.lease_until <= now if others else sa.true()
    connection.execute(schema.account.update().where(left).values(holder=None, lease_until=None))
    interrupted = connection.execute(
        schema.delivery.update()
        .where(rows.status == Status.PUBLISHING, rows.lease_until <= now if others else sa.true())
        .values(status=Status.UNCERTAIN, reason=Reason.INTERRUPTED, lease_until=None, updated_at=now)
        .returning(rows.id, rows.attempt, rows.message, *NAME)
    ).all()
    attempt = schema.attempt.c
    given_up = sa.and_(attempt.delivery_id.in_([row.id for row in interrupted]), attempt.ended_at.is_(None))
    connection.execute(schema.attempt.update().where(given_up).values(ended_at=now))
    for row in interrupted:
        ended = {"attempt": {"number": row.attempt, "ended_at": now}}
        state = (Status.UNCERTAIN, Reason.INTERRUPTED, row.message)
        note_status(connection, Told.INTERRUPTED, whose(row), state, at=now, facts=ended)
    return [name_in(row) for row in interrupted]


def settled_by_people(connection: sa.Connection, *, since: datetime) -> Sequence[str]:
    """Give the deliveries that were uncertain until a person settled them, and are not uncertain again."""
    rows, acts = schema.delivery.c, schema.act.c
    # No join: SQLite would walk all deliveries, and look for the acts of each (319 ms of a million, measured).
    settled = sa.select(acts.delivery_id).where(acts.verb.in_((Verb.PUBLISHED, Verb.ABSENT)), acts.at >= since)
    query = sa.select(*NAME).where(rows.id.in_(settled), rows.status.not_in((Status.UNCERTAIN, Status.PUBLISHING)))
    return [name_in(row) for row in connection.execute(query)]


def load(connection: sa.Connection, delivery_id: str, *, now: datetime) -> Delivery | None:
    """Give a delivery that is due; None when it has moved on, or is paused."""
    row = connection.execute(_loading(), {**this(delivery_id), "now": now}).one_or_none()
    return None if row is None else _delivery(connection, row, now=now)


@cache
def _loading() -> sa.Select[Any]:
    return sa.select(schema.delivery).where(THIS, _IS_OPEN, may_go_on())


def held(connection: sa.Connection, account_id: str, reason: Reason, *, now: datetime) -> Sequence[Delivery]:
    """Give the first posts of an account that are held for a reason, oldest first."""
    rows = schema.delivery.c
    query = (
        sa.select(schema.delivery)
        .where(
            rows.account_id == account_id,
            rows.status == Status.HELD,
            rows.reason == reason,
            rows.kind == Kind.PUBLISH,
        )
        .order_by(rows.id)
    )
    return [_delivery(connection, row, now=now) for row in connection.execute(query).all()]


def _delivery(connection: sa.Connection, row: sa.Row[Any], *, now: datetime) -> Delivery:
    origin, entry = entries.load(connection, row.entry_id)
    attempt = _attempt(connection, row)
    return Delivery(
        entry_id=row.entry_id,
        origin=origin,
        account_id=row.account_id,
        entry=entry,
        tries=row.tries,
        picture_tries=row.picture_tries,
        released_at=row.released_at,
        waived=frozenset(map(Reason, row.waived)),
        passed=frozenset(row.passed),
        sent=_sent(attempt) if attempt else None,
        attempt=_as_known(connection, attempt, now=now) if attempt else None,
        resends=row.resends,
        status=Status(row.status),
        reason=Reason(row.reason) if row.reason else None,
        revision=attempt.revision if attempt else drafts.revision_of(connection, row.entry_id),
        draft=drafts.load(connection, row.id),
        approval=approval_of(row),
        edition=row.edition,
        is_urgent=row.is_urgent,
        kind=Kind(row.kind),
        issue=row.issue,
        target=_target(connection, row.of_id) if row.of_id else None,
    )


def _target(connection: sa.Connection, of_id: int) -> Target:
    rows, attempt, delivery = schema.post.c, schema.attempt.c, schema.delivery.c
    post = connection.execute(sa.select(schema.post).where(rows.delivery_id == of_id)).one()
    made_by = (
        sa.select(attempt.platform_id)
        .join(schema.delivery, sa.and_(delivery.id == attempt.delivery_id, delivery.attempt == attempt.number))
        .where(delivery.id == of_id)
    )
    found = sa.select(schema.delivery.c.id).where(is_withdrawn(of_id))
    withdrawn = connection.execute(found).first() is not None
    return Target(
        remote_id=post.remote_id,
        url=post.url,
        stands=post.deleted_at is None,
        is_withdrawn=withdrawn,
        platform_id=connection.scalar(made_by),
    )


def is_withdrawn(
    of_id: int | sa.ColumnElement[int], deleting: sa.FromClause = schema.delivery
) -> sa.ColumnElement[bool]:
    """Choose the deletions of a delivery's post that somebody wants, done or not."""
    rows = deleting.c
    dropped = (Status.SKIPPED, Status.FAILED)
    return sa.and_(rows.of_id == of_id, rows.kind == Kind.DELETE, rows.status.not_in(dropped))


def weigh_anew(connection: sa.Connection, entry_id: int, account_id: str, *, is_urgent: bool) -> None:
    """Write whether what waits of news on an account is urgent, as the news is now.

    What has become so waits no longer for what urgent news passes: whether it may go out is asked anew.
    """
    rows = schema.delivery.c
    waits = rows.status.in_((Status.QUEUED, Status.HELD))
    changed = schema.delivery.update().where(rows.entry_id == entry_id, rows.account_id == account_id, waits)
    passed = sa.and_(rows.status == Status.QUEUED, rows.reason.in_(_PASSED_BY_URGENT))
    not_before = sa.case((passed, sa.null()), else_=rows.not_before) if is_urgent else rows.not_before
    connection.execute(
        changed.where(rows.is_urgent.is_not(is_urgent)).values(is_urgent=is_urgent, not_before=not_before)
    )


def postpone(connection: sa.Connection, delivery_id: str, outcome: Outcome, *, now: datetime) -> None:
    """Write why a queued delivery was not attempted: later, or held; or that there is nothing to be done any more."""
    rows, account_id = schema.delivery.c, name_of(delivery_id).account_id
    if outcome.account_rests_until:
        hold_account(connection, account_id)
    values = outcome_values(outcome)
    changed = connection.execute(
        schema.delivery.update()
        .where(named(delivery_id), rows.status == Status.QUEUED)
        .values(**values, updated_at=now)
        .returning(rows.of_id, *NAME)
    ).one_or_none()
    if changed:
        later = {"not_before": outcome.not_before} if outcome.not_before else {}
        state = (outcome.status, outcome.reason, values["message"])
        note_status(connection, Told.POSTPONED, whose(changed), state, at=now, facts=later)
        if outcome.is_gone:
            end_post(connection, changed.of_id, now=now)
    let_rest(connection, account_id, outcome)


def live(connection: sa.Connection, entry_ids: Collection[int]) -> Sequence[int]:
    """Give those of the entries of which a post stands somewhere, in order."""
    rows, posts = schema.delivery.c, schema.post.c
    query = (
        sa.select(rows.entry_id)
        .join(schema.post, posts.delivery_id == rows.id)
        .where(rows.entry_id.in_(entry_ids), posts.deleted_at.is_(None))
        .distinct()
        .order_by(rows.entry_id)
    )
    return connection.scalars(query).all()


def end_post(connection: sa.Connection, of_id: int, *, now: datetime) -> None:
    """Write that the post of a delivery stands no more."""
    rows = schema.post.c
    ended = schema.post.update().where(rows.delivery_id == of_id, rows.deleted_at.is_(None))
    if connection.execute(ended.values(deleted_at=now)).rowcount:
        made_by = connection.execute(sa.select(*NAME).where(schema.delivery.c.id == of_id)).one()
        entry_id, which = whose(made_by)
        note(connection, Told.ENDED, at=now, entry_id=entry_id, account_id=which, facts={"post": {"deleted_at": now}})


def outcome_values(outcome: Outcome) -> dict[str, Any]:
    """Give the columns of a delivery that an outcome sets."""
    counts = {"tries": outcome.tries, "picture_tries": outcome.picture_tries, "resends": outcome.resends}
    return {
        "status": outcome.status,
        "reason": outcome.reason,
        "message": packed(outcome.message),
        "not_before": outcome.not_before,
        **{name: count for name, count in counts.items() if count is not None},
    }


def _attempt(connection: sa.Connection, delivery: sa.Row[Any]) -> sa.Row[Any] | None:
    """Read a delivery's newest attempt; None where there was none."""
    if not delivery.attempt:
        return None
    return connection.execute(_ATTEMPT, {"row": delivery.id, "attempt": delivery.attempt}).one_or_none()


def _sent(attempt: sa.Row[Any]) -> Post:
    pictures = tuple(Picture(content=b"", **picture) for picture in attempt.pictures)
    return Post(text=attempt.text, link=attempt.link, pictures=pictures)


def _as_known(connection: sa.Connection, attempt: sa.Row[Any], *, now: datetime) -> Attempt:
    rows = schema.attempt.c
    first = sa.select(rows.started_at).where(rows.delivery_id == attempt.delivery_id, rows.number == 1)
    return Attempt(
        first_at=connection.scalar(first) if attempt.number > 1 else None,
        number=attempt.number,
        started_at=attempt.started_at,
        ended_at=attempt.ended_at or now,
        media_ids=tuple(attempt.media_ids),
        absences=attempt.absences,
    )
