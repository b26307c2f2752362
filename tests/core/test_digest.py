from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from crossposter.core.digest import MAX_NAMED, Summary, Waiting, digest, digest_due
from crossposter.core.model import Reason, Status

ZONE = "Europe/Istanbul"
EIGHT = datetime(2026, 11, 25, 5, tzinfo=UTC)  # 08:00 there


@pytest.mark.parametrize(
    ("last", "now", "is_due"),
    [
        (EIGHT - timedelta(days=1), EIGHT - timedelta(seconds=1), False),
        (EIGHT - timedelta(days=1), EIGHT, True),
        (EIGHT, EIGHT + timedelta(hours=9), False),
        (EIGHT - timedelta(days=1), EIGHT + timedelta(hours=9), True),  # it was not running at eight
        (EIGHT - timedelta(days=5), EIGHT + timedelta(hours=9), True),
        (EIGHT - timedelta(hours=9), EIGHT - timedelta(hours=6), False),  # set up in the evening
    ],
)
def test_a_digest_is_due_once_a_day_at_the_city_s_time(last: datetime, now: datetime, is_due: bool) -> None:
    assert digest_due(time(8), ZONE, last, now=now) == (EIGHT if is_due else None)


def text(waiting: int = 0, troubles: tuple[str, ...] = (), reason: Reason | None = Reason.STALE) -> list[str]:
    found = tuple(
        Waiting(delivery_id=f"{number}/izmir-x", title=f"Haber {number}", status=Status.HELD, reason=reason)
        for number in range(1, waiting + 1)
    )
    summary = Summary(since=EIGHT, published={"izmir-x": 5, "izmir-facebook": 4}, waiting=found)
    return [str(line) for line in digest(summary, troubles, zone=ZONE).lines]


def test_a_quiet_day() -> None:
    assert text() == [
        "published since 25.11. 08:00: 9",
        "- izmir-x: 5",
        "- izmir-facebook: 4",
        "nothing waits for a person",
    ]


def test_what_waits_is_named_and_counted() -> None:
    assert text(1)[3:] == [
        "1 posts wait for a person: crossposter queue",
        f"- 1/izmir-x “Haber 1”: {Reason.STALE.message}",
    ]
    assert text(1, reason=None)[4] == "- 1/izmir-x “Haber 1”: held"
    assert len(text(MAX_NAMED)) == 4 + MAX_NAMED
    assert text(MAX_NAMED + 3)[-1] == "- and 3 older ones"


def test_troubles_that_have_not_ended_are_named() -> None:
    troubles = (
        "silent:b",
        "account:x",
        "failing:a",
        "budget:x",
        "digest:env:ALERT_URL",
        "uncertain:1/x",
        "checkup:x:token",
    )
    assert text(troubles=troubles)[4:] == [
        "account x is stopped",
        "account x has spent its budget",
        "x: the checkup found something (token): crossposter check --online",
        "feed a cannot be read",
        "feed b is silent",
    ]
