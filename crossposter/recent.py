"""The last few results, for a moment: several accounts want the same picture and the same article at the same time."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

_T = TypeVar("_T")


class _Place(Generic[_T]):
    """Where a result is kept, and by whose hand it is made."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.kept: tuple[float, _T] | None = None


class Recent(Generic[_T]):
    """Keeps results; each is made by one thread at a time, and the others wait for it. Safe to use from several."""

    def __init__(self, *, kept: int, seconds: float) -> None:
        self._count = kept
        self._seconds = seconds
        self._places: OrderedDict[Hashable, _Place[_T]] = OrderedDict()
        self._lock = threading.Lock()

    def give(self, key: Hashable, make: Callable[[], _T], is_good: Callable[[_T, float], bool] = lambda *_: True) -> _T:
        """Give what was made a moment ago, if it is good (by itself and when it was made, monotonic); else make it.

        What `make` raises is not kept.
        """
        with self._lock:
            place = self._places.setdefault(key, _Place())
            self._places.move_to_end(key)
            while len(self._places) > self._count:
                self._places.popitem(last=False)
        with place.lock:
            if place.kept:
                made_at, made = place.kept
                if time.monotonic() - made_at < self._seconds and is_good(made, made_at):
                    return made
            made = make()
            place.kept = (time.monotonic(), made)
            return made
