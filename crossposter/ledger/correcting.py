"""A person lets the posts of edited news be corrected, or leaves them as they are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from crossposter.core.acts import Person, Verb
from crossposter.core.correcting import CORRECTIONS, Edited, Wrong, usual
from crossposter.core.kinds import DeliveryName, Kind, read_name
from crossposter.core.model import Account, Outcome, Reason, Status
from crossposter.errors import LedgerError
from crossposter.ledger import schema, shared
from crossposter.ledger.acts import Act, Acted, entries_named, rows_named, write_act
from crossposter.ledger.deliveries import name_in, named
from crossposter.ledger.editions import begun_on, edition_of, end_unbegun, write
from crossposter.ledger.store import SqlLedger
from crossposter.wording import say


def correct(
    ledger: SqlLedger,
    name: str,
    person: Person,
    accounts: Mapping[str, Account],
    *,
    how: Kind | None = None,
    leaves: bool = False,
    now: datetime,
) -> list[Acted]:
    """Let the posts of edited news (`412`), or that on one account (`412/izmir-x`), be corrected; nothing is sent.

    Args:
        ledger: The record.
        name: What.
        person: By whom.
        accounts: Those of the YAML.
        how: In which way; None for the account's own.
        leaves: Whether the posts are left as they are instead: what was proposed is dropped.
        now: When.

    Returns:
        What came of it, for each post; `done` is False where an account has no such way, or it is begun already.

    Raises:
        LedgerError: There is no such news, or its words were erased; or none of its posts says something else.
    """
    one = read_name(name)
    with ledger.writing() as connection:
        shared.hold_stories(connection, entries_named(name))
        _require_words(connection, name)
        found = edition_of(connection, entries_named(name)[0])
        wrong = [each for each in found.wrong if one is None or each.account_id == one.account_id]
        if not wrong:
            raise LedgerError(
                say("no post of {name} that stands says something else than the news: nothing to correct", name=name)
            )
        if one and one.kind in CORRECTIONS:
            how = how or one.kind
        return [
            _decided(connection, found, each, person, accounts, None if leaves else how, leaves=leaves, now=now)
            for each in wrong
        ]


def _require_words(connection: sa.Connection, name: str) -> None:
    rows = rows_named(connection, name)
    if not rows:
        raise LedgerError(say("the ledger has no {name!r}: 'ledger list' shows what it has", name=name))
    if rows[0].is_wordless:
        sentence = say(
            "the words of story {entry} were removed, as the YAML's retention says: nothing tells any more what its"
            " posts should say; 'retract' still takes them down",
            entry=rows[0].entry_id,
        )
        raise LedgerError(sentence)


def _decided(
    connection: sa.Connection,
    found: Edited,
    wrong: Wrong,
    person: Person,
    accounts: Mapping[str, Account],
    how: Kind | None,
    *,
    leaves: bool,
    now: datetime,
) -> Acted:
    """Do what a person has decided about one post; the other ways that were proposed for it are dropped."""
    account = accounts.get(wrong.account_id)
    kind = how or (account.on_edit.how if account else None) or (usual(account.can) if account else None)
    standing, reason, title = Status.PUBLISHED, None, found.says.title
    if not leaves and (account is None or kind is None or kind not in account.can):
        return Acted(delivery_id=wrong.delivery_id, title=title, status=standing, reason=Reason.BY_HAND, done=False)
    below, on = found.revision + 1, wrong.account_id
    keeps = DeliveryName(found.entry_id, on, kind, found.revision) if kind and not leaves else None
    if not leaves and (begun := begun_on(connection, found.entry_id, on)) and name_in(begun) != str(keeps):
        reason = Reason(begun.reason) if begun.reason else None
        return Acted(delivery_id=name_in(begun), title=title, status=Status(begun.status), reason=reason, done=False)
    ended = end_unbegun(connection, found.entry_id, below, Reason.DROPPED, account_id=on, keeps=keeps, now=now)
    if leaves or kind is None:
        for row in ended:
            act = Act(verb=Verb.REJECT, person=person, status_before=Status.HELD, reason_before=Reason.CORRECTION)
            write_act(connection, row, act, (Status.SKIPPED, Reason.DROPPED, None), now=now)
        return Acted(delivery_id=wrong.delivery_id, title=title, status=standing, reason=reason, done=True)
    written = write(connection, found, wrong, kind, Outcome(status=Status.QUEUED), now=now)
    row = connection.execute(sa.select(schema.delivery).where(named(written))).one()
    is_done = row.status == Status.QUEUED
    if is_done:
        act = Act(verb=Verb.CORRECT, person=person, status_before=standing, reason_before=Reason.CORRECTION)
        write_act(connection, row, act, (row.status, row.reason, row.message), now=now)
    connection.execute(
        schema.entry.update().where(schema.entry.c.id == found.entry_id).values(considered=found.revision)
    )
    return Acted(
        delivery_id=written,
        title=title,
        status=Status(row.status),
        reason=Reason(row.reason) if row.reason else None,
        done=is_done,
    )


def issue(ledger: SqlLedger, name: str) -> Edited | None:
    """Give what the news of a name says, and its posts that stand and say something else; None for no name.

    Raises:
        LedgerError: Its words were erased.
    """
    with ledger.reading() as connection:
        if not rows_named(connection, name):
            return None
        _require_words(connection, name)
        return edition_of(connection, entries_named(name)[0])
