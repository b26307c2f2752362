"""What people are told of, as it stands in the ledger; what that does not take is remembered by this process."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count

import structlog

from crossposter.core.alerting import Change, Matter, Pending
from crossposter.errors import LedgerError
from crossposter.ports import AlertBook, Clock

log = structlog.get_logger("crossposter")

#: Given the matters that have not ended, and the time by the clock that alerts go by.
Decide = Callable[[Mapping[str, Matter], datetime], Change]


class Matters:
    """Decides about matters as they stand, whichever process has changed them last. For one thread at a time."""

    def __init__(self, book: AlertBook, clock: Clock) -> None:
        self._book = book
        self._clock = clock
        #: As they were last seen, or decided here.
        self._seen: dict[str, Matter] = {}
        #: Those that the ledger does not know as they are here.
        self._unwritten: set[str] = set()
        #: Numbers alerts that the ledger did not take.
        self._numbers = count(1)

    def start(self) -> None:
        """Recall what the ledger knows.

        Raises:
            LedgerError: It cannot be read.
        """
        self._seen = dict(self._book.matters())

    def seen(self, key: str) -> Matter | None:
        """Give a matter as it was last seen; asks nobody."""
        return self._seen.get(key)

    def look_at(self, key: str) -> Matter | None:
        """Give a matter as it stands.

        Raises:
            LedgerError: The ledger cannot be read.
        """
        found = self._with_unwritten(self._book.matters([key])).get(key)
        self._see(key, found)
        return found

    def told(self) -> list[str]:
        """Give the keys of the matters that people know of.

        Raises:
            LedgerError: The ledger cannot be read.
        """
        return [key for key, matter in self._with_unwritten(self._book.matters()).items() if matter.is_told]

    def change(self, keys: Collection[str], decide: Decide) -> Sequence[Pending]:
        """Write what is decided, where that changes anything; gives the alerts to send, with their numbers.

        What the ledger does not take is told all the same: a full disk is worth an alert.
        """
        now = self._clock.now()
        try:
            if not self._look(keys, decide, now):
                return []
            return self._written(keys, decide, now)
        except LedgerError as error:
            change = decide({key: self._seen[key] for key in keys if key in self._seen}, now)
            if not change:
                return []
            log.warning("alerts are not in the ledger: a restart forgets them", error=str(error))
            self._remember(change)
            self._unwritten |= set(change.matters)
            return [replace(one, id=-next(self._numbers)) for one in change.alerts]

    def _look(self, keys: Collection[str], decide: Decide, now: datetime) -> Change:
        """Decide without keeping anybody waiting: nearly always there is nothing to change."""
        found = self._with_unwritten(self._book.matters(keys)) if keys else {}
        for key in keys:
            self._see(key, found.get(key))
        return decide(found, now)

    def _written(self, keys: Collection[str], decide: Decide, now: datetime) -> Sequence[Pending]:
        decided = Change()

        def as_they_stand(found: Mapping[str, Matter], there: datetime) -> Change:
            nonlocal decided
            change = decide(self._with_unwritten(found), there)
            unwritten = {key: self._seen.get(key) for key in self._unwritten}
            decided = replace(change, matters={**unwritten, **change.matters})
            return decided

        made = self._book.change(keys, as_they_stand, now=now)
        self._remember(decided)
        self._unwritten.clear()
        return made

    def _with_unwritten(self, found: Mapping[str, Matter]) -> dict[str, Matter]:
        known = {key: matter for key, matter in found.items() if key not in self._unwritten}
        return known | {key: self._seen[key] for key in self._unwritten if key in self._seen}

    def _remember(self, change: Change) -> None:
        for key, matter in change.matters.items():
            self._see(key, matter)

    def _see(self, key: str, matter: Matter | None) -> None:
        if matter:
            self._seen[key] = matter
        else:
            self._seen.pop(key, None)
