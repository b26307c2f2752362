from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crossposter.core.model import Identity, Reason, Receipt, Status
from crossposter.core.retrying import (
    ACCOUNT_REST,
    BACKOFF,
    MAX_TRIES,
    after,
    after_defect,
    looked_into,
    mismatch,
    published,
    without_article,
    without_picture,
)
from crossposter.errors import (
    AccountError,
    ArticleError,
    PictureError,
    PublishError,
    RejectedError,
    TransientError,
    UncertainError,
)
from crossposter.wording import say

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
WORDS = say("said so")
WITHIN = timedelta(minutes=2)


@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        (UncertainError(WORDS), Status.UNCERTAIN, Reason.LOST_ANSWER),
        (RejectedError(WORDS), Status.FAILED, Reason.REJECTED),
        (AccountError(WORDS), Status.QUEUED, Reason.ACCOUNT),
        (TransientError(WORDS), Status.QUEUED, Reason.TRANSIENT),
    ],
)
def test_each_kind_of_failure_has_its_own_end(error: PublishError, status: Status, reason: Reason) -> None:
    outcome = after(error, tries=0, seen_within=WITHIN, now=NOW)
    assert (outcome.status, outcome.reason, outcome.message) == (status, reason, WORDS)


@pytest.mark.parametrize("kind", [UncertainError, RejectedError, AccountError, TransientError])
def test_an_answer_that_nobody_knows_goes_with_what_became_of_it(kind: type[PublishError]) -> None:
    error = kind(WORDS)
    assert after(error, tries=0, seen_within=WITHIN, now=NOW).answer is None
    error.answer = "HTTP 418"
    assert after(error, tries=0, seen_within=WITHIN, now=NOW).answer == "HTTP 418"


@pytest.mark.parametrize(
    ("rests_until", "expected"),
    [(None, None), (NOW + timedelta(hours=1), NOW + timedelta(hours=1)), (NOW, None), (NOW - timedelta(hours=1), None)],
)
def test_a_success_that_told_of_a_used_up_limit_lets_the_account_rest(
    rests_until: datetime | None, expected: datetime | None
) -> None:
    outcome = published(Receipt(remote_id="1", url="https://x.com/1", rests_until=rests_until), now=NOW)
    assert (outcome.status, outcome.reason, outcome.account_rests_until) == (Status.PUBLISHED, None, expected)


def test_only_another_refusal_of_the_account_confirms_a_doubtful_one() -> None:
    doubtful = AccountError(WORDS, is_doubtful=True)
    doubtful.answer = "HTTP 401"
    later = NOW + timedelta(hours=2)
    assert looked_into(doubtful, AccountError(say("no"))) is doubtful
    for found in (None, TransientError(say("no")), UncertainError(say("no"))):
        looked = looked_into(doubtful, found)
        assert (type(looked), looked.message, looked.answer) == (TransientError, WORDS, "HTTP 401")
    outcome = after(
        looked_into(doubtful, TransientError(say("wait"), retry_at=later)), tries=0, seen_within=WITHIN, now=NOW
    )
    assert (outcome.not_before, outcome.account_rests_until) == (later, later)


def test_the_waits_grow_and_end_with_a_person() -> None:
    waits = [
        after(TransientError(WORDS), tries=tries, seen_within=WITHIN, now=NOW).not_before
        for tries in range(MAX_TRIES - 1)
    ]
    assert waits[: len(BACKOFF)] == [NOW + wait for wait in BACKOFF]
    assert set(waits[len(BACKOFF) :]) == {NOW + BACKOFF[-1]}
    last = after(TransientError(WORDS), tries=MAX_TRIES - 1, seen_within=WITHIN, now=NOW)
    assert (last.status, last.reason) == (Status.HELD, Reason.UNREACHABLE)


@pytest.mark.parametrize(
    ("retry_at", "expected"),
    [(NOW + timedelta(hours=3), NOW + timedelta(hours=3)), (NOW - timedelta(hours=3), NOW + BACKOFF[0])],
)
def test_the_platforms_own_time_makes_it_later_and_never_sooner(retry_at: datetime, expected: datetime) -> None:
    assert after(TransientError(WORDS, retry_at=retry_at), tries=0, seen_within=WITHIN, now=NOW).not_before == expected


def test_an_account_that_needs_a_person_costs_the_delivery_no_try() -> None:
    assert after(AccountError(WORDS), tries=5, seen_within=WITHIN, now=NOW).tries is None


def test_an_account_rests_until_a_person_may_have_acted_or_the_platform_said() -> None:
    tomorrow = NOW + timedelta(days=1)
    assert after(AccountError(WORDS), tries=0, seen_within=WITHIN, now=NOW).account_rests_until == NOW + ACCOUNT_REST
    assert (
        after(AccountError(WORDS, retry_at=tomorrow), tries=0, seen_within=WITHIN, now=NOW).account_rests_until
        == tomorrow
    )


def test_an_account_rests_as_long_as_its_platform_asks() -> None:
    later = NOW + timedelta(hours=3)
    assert (
        after(TransientError(WORDS, retry_at=later), tries=0, seen_within=WITHIN, now=NOW).account_rests_until == later
    )


@pytest.mark.parametrize(("tries", "status"), [(0, Status.QUEUED), (MAX_TRIES - 1, Status.HELD)])
def test_a_defect_of_ours_costs_a_while_and_in_the_end_a_person(tries: int, status: Status) -> None:
    outcome = after_defect(tries=tries, now=NOW)
    assert (outcome.status, outcome.tries, outcome.account_rests_until) == (status, tries + 1, None)


def test_a_post_waits_for_its_picture_and_then_goes_without() -> None:
    error = PictureError(WORDS, is_permanent=False)
    found = [without_picture(error, tries=tries, now=NOW) for tries in range(4)]
    assert [outcome and outcome.reason for outcome in found] == [Reason.PICTURE, Reason.PICTURE, Reason.PICTURE, None]


def test_a_post_waits_for_its_article_and_then_goes_with_the_teaser() -> None:
    found = [without_article(ArticleError(WORDS), tries=tries, now=NOW) for tries in range(4)]
    assert [outcome and outcome.reason for outcome in found] == [Reason.ARTICLE, Reason.ARTICLE, Reason.ARTICLE, None]
    assert [outcome.picture_tries for outcome in found if outcome] == [1, 2, 3]


def test_nobody_waits_for_a_picture_that_is_gone() -> None:
    assert without_picture(PictureError(WORDS, is_permanent=True), tries=0, now=NOW) is None


@pytest.mark.parametrize(
    ("pinned", "found", "is_right"),
    [
        (Identity(id="1", handle=None), Identity(id="1", handle="izmirbld"), True),
        (Identity(id="1", handle="@IzmirBld"), Identity(id="1", handle="izmirbld"), True),
        (Identity(id="1", handle="izmirbld"), Identity(id="1", handle=""), True),
        (Identity(id="1", handle="izmirbld"), Identity(id="2", handle="izmirbld"), False),
        (Identity(id="1", handle="izmirbld"), Identity(id="1", handle="baskan"), False),
        (Identity(id="1", handle=None), Identity(id="", handle=""), False),
    ],
)
def test_an_account_must_be_the_pinned_one(pinned: Identity, found: Identity, is_right: bool) -> None:
    assert (mismatch(pinned, found) is None) is is_right
