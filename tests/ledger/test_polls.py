from __future__ import annotations

from datetime import UTC, datetime, timedelta

from crossposter.core.model import Validators
from crossposter.ledger.polls import Polls
from crossposter.testing import a_feed

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def test_a_poll_that_came_while_another_was_written_is_still_to_be_written() -> None:
    polls = Polls()
    polls.remember(a_feed(), Validators(etag="1"), unwritten_at=NOON)
    taken = polls.unwritten()
    polls.remember(a_feed(), Validators(etag="2"), unwritten_at=NOON + timedelta(minutes=5))
    polls.written(taken)
    assert [poll.unwritten_at for poll in polls.unwritten().values()] == [NOON + timedelta(minutes=5)]


def test_a_poll_that_is_written_is_not_written_again() -> None:
    polls = Polls()
    polls.remember(a_feed(), Validators(etag="1"), unwritten_at=NOON)
    polls.written(polls.unwritten())
    assert polls.unwritten() == {}
    assert polls.validators(a_feed()) == Validators(etag="1")
