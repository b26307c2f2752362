"""The alarm: hears events, remembers what they mean in the ledger, and sends it from a thread of its own.

Asks `core/alerting.py` for each decision. Hearing costs a commit and waits for no network; a target that is dead, slow
or full delays no delivery.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count

import structlog

from crossposter.alerts.carrier import Carrier, Letter
from crossposter.core.alerting import (
    GATHER,
    Alert,
    Fate,
    Level,
    Matter,
    Notice,
    Pending,
    Target,
    after_failure,
    batch,
    gravest,
    hears,
    is_time,
    next_message_at,
    paragraphs_of,
    subject_of,
    weigh,
)
from crossposter.core.cities import city_of
from crossposter.core.digest import digest, digest_due
from crossposter.core.events import Event
from crossposter.core.notices import notices
from crossposter.errors import LedgerError
from crossposter.ports import AlertBook, Clock
from crossposter.references import Secret
from crossposter.web import Network
from crossposter.wording import Message

log = structlog.get_logger("crossposter")

#: Seconds after which the thread looks around although nobody woke it: for digests, and after a jump of the clock.
_LOOK_S = 15.0
#: Messages that are sent at the same time, each by a child of 30 MB.
_SIDE_BY_SIDE = 4
#: Of the time to finish, what is kept for writing down how it ended.
_LAST_S = 0.5
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A target with its address, and a voice in its language."""

    target: Target
    address: Secret
    speak: Callable[[Message], str]
    #: The city's way to the world.
    network: Network = field(default_factory=Network)


class Audience:
    """Everybody who is told."""

    def __init__(self, listeners: Iterable[Listener] = ()) -> None:
        self.listeners = tuple(listeners)
        self._of: dict[str, list[Listener]] = {}
        for one in self.listeners:
            self._of.setdefault(one.target.city, []).append(one)

    def hearing(self, notice: Notice, alert: Alert) -> list[Target]:
        """Give who is told: those of the notice's city; of everybody each address once, in whatever files it stands."""
        listeners = self._of.get(notice.city, []) if notice.city else self.listeners
        hearing = [one for one in listeners if hears(one.target, alert)]
        if not notice.city:
            hearing = list({one.address.reveal(): one for one in reversed(hearing)}.values())[::-1]
        return [one.target for one in hearing]


class Alarm:
    """Tells people. Safe to use from several threads."""

    def __init__(
        self, audience: Audience, *, book: AlertBook, carrier: Carrier, clock: Clock, gather: timedelta = GATHER
    ) -> None:
        self._audience = audience
        self._book = book
        self._carrier = carrier
        self._clock = clock
        self._gather = gather
        self._changed = threading.Condition()
        self._matters: dict[str, Matter] = {}
        self._pending: list[Pending] = []
        self._sent: dict[str, list[datetime]] = {}
        #: Numbers alerts that the ledger did not take.
        self._unwritten = count(1)
        #: Since when nothing is gathered and nobody waited for: the program ends.
        self._is_ending = False
        self._has_ended = False
        #: Nobody waits any more: the ledger may be closed, and be another process's.
        self._is_over = False
        self._thread = threading.Thread(target=self._run, name="alerts", daemon=True)

    def start(self) -> None:
        """Recall what the ledger knows, and begin to send.

        Raises:
            LedgerError: It cannot be read.
        """
        known = self._book.remembered(now=self._clock.now())
        self._matters = dict(known.matters)
        self._pending = list(known.pending)
        self._sent = {target: list(times) for target, times in known.sent.items()}
        self._thread.start()

    def change(self, audience: Audience) -> None:
        """Tell others from now on: the YAML has changed."""
        with self._changed:
            self._audience = audience
            self._changed.notify_all()

    def hear(self, event: Event) -> None:
        """Take an event; never fails, and waits for nobody but the ledger."""
        try:
            self._note(notices(event))
        except Exception:
            # Whoever reports has a delivery in hand: it goes on, whatever is wrong with an alert.
            log.exception("an alert could not be made")

    def finish(self, timeout_s: float) -> None:
        """Send what waits without delay, and end; what is not sent by then waits in the ledger for the next start."""
        with self._changed:
            self._is_ending = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._has_ended, max(timeout_s - _LAST_S, 0))
        self._carrier.stop()
        self._thread.join(_LAST_S)
        with self._changed:
            self._is_over = True

    # -- hearing -----------------------------------------------------------------------------------------------------

    def _note(self, found: Sequence[Notice]) -> None:
        with self._changed:
            if not self._audience.listeners:
                return
            now = self._clock.now()
            changes: dict[str, Matter | None] = {}
            made: list[Pending] = []
            for notice in found:
                before = self._matters.get(notice.key) if notice.key else None
                after, alert = weigh(notice, before, now=now)
                if notice.key and after != before:
                    changes[notice.key] = after
                if alert:
                    targets = self._audience.hearing(notice, alert)
                    made += [Pending(target=target.name, alert=alert, made_at=now) for target in targets]
            if changes or made:
                self._write(changes, made)

    def _write(self, changes: Mapping[str, Matter | None], made: Sequence[Pending]) -> None:
        """Remember; what the ledger does not take is told all the same: a full disk is worth an alert."""
        for key, matter in changes.items():
            if matter:
                self._matters[key] = matter
            else:
                self._matters.pop(key, None)
        try:
            made = self._book.note(changes, made)
        except LedgerError as error:
            log.warning("alerts are not in the ledger: a restart forgets them", error=str(error))
            made = [replace(one, id=-next(self._unwritten)) for one in made]
        self._pending += made
        self._changed.notify_all()

    # -- sending -----------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while True:
                with self._changed:
                    if self._is_over:
                        break
                    self._drop_orphans()
                    self._add_digests()
                    ready = self._ready()
                    if not ready:
                        if self._is_ending:
                            break
                        self._changed.wait(self._pause_s())
                        continue
                self._send_all(ready)
        except Exception:
            log.exception("alerts have ended unexpectedly: nobody is told any more")
        finally:
            with self._changed:
                self._has_ended = True
                self._changed.notify_all()

    def _ready(self) -> list[Listener]:
        """Give whose message may go, the gravest first."""
        now = self._clock.now()
        waiting = self._waiting()
        moments = [(one, self._moment(one.target, waiting)) for one in self._audience.listeners]
        ready = [listener for listener, moment in moments if moment and is_time(moment, now=now)]
        return sorted(ready, key=lambda one: -max(alert.alert.level for alert in waiting[one.target.name]))

    def _send_all(self, ready: Sequence[Listener]) -> None:
        """Send a message to each, a few at a time: one that hangs delays few others."""
        with ThreadPoolExecutor(min(len(ready), _SIDE_BY_SIDE), thread_name_prefix="alert") as pool:
            list(pool.map(self._send, ready))

    def _pause_s(self) -> float:
        """Give the seconds until something may be due."""
        now, waiting = self._clock.now(), self._waiting()
        moments = [moment for one in self._audience.listeners if (moment := self._moment(one.target, waiting))]
        left = min(((moment - now).total_seconds() for moment in moments), default=_LOOK_S)
        return min(max(left, 0.01), _LOOK_S)

    def _moment(self, target: Target, waiting: Mapping[str, Sequence[Pending]]) -> datetime | None:
        gather = timedelta() if self._is_ending else self._gather
        return next_message_at(waiting.get(target.name, ()), self._sent.get(target.name, ()), gather=gather)

    def _waiting(self) -> dict[str, list[Pending]]:
        """Give what waits, by target."""
        found: dict[str, list[Pending]] = {}
        for one in self._pending:
            found.setdefault(one.target, []).append(one)
        return found

    def _send(self, listener: Listener) -> None:
        """Send one message, without holding anybody up meanwhile."""
        with self._changed:
            message = batch(self._waiting()[listener.target.name])
        letter = Letter(
            title=listener.speak(subject_of(message)),
            body="\n\n".join("\n".join(map(listener.speak, lines)) for lines in paragraphs_of(message)),
            level=gravest(message),
            is_good=all(one.alert.is_good for one in message.told),
        )
        why_not = self._carrier.send(letter, listener.address, listener.network)
        bound = log.bind(target=listener.target.name, alerts=len(message.told), left_out=len(message.left_out))
        with self._changed:
            if self._is_over:
                return
            now = self._clock.now()
            if why_not is None:
                bound.info("alert sent")
                recent = [time for time in self._sent.get(listener.target.name, []) if time > now - _HOUR]
                self._sent[listener.target.name] = [*recent, now]
                self._end(message.told, Fate.SENT, now=now)
                self._end(message.left_out, Fate.LEFT_OUT, now=now)
                return
            again, given_up = after_failure([*message.told, *message.left_out], now=now)
            bound.warning("alert not sent", why=str(why_not), given_up=len(given_up))
            self._end(given_up, Fate.GIVEN_UP, now=now)
            self._postpone(again)

    def _end(self, ended: Sequence[Pending], fate: Fate, *, now: datetime) -> None:
        if not ended:
            return
        gone = {one.id for one in ended}
        self._pending = [one for one in self._pending if one.id not in gone]
        self._tell_book(lambda: self._book.end(ended, fate, now=now))

    def _postpone(self, again: Sequence[Pending]) -> None:
        later = {one.id: one for one in again}
        self._pending = [later.get(one.id, one) for one in self._pending]
        self._tell_book(lambda: self._book.postpone(again))

    def _tell_book(self, write: Callable[[], None]) -> None:
        try:
            write()
        except LedgerError as error:
            # At worst somebody is told twice after a restart.
            log.warning("what became of an alert is not in the ledger", error=str(error))

    def _drop_orphans(self) -> None:
        """Give up what waits for targets that the YAML no longer has."""
        names = {one.target.name for one in self._audience.listeners}
        orphans = [one for one in self._pending if one.target not in names]
        self._end(orphans, Fate.GIVEN_UP, now=self._clock.now())

    # -- digests -----------------------------------------------------------------------------------------------------

    def _add_digests(self) -> None:
        now = self._clock.now()
        for listener in self._audience.listeners:
            if not listener.target.digest:
                continue
            key = f"digest:{listener.target.name}"
            before = self._matters.get(key)
            if before is None:
                self._write({key: _digested(key, now)}, [])
                continue
            zone, city = listener.target.zone, listener.target.city
            due = digest_due(listener.target.digest, zone, before.since, now=now)
            if due is None:
                continue
            try:
                summary = self._book.summary(since=before.since, now=now, city=city)
            except LedgerError as error:
                log.warning("no digest: the ledger cannot be read", error=str(error))
                continue
            told = (key for key, matter in self._matters.items() if matter.is_told)
            troubles = [key for key in told if city_of(key.partition(":")[2]) in ("", city)]
            alert = digest(summary, troubles, zone=zone)
            self._write({key: _digested(key, due)}, [Pending(target=listener.target.name, alert=alert, made_at=now)])


def _digested(key: str, at: datetime) -> Matter:
    return Matter(key=key, state="sent", level=Level.INFO, count=1, is_told=True, since=at)
