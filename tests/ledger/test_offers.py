"""Work that several processes share out: polls in turn, and accounts that are offered."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from crossposter.ledger import SqlLedger, entries
from crossposter.ledger.offers import LOST
from crossposter.ports import Lease
from crossposter.testing import an_account
from tests.ledger.conftest import Place

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
NAMES = ["b", "a"]

pytestmark = pytest.mark.usefixtures("clock_of_the_test")


@pytest.fixture
def ledger(where: Place) -> Iterator[SqlLedger]:
    with closing(SqlLedger.open(where.place)) as opened:
        with opened.writing() as connection:
            entries.add_accounts(connection, [an_account(name) for name in NAMES])
        yield opened


def test_a_turn_comes_once_an_interval(ledger: SqlLedger) -> None:
    every = timedelta(minutes=5)
    assert ledger.take_turn("poll x", every, now=NOW)
    assert not ledger.take_turn("poll x", every, now=NOW + every / 2)
    assert ledger.take_turn("poll y", every, now=NOW + every / 2)
    assert ledger.take_turn("poll x", every, now=NOW + every)


def test_a_turn_that_a_wrong_clock_took_is_taken_again(ledger: SqlLedger) -> None:
    every = timedelta(minutes=5)
    assert ledger.take_turn("poll x", every, now=NOW + timedelta(days=2))
    assert ledger.take_turn("poll x", every, now=NOW)


def test_an_account_is_offered_once_until_the_offer_is_lost(ledger: SqlLedger) -> None:
    assert ledger.offer(NAMES, now=NOW) == NAMES
    assert ledger.offer(NAMES, now=NOW + LOST / 2) == []
    assert ledger.offer(NAMES, now=NOW + LOST) == NAMES


def test_an_account_that_somebody_has_is_offered_to_nobody(ledger: SqlLedger) -> None:
    lease = Lease(account_id="a", holder="somebody", until=NOW + timedelta(seconds=5))
    assert ledger.offer(NAMES, now=NOW) == NAMES
    assert ledger.lease(lease, now=NOW)
    assert ledger.offer(NAMES, now=NOW) == []
    # At the end of the lease at once: who had it may be dead.
    assert ledger.offer(NAMES, now=lease.until) == ["a"]


def test_an_offer_that_is_not_needed_is_taken_back(ledger: SqlLedger) -> None:
    ledger.offer(NAMES, now=NOW)
    ledger.end_offer("a")
    assert ledger.offer(NAMES, now=NOW) == ["a"]
