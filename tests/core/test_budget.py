from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from crossposter.core.budget import Budget, WhenSpent, forecast, is_beyond, month_of

ISTANBUL = ZoneInfo("Europe/Istanbul")
BUDGET = Budget(usd_per_month=1.0, when_spent=WhenSpent.HOLD)


@pytest.mark.parametrize(
    ("spent", "price", "expected"),
    [(0.8, 0.2, False), (0.1 + 0.2 + 0.5, 0.2, False), (0.9, 0.2, True), (5.0, None, False), (5.0, 0.0, False)],
)
def test_a_post_is_beyond_the_money_when_it_no_longer_fits(spent: float, price: float | None, expected: bool) -> None:
    assert is_beyond(BUDGET, spent=spent, price=price) is expected


def test_a_month_is_the_citys() -> None:
    begin, end = month_of(datetime(2026, 11, 30, 21, 30, tzinfo=UTC), ISTANBUL)
    assert (begin.isoformat(), end.isoformat()) == ("2026-12-01T00:00:00+03:00", "2027-01-01T00:00:00+03:00")


def test_a_month_goes_on_as_it_began() -> None:
    assert forecast(10.0, now=datetime(2026, 11, 15, 21, tzinfo=UTC), zone=ISTANBUL) == pytest.approx(20.0)
    assert forecast(1.0, now=datetime(2026, 11, 1, 0, tzinfo=UTC), zone=ISTANBUL) == pytest.approx(30.0)
