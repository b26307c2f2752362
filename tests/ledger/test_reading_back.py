"""What reading an account back writes, and what it leaves alone because somebody was quicker."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crossposter.core.acts import Person, Verb
from crossposter.core.model import Delivery, Outcome, Post, Reason, Receipt, Status, Validators
from crossposter.core.planning import plan
from crossposter.core.timeline import Standing
from crossposter.ledger import SqlLedger, history
from crossposter.ledger.acts import Desk
from crossposter.ports import Lease, Settlement, Staged
from crossposter.testing import a_feed, an_account, an_entry

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
NAME = "1/izmir-x"
LOST = Outcome(status=Status.UNCERTAIN, reason=Reason.LOST_ANSWER)
AYSE = Person(name="Ayşe", system_user="a")
STANDING = Standing(remote_id="42", url="https://x.com/i/status/42", text="Haber 1", published=NOON)


@pytest.fixture
def ledger(ledger: SqlLedger) -> SqlLedger:
    """One with a delivery whose answer was lost."""
    account = an_account()
    found = plan(a_feed(), [an_entry(1)], accounts=[account], known={}, first_poll=False, now=NOON)
    ledger.record(a_feed(), found, Validators(), accounts=[account], now=NOON)
    _send(ledger, LOST)
    return ledger


def _send(ledger: SqlLedger, outcome: Outcome, *, now: datetime = NOON) -> int:
    lease = Lease(account_id="izmir-x", holder="h", until=now + timedelta(minutes=10))
    assert ledger.lease(lease, now=now)
    attempt = ledger.claim(_loaded(ledger, now=now), Staged(post=Post(text="Haber 1", link=None)), lease, now=now)
    assert attempt
    ledger.settle(NAME, attempt, outcome, now=now)
    ledger.release(lease)
    return attempt


def _loaded(ledger: SqlLedger, *, now: datetime = LATER) -> Delivery:
    delivery = ledger.load(NAME, now=now)
    assert delivery
    return delivery


def _state(ledger: SqlLedger) -> tuple[Status, str | None]:
    (record,) = history.deliveries(ledger, now=LATER)
    return record.status, record.remote_id


def test_a_reading_that_comes_after_a_person_has_settled_changes_nothing(ledger: SqlLedger) -> None:
    delivery = _loaded(ledger)
    receipt = Receipt(remote_id="7", url="https://x.com/i/status/7")
    Desk(ledger).act(Verb.PUBLISHED, NAME, AYSE, now=LATER, found=receipt)
    assert not ledger.settle_read(delivery, Outcome(status=Status.QUEUED, reason=Reason.ABSENT, resends=1), now=LATER)
    assert _state(ledger) == (Status.PUBLISHED, "7")


def test_a_second_post_that_a_reading_had_seen_is_one_all_the_same(ledger: SqlLedger) -> None:
    absent = Outcome(status=Status.QUEUED, reason=Reason.ABSENT, resends=1)
    assert ledger.settle_read(_loaded(ledger), absent, now=LATER)
    _send(ledger, Outcome(status=Status.PUBLISHED, receipt=Receipt(remote_id="43", url="https://x.com/43")), now=LATER)
    ledger.see("izmir-x", [STANDING], now=LATER)
    late = Outcome(status=Status.PUBLISHED, receipt=STANDING.receipt)
    assert ledger.settle(NAME, 1, late, now=LATER) is Settlement.ORPHAN
    assert _state(ledger) == (Status.PUBLISHED, "43")
    assert list(ledger.known_posts("izmir-x").others) == [STANDING]


def test_what_was_sent_before_and_is_found_after_a_restore_keeps_its_attempt(ledger: SqlLedger) -> None:
    ledger.settle_read(_loaded(ledger), Outcome(status=Status.HELD, reason=Reason.RESTORED), now=LATER)
    (held,) = ledger.restored("izmir-x", now=LATER)
    ledger.see("izmir-x", [STANDING], now=LATER)
    assert ledger.take_over(held, STANDING, now=LATER)
    assert _state(ledger) == (Status.PUBLISHED, "42")
    assert len(history.attempts(ledger, history.deliveries(ledger, now=LATER)[0])) == 1
    assert list(ledger.known_posts("izmir-x").others) == []
    assert not ledger.take_over(held, STANDING, now=LATER)
