"""What is old enough to be forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crossposter.core.kinds import Kind
from crossposter.core.model import Status
from crossposter.core.retention import Age, Story, is_dropped, may_go, needs_words

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


def a_story(*, is_needed: bool = False, days: int = 31) -> Story:
    return Story(entry_id=7, last_at=NOON - timedelta(days=days), is_needed=is_needed)


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("is_begun", [True, False])
def test_only_what_is_settled_or_was_never_wanted_is_forgotten(status: Status, is_begun: bool) -> None:
    is_settled = status in (Status.PUBLISHED, Status.SKIPPED, Status.FAILED)
    is_unwanted = status is Status.HELD and not is_begun
    assert needs_words(status, Kind.PUBLISH, is_begun=is_begun) is not (is_settled or is_unwanted)
    assert is_dropped(status, Kind.PUBLISH, is_begun=is_begun) is is_unwanted


@pytest.mark.parametrize("is_begun", [True, False])
def test_a_deletion_that_waits_for_a_person_needs_no_words_and_waits_on(is_begun: bool) -> None:
    assert not needs_words(Status.HELD, Kind.DELETE, is_begun=is_begun)
    assert not is_dropped(Status.HELD, Kind.DELETE, is_begun=is_begun)
    assert needs_words(Status.QUEUED, Kind.DELETE, is_begun=is_begun)


def test_what_is_young_or_still_shown_is_kept() -> None:
    before = Age(days=30).before(NOON)
    assert may_go(a_story(), before=before, shown={8})
    assert not may_go(a_story(days=30), before=before, shown={8})
    assert not may_go(a_story(), before=before, shown={7})
    assert not may_go(a_story(is_needed=True), before=before, shown={8})
