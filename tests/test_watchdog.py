from __future__ import annotations

import threading
import time

from crossposter.watchdog import Watch


def test_what_takes_too_long_is_ended_and_the_rest_is_not() -> None:
    late, early = threading.Event(), threading.Event()
    watches = [Watch(60, early.set), Watch(0.05, late.set)]
    assert late.wait(5)
    watches[0].stop()
    assert not early.is_set()


def test_what_came_to_its_end_is_not_ended_any_more() -> None:
    ended = threading.Event()
    watch = Watch(0.05, ended.set)
    watch.stop()
    watch.run_out()
    assert not ended.wait(0.2)


def test_the_thread_ends_with_what_it_watches_and_comes_again() -> None:
    for _ in range(2):
        ended = threading.Event()
        watches = [Watch(0.02, ended.set), Watch(0.04, ended.set)]
        assert ended.wait(5)
        for watch in watches:
            watch.stop()
        deadline = time.monotonic() + 5
        while any(thread.name == "watchdog" for thread in threading.enumerate()) and time.monotonic() < deadline:
            threading.Event().wait(0.01)


def test_many_watches_are_watched_by_one_thread() -> None:
    watches = [Watch(60, lambda: None) for _ in range(50)]
    assert sum(1 for thread in threading.enumerate() if thread.name == "watchdog") == 1
    for watch in watches:
        watch.stop()
