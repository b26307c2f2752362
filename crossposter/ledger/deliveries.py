"""What was decided, what is due, and whose turn it is: deliveries, and the accounts' leases and rests.

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
from crossposter.core.model import NEEDS_PERSON, Attempt, Delivery, Outcome, Picture, Post, Reason, Status, Target
from crossposter.core.planning import Decision
from crossposter.core.retrying import LONGEST_WAIT
from crossposter.ledger import drafts, entries, schema
from crossposter.ledger.bulk import Bulk
from crossposter.ledger.events import note, together
from crossposter.ledger.inserting import Overwrite
from crossposter.ledger.names import NAME, name_in, named, whose
from crossposter.ledger.pauses import may_go_on
from crossposter.ledger.records import approval_of, packed
from crossposter.ledger.shared import hold_account, hold_stories, is_shared, one_at_a_time
from crossposter.ports import Due, Lease

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
#: Finds the delivery that `this` names, in statements that are made once: making one takes six times as long as running
#: it (measured), and each delivery needs some.
THIS = sa.and_(
    schema.delivery.c.entry_id == sa.bindparam("of_entry"),
    schema.delivery.c.account_id == sa.bindparam("on_account"),
    schema.delivery.c.kind == sa.bindparam("of_kind"),
    schema.delivery.c.issue == sa.bindparam("of_issue"),
)
#: Changes the account of a lease, as long as nobody else has it.
OF_LEASE = schema.account.update().where(
    schema.account.c.id == sa.bindparam("leased"), schema.account.c.holder == sa.bindparam("leased_by")
)
_NOW: sa.BindParameter[datetime] = sa.bindparam("now")
_BEYOND: sa.BindParameter[datetime] = sa.bindparam("beyond")
_IS_SILENT = sa.and_(schema.delivery.c.status == Status.PUBLISHING, schema.delivery.c.lease_until <= _NOW)
#: What makes ordinary news wait; silences are asked about again.
_PASSED_BY_URGENT = (Reason.DELAY, Reason.QUIET, Reason.SILENCE, Reason.BEHIND_URGENT)
#: What is to be worked on: by nobody at this moment.
_IS_OPEN = sa.or_(schema.delivery.c.status.in_((Status.QUEUED, Status.UNCERTAIN)), _IS_SILENT)
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


def wake_accounts(connection: sa.Connection) -> None:
    """End the rest of accounts that waited for a person, or for their pace: whoever calls has perhaps changed both."""
    rows = schema.account.c
    one_at_a_time(connection, "accounts")
    connection.execute(
        schema.account.update()
        .where(rows.resting_reason.in_((*NEEDS_PERSON, Reason.PACE)))
        .values(resting_until=None, resting_reason=None, resting_message=None)
    )


def due(
    connection: sa.Connection, *, now: datetime, strict: Sequence[str] = (), account_id: str | None = None
) -> Sequence[Due]:
    """List deliveries whose time has come, to be sent or to be looked for on their account.

    What waits for no pace first: what is mended or taken away in place, then what is urgent. Then corrections that make
    a post, then news; each oldest first. Of the accounts in `strict`, no news comes before all that is older is
    settled; what is urgent does.
    """
    query = _asking_what_is_due(tuple(strict), of_one=account_id is not None)
    asked = {"now": now, "beyond": now + LONGEST_WAIT, "account": account_id}
    return [
        Due(
            delivery_id=name_in(row),
            account_id=row.account_id,
            is_to_send=row.status == Status.QUEUED and bool(row.makes_a_post),
            is_urgent=row.is_urgent,
        )
        for row in connection.execute(query, asked)
    ]


@cache
def _asking_what_is_due(strict: tuple[str, ...], *, of_one: bool) -> sa.Select[Any]:
    """Make the question of each second; once, as `THIS` says."""
    rows, accounts = schema.delivery.c, schema.account.c
    is_free = sa.and_(rows.status != Status.PUBLISHING, _is_over(rows.not_before))
    query = (
        sa.select(*NAME, rows.status, rows.is_urgent, makes_a_post().label("makes_a_post"))
        .join(schema.account, accounts.id == rows.account_id)
        .where(
            sa.text(f"delivery.{schema.OPEN}"),
            sa.or_(_IS_SILENT, is_free),
            sa.or_(_is_over(accounts.resting_until), _passes_pace()),
            accounts.unread_since.is_(None),
            may_go_on(),
        )
        .order_by(_turn(), rows.id)
    )
    if of_one:
        query = query.where(rows.account_id == sa.bindparam("account"))
    if strict:
        is_first = sa.or_(rows.kind != Kind.PUBLISH, rows.is_urgent)
        query = query.where(sa.or_(rows.account_id.not_in(strict), is_first, ~_waits_for_older()))
    return query


def makes_a_post() -> sa.ColumnElement[bool]:
    """Tell of a delivery whether a further post comes of it; not where that only fills a gap: `pace.keeps_to_pace`."""
    rows, posts = schema.delivery.c, schema.post.c
    stands = sa.select(posts.id).where(posts.delivery_id == rows.of_id, posts.deleted_at.is_(None))
    is_repost = sa.and_(rows.kind == Kind.REPOST, stands.correlate(schema.delivery).exists())
    return sa.or_(rows.kind.in_((Kind.PUBLISH, Kind.REPLY)), is_repost)


def _turn() -> sa.ColumnElement[int]:
    """Order deliveries: what says something wrong, or is to be said no more, before anything new is said."""
    rows = schema.delivery.c
    return sa.case((~makes_a_post(), 0), (rows.is_urgent, 1), (rows.kind != Kind.PUBLISH, 2), else_=3)


def _passes_pace() -> sa.ColumnElement[bool]:
    """Tell whether a delivery waits for no pace: urgent; or no further post, but to be put right or looked for."""
    rows = schema.delivery.c
    passes = sa.or_(rows.status != Status.QUEUED, ~makes_a_post(), rows.is_urgent)
    return sa.and_(schema.account.c.resting_reason == Reason.PACE, passes)


def _waits_for_older() -> sa.ColumnElement[bool]:
    rows, older = schema.delivery.c, schema.delivery.alias("older")
    unsettled = (Status.QUEUED, Status.PUBLISHING, Status.UNCERTAIN, Status.HELD)
    return (
        sa.select(older.c.id)
        .where(
            older.c.account_id == rows.account_id,
            older.c.id < rows.id,
            older.c.status.in_(unsettled),
            older.c.kind == Kind.PUBLISH,
        )
        .exists()
    )


def is_over(until: sa.ColumnElement[Any], *, now: datetime) -> sa.ColumnElement[bool]:
    """Tell whether a wait has ended; one that no rule makes so long came of a wrong clock, and is none."""
    return _is_over(until, now, now + LONGEST_WAIT)


def _is_over(until: sa.ColumnElement[Any], now: Any = _NOW, beyond: Any = _BEYOND) -> sa.ColumnElement[bool]:
    """Do as `is_over` does; in a statement that is made once, which asks for both."""
    return sa.or_(until.is_(None), until <= now, until > beyond)


def lease(connection: sa.Connection, lease: Lease, *, now: datetime) -> bool:
    """Take the account, unless somebody has it; or has let it rest since it was seen that something is due there.

    It is offered no more.
    """
    rows = schema.account.c
    free = is_over(rows.lease_until, now=now)
    awake = sa.or_(is_over(rows.resting_until, now=now), rows.resting_reason == Reason.PACE)
    taken = connection.execute(
        schema.account.update()
        .where(rows.id == lease.account_id, free, awake)
        .values(holder=lease.holder, lease_until=lease.until, offered_until=None)
    )
    return taken.rowcount == 1


def release(connection: sa.Connection, lease: Lease) -> None:
    """Give the account back, if it is still ours."""
    connection.execute(OF_LEASE, {**of_lease(lease), "holder": None, "lease_until": None})


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


def this(delivery_id: str) -> dict[str, Any]:
    """Give what `THIS` asks for, of the name people use: `412/izmir-x`."""
    name = name_of(delivery_id)
    return {"of_entry": name.entry_id, "on_account": name.account_id, "of_kind": name.kind, "of_issue": name.issue}


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


def of_lease(lease: Lease) -> dict[str, Any]:
    """Give what `OF_LEASE` asks for."""
    return {"leased": lease.account_id, "leased_by": lease.holder}


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


def let_rest(connection: sa.Connection, account_id: str, outcome: Outcome) -> None:
    """Let the account rest, where an outcome says so."""
    if outcome.account_rests_until:
        reason = outcome.reason or Reason.USED_UP  # a success has none
        rest = {
            "resting_until": outcome.account_rests_until,
            "resting_reason": reason,
            "resting_message": packed(outcome.message or reason.message),
        }
        connection.execute(schema.account.update().where(schema.account.c.id == account_id).values(rest))
