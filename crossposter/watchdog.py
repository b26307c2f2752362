"""Ends what takes too long. One thread for all that is watched, which exists only while something is.

A timer of its own for each would be a thread for each: half of what a poll costs that finds nothing new.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Watch:
    """One thing that must come to its end in time."""

    def __init__(self, seconds: float, end: Callable[[], None]) -> None:
        """Watch from now on; `end` is called on another thread when the time has run out."""
        self.deadline = time.monotonic() + seconds
        self._end = end
        self._lock = threading.Lock()
        self._is_over = False
        _add(self)

    def stop(self) -> None:
        """Watch no more. When this returns, `end` has been called or never will be."""
        with _changed:
            _watched.discard(self)
        with self._lock:
            self._is_over = True

    def run_out(self) -> None:
        """End it, unless it has come to its end by itself."""
        with self._lock:
            if not self._is_over:
                self._is_over = True
                self._end()


_changed = threading.Condition()
_watched: set[Watch] = set()
#: Until when the thread sleeps (monotonic); None while there is none.
_sleeps_until: float | None = None


def _add(watch: Watch) -> None:
    global _sleeps_until
    with _changed:
        _watched.add(watch)
        if _sleeps_until is None:
            _sleeps_until = watch.deadline
            threading.Thread(target=_run, name="watchdog", daemon=True).start()
        elif watch.deadline < _sleeps_until:
            _changed.notify()


def _run() -> None:
    """Sleep until the next deadline. A watch that ends early wakes nobody, so this wakes once for many of them."""
    global _sleeps_until
    while True:
        with _changed:
            watched = set(_watched)
            if not watched:
                _sleeps_until = None
                return
            _sleeps_until = min(watch.deadline for watch in watched)
            now = time.monotonic()
            if _sleeps_until > now:
                _changed.wait(_sleeps_until - now)
                continue
        for watch in watched:
            if watch.deadline <= now:
                watch.run_out()
                watch.stop()
