"""What people do about deliveries: a conditional change and a row that says who did it, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from crossposter.core.acts import UNSEEN_FOR, Change, Person, Verb, change, may_be_unseen, misses_a_post
from crossposter.core.amended import by_hand
from crossposter.core.chain import Kind as Told
from crossposter.core.draft import SHOWN, is_meant
from crossposter.core.gate import words_of
from crossposter.core.kinds import Kind, name_of, read_name
from crossposter.core.model import Entry, Origin, Reason, Receipt, Status
from crossposter.errors import LedgerError
from crossposter.ledger import drafts, entries, schema, shared
from crossposter.ledger.attempts import add_post, adopt, note_by_hand, post_facts
from crossposter.ledger.deliveries import end_post, note_status
from crossposter.ledger.erased import is_wordless
from crossposter.ledger.events import together
from crossposter.ledger.names import NAME, name_in, named, whose
from crossposter.ledger.records import unpacked
from crossposter.ledger.store import SqlLedger
from crossposter.wording import Message, say


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """What came of an act on one delivery; `done` is False where it stood in the way of the act."""

    delivery_id: str
    title: str
    status: Status
    reason: Reason | None
    done: bool
    #: What people did about it last, where it was left alone; None where nobody has.
    last: ActRecord | None = None
    #: Why it was left alone, where that is not how it stands.
    why: Message | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActRecord:
    """What somebody did."""

    verb: Verb
    person: str
    system_user: str
    why: str | None
    status_before: Status
    reason_before: Reason | None
    at: datetime


#: No story has more; PostgreSQL's numbers have 10, SQLite's 19.
_DIGITS = 9


class Desk:
    """Where people act on a ledger, beside the daemon that sends."""

    def __init__(self, ledger: SqlLedger) -> None:
        self._ledger = ledger

    def act(
        self,
        verb: Verb,
        name: str,
        person: Person,
        *,
        now: datetime,
        found: Receipt | None = None,
        shown: str | None = None,
    ) -> list[Acted]:
        """Act on one delivery (`412/izmir-x`) or on a whole story (`412`).

        Args:
            verb: What is done.
            name: To what.
            person: By whom.
            now: When.
            found: The post that a person has found on the platform, of one delivery.
            shown: The hash of the draft that the person has seen, or its beginning: another one is left alone.

        Returns:
            What came of it, for each delivery of that name; empty when there is none.

        Raises:
            LedgerError: The post that was found is another delivery's; or nobody can say yet that there is none; or the
                news has no words any more.
        """
        with self._ledger.writing() as connection:
            shared.hold_stories(connection, entries_named(name))
            rows = rows_named(connection, name)
            then = shared.moment(connection, now=now)
            facts, content = dict[str, Any](), dict[str, Any]()
            if found and rows and _can_be_done(verb, rows[0], now=then):
                facts, content = _adopt(connection, rows[0], found, now=now)
            # Who drops or holds what is left of a story does not mean that what stands is to stay.
            is_story = "/" not in name
            keeps = verb in (Verb.REJECT, Verb.HOLD) and is_story
            rows = [row for row in rows if not (keeps and row.kind == Kind.DELETE)]
            return [
                self._act_on(
                    connection,
                    row,
                    verb,
                    person,
                    facts=facts,
                    content=content,
                    now=now,
                    shown=shown,
                    is_story=is_story,
                )
                for row in rows
            ]

    def edit(
        self, name: str, person: Person, text: str, *, passed: Collection[str] = (), now: datetime
    ) -> Acted | None:
        """Write the text of one delivery's post in place of what was made of the news.

        Args:
            name: Which one.
            person: By whom.
            text: As it goes out; that it fits, and what the gate says, is the caller's to find out.
            passed: What the gate has found in it and the person lets pass, in short.
            now: When.

        Returns:
            What came of it; None where there is no such delivery.
        """
        with self._ledger.writing() as connection:
            shared.hold_stories(connection, entries_named(name))
            rows = rows_named(connection, name)
            if not rows or "/" not in name:
                return None
            (row,) = rows
            if row.attempt:
                # From its first attempt on nothing about a post changes: it could not be found again.
                why = say("it was sent once in these words already")
                return self._left_alone(
                    connection, row, standing_status(row, now=shared.moment(connection, now=now)), why
                )
            write = partial(drafts.rewrite, connection, row.id, text, by=person.name, passed=passed, now=now)
            return self._act_on(connection, row, Verb.EDIT, person, rewrite=write, now=now)

    def entry_of(self, name: str) -> tuple[Origin, Entry] | None:
        """Give the news of a delivery, and where it came from; None where there is no such delivery."""
        with self._ledger.reading() as connection:
            rows = rows_named(connection, name)
            return entries.load(connection, rows[0].entry_id) if rows else None

    def act_within(
        self, connection: sa.Connection, verb: Verb, name: str, person: Person, *, now: datetime
    ) -> list[Acted]:
        """Act on one of many, in a transaction which holds the deliveries of that name already.

        Who lets out many at once has not looked at each text: where that is asked for, it is asked for still.
        """
        rows = rows_named(connection, name)
        return [self._act_on(connection, row, verb, person, now=now, has_seen_text=False) for row in rows]

    def baseline(self, feed_id: str, *, last: int) -> list[str]:
        """Name the deliveries that the first sight of a feed skipped, of its newest entries; oldest entry first."""
        entry, delivery = schema.entry.c, schema.delivery.c
        newest = (
            sa.select(entry.id)
            .where(entry.feed_id == feed_id, sa.not_(is_wordless()))
            .order_by(sa.func.coalesce(entry.published_at, entry.seen_at).desc(), entry.id.desc())
            .limit(last)
        )
        query = (
            sa.select(*NAME)
            .where(delivery.entry_id.in_(newest), delivery.reason == Reason.BASELINE)
            .order_by(delivery.id)
        )
        with self._ledger.reading() as connection:
            return [name_in(row) for row in connection.execute(query)]

    def acts(self, delivery_id: str) -> list[ActRecord]:
        """List what people did about a delivery, oldest first."""
        with self._ledger.reading() as connection:
            ids = [row.id for row in rows_named(connection, delivery_id)]
            rows = schema.act.c
            query = sa.select(schema.act).where(rows.delivery_id.in_(ids)).order_by(rows.id)
            return [_record(row) for row in connection.execute(query)]

    def _act_on(
        self,
        connection: sa.Connection,
        row: sa.Row[Any],
        verb: Verb,
        person: Person,
        *,
        now: datetime,
        facts: Mapping[str, Any] = MappingProxyType({}),
        content: Mapping[str, Any] = MappingProxyType({}),
        shown: str | None = None,
        has_seen_text: bool = True,
        is_story: bool = False,
        rewrite: Callable[[], drafts.Told] | None = None,
    ) -> Acted:
        status = standing_status(row, now=shared.moment(connection, now=now))
        reason = Reason(row.reason) if row.reason else None
        step = _step(connection, row)
        made = change(verb, status, reason, step=step)
        called = name_of(name_in(row))
        if not made:
            why = by_hand(called) if (verb, reason) == (Verb.APPROVE, Reason.BY_HAND) else None
            return self._left_alone(connection, row, status, why)
        if why := misses_a_post(verb, step, called, is_begun=row.attempt > 0, is_whole_story=is_story):
            return self._left_alone(connection, row, status, why)
        if shown is not None and (why := _not_seen(connection, row, shown)):
            return self._left_alone(connection, row, status, why)
        sent_at = None if step is Kind.DELETE else _sent_at(connection, row)
        if sent_at and may_be_unseen(verb, sent_at=sent_at, now=now):
            raise LedgerError(
                say(
                    "what was sent may not be seen on the account for {minutes} minutes: look there once more then",
                    minutes=UNSEEN_FOR // timedelta(minutes=1),
                )
            )
        if made.status is Status.QUEUED and row.is_wordless and row.kind != Kind.DELETE:
            raise LedgerError(
                say(
                    "the words of story {entry} were removed, as the YAML's retention says: it cannot go out any more",
                    entry=row.entry_id,
                )
            )
        state: tuple[str, str | None, Mapping[str, Any] | None] = (made.status, made.reason, row.message)
        told = [(facts, content)]
        if rewrite:
            told.append(rewrite())
        else:
            state, more = _write(connection, row, made, now=now)
            told.append(more)
        if verb is Verb.APPROVE and has_seen_text:
            told.append(drafts.let_out(connection, row, by=person.name, now=now))
        act = Act(verb=verb, person=person, status_before=status, reason_before=reason)
        facts, content = together(*(one for one, _ in told)), together(*(one for _, one in told))
        write_act(connection, row, act, state, facts=facts, content=content, now=now)
        return Acted(delivery_id=name_in(row), title=row.title, status=Status(state[0]), reason=made.reason, done=True)

    def _left_alone(
        self, connection: sa.Connection, row: sa.Row[Any], status: Status, why: Message | None = None
    ) -> Acted:
        """Say how a delivery stands on which nothing was done, and what people did about it last."""
        acts = schema.act.c
        query = sa.select(schema.act).where(acts.delivery_id == row.id).order_by(acts.id.desc()).limit(1)
        last = connection.execute(query).one_or_none()
        return Acted(
            delivery_id=name_in(row),
            title=row.title,
            status=status,
            reason=Reason(row.reason) if row.reason else None,
            done=False,
            last=_record(last) if last else None,
            why=why,
        )


def _not_seen(connection: sa.Connection, row: sa.Row[Any], shown: str) -> Message | None:
    """Say why what a person has seen is not what would be sent; None where it is."""
    draft = drafts.load(connection, row.id)
    if draft is None or not draft.is_complete:
        return say("there is no text yet that could be let out: it is shown as soon as it is made")
    if is_meant(shown, draft.hash):
        return None
    return say("this is another text than the one with that hash: it is {hash} now", hash=draft.hash[:SHOWN])


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What a person does to a delivery, and how that stood before."""

    verb: Verb
    person: Person
    status_before: Status
    reason_before: Reason | None


def write_act(
    connection: sa.Connection,
    row: Any,
    act: Act,
    state: tuple[str, str | None, Mapping[str, Any] | None],
    *,
    facts: Mapping[str, Any] | None = None,
    content: Mapping[str, Any] | None = None,
    now: datetime,
) -> None:
    """Write who did what to a delivery; `state` is its status, reason and message now, as for `note_status`."""
    person = act.person
    told = {
        "verb": act.verb,
        "system_user": person.system_user,
        "status_before": act.status_before,
        "reason_before": act.reason_before,
        "at": now,
    }
    added = schema.act.insert().values(delivery_id=row.id, person=person.name, why=person.why, **told)
    number = connection.execute(added.returning(schema.act.c.id)).scalar_one()
    why = {"act": {"id": number, "why": person.why}} if person.why else {}
    note_status(
        connection,
        Told.ACTED,
        whose(row),
        state,
        at=now,
        person=person.name,
        facts={"act": {"id": number, **told}, **(facts or {})},
        content={**why, **(content or {})},
    )


def _step(connection: sa.Connection, row: sa.Row[Any]) -> Kind:
    """Give what a delivery's next request does, or the one whose answer was lost."""
    kind, posts = Kind(row.kind), schema.post.c
    if kind is not Kind.REPOST:
        return kind
    deleted_at = connection.scalar(sa.select(posts.deleted_at).where(posts.delivery_id == row.of_id))
    return Kind.DELETE if deleted_at is None else Kind.PUBLISH


def _can_be_done(verb: Verb, row: sa.Row[Any], *, now: datetime) -> bool:
    if row.kind == Kind.DELETE:
        return False  # nothing is found that it could be
    return change(verb, standing_status(row, now=now), Reason(row.reason) if row.reason else None) is not None


def standing_status(row: sa.Row[Any], *, now: datetime) -> Status:
    """Give how a delivery stands: what was being published when its process went silent is uncertain by itself."""
    is_silent = row.status == Status.PUBLISHING and row.lease_until <= now
    return Status.UNCERTAIN if is_silent else Status(row.status)


def _sent_at(connection: sa.Connection, row: sa.Row[Any]) -> datetime | None:
    """Give when the newest attempt was given up, or begun where nobody knows; None where there was none."""
    attempt = schema.attempt.c
    query = sa.select(attempt.started_at, attempt.ended_at).where(
        attempt.delivery_id == row.id, attempt.number == row.attempt
    )
    found = connection.execute(query).one_or_none()
    return (found.ended_at or found.started_at) if found else None


def _adopt(
    connection: sa.Connection, row: sa.Row[Any], found: Receipt, *, now: datetime
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Write which post is the delivery's.

    Returns:
        What the event tells of it: facts and content.

    Raises:
        LedgerError: It is another one's.
    """
    posts, rows = schema.post.c, schema.delivery.c
    same = sa.or_(posts.remote_id == found.remote_id, posts.url == found.url)
    taken = (
        sa.select(*NAME).join(schema.post, posts.delivery_id == rows.id).where(posts.account_id == row.account_id, same)
    )
    if other := connection.execute(taken).first():
        delivery = name_in(other)
        raise LedgerError(say("the post at {url} is that of {delivery}", url=found.url, delivery=delivery))
    if row.attempt:
        add_post(connection, row.id, row.account_id, found, now=now)
        return post_facts(row.account_id, found, now=now), {}
    seen = schema.standing.c
    words = sa.select(seen.text).where(seen.account_id == row.account_id, seen.remote_id == found.remote_id)
    return adopt(connection, row.id, row.account_id, found, text=connection.scalar(words) or "", now=now)


def _write(
    connection: sa.Connection, row: sa.Row[Any], made: Change, *, now: datetime
) -> tuple[tuple[str, str | None, None], tuple[dict[str, Any], dict[str, Any]]]:
    """Change the row; the transaction holds it, or the database's one pen: nobody else has changed it meanwhile.

    Returns:
        How it stands now, and what else the event tells of it: facts and content.
    """
    values: dict[str, Any] = {
        "status": made.status,
        "reason": made.reason,
        "message": None,
        "not_before": None,
        "lease_until": None,
        "tries": 0,
        "picture_tries": 0,
        "waived": sorted({*row.waived, *made.waives}),
        "updated_at": now,
    }
    if made.status is Status.QUEUED:
        values["released_at"] = now  # whoever lets news out has seen how old it is
    if Reason.GATE in made.waives and (told := unpacked(row.message)):
        values["passed"] = sorted({*row.passed, *words_of(told)})
    facts = {name: values[name] for name in ("waived", "released_at") if name in values}
    more = {"delivery": facts}, {"delivery": {"passed": values["passed"]}} if "passed" in values else {}
    if made.is_gone:
        if not row.attempt:
            by_hand = note_by_hand(connection, row.id, now=now)
            more = {**more[0], **by_hand[0]}, {**more[1], **by_hand[1]}
            values["attempt"] = 1
        end_post(connection, row.of_id, now=now)
        if row.kind == Kind.REPOST:
            values["status"], values["reason"] = Status.QUEUED, Reason.REPOSTED
    connection.execute(schema.delivery.update().where(schema.delivery.c.id == row.id).values(values))
    return (values["status"], values["reason"], None), more


def rows_named(connection: sa.Connection, name: str, *, with_all_of_account: bool = False) -> Sequence[sa.Row[Any]]:
    """Find the deliveries of a name, `412/izmir-x` or `412`; none for what is no name.

    With `with_all_of_account`, the first post's name stands for all that was done with the story on its account.
    """
    rows = schema.delivery.c
    query = (
        sa.select(schema.delivery, schema.entry.c.title, is_wordless().label("is_wordless"))
        .join(schema.entry, schema.entry.c.id == rows.entry_id)
        .where(rows.entry_id.in_(entries_named(name)))
        .order_by(rows.id)
    )
    if "/" not in name:
        return connection.execute(query).all()
    if (one := read_name(name)) is None:
        return []
    is_all = with_all_of_account and one.kind is Kind.PUBLISH
    return connection.execute(query.where(rows.account_id == one.account_id if is_all else named(name))).all()


def entries_named(name: str) -> list[int]:
    """Give the number of the entry that a name names; nothing for what is no name."""
    entry_id = name.partition("/")[0]
    return [int(entry_id)] if entry_id.isdecimal() and len(entry_id) <= _DIGITS else []


def _record(row: sa.Row[Any]) -> ActRecord:
    return ActRecord(
        verb=Verb(row.verb),
        person=row.person,
        system_user=row.system_user,
        why=row.why,
        status_before=Status(row.status_before),
        reason_before=Reason(row.reason_before) if row.reason_before else None,
        at=row.at,
    )
