"""A plugin for pytest that switches off one guard: CROSSPOSTER_WITHOUT names it. A named test must go red then."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from typing import Any

import crossposter.bootstrap
import crossposter.delivering
import crossposter.ledger
import crossposter.reading_back
from crossposter.core.fence import Opening
from crossposter.core.timeline import Sight
from crossposter.ledger import SqlLedger


def _without_claim() -> None:
    claim = SqlLedger.claim
    SqlLedger.claim = lambda *given, **named: claim(*given, **named) or 1  # type: ignore[method-assign]


def _without_lease() -> None:
    SqlLedger.lease = lambda *_, **__: True  # type: ignore[method-assign]


def _without_settle_window() -> None:
    crossposter.reading_back.too_early = lambda *_, **__: None


def _without_positive_control() -> None:
    def trusting(_timeline: Any, found: Any, **_: Any) -> Sight:
        return Sight.STANDS if found else Sight.ABSENT

    crossposter.reading_back.sight = trusting


def _without_single_writer() -> None:
    crossposter.ledger.sole_writer = lambda *_: contextlib.nullcontext()


def _without_pace() -> None:
    crossposter.delivering.next_slot = lambda *_: None


def _without_recovery() -> None:
    SqlLedger.stand_guard = lambda *_, **__: Opening(restored=None, is_clock_doubtful=False)  # type: ignore[method-assign]


GUARDS: dict[str, Callable[[], None]] = {
    "claim": _without_claim,
    "lease": _without_lease,
    "settle window": _without_settle_window,
    "positive control": _without_positive_control,
    "single writer": _without_single_writer,
    "pace": _without_pace,
    "recovery": _without_recovery,
}


def pytest_configure() -> None:
    """Switch it off before anything is imported from there."""
    GUARDS[os.environ["CROSSPOSTER_WITHOUT"]]()
