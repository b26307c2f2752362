from __future__ import annotations

from datetime import timedelta

import pytest

from crossposter.core.manners import fresh_for, rest_after_failure

EVERY = timedelta(minutes=5)


@pytest.mark.parametrize(
    ("failures", "share", "minutes"),
    [(1, 1.0, 0), (2, 1.0, 10), (2, 0.0, 5), (3, 1.0, 20), (4, 1.0, 30), (5, 1.0, 30), (100, 1.0, 30), (100, 0.0, 15)],
)
def test_a_feed_that_fails_is_asked_less_and_less_often(failures: int, share: float, minutes: int) -> None:
    rest = rest_after_failure(failures, every=EVERY, retry_after=None, is_gone=False, share=share)
    assert rest == timedelta(minutes=minutes)


def test_a_daily_feed_is_still_asked_daily() -> None:
    day = timedelta(days=1)
    assert rest_after_failure(9, every=day, retry_after=None, is_gone=False, share=1.0) == day


@pytest.mark.parametrize(("asked", "given"), [(7, 7), (60 * 72, 60 * 24), (0, 0)])
def test_a_server_may_send_us_away_for_a_day_at_most(asked: int, given: int) -> None:
    rest = rest_after_failure(1, every=EVERY, retry_after=timedelta(minutes=asked), is_gone=False, share=0.3)
    assert rest == timedelta(minutes=given)


def test_what_is_gone_for_good_is_left_alone_for_a_day() -> None:
    assert rest_after_failure(1, every=EVERY, retry_after=None, is_gone=True, share=0.0) == timedelta(days=1)


@pytest.mark.parametrize(
    ("header", "age", "minutes"),
    [
        ("", "", 0),
        ("max-age=0", "", 0),
        ("max-age=60", "", 0),
        ("public, max-age=900", "", 14),
        ("max-age=900", "300", 9),
        ("max-age=900", "soon", 14),
        ('MAX-AGE="900"', "", 14),
        ("max-age=99999999", "", 59),
        ("no-cache, max-age=900", "", 0),
        ("no-store", "", 0),
        ("s-maxage=900", "", 0),
    ],
)
def test_a_page_is_kept_as_long_as_its_server_says(header: str, age: str, minutes: int) -> None:
    assert fresh_for(header, age=age, every=EVERY) == timedelta(minutes=minutes)
