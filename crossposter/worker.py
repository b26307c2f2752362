"""The worker: polls and delivers what others schedule, until it is told to stop. All memory is in the ledger.

The main thread does no work: it waits for signals, writes polls that had nothing to say, and looks at the clock.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from crossposter.core.checkup import Finding, confirms_clock
from crossposter.core.events import ClockDoubted, ClockJumped, Event
from crossposter.core.health import BEAT
from crossposter.errors import ConfigError, LedgerError
from crossposter.logs import get_logger
from crossposter.pauses import ClockPause, LedgerPause
from crossposter.ports import Clock
from crossposter.service import Service
from crossposter.signals import Command, Commands

log = get_logger()

#: Seconds that deliveries in hand get when the worker is told to stop.
GRACE_S = 25
BEAT_S = BEAT.total_seconds()
#: Seconds between two looks at the clock, and at a ledger that could not be written.
LOOK_S = 15.0
#: And between two looks for the file that stops all sending, and for what has ended: as often as the daemon looks.
PAUSES_S = 1.0


class Carrier(Protocol):
    """What brings the ids of feeds and accounts."""

    @property
    def is_stopping(self) -> bool:
        """Tell whether no more work is to be begun."""

    def start(self) -> None:
        """Begin."""

    def stop(self, timeout_s: float) -> bool:
        """Take no more and let what is in hand end; False when the time ran out first."""


class Worker:
    """Does what it is brought, with a service, until told to stop."""

    def __init__(
        self,
        service: Service,
        *,
        commands: Commands,
        load: Callable[[], Service],
        carrier: Callable[[Callable[[str], None], Callable[[str], None]], Carrier],
        beat: Callable[[], None],
        clock: Clock,
        report: Callable[[Event], None],
        check_up: Callable[[Service], Sequence[Finding]],
        is_clock_doubtful: bool = False,
    ) -> None:
        """Take the service, what makes another from the YAML as it stands then, and who is told.

        `carrier` makes what brings work of the two that do it, with a feed's id and with an account's. `beat` writes
        polls that had nothing to say, and shows that the ledger can be written.
        """
        self._service = service
        self._commands = commands
        self._load = load
        self._beat = beat
        self._clock = clock
        #: In seconds of a clock that nobody sets.
        self._beat_at = clock.elapsed()
        self._report = report
        self._check_up = check_up
        self._ledger = LedgerPause(report)
        self._time = ClockPause(clock, is_doubtful=is_clock_doubtful)
        self._carrier = carrier(self.poll, self.deliver)

    def run(self) -> bool:
        """Work until told to stop.

        Returns:
            Whether everything in hand came to its end within the grace.
        """
        self._keep_pauses()
        self._carrier.start()
        log.info("worker started", feeds=len(self._service.feeds))
        looked_at = self._clock.elapsed()
        while (told := self._next_command()) is not Command.STOP:
            if told is Command.RELOAD:
                self._reload()
            self._keep_pauses()
            if self._clock.elapsed() - looked_at < LOOK_S:
                continue
            looked_at = self._clock.elapsed()
            # What cannot be written is tried more often: it is the probe.
            if self._ledger.is_down or self._clock.elapsed() - self._beat_at >= BEAT_S:
                self._give_a_sign()
            self._look_at_the_clock()
        log.info("worker stops: taking no more work")
        all_done = self._carrier.stop(GRACE_S)
        if not all_done:
            log.warning("a platform or a feed has not answered; what is in hand will be settled later")
        self._give_a_sign()
        log.info("worker stopped")
        return all_done

    def poll(self, feed_id: str) -> None:
        """Poll a feed, if the YAML still has it."""
        service = self._service
        feed = next((feed for feed in service.feeds if feed.id == feed_id), None)
        if feed is None or self._ledger.is_down or self._carrier.is_stopping:
            return
        polled = service.try_poll(feed)
        if isinstance(polled.error, LedgerError):
            self._ledger.failed(polled.error)  # no fault of the feed's
        else:
            self._report(polled)

    def deliver(self, account_id: str) -> None:
        """Deliver what is due on an account at this moment."""
        if not self._must_stop():
            with self._ledger.noting():
                self._service.deliver_account(account_id, report=self._report, stopping=self._must_stop)

    def _give_a_sign(self) -> None:
        self._beat_at = self._clock.elapsed()
        with self._ledger.noting():
            self._beat()
            self._ledger.worked()

    def _keep_pauses(self) -> None:
        """Begin the pause of a file on this machine, which holds for all of them, and end what has ended by itself."""
        if self._ledger.is_down or self._time.is_doubtful:
            return
        with self._ledger.noting():
            for event in self._service.keep_pauses():
                self._report(event)

    def _must_stop(self) -> bool:
        return self._carrier.is_stopping or self._ledger.is_down or self._time.is_doubtful

    def _next_command(self) -> Command | None:
        try:
            return self._commands.get(timeout=PAUSES_S)
        except queue.Empty:
            return None

    def _look_at_the_clock(self) -> None:
        """Ask the platforms about a clock that is not believed; nothing is sent before they confirm it."""
        if by := self._time.jumped():
            self._report(ClockJumped(by))
        if self._time.must_ask():
            # A platform may take its time, and whoever wants this process to end may not have it.
            threading.Thread(target=self._ask_about_the_clock, name="clock", daemon=True).start()

    def _ask_about_the_clock(self) -> None:
        try:
            is_right = confirms_clock(self._check_up(self._service))
            if not is_right or self._time.confirmed():
                self._report(ClockDoubted(is_over=is_right))
        except Exception:
            log.exception("the look at the clock ended unexpectedly")

    def _reload(self) -> None:
        try:
            before, self._service = self._service, self._load()
        except ConfigError as error:
            log.warning("configuration not changed: the file has mistakes", problems=[str(p) for p in error.problems])
            return
        before.retire()
        log.info("configuration read again", feeds=len(self._service.feeds))
