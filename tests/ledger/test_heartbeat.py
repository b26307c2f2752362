from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crossposter.core.model import Outcome, Reason, Status, Validators
from crossposter.core.planning import plan
from crossposter.ledger import LedgerHeartbeat, Role, SqlLedger, sole_writer
from crossposter.references import DatabaseAddress
from crossposter.testing import a_feed, an_account, an_entry

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=5)


@contextmanager
def held(place: Path | DatabaseAddress, role: Role) -> Iterator[None]:
    """Work on a ledger as a process of its role does."""
    with sole_writer(place, role) if isinstance(place, Path) else closing(SqlLedger.open(place, role=role)):
        yield


@pytest.fixture
def busy(ledger: SqlLedger) -> SqlLedger:
    """A ledger with one post that has been due since noon."""
    feed, accounts = a_feed(), [an_account()]
    found = plan(feed, [an_entry(1)], accounts=accounts, known={}, first_poll=False, now=NOON)
    ledger.record(feed, found, Validators(), accounts=accounts, now=NOON)
    return ledger


def test_a_daemon_that_never_ran_has_no_sign_of_life(ledger: SqlLedger) -> None:
    signs = LedgerHeartbeat(ledger).signs(now=NOON)
    assert (signs.started_at, signs.beat_at, signs.polled_at, signs.oldest_due) == (None, None, {}, None)


def test_the_sign_of_life_moves_and_only_a_restart_after_a_pause_begins_anew(ledger: SqlLedger) -> None:
    heartbeat = LedgerHeartbeat(ledger)
    heartbeat.start(now=NOON)
    heartbeat.beat(now=LATER)
    signs = heartbeat.signs(now=LATER)
    assert (signs.started_at, signs.beat_at) == (NOON, LATER)
    heartbeat.start(now=LATER)
    assert heartbeat.signs(now=LATER).started_at == NOON
    heartbeat.start(now=LATER + timedelta(minutes=3))
    assert heartbeat.signs(now=LATER).started_at == LATER + timedelta(minutes=3)


def test_only_a_daemon_that_holds_the_ledger_is_running(ledger: SqlLedger) -> None:
    heartbeat = LedgerHeartbeat(ledger)
    heartbeat.start(now=NOON)
    assert not heartbeat.signs(now=NOON).is_running
    for role in Role:
        with held(ledger.place, role):
            assert heartbeat.signs(now=NOON).is_running is (role is Role.DAEMON)
    assert not heartbeat.signs(now=NOON).is_running


def test_the_oldest_due_delivery_and_the_last_polls_are_read(busy: SqlLedger) -> None:
    signs = LedgerHeartbeat(busy).signs(now=LATER)
    assert (signs.oldest_due, signs.due_since) == ("1/izmir-x", NOON)
    assert signs.polled_at == {"izmir-tr": NOON}


@pytest.mark.parametrize(("reason", "is_told"), [(Reason.ACCOUNT, True), (Reason.TRANSIENT, False)])
def test_an_account_that_waits_for_a_person_is_told_and_a_rate_limit_is_not(
    busy: SqlLedger, reason: Reason, is_told: bool
) -> None:
    rest = Outcome(status=Status.QUEUED, reason=reason, account_rests_until=LATER + timedelta(hours=1))
    busy.postpone("1/izmir-x", rest, now=NOON)
    assert bool(LedgerHeartbeat(busy).signs(now=LATER).oldest_due) is is_told


def test_a_daemon_that_died_is_told_from_one_that_ended(ledger: SqlLedger) -> None:
    heartbeat = LedgerHeartbeat(ledger)
    assert heartbeat.start(now=NOON) is None
    heartbeat.beat(now=LATER)
    assert heartbeat.start(now=LATER + timedelta(hours=1)) == LATER
    heartbeat.end(now=LATER + timedelta(hours=2))
    assert heartbeat.start(now=LATER + timedelta(hours=3)) is None
