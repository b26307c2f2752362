from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from crossposter.core.budget import Budget, WhenSpent
from crossposter.core.model import AccountState, Outcome, Post, Reason, Receipt, Status, Validators
from crossposter.core.planning import plan
from crossposter.ledger import SqlLedger
from crossposter.ledger.accounts import standing
from crossposter.ports import Lease, Staged
from crossposter.testing import a_feed, an_account, an_entry
from crossposter.wording import say

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
ACCOUNT = replace(an_account(), budget=Budget(usd_per_month=1.0, when_spent=WhenSpent.HOLD))


@pytest.fixture
def ledger(ledger: SqlLedger) -> SqlLedger:
    feed = a_feed()
    made = plan(feed, [an_entry(1)], accounts=[ACCOUNT], known={}, first_poll=False, now=NOON)
    ledger.record(feed, made, Validators(), accounts=[ACCOUNT], now=NOON)
    return ledger


def state(ledger: SqlLedger, *, hours: float = 0) -> AccountState:
    (found,) = standing(ledger, [ACCOUNT], now=NOON + timedelta(hours=hours))
    return found.state


def test_an_account_that_nothing_keeps_is_at_work(ledger: SqlLedger) -> None:
    (found,) = standing(ledger, [ACCOUNT], now=NOON)
    assert (found.state, found.until, found.why, found.waiting, found.held) == (AccountState.OK, None, None, 1, 0)
    (unseen,) = standing(ledger, [an_account("izmir-facebook")], now=NOON)
    assert (unseen.state, unseen.waiting) == (AccountState.OK, 0)


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (Reason.TRANSIENT, AccountState.COOLING),
        (Reason.ACCOUNT, AccountState.STOPPED),
        (Reason.CREDIT, AccountState.SPENT),
    ],
)
def test_an_account_rests_for_a_reason_and_a_while(ledger: SqlLedger, reason: Reason, expected: AccountState) -> None:
    until = NOON + timedelta(hours=1)
    outcome = Outcome(status=Status.QUEUED, reason=reason, message=say("said so"), account_rests_until=until)
    ledger.postpone("1/izmir-x", outcome, now=NOON)
    (found,) = standing(ledger, [ACCOUNT], now=NOON)
    assert (found.state, found.until, str(found.why)) == (expected, until, "said so")
    assert state(ledger, hours=2) is AccountState.OK


def test_an_account_has_spent_its_money_until_the_month_is_over(ledger: SqlLedger) -> None:
    lease = Lease(account_id="izmir-x", holder="me", until=NOON + timedelta(minutes=10))
    assert ledger.lease(lease, now=NOON)
    loaded = ledger.load("1/izmir-x", now=NOON)
    assert loaded
    attempt = ledger.claim(loaded, Staged(post=Post(text="a", link=None)), lease, now=NOON, price_usd=1.0)
    assert attempt is not None
    receipt = Receipt(remote_id="1", url="https://x.com/1")
    ledger.settle("1/izmir-x", attempt, Outcome(status=Status.PUBLISHED, receipt=receipt), now=NOON)
    assert state(ledger) is AccountState.SPENT
    assert state(ledger, hours=24 * 7) is AccountState.OK
