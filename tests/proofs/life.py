"""Lives of the program: forked children of a warm process that kill themselves at a chosen moment.

Speaks JSON lines over standard input and output. Each line read is an `Order`; written are the child's process number
as soon as it lives, and `Ended` when it has ended. What a life changes of the program it changes in its own process:
its clock is ahead, its way to a platform is broken, or it dies.
"""

from __future__ import annotations

import ctypes
import functools
import json
import os
import re
import signal
import socket
import sys
import threading
import time
import zoneinfo
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

import requests
import sqlalchemy as sa

import crossposter.adapters._graph
import crossposter.adapters._instagrapi
import crossposter.adapters._tweepy
import crossposter.bootstrap
import crossposter.cli.acts
import crossposter.cli.daemon
import crossposter.cli.run
import crossposter.cli.worker
import crossposter.core.retrying
import crossposter.core.settling
import crossposter.engines.procrastinate_
import crossposter.ledger.offers
import crossposter.ledger.postgresql
import crossposter.ledger.shared
import crossposter.service
from crossposter import watchdog
from crossposter.adapters import PLATFORMS, adapter_class
from crossposter.adapters.options import Connection
from crossposter.alerts.alarm import Alarm
from crossposter.alerts.carrier import Carrier
from crossposter.cli import main
from crossposter.clock import SystemClock
from crossposter.core.events import Delivered, Event
from crossposter.feeds.source import WebFeedSource
from crossposter.ledger import SqlLedger, claiming
from crossposter.ledger.acts import Desk
from crossposter.web import WebClient

#: What is written to the runner's input when a life that waits may begin.
GO = b"go\n"
_PR_SET_PTRACER = 0x59616D61
_Kind = TypeVar("_Kind", bound=StrEnum)

PRELOADED = (crossposter.adapters, crossposter.cli.run, crossposter.cli.acts)
_PUBLISH = re.compile(r"/2/tweets$|/feed$|/media/configure(_sidecar)?/$|/media_publish$")
#: Where nobody listens, and what no resolver takes for a name.
_CLOSED, _NO_NAME = "127.0.0.1:1", "a..b"


class Point(StrEnum):
    """Where a life may end, on the way of one news item."""

    FETCHED = "fetched"
    PARSED = "parsed"
    RECORDED = "recorded"
    RENDERED = "rendered"
    APPROVED = "approved"
    BEFORE_INTENT = "before the intent"
    INTENT = "intent"
    #: By the other end, like SENT.
    UPLOADING = "uploading"
    UPLOADED = "uploaded"
    STAGED = "staged"
    BEFORE_SENDING = "before sending"
    #: By the other end, where the bytes arrive; else when sending has failed.
    SENT = "sent"
    ANSWERED = "answered"
    CONFIRMED = "confirmed"
    TOLD = "told"


class Way(StrEnum):
    """How the way to a platform is broken, for the public call."""

    REFUSED = "refused"
    NO_NAME = "no name"
    WRONG_CERTIFICATE = "wrong certificate"


@dataclass(frozen=True, kw_only=True)
class Order:
    """One life."""

    arguments: tuple[str, ...] = ("run", "--once", "--json")
    config: str = ""
    #: Seconds that its clock is ahead.
    ahead_s: float = 0.0
    #: A folder of other time zones than those that the machine had before.
    zones: str | None = None
    #: Where it dies, if it comes there; or at which of its commits and requests.
    point: Point | None = None
    event: int = 0
    way: Way | None = None
    #: Seconds that it waits for a platform; None for as long as it does otherwise.
    patience_s: float | None = None
    #: Whether it waits, before it begins, until somebody watches its main thread, on which it then does everything.
    is_watched: bool = False
    #: Seconds for which it holds an account, where they are not as many as otherwise; then all its waits are short.
    lease_s: float | None = None
    #: Lived by the warm process itself: what it has loaded and compiled then, its children need not.
    warms: bool = False


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a life has ended."""

    killed: bool
    code: int
    #: Commits and requests, as far as it came.
    events: int
    #: Whether it met the broken way.
    met: bool


class OneThread:
    """Does on this thread what a pool does on others."""

    def __init__(self, *_: Any, **__: Any) -> None:
        """Need nothing."""

    def __enter__(self) -> OneThread:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """End."""

    def map(self, function: Callable[[Any], Any], values: Iterable[Any]) -> Iterable[Any]:
        """Call the function with one value after the other."""
        return map(function, values)


class Life:
    """The child."""

    def __init__(self, order: Order, report: int) -> None:
        self._order = order
        self._report = report
        self._events = 0
        self._lock = threading.Lock()

    def live(self) -> NoReturn:
        """Do what is ordered, as far as it comes."""
        self._move_clock()
        if self._order.patience_s:
            in_a_hurry = functools.partial(Connection, timeout_s=(self._order.patience_s, self._order.patience_s))
            _replace(crossposter.bootstrap, "Connection", in_a_hurry)
        if self._order.lease_s:
            self._hurry(timedelta(seconds=self._order.lease_s))
        sa.event.listen(sa.Engine, "commit", self._event)
        self._wrap(WebClient, "get", before=self._event, after=self._event)
        _replace(requests.Session, "send", self._sending(requests.Session.send))
        if self._order.point:
            self._die_at(self._order.point)
        if self._order.is_watched:
            _replace(crossposter.service, "ThreadPoolExecutor", OneThread)
            ctypes.CDLL(None).prctl(_PR_SET_PTRACER, -1)  # where only parents may watch (Yama)
            os.read(0, len(GO))
        code = main(list(self._order.arguments))
        os.write(self._report, f"{self._events}".encode())
        os._exit(code)

    def _move_clock(self) -> None:
        """Let both clocks that the program and the libraries read be ahead."""
        ahead, now, seconds = timedelta(seconds=self._order.ahead_s), SystemClock.now, time.time  # noqa: TID251 - moved

        def later(clock: SystemClock) -> datetime:
            return now(clock) + ahead

        _replace(SystemClock, "now", later)
        if self._order.zones:
            os.environ["TZ"] = f"{self._order.zones}/Europe/Istanbul"
            time.tzset()
            zoneinfo.reset_tzpath(to=[self._order.zones])
            zoneinfo.ZoneInfo.clear_cache()
        _replace(time, "time", lambda: seconds() + ahead.total_seconds())
        moment = crossposter.ledger.shared.moment

        def of_the_database(connection: sa.Connection, *, now: datetime) -> datetime:
            there = moment(connection, now=now)
            return there if there == now else there + ahead

        _replace(crossposter.ledger.shared, "moment", of_the_database)

    def _hurry(self, lease: timedelta) -> None:
        """Let it wait for seconds where it otherwise waits for minutes: a database's clock is not moved."""
        second = timedelta(seconds=1)
        _replace(crossposter.service.Service.__init__, "__kwdefaults__", {"lease": lease})
        _replace(crossposter.ledger.postgresql, "PATIENCE", lease / 2)
        _replace(crossposter.ledger.offers, "LOST", 2 * second)
        _replace(crossposter.core.settling, "BETWEEN_LOOKS", second)
        for waits in (crossposter.core.settling, crossposter.core.retrying):
            _replace(waits, "BACKOFF", (second, 2 * second, 4 * second, 8 * second))
            _replace(waits, "ACCOUNT_REST", 2 * second)

    def _event(self, *_: Any, **__: Any) -> None:
        with self._lock:
            self._events += 1
            if self._events == self._order.event:
                die()

    def _wrap(
        self,
        owner: Any,
        name: str,
        *,
        before: Callable[..., None] | None = None,
        after: Callable[..., None] | None = None,
    ) -> None:
        """Do something around a function: before it with its arguments, after it with what it gives."""
        function = getattr(owner, name)

        def wrapped(*arguments: Any, **options: Any) -> Any:
            if before:
                before(*arguments, **options)
            answer = function(*arguments, **options)
            if after:
                after(answer)
            return answer

        _replace(owner, name, wrapped)

    def _sending(self, send: Callable[..., requests.Response]) -> Callable[..., requests.Response]:
        """Wrap how each request to a platform is sent."""
        point = self._order.point

        def sending(session: requests.Session, request: requests.PreparedRequest, **options: Any) -> requests.Response:
            self._event()
            is_publish = request.method == "POST" and bool(_PUBLISH.search((request.url or "").partition("?")[0]))
            if is_publish and point is Point.BEFORE_SENDING:
                die()
            if is_publish and self._order.way:
                os.write(self._report, b"+")
                _break(request, options, self._order.way)
            try:
                answer = send(session, request, **options)
            except OSError:
                if is_publish and point in (Point.SENT, Point.ANSWERED):
                    die()
                raise
            self._event()
            if is_publish and point is Point.ANSWERED:
                die()
            return answer

        return sending

    def _die_at(self, point: Point) -> None:
        after: dict[Point, tuple[Any, str]] = {
            Point.FETCHED: (WebClient, "get"),
            Point.PARSED: (WebFeedSource, "fetch"),
            Point.RECORDED: (SqlLedger, "record"),
            Point.RENDERED: (crossposter.service, "compose"),
            Point.APPROVED: (Desk, "act"),
            Point.INTENT: (SqlLedger, "claim"),
            Point.UPLOADED: (SqlLedger, "save_step"),
            Point.CONFIRMED: (SqlLedger, "settle"),
        }
        if point in after:
            self._wrap(*after[point], after=die)
        if point is Point.STAGED:
            for platform in PLATFORMS:
                self._wrap(adapter_class(platform), "stage", after=die)
        if point is Point.BEFORE_INTENT:
            claimed = threading.Event()
            self._wrap(claiming, "claim", after=lambda _: claimed.set())
            sa.event.listen(sa.Engine, "commit", lambda _: die() if claimed.is_set() else None)
        if point is Point.TOLD:
            hear = Alarm.hear

            def told(alarm: Alarm, event: Event) -> None:
                hear(alarm, event)
                if isinstance(event, Delivered):
                    die()

            _replace(Alarm, "hear", told)


def _replace(owner: Any, name: str, other: Any) -> None:
    """Put another value in the place of one of the program's; mostly a function that calls it in turn."""
    setattr(owner, name, other)


def die(*_: Any) -> None:
    """End this process as a power cut does, as far as it can see."""
    os.kill(os.getpid(), signal.SIGKILL)


def _break(request: requests.PreparedRequest, options: dict[str, Any], way: Way) -> None:
    """Lead a request astray: where nobody listens, to no name, or to a server that is not the platform."""
    is_tunnelled = bool(options.get("proxies"))
    if way is Way.WRONG_CERTIFICATE:
        if not is_tunnelled:
            request.url = "https://i.instagram.com/"
            options["proxies"] = {"https": os.environ["SANDBOX_INSTAGRAM_IZMIRBLD_PROXY"]}
        options["verify"] = True
        return
    elsewhere = {Way.REFUSED: _CLOSED, Way.NO_NAME: _NO_NAME if is_tunnelled else "nowhere.invalid"}[way]
    if is_tunnelled:
        options["proxies"] = {"https": f"http://{elsewhere}"}
    else:
        request.url = re.sub(r"//[^/]+", f"//{elsewhere}", request.url or "", count=1)
        if way is Way.NO_NAME:
            _replace(socket, "getaddrinfo", _nobody)


def _nobody(*_: Any, **__: Any) -> NoReturn:
    """Answer as a resolver that finds nothing, without asking one."""
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def _lived(order: Order) -> Ended:
    reading, writing = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.environ["CROSSPOSTER_CONFIG"] = order.config
        watchdog._sleeps_until = None  # its thread stayed with the parent
        Life(order, writing).live()
    os.close(writing)
    print(json.dumps(child), flush=True)
    _, status = os.waitpid(child, 0)
    told = os.read(reading, 100).decode()
    os.close(reading)
    events = told.lstrip("+")
    return Ended(
        killed=os.WIFSIGNALED(status),
        code=os.waitstatus_to_exitcode(status),
        events=int(events or 0),
        met=told.startswith("+"),
    )


def _warmed(order: Order) -> Ended:
    print(json.dumps(os.getpid()), flush=True)
    before = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.environ["CROSSPOSTER_CONFIG"] = order.config
    code = main(list(order.arguments))
    sys.stdout.flush()
    os.dup2(before, 1)
    return Ended(killed=False, code=code, events=0, met=False)


def _named(kind: type[_Kind], values: dict[str, Any]) -> _Kind | None:
    value = values[kind.__name__.lower()]
    return kind(value) if value else None


def serve() -> None:
    """Live what is ordered, one life after the other; its alerts go nowhere, but are written down like all others."""
    _replace(Carrier, "send", lambda *_: None)  # apprise takes 0.6 s a message
    for line in sys.stdin:
        values = json.loads(line)
        order = Order(**values | {"point": _named(Point, values), "way": _named(Way, values)})
        print(json.dumps(asdict((_warmed if order.warms else _lived)(order))), flush=True)


if __name__ == "__main__":
    serve()
