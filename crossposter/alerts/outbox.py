"""What is to be sent: the ledger's, which all processes share; and by this process what that does not take."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from crossposter.core.alerting import Fate, Outbox, Pending, taken
from crossposter.errors import LedgerError
from crossposter.ports import AlertBook, Clock

log = structlog.get_logger("crossposter")

_HOUR = timedelta(hours=1)


class SharedOutbox:
    """Takes what is sent from the ledger, so that one process sends it. For one thread at a time.

    A ledger that cannot be written stops no alert that was made here: it is told twice at worst, not never.
    """

    def __init__(self, book: AlertBook, clock: Clock) -> None:
        self._book = book
        self._clock = clock
        #: Made by this process and not ended, by their numbers.
        self._own: dict[int, Pending] = {}
        #: Those of them of which the ledger does not know when they were last taken, or until when they wait.
        self._unsaved: set[int] = set()
        #: What became of alerts, where the ledger does not know it.
        self._unwritten: list[tuple[Sequence[Pending], Fate]] = []
        #: When each target got messages of which the ledger does not know.
        self._sent: dict[str, list[datetime]] = {}

    def add(self, made: Iterable[Pending]) -> None:
        """Take note of what this process has made."""
        self._own |= {one.id: one for one in made}

    def look(self) -> Outbox:
        """Give what waits."""
        try:
            found = self._book.outbox(now=self._clock.now())
        except LedgerError:
            return self._alone()
        there = {one.id: self._newest(one) for one in found.pending}
        # Whatever else was ours, another process has sent.
        self._own = {
            number: there.get(number, one) for number, one in self._own.items() if number < 0 or number in there
        }
        return self._completed(found)

    def take(self, target: str, choose: Callable[[Outbox], Sequence[Pending]]) -> Sequence[Pending]:
        """Give what is chosen of that which waits for a target, and is this process's to send now."""
        try:
            chosen = self._book.take(
                target, lambda found: choose(self._completed(found, target)), now=self._clock.now()
            )
        except LedgerError as error:
            found = self._alone(target)
            chosen = taken(choose(found), now=found.now)
            self._unsaved |= {one.id for one in chosen}
            if chosen:
                log.warning("an alert is sent although the ledger cannot be written", target=target, error=str(error))
        self._own |= {one.id: one for one in chosen if one.id in self._own}
        return chosen

    def end(self, ended: Sequence[Pending], fate: Fate) -> None:
        """Let nothing be sent of them any more."""
        if not ended:
            return
        for one in ended:
            self._own.pop(one.id, None)
            self._unsaved.discard(one.id)
        self._unwritten.append((ended, fate))
        if not self.write() or all(one.id < 0 for one in ended):
            now = self._clock.now()
            for target in {one.target for one in ended} if fate is Fate.SENT else ():
                self._sent[target] = [*self._lately(target, now), now]

    def postpone(self, again: Sequence[Pending]) -> None:
        """Let them wait."""
        self._own |= {one.id: one for one in again if one.id in self._own}
        try:
            if written := [one for one in again if one.id > 0]:
                self._book.postpone(written, now=self._clock.now())
                self._unsaved -= {one.id for one in written}
        except LedgerError as error:
            self._unsaved |= {one.id for one in again}
            log.warning("what became of an alert is not in the ledger", error=str(error))

    def write(self) -> bool:
        """Write what became of alerts, where the ledger does not know it yet; tells whether it knows all now."""
        was_tried = len(self._unwritten) > 1
        while self._unwritten:
            ended, fate = self._unwritten[0]
            try:
                if written := [one for one in ended if one.id > 0]:
                    self._book.end(written, fate, now=self._clock.now())
            except LedgerError as error:
                if not was_tried:
                    # At worst somebody is told twice after a restart.
                    log.warning("what became of an alert is not in the ledger", error=str(error))
                return False
            self._unwritten.pop(0)
        return True

    def _alone(self, target: str | None = None) -> Outbox:
        """Give what this process knows of without the ledger."""
        own = [one for one in self._own.values() if target in (None, one.target)]
        return self._completed(Outbox(now=self._clock.now(), pending=own, sent={}), target)

    def _completed(self, found: Outbox, target: str | None = None) -> Outbox:
        """Add to what the ledger says what it does not know."""
        over = {one.id for ended, _ in self._unwritten for one in ended}
        known = {one.id: self._newest(one) for one in found.pending if one.id not in over}
        unwritten = {one.id: one for one in self._own.values() if one.id < 0 and target in (None, one.target)}
        pending = list((known | unwritten).values())
        names = {one.target for one in pending}
        sent = {name: [*found.sent.get(name, ()), *self._lately(name, found.now)] for name in names}
        return replace(found, pending=pending, sent=sent)

    def _newest(self, one: Pending) -> Pending:
        """Give what is known best of an alert: the ledger's, unless it was not told what this process did last."""
        ours = self._own.get(one.id, one)
        return ours if one.id in self._unsaved and ours.tries >= one.tries else one

    def _lately(self, target: str, now: datetime) -> list[datetime]:
        return [time for time in self._sent.get(target, ()) if time > now - _HOUR]
