"""The alarm: hears events, remembers what they mean in the ledger, and sends it from a thread of its own.

Asks `core/alerting.py` for each decision. Hearing costs a commit and waits for no network; a target that is dead, slow
or full delays no delivery. Where several processes work on a ledger each has an alarm, and together they tell a thing
once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

import structlog

from crossposter.alerts.carrier import Carrier, Letter
from crossposter.alerts.matters import Decide, Matters
from crossposter.alerts.outbox import SharedOutbox
from crossposter.core.alerting import (
    GATHER,
    Alert,
    Change,
    Fate,
    Level,
    Matter,
    Notice,
    Outbox,
    Pending,
    Target,
    after_failure,
    batch,
    change_by,
    gravest,
    hears,
    is_orphan,
    is_time,
    paragraphs_of,
    subject_of,
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

#: Seconds after which the thread looks around although nobody woke it: for digests, for what other processes have left,
#: and after a jump of the clock.
_LOOK_S = 15.0
#: Messages that are sent at the same time, each by a child of 30 MB.
_SIDE_BY_SIDE = 4
#: Of the time to finish, what is kept for writing down how it ended.
_LAST_S = 0.5
#: Seconds until it tries again to take what it could not.
_AGAIN_S = 1.0


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
        self._matters = Matters(book, clock)
        self._outbox = SharedOutbox(book, clock)
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
        self._book.forget(now=self._clock.now())
        self._matters.start()
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
        """Send what waits without delay, and end; what is not sent by then waits in the ledger for whoever is next."""
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
            hearing = self._audience.hearing
            if not found or not self._audience.listeners:
                return
            keys = {notice.key for notice in found if notice.key}
            self._change(keys, lambda matters, now: change_by(found, matters, hearing, now=now))

    def _change(self, keys: Collection[str], decide: Decide) -> None:
        if made := self._matters.change(keys, decide):
            self._outbox.add(made)
            self._changed.notify_all()

    # -- sending -----------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while self._go_on():
                pass
        except Exception:
            log.exception("alerts have ended unexpectedly: nobody is told any more")
        finally:
            with self._changed:
                self._has_ended = True
                self._changed.notify_all()

    def _go_on(self) -> bool:
        """Send what may go, or wait; tells whether there is more to do."""
        with self._changed:
            if self._is_over:
                return False
            self._add_digests()
            self._outbox.write()
            ready, pause_s = self._due()
            if not ready:
                return self._wait(pause_s)
        if self._send_all(ready):
            return True
        # Another process was faster, or the ledger cannot be written.
        with self._changed:
            return self._wait(_AGAIN_S)

    def _wait(self, seconds: float) -> bool:
        """Wait until something may have changed; False where nobody waits any more, since the program ends."""
        if self._is_ending:
            return False
        self._changed.wait(seconds)
        return True

    def _due(self) -> tuple[list[Listener], float]:
        """Give whose message may go, the gravest first; and the seconds until another's may."""
        waiting = self._outbox.look()
        self._drop_orphans(waiting)
        moments = waiting.moments(gather=self._gathering)
        listeners = [one for one in self._audience.listeners if one.target.name in moments]
        ready = [one for one in listeners if is_time(moments[one.target.name], now=waiting.now)]
        levels = {name: max(one.alert.level for one in of) for name, of in waiting.by_target().items()}
        ready.sort(key=lambda one: -levels[one.target.name])
        left = min(((moments[one.target.name] - waiting.now).total_seconds() for one in listeners), default=_LOOK_S)
        return ready, min(max(left, 0.01), _LOOK_S)

    @property
    def _gathering(self) -> timedelta:
        return timedelta() if self._is_ending else self._gather

    def _if_due(self, waiting: Outbox) -> Sequence[Pending]:
        """Choose what goes to a target now: all, or nothing yet."""
        moments = waiting.moments(gather=self._gathering).values()
        return waiting.pending if all(is_time(moment, now=waiting.now) for moment in moments) else []

    def _send_all(self, ready: Sequence[Listener]) -> bool:
        """Send a message to each, a few at a time: one that hangs delays few others. Tells whether there was any."""
        with ThreadPoolExecutor(min(len(ready), _SIDE_BY_SIDE), thread_name_prefix="alert") as pool:
            return any(list(pool.map(self._send, ready)))

    def _send(self, listener: Listener) -> bool:
        """Send one message, without holding anybody up meanwhile; False where there is none for this process."""
        with self._changed:
            if self._is_over:
                return False
            taken = self._outbox.take(listener.target.name, self._if_due)
        if not taken:
            return False
        message = batch(taken)
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
                return True
            if why_not is None:
                bound.info("alert sent")
                self._outbox.end(message.told, Fate.SENT)
                self._outbox.end(message.left_out, Fate.LEFT_OUT)
                return True
            again, given_up = after_failure([*message.told, *message.left_out], now=self._clock.now())
            bound.warning("alert not sent", why=str(why_not), given_up=len(given_up))
            self._outbox.end(given_up, Fate.GIVEN_UP)
            self._outbox.postpone(again)
        return True

    def _drop_orphans(self, waiting: Outbox) -> None:
        """Give up what waits for targets that the YAML no longer has."""
        names = {one.target.name for one in self._audience.listeners}
        orphans = [one for one in waiting.pending if is_orphan(one, names, now=waiting.now)]
        self._outbox.end(orphans, Fate.GIVEN_UP)

    # -- digests -----------------------------------------------------------------------------------------------------

    def _add_digests(self) -> None:
        for listener in self._audience.listeners:
            if listener.target.digest:
                self._add_digest(listener.target, listener.target.digest)

    def _add_digest(self, target: Target, at: time) -> None:
        """Make a target's digest if it is due: once, whichever processes find that it is."""
        key, now = f"digest:{target.name}", self._clock.now()
        seen = self._matters.seen(key)
        if seen and digest_due(at, target.zone, seen.since, now=now) is None:
            return
        try:
            before = self._matters.look_at(key)
            due = digest_due(at, target.zone, before.since, now=now) if before else None
            if before and due is None:
                return
            alerts = [self._digest(target, before.since, now=now)] if before else []
        except LedgerError as error:
            log.warning("no digest: the ledger cannot be read", error=str(error))
            return

        def decide(matters: Mapping[str, Matter], there: datetime) -> Change:
            if matters.get(key) != before:
                return Change()  # another process was faster
            made = [Pending(target=target.name, alert=alert, made_at=there) for alert in alerts]
            return Change(matters={key: _digested(key, due or now)}, alerts=made)

        self._change([key], decide)

    def _digest(self, target: Target, since: datetime, *, now: datetime) -> Alert:
        summary = self._book.summary(since=since, now=now, city=target.city)
        told = self._matters.told()
        troubles = [key for key in told if city_of(key.partition(":")[2]) in ("", target.city)]
        return digest(summary, troubles, zone=target.zone)


def _digested(key: str, at: datetime) -> Matter:
    return Matter(key=key, state="sent", level=Level.INFO, count=1, is_told=True, since=at)
