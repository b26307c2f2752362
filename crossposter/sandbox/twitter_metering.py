"""What X counts: requests per window, and the prices of its credits."""

from __future__ import annotations

import math
from collections.abc import Callable

#: Requests per user and seconds of the window (docs.x.com rate limits, read 2026-08-22).
LIMITS = {
    "POST /2/tweets": (100, 900),
    "DELETE /2/tweets/:id": (50, 900),
    "GET /2/tweets/:id": (900, 900),
    "GET /2/users/me": (75, 900),
    "GET /2/users/:id/tweets": (900, 900),
    "POST /2/media/upload": (500, 900),
    "POST /2/media/metadata": (500, 900),
}

#: US dollars (docs x-api/getting-started/pricing, prices since 2026-04-20).
PRICE_POST = 0.015
PRICE_POST_WITH_URL = 0.200
PRICE_ALT_TEXT = 0.005
PRICE_DELETE = 0.010
PRICE_READ_OWN_POST = 0.001


class RateWindows:
    """Counts requests per endpoint and user in fixed windows."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._windows: dict[tuple[str, str], tuple[float, int]] = {}

    def reset(self) -> None:
        """Open all windows anew."""
        self._windows.clear()

    def count(
        self, endpoint: str, *, user_id: str, limit: tuple[int, int], header: str = "x-rate-limit"
    ) -> tuple[bool, dict[str, str]]:
        """Count a request; give whether it is within the limit, and the headers that say so."""
        requests, seconds = limit
        now = self._clock()
        ends_at, used = self._windows.get((endpoint, user_id), (0.0, 0))
        if now >= ends_at:
            ends_at, used = now + seconds, 0
        allowed = used < requests
        self._windows[endpoint, user_id] = (ends_at, used + allowed)
        return allowed, rate_headers(requests, remaining=requests - used - allowed, reset_at=ends_at, header=header)


def rate_headers(limit: int, *, remaining: int, reset_at: float, header: str = "x-rate-limit") -> dict[str, str]:
    """Give X's three headers about a window."""
    return {
        f"{header}-limit": str(limit),
        f"{header}-remaining": str(max(remaining, 0)),
        f"{header}-reset": str(math.ceil(reset_at)),
    }
