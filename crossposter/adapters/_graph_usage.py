"""What Meta tells, in the head of its answers, of how much was asked: how long to leave it alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from crossposter.adapters._answers import mapping
from crossposter.adapters._wire import bounded

#: When Meta throttles without saying for how long.
_THROTTLED = timedelta(hours=1)
_MINUTES_OF_A_DAY = 24 * 60


def regain(headers: Mapping[str, str], *, account_id: str) -> timedelta:
    """Read how long Meta wants us to wait; an hour where it does not say."""
    minutes = max((_whole(row, "estimated_time_to_regain_access") for row in _usage(headers, account_id)), default=0)
    # Not bounded(timedelta(minutes=...)): a timedelta holds no more than three million years.
    return bounded(timedelta(minutes=min(minutes, _MINUTES_OF_A_DAY))) if minutes > 0 else _THROTTLED


def breather(headers: Mapping[str, str], *, account_id: str, counted_as: str) -> timedelta | None:
    """Say how long to leave Meta alone after a success that told how much is used up; None for not at all.

    At 100 % it throttles, and what is asked then prolongs it (Meta, rate limits, 2026-06): slower from 75 % on.
    """
    rows = [row for row in _usage(headers, account_id) if row.get("type") in (counted_as, None)]
    if any(_whole(row, "estimated_time_to_regain_access") > 0 for row in rows):
        return regain(headers, account_id=account_id)
    used = max((_whole(row, name) for row in [*rows, _app_usage(headers)] for name in _PERCENTAGES), default=0)
    return _THROTTLED if used >= _ALL else _SLOWER if used >= _MUCH else None


_PERCENTAGES = ("call_count", "total_cputime", "total_time")
#: Percent.
_ALL, _MUCH = 100, 75
_SLOWER = timedelta(minutes=15)


def _usage(headers: Mapping[str, str], account_id: str) -> list[Mapping[str, Any]]:
    """Read what Meta has counted (X-Business-Use-Case-Usage): of the account, where it is named; else of everybody."""
    told = _json(headers, "x-business-use-case-usage")
    lists = [told[account_id]] if account_id in told else list(told.values())
    return [row for rows in lists if isinstance(rows, list) for row in rows if isinstance(row, Mapping)]


def _app_usage(headers: Mapping[str, str]) -> Mapping[str, Any]:
    return _json(headers, "x-app-usage")


def _json(headers: Mapping[str, str], name: str) -> Mapping[str, Any]:
    try:
        return mapping(json.loads(headers.get(name, "{}")))
    except (ValueError, RecursionError):
        return {}


def _whole(row: Mapping[str, Any], name: str) -> int:
    """Read a number; 0 in place of anything else."""
    try:
        return int(row.get(name) or 0)
    except (ValueError, TypeError, OverflowError):
        return 0
