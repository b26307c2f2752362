from __future__ import annotations

from crossposter.core.events import Event, LedgerTrouble
from crossposter.errors import LedgerError
from crossposter.pauses import AGAIN_S, CALM_S, LedgerPause
from crossposter.wording import say

FULL, BROKEN = LedgerError(say("full")), LedgerError(say("broken"))


class Times:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_trouble_is_told_once_until_it_is_another_or_lasts() -> None:
    told, times = list[Event](), Times()
    pause = LedgerPause(told.append, monotonic=times)
    pause.worked()
    assert told == []
    for _ in range(30):
        with pause.noting():
            raise FULL
        assert pause.is_down
        times.now += 15
    assert told == [LedgerTrouble(FULL.message)]
    pause.failed(BROKEN)
    assert told[1:] == [LedgerTrouble(BROKEN.message)]
    times.now += AGAIN_S
    pause.failed(BROKEN)
    assert told[2:] == [LedgerTrouble(BROKEN.message)]


def test_work_goes_on_at_once_but_it_is_over_only_after_a_while() -> None:
    told, times = list[Event](), Times()
    pause = LedgerPause(told.append, monotonic=times)
    pause.failed(FULL)
    pause.worked()
    assert not pause.is_down
    times.now += CALM_S / 2
    pause.failed(FULL)  # room for a sign of life is no room for a post
    times.now += CALM_S - 1
    pause.worked()
    assert told == [LedgerTrouble(FULL.message)]
    times.now += 1
    pause.worked()
    pause.worked()
    assert told[1:] == [LedgerTrouble(None)]
