from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crossposter.core.health import NEVER_RUN, Signs, troubles
from crossposter.testing import a_feed

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
FEED = a_feed(every=timedelta(minutes=5))


def ago(**duration: float) -> datetime:
    return NOW - timedelta(**duration)


def signs(
    *,
    started_at: datetime | None = NOW - timedelta(days=1),
    beat_at: datetime | None = NOW,
    polled_at: datetime | None = NOW,
    due_since: datetime | None = None,
) -> Signs:
    return Signs(
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
        signs(started_at=ago(minutes=14), polled_at=ago(days=3)),
        signs(due_since=ago(minutes=89)),
    ],
)
def test_a_daemon_that_works_has_no_trouble(found: Signs) -> None:
    assert troubles(found, [FEED], now=NOW) == []


@pytest.mark.parametrize(
    ("found", "named"),
    [
        (signs(beat_at=ago(minutes=3)), "sign of life"),
        (signs(polled_at=ago(minutes=16)), "izmir-tr"),
        (signs(polled_at=None), "izmir-tr"),
        (signs(due_since=ago(minutes=91)), "412/izmir-x"),
    ],
)
def test_what_keeps_it_from_working_is_named(found: Signs, named: str) -> None:
    (trouble,) = troubles(found, [FEED], now=NOW)
    assert named in str(trouble)


def test_a_daemon_that_never_ran_is_not_working() -> None:
    assert troubles(signs(started_at=None, beat_at=None), [FEED], now=NOW) == [NEVER_RUN]
