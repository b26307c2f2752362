from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from crossposter.core.health import NEVER_RUN, Signs, at_work_since, silence, troubles
from crossposter.testing import a_feed

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
FEED = a_feed(every=timedelta(minutes=5))


def ago(**duration: float) -> datetime:
    return NOW - timedelta(**duration)


def signs(
    *,
    is_running: bool = True,
    started_at: datetime | None = NOW - timedelta(days=1),
    beat_at: datetime | None = NOW,
    polled_at: datetime | None = NOW,
    due_since: datetime | None = None,
) -> Signs:
    return Signs(
        is_running=is_running,
        started_at=started_at,
        beat_at=beat_at,
        polled_at={FEED.id: polled_at} if polled_at else {},
        oldest_due="412/izmir-x" if due_since else None,
        due_since=due_since,
    )


@pytest.mark.parametrize(
    "found",
    [
        signs(),
        signs(beat_at=ago(minutes=2)),
        signs(polled_at=ago(minutes=15)),
        signs(started_at=ago(minutes=14), polled_at=None),
        signs(started_at=ago(seconds=59), polled_at=ago(days=3)),
        signs(due_since=ago(minutes=89)),
    ],
)
def test_a_daemon_that_works_has_no_trouble(found: Signs) -> None:
    assert troubles(found, [FEED], now=NOW) == []


@pytest.mark.parametrize(
    ("found", "named"),
    [
        (signs(beat_at=ago(minutes=3)), "sign of life"),
        (signs(polled_at=ago(minutes=17)), "izmir-tr"),
        (signs(started_at=ago(seconds=61), polled_at=ago(days=6)), "izmir-tr was last read at 2026-11-19"),
        (signs(polled_at=None), "izmir-tr has never been read"),
        (signs(is_running=False), "no daemon is running"),
        (signs(is_running=False, beat_at=ago(minutes=3)), "no daemon is running"),
        (signs(due_since=ago(minutes=91)), "412/izmir-x"),
    ],
)
def test_what_keeps_it_from_working_is_named(found: Signs, named: str) -> None:
    (trouble,) = troubles(found, [FEED], now=NOW)
    assert named in str(trouble)


@pytest.mark.parametrize(("workers", "is_named"), [(0, True), (1, False)])
def test_a_daemon_that_needs_workers_says_that_there_are_none(workers: int, is_named: bool) -> None:
    found = troubles(replace(signs(), workers=workers), [FEED], now=NOW, needs_worker=True)
    assert [str(trouble) for trouble in found] == (
        ["no worker is running: start one with 'crossposter worker'"] if is_named else []
    )


@pytest.mark.parametrize(
    ("before", "since"),
    [
        (signs(started_at=None, beat_at=None), NOW),
        (signs(started_at=ago(days=6), beat_at=ago(minutes=2)), ago(days=6)),
        (signs(started_at=ago(days=6), beat_at=ago(minutes=3)), NOW),
    ],
)
def test_a_restart_without_a_pause_begins_nothing_anew(before: Signs, since: datetime) -> None:
    assert at_work_since(before, now=NOW) == since


def test_a_daemon_that_never_ran_is_not_working() -> None:
    assert troubles(signs(started_at=None, beat_at=None), [FEED], now=NOW) == [NEVER_RUN]


FRIDAY = datetime(2026, 11, 27, 15, tzinfo=UTC)  # 18:00 in İzmir


@pytest.mark.parametrize(
    ("hours", "is_told"),
    [
        (5, False),  # Friday 23:00
        (48, False),  # Sunday 18:00: six working hours
        (48 + 24, False),  # Monday 18:00: 6 + 18
        (48 + 24 + 1, True),
        (2_000, True),
    ],
)
def test_a_feed_without_news_is_told_after_so_many_hours_of_working_days(hours: int, is_told: bool) -> None:
    feed = a_feed(silent_after=timedelta(hours=24))
    found = silence(feed, FRIDAY, now=FRIDAY + timedelta(hours=hours))
    assert (found is not None) is is_told


def test_a_feed_that_may_be_silent_is_not_told() -> None:
    assert silence(a_feed(), FRIDAY, now=FRIDAY + timedelta(days=100)) is None
    assert silence(a_feed(silent_after=timedelta(hours=1)), None, now=FRIDAY) is None


def test_what_is_due_in_another_city_is_no_trouble_of_this_one() -> None:
    found = replace(signs(due_since=NOW - timedelta(hours=2)), oldest_due="412/izmir.x")
    assert len(troubles(found.of({"izmir", "urla"}), [], now=NOW)) == 1
    assert troubles(found.of({"bodrum"}), [], now=NOW) == []
    assert troubles(signs().of({"bodrum"}), [], now=NOW) == []
