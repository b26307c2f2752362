"""What is old enough to be forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crossposter.core.model import Status
from crossposter.core.retention import SETTLED, Age, Story, may_go

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age", "now", "before"),
    [
        (Age(years=2), NOON, datetime(2024, 11, 27, 12, tzinfo=UTC)),
        (Age(days=90), NOON, NOON - timedelta(days=90)),
        (Age(years=1), datetime(2028, 2, 29, 12, tzinfo=UTC), datetime(2027, 2, 28, 12, tzinfo=UTC)),
        (Age(years=4), datetime(2028, 2, 29, 12, tzinfo=UTC), datetime(2024, 2, 28, 12, tzinfo=UTC)),
        (Age(years=99999), NOON, datetime.min.replace(tzinfo=UTC)),
        (Age(days=99999 * 9), NOON, datetime.min.replace(tzinfo=UTC)),
    ],
)
def test_an_age_goes_by_the_calendar_and_rather_a_day_too_far(age: Age, now: datetime, before: datetime) -> None:
    assert age.before(now) == before


def test_an_age_is_written_as_in_the_yaml() -> None:
    assert (str(Age(years=2)), str(Age(days=90))) == ("2y", "90d")


def a_story(*statuses: Status, days: int = 31) -> Story:
    return Story(entry_id=7, last_at=NOON - timedelta(days=days), statuses=frozenset(statuses))


@pytest.mark.parametrize("status", Status)
def test_only_what_is_settled_is_forgotten(status: Status) -> None:
    before = Age(days=30).before(NOON)
    assert may_go(a_story(status), before=before, shown=()) == (status in SETTLED)
    assert may_go(a_story(Status.PUBLISHED, status), before=before, shown=()) == (status in SETTLED)


def test_what_is_young_or_still_shown_is_kept() -> None:
    before = Age(days=30).before(NOON)
    assert may_go(a_story(), before=before, shown={8})
    assert not may_go(a_story(days=30), before=before, shown={8})
    assert not may_go(a_story(), before=before, shown={7})
