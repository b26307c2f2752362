from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from crossposter.core.model import Pace, Reason
from crossposter.core.pace import Turn, turns

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
TEN, HOUR = timedelta(minutes=10), timedelta(hours=1)


def minutes(number: float) -> datetime:
    return NOON + timedelta(minutes=number)


def foretold(
    count: int,
    pace: Pace,
    *,
    sent: Sequence[datetime] = (),
    urgent: Sequence[int] = (),
    urgent_at: datetime | None = None,
    holds: timedelta | None = None,
) -> list[tuple[int, Reason | None]]:
    found = turns([Turn(at=NOON)] * count, pace, sent=sent, urgent=urgent, urgent_at=urgent_at, holds_others=holds)
    return [((turn.at - NOON) // timedelta(minutes=1), turn.reason) for turn in found]


def test_without_a_pace_all_go_out_at_once() -> None:
    assert foretold(3, Pace()) == [(0, None)] * 3


def test_a_gap_parts_them_from_each_other_and_from_what_was_sent() -> None:
    assert foretold(2, Pace(min_gap=TEN), sent=[minutes(-4)]) == [(6, Reason.PACE), (16, Reason.PACE)]
    assert foretold(2, Pace(min_gap=TEN)) == [(0, None), (10, Reason.PACE)]


def test_an_hour_takes_so_many() -> None:
    assert foretold(3, Pace(per_hour=2)) == [(0, None), (0, None), (60, Reason.PACE)]


@pytest.mark.parametrize("pace", [Pace(), Pace(min_gap=TEN)])
def test_urgent_ones_go_first_and_keep_the_others_waiting(pace: Pace) -> None:
    found = foretold(3, pace, urgent=[1], holds=HOUR / 2)
    assert found[:2] == [(30, Reason.BEHIND_URGENT), (0, None)]
    assert found[2] == ((40, Reason.PACE) if pace.min_gap else (30, Reason.BEHIND_URGENT))


def test_an_urgent_one_of_before_keeps_them_waiting_as_well() -> None:
    assert foretold(1, Pace(), urgent_at=minutes(-10), holds=HOUR / 2) == [(20, Reason.BEHIND_URGENT)]
    assert foretold(1, Pace(), urgent_at=minutes(-40), holds=HOUR / 2) == [(0, None)]


def test_what_waits_for_something_else_for_longer_says_that() -> None:
    later = Turn(at=minutes(90))
    assert turns([Turn(at=NOON), later], Pace(min_gap=TEN), sent=(), urgent=(), urgent_at=None, holds_others=None) == [
        Turn(at=NOON),
        later,
    ]
