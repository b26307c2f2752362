"""The daemon: polls on time, delivers what is due, until it is told to stop. All memory is in the ledger.

APScheduler is a timer and nothing more. The main thread does no work: it waits for signals, and gives a sign of life.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from crossposter.core.checkup import Check, Colour, Finding, confirms_clock, has_confirmed_clock
from crossposter.core.events import CheckedUp, ClockDoubted, ClockJumped, Event, Interrupted, Restarted, Stranded
from crossposter.core.health import BEAT
from crossposter.core.model import Feed
from crossposter.errors import ConfigError, LedgerError
from crossposter.events import report
from crossposter.logs import get_logger
from crossposter.pauses import ClockPause, LedgerPause
from crossposter.ports import Clock, Due, Engine, Heartbeat
from crossposter.service import MAX_LANES, Service
from crossposter.signals import Command, Commands

log = get_logger()

#: Seconds that deliveries in hand get when the daemon is told to stop.
GRACE_S = 25
#: Seconds between two signs of life.
BEAT_S = BEAT.total_seconds()
#: Seconds between two looks at the clock, whose jump may stop the timer so long, and at a ledger that could not be
#: written.
LOOK_S = 15.0
#: Seconds between two looks for what nobody does: feeds that have fallen silent, money that is spent.
LISTEN_S = 600
#: After a checkup at which all answered the next one comes a day later; after one at which a platform did not, an hour.
_A_DAY, _AN_HOUR = timedelta(hours=23, minutes=30), timedelta(hours=1)
#: Seconds between two looks for due deliveries.
TICK_S = 1
#: Feeds that are fetched at the same time: a slow one delays none of the others. A thread each, made when it is needed;
#: more feeds wait for each other.
POLLERS = 64
#: Seconds between two looks for what dead workers have left.
CLEAN_S = 60
#: Where several daemons poll in turn, a feed's turn comes after this share of its interval: each comes early or late.
TURN = 0.8
#: A poll comes up to this share of its interval early or late, so that a thousand feeds are not asked at once.
JITTER = 0.1


class Every(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """Comes at an interval, counted from the last time that it came.

    APScheduler's own lists every time that was missed before it drops them: after a clock that stood at 1970 was set,
    1.7 billion of those of a second, and nothing runs meanwhile.
    """

    def __init__(self, interval: timedelta, *, jitter: float = 0) -> None:
        """Take the interval, and the share of it by which it comes early or late."""
        self._interval = interval
        self._jitter_s = interval.total_seconds() * jitter

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """Give the next time; whatever was missed is not made up for."""
        next_time: datetime = self._apply_jitter(now + self._interval, self._jitter_s, now)
        return next_time


def _look_at_nothing(_service: Service) -> Sequence[Finding]:
    return ()


def _forget_nothing() -> None:
    pass


class Daemon:
    """Runs a service until told to stop."""

    def __init__(
        self,
        service: Service,
        *,
        commands: Commands,
        load: Callable[[], Service],
        heartbeat: Heartbeat,
        engine: Engine,
        clock: Clock,
        in_turn: bool = False,
        report: Callable[[Event], None] = report,
        check_up: Callable[[Service], Sequence[Finding]] = _look_at_nothing,
        is_clock_doubtful: bool = False,
        forget: Callable[[], None] = _forget_nothing,
    ) -> None:
        """Take the service, the function that makes another from the YAML as it stands then, and who is told.

        The engine carries the work; where other daemons share the ledger, polls are taken in turn.
        `check_up` looks at a service's accounts and at this machine; a doubtful clock is believed once it confirms it.
        `forget` removes what is old, after a look at which a platform has confirmed the clock.
        """
        self._service = service
        self._load = load
        self._heartbeat = heartbeat
        self._clock = clock
        self._report = report
        self._check_up = check_up
        self._forget = forget
        self._checkup_due = clock.now()
        #: What was so at the last look.
        self._seen: frozenset[str] = frozenset()
        self._commands = commands
        #: In seconds of a clock that nobody sets.
        self._beat_at = clock.elapsed()
        self._ledger = LedgerPause(report)
        self._time = ClockPause(clock, is_doubtful=is_clock_doubtful)
        self._engine = engine
        self._in_turn = in_turn
        self._scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(POLLERS), "tick": ThreadPoolExecutor(1)},
            # A late run is better than none, and one is enough.
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
            timezone="UTC",
        )

    def run(self) -> bool:
        """Work until told to stop.

        Returns:
            Whether every delivery in hand came to its end within the grace.
        """
        while not self._begun():
            if self._next_command() is Command.STOP:
                return True
        self._schedule()
        self._scheduler.start()
        log.info("daemon started", feeds=[feed.id for feed in self._service.feeds])
        self._warn_of_waiting()
        while (told := self._next_command()) is not Command.STOP:
            if told is Command.RELOAD:
                self._reload()
            # What cannot be written is tried more often: it is the probe.
            if self._ledger.is_down or self._clock.elapsed() - self._beat_at >= BEAT_S:
                self._beat()
            if by := self._time.jumped():
                self._report(ClockJumped(by))
                self._schedule()  # after a step back the timer would sleep until its old times come again (measured)
        return self._stop()

    def _begun(self) -> bool:
        """Find out how things stand; False while the ledger cannot be written."""
        with self._ledger.noting():
            for delivery_id in self._service.recover():
                self._report(Interrupted(delivery_id))
            # Somebody started it: perhaps after mending an account. A rate limit is not over by that.
            self._service.wake_accounts()
            if died_at := self._heartbeat.start(now=self._clock.now()):
                self._report(Restarted(died_at))
            self._engine.start()
            self._ledger.worked()
            return True
        return False

    def _beat(self) -> None:
        self._beat_at = self._clock.elapsed()
        with self._ledger.noting():
            self._heartbeat.beat(now=self._clock.now())
            self._ledger.worked()

    def _next_command(self) -> Command | None:
        try:
            return self._commands.get(timeout=LOOK_S)
        except queue.Empty:
            return None

    def _schedule(self) -> None:
        """Make the jobs of the service; those of the one before it end."""
        self._scheduler.remove_all_jobs()
        now = self._clock.now()
        for feed in self._service.feeds:
            self._scheduler.add_job(
                self._poll,
                Every(feed.every, jitter=JITTER),
                args=[self._service, feed],
                next_run_time=now,
                name=f"poll {feed.id}",
            )
        self._scheduler.add_job(
            self._tick,
            Every(timedelta(seconds=TICK_S)),
            args=[self._service],
            next_run_time=now,
            executor="tick",
            name="tick",
        )
        self._scheduler.add_job(
            self._listen,
            Every(timedelta(seconds=LISTEN_S)),
            args=[self._service],
            next_run_time=now,
            name="listen",
        )
        self._scheduler.add_job(self._clean, Every(timedelta(seconds=CLEAN_S)), next_run_time=now, name="clean")
        self._checkup_due = now
        self._scheduler.add_job(
            self._look_over,
            Every(timedelta(seconds=LOOK_S)),
            args=[self._service],
            next_run_time=now,
            name="checkup",
        )

    def _listen(self, service: Service) -> None:
        """Tell what nobody does, when it begins."""
        with self._ledger.noting():
            seen = {str(event): event for event in (*service.look_around(), *service.look_at_pauses())}
            for words, event in seen.items():
                if words not in self._seen:
                    self._report(event)
            self._seen = frozenset(seen)

    def _look_over(self, service: Service) -> None:
        """Look at accounts and this machine at the start, after a reload, when the clock has jumped, and every day."""
        now, is_doubtful = self._clock.now(), self._time.is_doubtful
        if now < self._checkup_due and not self._time.must_ask():
            return
        findings = tuple(self._check_up(service))
        self._report(CheckedUp(findings))
        if is_doubtful:
            is_right = confirms_clock(findings)
            if not is_right or self._time.confirmed():
                self._report(ClockDoubted(is_over=is_right))
        all_answered = not any(found.check is Check.REACH and found.colour is Colour.RED for found in findings)
        if service is self._service:  # not the one before a reload
            self._checkup_due = now + (_A_DAY if all_answered else _AN_HOUR)
        # What is removed by a clock that is years ahead does not come back.
        if has_confirmed_clock(findings) and not self._ledger.is_down:
            with self._ledger.noting():
                self._forget()

    def _poll(self, service: Service, feed: Feed) -> None:
        if self._ledger.is_down:
            return
        with self._ledger.noting():
            if not self._in_turn or service.take_turn(feed, share=TURN):
                self._engine.poll(feed, lambda: self._poll_here(service, feed))

    def _poll_here(self, service: Service, feed: Feed) -> None:
        polled = service.try_poll(feed)
        if isinstance(polled.error, LedgerError):
            self._ledger.failed(polled.error)  # no fault of the feed's
        else:
            self._report(polled)

    def _tick(self, service: Service) -> None:
        if self._ledger.is_down or self._time.is_doubtful:
            return
        with self._ledger.noting():
            for event in service.keep_pauses():
                self._report(event)
            self._engine.deliver(service.due_lanes(), lambda lane, stopping: self._deliver(service, lane, stopping))

    def _deliver(self, service: Service, lane: Sequence[Due], stopping: Callable[[], bool]) -> None:
        with self._ledger.noting():
            service.deliver_lane(
                lane,
                report=self._report,
                stopping=lambda: stopping() or self._ledger.is_down or self._time.is_doubtful,
            )

    def _clean(self) -> None:
        with self._ledger.noting():
            self._engine.clean()

    def _reload(self) -> None:
        try:
            before, self._service = self._service, self._load()
        except ConfigError as error:
            log.warning("configuration not changed: the file has mistakes", problems=[str(p) for p in error.problems])
            return
        # What its lanes and polls have in hand was meant for the accounts of the file as it was.
        before.retire()
        # Somebody asked for it: perhaps after a login.
        with self._ledger.noting():
            self._service.wake_accounts()
        self._schedule()
        log.info("configuration read again", feeds=[feed.id for feed in self._service.feeds])
        self._warn_of_waiting()

    def _warn_of_waiting(self) -> None:
        """Say which posts wait for nobody, and where one that hangs may delay another."""
        with self._ledger.noting():
            if stranded := self._service.stranded():
                self._report(Stranded(stranded))
        feeds = len(self._service.feeds)
        accounts = len({account_id for feed in self._service.feeds for account_id in feed.accounts})
        if feeds > POLLERS or accounts > MAX_LANES:
            log.warning("more feeds or accounts than work at a time: they may wait", feeds=feeds, accounts=accounts)

    def _stop(self) -> bool:
        log.info("daemon stops: taking no more work")
        self._scheduler.pause()
        all_done = self._engine.stop(GRACE_S)
        self._scheduler.shutdown(wait=False)
        if not all_done:
            log.warning("a platform has not answered; its delivery will be settled later", accounts=self._engine.busy())
        with self._ledger.noting():
            self._heartbeat.end(now=self._clock.now())
        log.info("daemon stopped")
        return all_done
