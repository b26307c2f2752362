"""What an account may spend in a month, and what becomes of a post that would go beyond it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum

#: US dollars; sums of prices in binary fractions are off by less.
_ROUNDING = 0.0001


class WhenSpent(StrEnum):
    """What happens to posts when the month's money is spent."""

    #: They wait for a person.
    HOLD = "hold"
    #: They go out without their link, which is what costs most on X.
    NO_LINKS = "no_links"
    #: They go out; the office only wants to know.
    CONTINUE = "continue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Money for a calendar month of the city's zone."""

    usd_per_month: float
    when_spent: WhenSpent


def is_beyond(budget: Budget, *, spent: float, price: float | None) -> bool:
    """Tell whether a post of this price would go beyond the month's money; `spent` is what went out so far."""
    return bool(price) and spent + (price or 0) > budget.usd_per_month + _ROUNDING


def is_spent(budget: Budget, *, spent: float) -> bool:
    """Tell whether nothing is left. Of a small rest a dear post may be too much already, and `is_beyond` holds it."""
    return spent >= budget.usd_per_month - _ROUNDING


def month_of(now: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """Give when the month began, and when it ends, as the zone has it."""
    begin = now.astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return begin, (begin + timedelta(days=32)).replace(day=1)


def dollars(amount: float) -> str:
    """Write a sum as people read it."""
    return f"{amount:.2f}"


def forecast(spent: float, *, now: datetime, zone: tzinfo) -> float:
    """Give what the month will have cost if it goes on like this."""
    begin, end = month_of(now, zone)
    passed = max(now - begin, timedelta(days=1))
    return spent * (end - begin) / passed
