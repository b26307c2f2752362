"""Accounts that cannot be read: they rest, are told of, and cost no news."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from crossposter.core.events import Event, Unread
from crossposter.core.model import Outcome, Reason, Status
from crossposter.errors import AccountError, PublishError, RejectedError, TransientError
from crossposter.ledger import fence
from crossposter.ports import Due
from crossposter.testing import an_account, an_entry
from crossposter.wording import say
from tests.test_reading_back import Office

NO = RejectedError(say("refused"))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path / "ledger.db", an_account())
    with made.ledger.writing() as connection:
        fence.mark_unread(connection, made.clock.now())
    yield made
    made.ledger.close()


@pytest.mark.parametrize("error", [NO, TransientError(say("busy")), AccountError(say("locked"))])
def test_an_account_that_cannot_be_read_back_rests_and_is_told_of(office: Office, error: PublishError) -> None:
    office.news(an_entry(2))
    office.adapter.answers["timeline"] = [error] * 20
    told: list[Event] = []
    service = office.service()
    for _ in range(10):
        service.run_once(report=told.append)
        office.clock.forward(seconds=1)
    assert office.adapter.calls.count("timeline") == 1
    (unread,) = [event for event in told if isinstance(event, Unread)]
    assert unread.outcome.message == error.message
    office.adapter.answers["timeline"] = []
    office.run(minutes=15)
    office.run(minutes=1)
    assert office.texts() == ["Haber 1", "Haber 2"]


def test_a_wait_that_a_wrong_clock_wrote_keeps_no_account_unread_for_ever(office: Office) -> None:
    until = office.clock.now() + timedelta(days=1500)
    office.ledger.rest("izmir-x", Outcome(status=Status.QUEUED, reason=Reason.ACCOUNT, account_rests_until=until))
    assert office.service().due_lanes() == [[Due(account_id="izmir-x", delivery_id=None)]]
