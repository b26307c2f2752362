"""When the daemon sends nothing: while the ledger cannot be written, or the clock cannot be believed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from crossposter.core.events import Event, LedgerTrouble
from crossposter.errors import LedgerError
from crossposter.ports import Clock

#: Seconds without trouble after which it is over: on a disk that is nearly full small things can still be written.
CALM_S = 600.0
#: Seconds after which a trouble that goes on is said once more.
AGAIN_S = 600.0
#: A clock that is set by less at once has not jumped: everything that waits waits longer than that.
JUMP = timedelta(seconds=20)
#: Seconds until platforms are asked again about a clock that none confirmed; doubled each time.
FIRST_LOOK_S, LONGEST_LOOK_S = 60.0, 3600.0


class LedgerPause:
    """Whether the ledger takes what is written; while it does not, nothing is begun. Safe to use from several threads.

    The sign of life is the probe: what it could be written with, so can the next delivery.
    """

    def __init__(self, report: Callable[[Event], None], *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._report = report
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._is_down = False
        #: When the last trouble was; None after it is over.
        self._failed_at: float | None = None
        self._said: str = ""
        self._said_at = 0.0

    @property
    def is_down(self) -> bool:
        """Tell whether nothing is to be begun."""
        return self._is_down

    def failed(self, error: LedgerError) -> None:
        """Take note that something could not be written; it is said when it is news, and not at each try."""
        with self._lock:
            now, words = self._monotonic(), str(error)
            self._is_down, self._failed_at = True, now
            is_news = words != self._said or now - self._said_at >= AGAIN_S
            if is_news:
                self._said, self._said_at = words, now
        if is_news:
            self._report(LedgerTrouble(error.message))

    def worked(self) -> None:
        """Take note that the sign of life could be written."""
        with self._lock:
            self._is_down = False
            is_over = self._failed_at is not None and self._monotonic() - self._failed_at >= CALM_S
            if is_over:
                self._failed_at, self._said = None, ""
        if is_over:
            self._report(LedgerTrouble(None))

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Take note of what the block cannot write or read, and let nothing of it out."""
        try:
            yield
        except LedgerError as error:
            self.failed(error)


class ClockPause:
    """Whether the clock is believed; after a jump only once platforms confirm it. Safe to use from several threads.

    It may have jumped to the right time or away from it: if it is wrong, what waits for a time would go out early.
    """

    def __init__(
        self, clock: Clock, *, is_doubtful: bool = False, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._is_doubtful = is_doubtful
        self._jumped = timedelta()
        self._seen = self._moment()
        self._look_after_s = FIRST_LOOK_S
        self._look_at = monotonic()

    @property
    def is_doubtful(self) -> bool:
        """Tell whether nothing may be sent: looks at the clock first."""
        with self._lock:
            self._look()
            return self._is_doubtful

    def jumped(self) -> timedelta:
        """Give by how much the clock has jumped since this was asked last; nothing where it has not."""
        with self._lock:
            self._look()
            by, self._jumped = self._jumped, timedelta()
            return by

    def must_ask(self) -> bool:
        """Tell whether platforms are to be asked now; the next time comes later each time."""
        with self._lock:
            if not self._is_doubtful or self._monotonic() < self._look_at:
                return False
            self._look_at = self._monotonic() + self._look_after_s
            self._look_after_s = min(self._look_after_s * 2, LONGEST_LOOK_S)
            return True

    def confirmed(self) -> bool:
        """Take note that it is right; False where it has jumped meanwhile."""
        with self._lock:
            self._look()
            if not self._jumped:
                self._is_doubtful = False
            return not self._is_doubtful

    def _moment(self) -> timedelta:
        """Give what only a jump changes: the time that the clock shows beyond the time that has passed."""
        return timedelta(seconds=self._clock.now().timestamp() - self._monotonic())

    def _look(self) -> None:
        moment = self._moment()
        by, self._seen = moment - self._seen, moment
        if abs(by) >= JUMP:
            self._jumped, self._is_doubtful = self._jumped + by, True
            self._look_after_s, self._look_at = FIRST_LOOK_S, self._monotonic()
