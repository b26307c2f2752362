from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crossposter.core.model import Feed, Validators
from crossposter.core.planning import plan
from crossposter.errors import LedgerError
from crossposter.ledger import LedgerHeartbeat, SqlLedger
from crossposter.ledger.polls import Polls
from crossposter.references import DatabaseAddress
from crossposter.testing import a_feed, an_account, an_entry
from tests.ledger.conftest import Place

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
FIRST, SECOND = Validators(etag='"1"'), Validators(etag='"2"', last_modified="Wed")


def record(ledger: SqlLedger, feed: Feed, *, now: datetime = NOON) -> None:
    """Record a poll that found an item, which need not be read again."""
    accounts = [an_account()]
    found = plan(feed, [an_entry(1, mark="m")], accounts=accounts, known={}, first_poll=True, now=now)
    ledger.record(feed, found, FIRST, accounts=accounts, now=now)


def polled_at(place: Path | DatabaseAddress) -> dict[str, datetime]:
    """Ask a ledger as another process does."""
    other = SqlLedger(place)
    try:
        return dict(LedgerHeartbeat(other).signs(now=NOON).polled_at)
    finally:
        other.close()


def test_polls_that_found_nothing_are_written_with_the_sign_of_life(ledger: SqlLedger) -> None:
    feeds = [a_feed(name, site=name) for name in ("a", "b")]
    for feed in feeds:
        record(ledger, feed)
    LedgerHeartbeat(ledger).start(now=NOON)
    later = NOON + timedelta(minutes=5)
    ledger.touch(feeds[0], SECOND, now=later)
    assert ledger.validators(feeds[0]) == SECOND
    assert polled_at(ledger.place) == {"a": NOON, "b": NOON}
    LedgerHeartbeat(ledger).beat(now=later)
    assert polled_at(ledger.place) == {"a": later, "b": NOON}
    with closing(SqlLedger(ledger.place)) as other:
        assert other.validators(feeds[0]) == SECOND


def test_nothing_is_written_where_nothing_was_polled(ledger: SqlLedger, where: Place) -> None:
    record(ledger, a_feed())
    before = where.contents()
    ledger.write_polls()
    assert where.contents() == before


@pytest.mark.usefixtures("no_patience")
def test_polls_that_could_not_be_written_are_written_later(ledger: SqlLedger, where: Place) -> None:
    with closing(SqlLedger(where.place)) as impatient:
        record(impatient, a_feed())
        impatient.touch(a_feed(), SECOND, now=NOON + timedelta(minutes=5))
        with where.held(), pytest.raises(LedgerError, match=r"another program has held|lock timeout"):
            impatient.write_polls()
        impatient.write_polls()
        assert polled_at(where.place) == {"izmir-tr": NOON + timedelta(minutes=5)}


def test_a_poll_in_between_is_not_taken_for_written(ledger: SqlLedger) -> None:
    record(ledger, a_feed())
    ledger.touch(a_feed(), FIRST, now=NOON + timedelta(minutes=5))
    with ledger.writing_polls():
        ledger.touch(a_feed(), SECOND, now=NOON + timedelta(minutes=10))
    ledger.write_polls()
    assert polled_at(ledger.place) == {"izmir-tr": NOON + timedelta(minutes=10)}


def test_what_need_not_be_read_again_is_kept_with_the_number_of_its_entry(ledger: SqlLedger) -> None:
    record(ledger, a_feed())
    (shown,) = ledger.window(a_feed())
    assert (shown.mark, shown.entry_id, shown.is_dated, shown.keys) == ("m", 1, False, an_entry(1).keys)


def test_a_feed_that_moves_to_another_site_begins_anew(ledger: SqlLedger) -> None:
    record(ledger, a_feed())
    moved = a_feed(site="ankara")
    assert (ledger.validators(moved), ledger.window(moved)) == (None, [])


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
