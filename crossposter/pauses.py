"""When the daemon begins nothing: while the ledger cannot be written."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from crossposter.core.events import Event, LedgerTrouble
from crossposter.errors import LedgerError

#: Seconds without trouble after which it is over: on a disk that is nearly full small things can still be written.
CALM_S = 600.0
#: Seconds after which a trouble that goes on is said once more.
AGAIN_S = 600.0


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
