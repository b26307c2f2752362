from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crossposter.core.fence import Fence, after_recovery, clock_is_doubtful, older_than_the_truth, unread_since

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)


def fence(name: str, sequence: int) -> Fence:
    return Fence(ledger_id=name, sequence=sequence)


@pytest.mark.parametrize(
    ("ledger", "beside"),
    [
        (fence("a", 0), None),
        (fence("a", 0), fence("a", 0)),
        (fence("a", 5), fence("a", 5)),
        (fence("a", 6), fence("a", 5)),  # died between the ledger's count and the file's
        (fence("a", 0), fence("b", 0)),  # another one that never sent anything
    ],
)
def test_a_ledger_that_knows_all_is_trusted(ledger: Fence, beside: Fence | None) -> None:
    assert older_than_the_truth(ledger, beside) is None


@pytest.mark.parametrize(
    ("ledger", "beside", "why"),
    [
        (fence("a", 5), fence("a", 20), "is an older copy: 15 of the posts"),
        (fence("a", 0), fence("a", 1), "is an older copy: 1 of the posts"),
        (fence("a", 5), None, "is not beside the ledger"),
        (fence("a", 5), fence("b", 2), "is another one"),
        (fence("a", 5), fence("b", 0), "is another one"),
        (fence("a", 0), fence("b", 7), "is new, or from before an update"),
    ],
)
def test_a_ledger_that_may_know_less_says_why(ledger: Fence, beside: Fence | None, why: str) -> None:
    assert why in str(older_than_the_truth(ledger, beside))
    recovered = after_recovery(ledger, beside)
    assert recovered.sequence > max(ledger.sequence, beside.sequence if beside else 0)
    assert older_than_the_truth(recovered, recovered) is None


def test_accounts_are_read_back_after_a_restore_and_after_a_long_silence() -> None:
    recently, long_ago = NOW - timedelta(minutes=59), NOW - timedelta(minutes=61)
    assert unread_since(None, is_restored=True, now=NOW) is None
    assert unread_since(recently, is_restored=True, now=NOW) == recently - timedelta(minutes=10)
    assert unread_since(recently, is_restored=False, now=NOW) is None
    assert unread_since(long_ago, is_restored=False, now=NOW) == long_ago
    assert unread_since(NOW + timedelta(days=2), is_restored=False, now=NOW) is None


def test_a_clock_that_is_behind_what_the_ledger_knows_is_doubtful() -> None:
    assert not clock_is_doubtful(None, now=NOW)
    assert not clock_is_doubtful(NOW + timedelta(minutes=9), now=NOW)
    assert clock_is_doubtful(NOW + timedelta(minutes=11), now=NOW)
