from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from crossposter.recent import Recent


def test_what_several_want_at_once_is_made_once() -> None:
    recent, together, made = Recent[int](kept=2, seconds=60), Barrier(4), []

    def want(_: int) -> int:
        together.wait()
        return recent.give("a", lambda: made.append(1) or len(made))  # type: ignore[func-returns-value]  # counts

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(want, range(4))) == [1] * 4


def test_what_is_old_no_good_or_crowded_out_is_made_anew() -> None:
    recent, numbers = Recent[int](kept=2, seconds=60), iter(range(10))
    assert [recent.give("a", lambda: next(numbers)) for _ in range(2)] == [0, 0]
    assert recent.give("a", lambda: next(numbers), lambda kept, _: kept > 0) == 1
    assert [recent.give(key, lambda: next(numbers)) for key in "bca"] == [2, 3, 4]
    stale = Recent[int](kept=2, seconds=0)
    assert [stale.give("a", lambda: next(numbers)) for _ in range(2)] == [5, 6]


def test_a_failure_is_not_kept() -> None:
    recent = Recent[float](kept=2, seconds=60)
    with pytest.raises(ZeroDivisionError):
        recent.give("a", lambda: 1 / 0)
    assert recent.give("a", lambda: 1.0) == 1.0
