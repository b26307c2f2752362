"""The only reader of the time and the only sleeper."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class SystemClock:
    """The machine's clock, or by it another one that is so much ahead."""

    def __init__(self, *, ahead: timedelta = timedelta()) -> None:
        self._ahead = ahead

    def now(self) -> datetime:
        """Give the time as aware UTC."""
        return datetime.now(UTC) + self._ahead  # noqa: TID251 - this is the one place

    def elapsed(self) -> float:
        """Give the seconds since some moment: never set back, and on Linux going on while the machine sleeps."""
        return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)  # noqa: TID251 - and this the other
