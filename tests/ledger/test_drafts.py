"""Two people at once, and a person while the daemon sends: exactly one wins, and the other is told what happened."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from crossposter.core.acts import Person, Verb
from crossposter.core.draft import Draft, digest
from crossposter.core.model import Delivery, Entry, Known, Outcome, Post, Reason, Status, Validators
from crossposter.core.planning import Plan, plan
from crossposter.ledger import SqlLedger, history
from crossposter.ledger.acts import Acted, Desk
from crossposter.ledger.verifying import verify
from crossposter.ports import Lease, Staged
from crossposter.testing import a_feed, an_account, an_entry
from tests.ledger.conftest import Place

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
LEASE = Lease(account_id="izmir-x", holder="daemon", until=NOW + timedelta(minutes=10))
PEOPLE = [Person(name=name, system_user=name.lower()) for name in ("Ayşe", "Mehmet", "Zeynep", "Can")]
FEED, ACCOUNT = a_feed(), an_account()
NAME = "1/izmir-x"
POST = Post(text="Haber 1", link=None)


def record(ledger: SqlLedger, entry: Entry, *, known: dict[str, Known] | None = None) -> Plan:
    made = plan(FEED, [entry], accounts=[ACCOUNT], known=known or {}, first_poll=False, now=NOW)
    return ledger.record(FEED, made, Validators(), accounts=[ACCOUNT], now=NOW)


def revise(ledger: SqlLedger) -> None:
    """Let the news say something else."""
    entry = an_entry(1, summary="Yeni özet.")
    with ledger.alone_on(FEED.site):
        record(ledger, entry, known=dict(ledger.known(FEED, entry.keys)))


def draft_of(delivery: Delivery, text: str = "Haber 1") -> Draft:
    post = replace(POST, text=text)
    return Draft(post=post, hash=digest(post, revision=delivery.revision), revision=delivery.revision, made_at=NOW)


def loaded(ledger: SqlLedger) -> Delivery:
    delivery = ledger.load(NAME, now=NOW)
    assert delivery
    return delivery


HELD = Outcome(status=Status.HELD, reason=Reason.APPROVAL)


@pytest.fixture
def waiting(ledger: SqlLedger) -> Iterator[SqlLedger]:
    """A ledger in which one post waits for approval; its record holds at the end."""
    record(ledger, an_entry(1))
    delivery = loaded(ledger)
    assert ledger.hold_draft(delivery, draft_of(delivery), HELD, now=NOW)
    yield ledger
    assert verify(ledger).findings == []


def act(ledger: SqlLedger, verb: Verb, person: Person = PEOPLE[0]) -> Acted:
    (acted,) = Desk(ledger).act(verb, NAME, person, now=NOW)
    return acted


def at_once(where: Place, *acts: Callable[[SqlLedger], object]) -> list[object]:
    """Let each be done at the same moment, by a process of its own."""
    gate = threading.Barrier(len(acts))

    def do(one: Callable[[SqlLedger], object]) -> object:
        with closing(SqlLedger.look(where.place)) as ledger:
            gate.wait(timeout=20)
            return one(ledger)

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(do, acts))


def claim(ledger: SqlLedger, delivery: Delivery) -> int | None:
    return ledger.claim(delivery, Staged(post=POST), LEASE, now=NOW)


def status(ledger: SqlLedger) -> Status:
    (found,) = history.deliveries(ledger, now=NOW)
    return found.status


def test_of_people_who_act_at_once_one_wins_and_the_others_learn_who(where: Place, waiting: SqlLedger) -> None:
    acts = [
        lambda ledger, one=one, verb=verb: act(ledger, verb, one)
        for one, verb in zip(PEOPLE, (Verb.APPROVE, Verb.REJECT, Verb.APPROVE, Verb.REJECT), strict=True)
    ]
    acted = [one for one in at_once(where, *acts) if isinstance(one, Acted)]
    recorded = Desk(waiting).acts(NAME)
    # A post that was approved may be rejected as long as it has not gone out: that is another act, and is told.
    assert len(recorded) == sum(one.done for one in acted) <= 2
    assert len({one.verb for one in recorded}) == len(recorded)
    for left in (one for one in acted if not one.done):
        assert left.last
        assert left.last.person in {one.person for one in recorded}


@pytest.mark.parametrize("verb", [Verb.HOLD, Verb.REJECT])
def test_a_person_and_the_daemon_meet_in_one_change(where: Place, waiting: SqlLedger, verb: Verb) -> None:
    act(waiting, Verb.APPROVE)
    assert waiting.lease(LEASE, now=NOW)
    delivery = loaded(waiting)
    acted, attempt = at_once(where, lambda ledger: act(ledger, verb, PEOPLE[1]), lambda ledger: claim(ledger, delivery))
    assert isinstance(acted, Acted)
    assert acted.done is (attempt is None)
    if not acted.done:
        assert (acted.status, status(waiting)) == (Status.PUBLISHING, Status.PUBLISHING)
        assert acted.last
        assert acted.last.person == "Ayşe"


def test_an_edit_and_the_daemon_meet_in_one_change(where: Place, waiting: SqlLedger) -> None:
    act(waiting, Verb.APPROVE)
    assert waiting.lease(LEASE, now=NOW)
    delivery = loaded(waiting)
    acted, attempt = at_once(
        where,
        lambda ledger: Desk(ledger).edit(NAME, PEOPLE[1], "Başka", now=NOW),
        lambda ledger: claim(ledger, delivery),
    )
    assert isinstance(acted, Acted)
    assert acted.done is (attempt is None)


def test_a_revision_and_the_daemon_meet_in_one_change(where: Place, waiting: SqlLedger) -> None:
    act(waiting, Verb.APPROVE)
    assert waiting.lease(LEASE, now=NOW)
    delivery = loaded(waiting)
    at_once(where, revise, lambda ledger: claim(ledger, delivery))
    (found,) = history.deliveries(waiting, now=NOW)
    if found.status is Status.PUBLISHING:
        (attempt,) = history.attempts(waiting, found)
        assert attempt.text == "Haber 1"
    else:
        assert claim(waiting, loaded(waiting)) is not None  # as the news is now, which the service has to show first


def test_an_approval_of_what_was_changed_a_moment_before_is_of_no_use(waiting: SqlLedger) -> None:
    revise(waiting)
    left = act(waiting, Verb.APPROVE)
    assert (left.done, left.status) == (False, Status.QUEUED)
    assert loaded(waiting).approval is None


def test_an_old_draft_is_not_shown_over_what_a_person_did_meanwhile(ledger: SqlLedger) -> None:
    record(ledger, an_entry(1))
    delivery = loaded(ledger)
    act(ledger, Verb.HOLD)
    assert not ledger.hold_draft(delivery, draft_of(delivery), HELD, now=NOW)
    act(ledger, Verb.APPROVE)
    Desk(ledger).edit(NAME, PEOPLE[1], "Başka", now=NOW)
    assert not ledger.hold_draft(delivery, draft_of(delivery), HELD, now=NOW)
    revise(ledger)
    assert not ledger.hold_draft(loaded_before(delivery, ledger), draft_of(delivery), HELD, now=NOW)


def loaded_before(delivery: Delivery, ledger: SqlLedger) -> Delivery:
    """Give a delivery as it was read before the news was changed, but for the count."""
    return replace(delivery, edition=loaded(ledger).edition)


def test_an_approval_binds_what_is_shown_and_nothing_that_is_older(ledger: SqlLedger) -> None:
    record(ledger, an_entry(1))
    delivery = loaded(ledger)
    ledger.hold_draft(delivery, draft_of(delivery), Outcome(status=Status.HELD, reason=Reason.STALE), now=NOW)
    revise(ledger)
    act(ledger, Verb.APPROVE)
    assert loaded(ledger).approval is None


def test_pictures_of_news_that_was_changed_are_not_those_of_a_new_text(ledger: SqlLedger) -> None:
    record(ledger, an_entry(1))
    delivery = loaded(ledger)
    ledger.hold_draft(delivery, draft_of(delivery), Outcome(status=Status.HELD, reason=Reason.STALE), now=NOW)
    revise(ledger)
    Desk(ledger).edit(NAME, PEOPLE[1], "Başka", now=NOW)
    act(ledger, Verb.APPROVE)
    written = loaded(ledger).draft
    assert written
    assert (written.is_complete, written.post) == (False, Post(text="Başka", link=None))


def test_the_newest_draft_of_each_city_is_told(ledger: SqlLedger) -> None:
    accounts = [an_account("izmir.x"), an_account("izmir.page"), an_account("smyrna.x")]
    feed = a_feed(accounts=[account.id for account in accounts])
    made = plan(feed, [an_entry(1)], accounts=accounts, known={}, first_poll=False, now=NOW)
    ledger.record(feed, made, Validators(), accounts=accounts, now=NOW)
    for minutes, name in enumerate(["1/izmir.x", "1/izmir.page"]):
        delivery = ledger.load(name, now=NOW)
        assert delivery
        at = NOW + timedelta(minutes=minutes)
        ledger.hold_draft(delivery, replace(draft_of(delivery), made_at=at), HELD, now=NOW)
    assert ledger.awaiting_approval() == ["1/izmir.x", "1/izmir.page"]
    assert ledger.newest_drafts() == {"izmir": NOW + timedelta(minutes=1)}
