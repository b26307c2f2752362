from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from crossposter.core.checkup import (
    Check,
    Colour,
    Finding,
    confirms_clock,
    of_account,
    of_disk,
    of_feed,
    of_ledger,
    of_pictures,
    worst,
)
from crossposter.core.examination import ApiVersion, Examination, Lack, Quota, TokenLife
from crossposter.core.model import Identity
from crossposter.errors import AccountError, FeedError, LedgerError, TransientError
from crossposter.testing import a_feed, an_account
from crossposter.wording import say

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
ACCOUNT = an_account("izmir-x")
RIGHT = Examination(identity=ACCOUNT.pinned, skew=timedelta())
RENEWAL = say("crossposter login izmir-x")
GREEN, YELLOW, RED = Colour.GREEN, Colour.YELLOW, Colour.RED


def judged(seen: Examination) -> dict[Check, Finding]:
    return {found.check: found for found in of_account(ACCOUNT, seen, renewal=RENEWAL, now=NOON)}


def colours(seen: Examination) -> dict[Check, Colour]:
    return {check: found.colour for check, found in judged(seen).items()}


def a_lack(what: str = "may only read", *, stops: bool = True, takes_new_token: bool = False) -> Lack:
    return Lack(what=say(what), mend=say("mend: " + what), stops=stops, takes_new_token=takes_new_token)


def test_only_what_was_measured_is_judged() -> None:
    assert colours(RIGHT) == {Check.REACH: GREEN, Check.IDENTITY: GREEN, Check.CLOCK: GREEN}
    assert "as pinned" in str(judged(RIGHT)[Check.IDENTITY].message)


def test_green_asks_nobody_for_anything_and_the_rest_always_says_what_to_do() -> None:
    bad = Examination(
        identity=Identity(id="another", handle="baska"),
        lacks=(a_lack(),),
        token=TokenLife(ends=NOON + DAY, data_access_ends=NOON - DAY),
        quota=Quota(used=50, total=50),
        skew=timedelta(minutes=9),
        version=ApiVersion(asked="v21.0", answered="v22.0", ends=NOON, newest="v26.0"),
    )
    good = Examination(
        identity=ACCOUNT.pinned,
        lacks=(),
        token=TokenLife(ends=None, data_access_ends=NOON + 90 * DAY),
        quota=Quota(used=3, total=50),
        skew=SECOND,
        version=ApiVersion(asked="v26.0", answered="v26.0", ends=None, newest="v26.0"),
    )
    found, right = judged(bad), judged(good)
    assert {check for check, one in found.items() if one.colour is GREEN} == {Check.REACH}
    assert {check for check, one in found.items() if one.action is None} == {Check.REACH}
    assert {one.colour for one in right.values()} == {GREEN}
    assert {one.action for one in right.values()} == {None}
    assert found.keys() == right.keys()


# -- whose account ---------------------------------------------------------------------------------------------------


def test_another_account_is_red_and_says_that_nothing_is_sent() -> None:
    found = judged(replace(RIGHT, identity=Identity(id="another", handle="baska")))[Check.IDENTITY]
    assert (found.colour, found.state) == (RED, "mismatch")
    assert "nothing is sent there" in str(found.action)
    assert "crossposter login izmir-x" in str(found.action)


def test_a_refusal_is_an_answer() -> None:
    refused = Examination(error=AccountError(say("no such token")), skew=timedelta())
    assert colours(refused) == {Check.REACH: GREEN, Check.IDENTITY: RED, Check.CLOCK: GREEN}
    assert "crossposter login izmir-x" in str(judged(refused)[Check.IDENTITY].action)


def test_where_nobody_was_asked_nobody_is_said_to_answer() -> None:
    assert colours(Examination(error=AccountError(say("the secret is missing")))) == {Check.IDENTITY: RED}


def test_who_is_refused_by_a_wrong_clock_mends_the_clock_first() -> None:
    refused = judged(Examination(error=AccountError(say("bad timestamp")), skew=timedelta(minutes=-10)))
    assert refused[Check.CLOCK].colour is RED
    assert "clock first" in str(refused[Check.IDENTITY].action)


def test_silence_is_red_and_judges_nothing_else() -> None:
    assert colours(Examination(error=TransientError(say("no answer")))) == {Check.REACH: RED}
    asked = Examination(identity=ACCOUNT.pinned, error=TransientError(say("the quota cannot be read")))
    assert colours(asked) == {Check.REACH: RED, Check.IDENTITY: GREEN}


# -- rights ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lacks", "colour", "words"),
    [
        ((), GREEN, "may post"),
        ((a_lack(),), RED, "may only read"),
        ((a_lack(stops=False),), YELLOW, "may only read"),
        ((a_lack("a", stops=False), a_lack("b")), RED, "a; b"),
    ],
)
def test_what_the_keys_may_not_do(lacks: tuple[Lack, ...], colour: Colour, words: str) -> None:
    found = judged(replace(RIGHT, lacks=lacks))[Check.ACCESS]
    assert (found.colour, str(found.message)) == (colour, words)


def test_keys_that_stay_as_they_are_must_be_renewed_after_mending() -> None:
    kept = judged(replace(RIGHT, lacks=(a_lack(),)))[Check.ACCESS]
    renewed = judged(replace(RIGHT, lacks=(a_lack(takes_new_token=True),)))[Check.ACCESS]
    assert str(kept.action) == "mend: may only read"
    assert str(renewed.action) == "mend: may only read; crossposter login izmir-x"


# -- ends ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "colour", "state"),
    [
        (15 * DAY, GREEN, ""),
        (14 * DAY + SECOND, GREEN, ""),
        (14 * DAY, YELLOW, "14"),
        (7 * DAY + SECOND, YELLOW, "14"),
        (7 * DAY, YELLOW, "7"),
        (3 * DAY, YELLOW, "3"),
        (DAY + SECOND, YELLOW, "3"),
        (DAY, RED, "1"),
        (SECOND, RED, "1"),
        (timedelta(), RED, "ended"),
        (-DAY, RED, "ended"),
    ],
)
def test_an_end_is_told_at_14_7_3_and_1_days(left: timedelta, colour: Colour, state: str) -> None:
    ends = NOON + left
    token = judged(replace(RIGHT, token=TokenLife(ends=ends, data_access_ends=None)))
    access = judged(replace(RIGHT, token=TokenLife(ends=None, data_access_ends=ends)))
    for found in (token[Check.TOKEN], access[Check.DATA_ACCESS]):
        assert (found.colour, found.state, found.until) == (colour, state, ends)
        assert f"{ends:%Y-%m-%d}" in str(found.message)
        assert found.action == (None if colour is GREEN else RENEWAL)
    assert token[Check.DATA_ACCESS].colour is access[Check.TOKEN].colour is GREEN


def test_an_end_that_cannot_be_seen_is_no_end_that_is_near() -> None:
    found = judged(replace(RIGHT, untold=say("name the app")))[Check.TOKEN]
    assert (found.colour, found.is_measured, str(found.action)) == (YELLOW, False, "name the app")


# -- the rest of an account ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("used", "colour"), [(0, GREEN), (39, GREEN), (40, YELLOW), (50, YELLOW)])
def test_a_quota_is_told_before_it_is_used_up(used: int, colour: Colour) -> None:
    found = judged(replace(RIGHT, quota=Quota(used=used, total=50)))[Check.QUOTA]
    assert (found.colour, str(found.message)) == (colour, f"{used} of 50 posts of a day are used")
    assert (found.state == "used up") == (used == 50)


@pytest.mark.parametrize(
    ("seconds", "colour", "words"),
    [
        (59, GREEN, "agrees"),
        (-59, GREEN, "agrees"),
        (60, YELLOW, "60 seconds behind"),
        (-61, YELLOW, "61 seconds ahead"),
        (240, RED, "240 seconds behind"),
        (-90_000, RED, "90000 seconds ahead"),
    ],
)
def test_a_clock_that_is_off(seconds: int, colour: Colour, words: str) -> None:
    found = judged(replace(RIGHT, skew=timedelta(seconds=seconds)))[Check.CLOCK]
    assert found.colour is colour
    assert words in str(found.message)


@pytest.mark.parametrize(
    ("asked", "answered", "ends", "colour", "words", "wanted"),
    [
        ("v26.0", "v26.0", None, GREEN, "v26.0 is in use", None),
        ("v26.0", "", None, GREEN, "v26.0 is in use", None),
        ("v24.0", "v24.0", NOON + 91 * DAY, GREEN, "v24.0 is in use", None),
        ("v22.0", "v22.0", NOON + 90 * DAY, YELLOW, "v22.0 is retired on 2027-02-25", "v26.0"),
        ("v21.0", "v22.0", NOON - DAY, YELLOW, "asked for v21.0, the platform answers as v22.0", "v26.0"),
        ("v26.0", "v27.0", None, YELLOW, "asked for v26.0, the platform answers as v27.0", "v27.0"),
        ("v26.0", "v26.0", NOON + DAY, YELLOW, "v26.0 is retired", "v26.0"),
    ],
)
def test_the_version_of_the_interface(
    asked: str, answered: str, ends: datetime | None, colour: Colour, words: str, wanted: str | None
) -> None:
    version = ApiVersion(asked=asked, answered=answered, ends=ends, newest="v26.0")
    found = judged(replace(RIGHT, version=version))[Check.VERSION]
    assert found.colour is colour
    assert words in str(found.message)
    assert (found.action is None) == (wanted is None)
    assert wanted is None or f"graph_version: {wanted}" in str(found.action)


# -- feeds and the machine -------------------------------------------------------------------------------------------


def test_a_feed() -> None:
    feed = a_feed()
    assert of_feed(feed, 4).colour is GREEN
    failed = of_feed(feed, FeedError(say("status 404")))
    assert (failed.colour, failed.subject) == (RED, feed.id)
    assert "crossposter inspect izmir-tr" in str(failed.action)


def test_the_pictures_address_and_the_ledger() -> None:
    assert (of_pictures(None).colour, of_ledger(None).colour) == (GREEN, GREEN)
    assert of_pictures(AccountError(say("hidden"))).colour is RED
    assert of_ledger(LedgerError(say("locked"))).colour is RED


@pytest.mark.parametrize(
    ("free_bytes", "colour"),
    [(500_000_000, GREEN), (499_999_999, YELLOW), (50_000_000, YELLOW), (49_999_999, RED), (0, RED)],
)
def test_the_disk(free_bytes: int, colour: Colour) -> None:
    found = of_disk(free_bytes)
    assert found.colour is colour
    assert (found.action is None) == (colour is GREEN)


def test_the_worst_colour() -> None:
    green, yellow, red = of_disk(10**9), of_disk(10**8), of_disk(0)
    assert worst([]) is GREEN
    assert worst([green]) is GREEN
    assert worst([green, yellow]) is YELLOW
    assert worst([red, green, yellow]) is RED


@pytest.mark.parametrize(
    ("found", "is_right"),
    [
        ([], True),
        ([(Check.REACH, Colour.GREEN)], True),
        ([(Check.REACH, Colour.RED)], False),
        ([(Check.CLOCK, Colour.RED), (Check.REACH, Colour.GREEN)], False),
        ([(Check.CLOCK, Colour.YELLOW), (Check.REACH, Colour.RED)], True),
        ([(Check.CLOCK, Colour.RED), (Check.CLOCK, Colour.GREEN)], True),
    ],
)
def test_the_clock_is_right_when_a_platform_says_so_or_all_answer_and_none_says_anything(
    found: list[tuple[Check, Colour]], is_right: bool
) -> None:
    findings = [Finding(subject="a", check=check, colour=colour, message=say("found")) for check, colour in found]
    assert confirms_clock(findings) is is_right
