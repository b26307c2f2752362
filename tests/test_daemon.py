"""The daemon as a process of its own, against the sandbox."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from crossposter import logs
from crossposter.clock import SystemClock
from crossposter.core.checkup import Check, Colour, Finding
from crossposter.core.events import CheckedUp, Event, Poll, Stranded
from crossposter.core.model import Feed, Reason, Status, Validators
from crossposter.daemon import POLLERS, Daemon
from crossposter.engines.threads import Threads
from crossposter.ledger import LedgerHeartbeat, SqlLedger, history, holder
from crossposter.pauses import ClockPause
from crossposter.ports import Clock, Due
from crossposter.service import MAX_LANES, Service
from crossposter.signals import Command, Commands
from crossposter.testing import FrozenClock, a_feed
from crossposter.wording import say
from tests.city import DEMO_CONFIG, City, a_city

#: Far more than it ever takes: a busy machine must not make it fail.
PATIENCE_S = 40

pytestmark = [pytest.mark.proof, pytest.mark.timeout(180)]


class Running:
    """A daemon process and what it logs."""

    def __init__(self, city: City, config: Path) -> None:
        environ = {**os.environ, **city.environ, "CROSSPOSTER_CONFIG": str(config)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "crossposter", "run"], env=environ, stderr=subprocess.PIPE, text=True
        )
        self.events: list[dict[str, Any]] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.events.append(json.loads(line))

    def logged(self, event: str, **fields: object) -> list[dict[str, Any]]:
        """Give the events of a name with these fields."""
        wanted = {"event": event, **fields}
        return [found for found in list(self.events) if wanted.items() <= found.items()]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and give the exit code."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        """Give the exit code."""
        code = self.process.wait(timeout=PATIENCE_S + 15)
        self._reader.join()
        assert self.process.stderr is not None
        self.process.stderr.close()
        return code


def until(condition: Callable[[], object]) -> None:
    """Wait until it holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)  # noqa: TID251 - waits for another process


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    with a_city(tmp_path) as found:
        yield found


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A copy of the demo's configuration that polls every second; tests change it."""
    path = tmp_path / "crossposter.yaml"
    text = DEMO_CONFIG.read_text("utf-8")
    path.write_text(text.replace("every: 2s", "every: 1s"), "utf-8")
    return path


@pytest.fixture
def start(city: City, config: Path) -> Iterator[Callable[[], Running]]:
    """Start daemons; those that still run are killed at the end."""
    started: list[Running] = []

    def one() -> Running:
        started.append(Running(city, config))
        return started[-1]

    yield one
    for running in started:
        if running.process.poll() is None:
            running.stop(signal.SIGKILL)


def statuses(city: City) -> list[Status]:
    ledger = SqlLedger(city.ledger)
    now = datetime.now(UTC)  # noqa: TID251 - the daemon runs on real time
    records = history.deliveries(ledger, now=now)
    ledger.close()
    return [record.status for record in records if record.reason is not Reason.BASELINE]


Start = Callable[[], Running]


def test_news_go_out_while_it_runs_and_it_ends_with_0(city: City, start: Start) -> None:
    daemon = start()
    until(lambda: len(daemon.logged("feed read", first_poll=True)) == 2)
    city.site.publish("tr")
    until(lambda: len(city.sandbox.posts()) == 3)
    until(lambda: len(daemon.logged("post published")) == 3)
    (event,) = daemon.logged("post published", account="izmir-x")
    assert event.keys() >= {"feed", "entry", "account", "delivery", "status", "url", "timestamp", "level"}
    assert (event["feed"], event["delivery"]) == ("izmir-tr", f"{event['entry']}/izmir-x")
    assert daemon.stop() == 0
    assert daemon.logged("daemon stopped")
    assert holder(city.ledger) is None


def test_it_goes_on_where_a_killed_one_stopped(city: City, start: Start) -> None:
    first = start()
    until(lambda: len(first.logged("feed read", first_poll=True)) == 2)
    city.site.publish("tr")
    city.sandbox.inject("twitter", "publish", "commit_then_hang")
    until(lambda: len(city.sandbox.posts()) == 3 and len(first.logged("post published")) == 2)
    assert first.stop(signal.SIGKILL) == -signal.SIGKILL
    start()
    until(lambda: Status.UNCERTAIN in statuses(city))
    city.site.publish("tr", 2)
    until(lambda: statuses(city).count(Status.PUBLISHED) == 8)
    assert len(city.sandbox.posts()) == 9


def test_a_stop_lets_the_delivery_in_hand_end(city: City, start: Start) -> None:
    daemon = start()
    until(lambda: len(daemon.logged("feed read", first_poll=True)) == 2)
    slow = threading.Event()
    city.sandbox.inject("facebook", "publish", "commit_then_hang")
    city.site.publish("tr")
    until(lambda: len(city.sandbox.posts()) == 3)

    def answer_at_last() -> None:
        slow.set()
        city.sandbox.clear_faults()

    threading.Timer(1.5, answer_at_last).start()
    assert daemon.stop() == 0
    assert slow.is_set()
    assert Counter(statuses(city)) == {Status.PUBLISHED: 2, Status.UNCERTAIN: 1}


SIGNALLED = """
import os, signal, sys
import crossposter.config
from crossposter.cli import main
numbers, load = [int(number) for number in sys.argv[1:]], crossposter.config.load_config
def signalled(*arguments, **options):
    while numbers:
        os.kill(os.getpid(), numbers.pop(0))
    return load(*arguments, **options)
crossposter.config.load_config = signalled
sys.exit(main(["run"]))
"""


def test_a_signal_that_comes_while_it_starts_is_not_lost_and_does_not_kill_it(city: City, config: Path) -> None:
    environ = {**os.environ, **city.environ, "CROSSPOSTER_CONFIG": str(config)}
    command = [sys.executable, "-c", SIGNALLED, str(int(signal.SIGHUP)), str(int(signal.SIGTERM))]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    assert done.returncode == 0
    events = [json.loads(line)["event"] for line in done.stderr.splitlines()]
    told = ("daemon started", "configuration read again", "daemon stopped")
    assert [event for event in events if event in told] == list(told)


def test_a_second_daemon_is_refused_with_75(city: City, start: Start) -> None:
    first = start()
    until(lambda: first.logged("daemon started"))
    environ = {**os.environ, **city.environ, "CROSSPOSTER_CONFIG": str(DEMO_CONFIG)}
    second = subprocess.run(
        [sys.executable, "-m", "crossposter", "run"], env=environ, capture_output=True, text=True, check=False
    )
    assert second.returncode == 75
    assert f"process {first.process.pid} on" in second.stderr


def test_a_changed_configuration_is_read_again_and_a_wrong_one_is_not_taken(
    city: City, config: Path, start: Start
) -> None:
    daemon = start()
    until(lambda: len(daemon.logged("feed read", first_poll=True)) == 2)
    right = config.read_text("utf-8")
    config.write_text(right.replace("feeds:", "fields:"), "utf-8")
    os.kill(daemon.process.pid, signal.SIGHUP)
    until(lambda: daemon.logged("configuration not changed: the file has mistakes"))
    config.write_text(right.replace("accounts: [izmir-x, izmir-facebook, izmir-instagram]", "accounts: [izmir-x]"))
    environ = {**os.environ, **city.environ, "CROSSPOSTER_CONFIG": str(config)}
    told = subprocess.run(
        [sys.executable, "-m", "crossposter", "run", "--reload"],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0
    until(lambda: daemon.logged("configuration read again"))
    city.site.publish("tr")
    until(lambda: len(city.sandbox.posts()) == 1)
    assert daemon.stop() == 0
    assert len(city.sandbox.posts()) == 1


def test_a_feed_server_that_dies_and_returns(city: City, config: Path, start: Start, tmp_path: Path) -> None:
    with a_city(tmp_path / "other") as other:
        url = other.environ["DEMO_FEED_TR"]
        city.environ["DEMO_FEED_TR"] = url
        daemon = start()
        until(lambda: len(daemon.logged("feed read", first_poll=True)) == 2)
    until(lambda: daemon.logged("feed not read", feed="izmir-tr"))
    assert daemon.process.poll() is None
    assert daemon.stop() == 0


def health(city: City, config: Path) -> tuple[int, dict[str, Any]]:
    environ = {**os.environ, **city.without_secrets(), "CROSSPOSTER_CONFIG": str(config)}
    command = [sys.executable, "-m", "crossposter", "check", "--health", "--json"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout)


def test_health_tells_up_from_working(city: City, config: Path, start: Start) -> None:
    assert health(city, config)[0] == 1
    daemon = start()
    until(lambda: len(daemon.logged("feed read")) == 2)
    assert health(city, config) == (0, {"healthy": True, "problems": []})
    daemon.stop()
    stopped = (1, {"healthy": False, "problems": ["no daemon is running: start it with 'crossposter run'"]})
    assert health(city, config) == stopped
    second = start()
    until(lambda: second.logged("daemon started"))
    assert health(city, config)[0] == 0
    second.stop(signal.SIGKILL)
    assert health(city, config) == stopped


def test_a_restart_does_not_heal_a_feed_that_cannot_be_read(city: City, config: Path, start: Start) -> None:
    now = datetime.now(UTC)  # noqa: TID251 - the daemon runs on real time
    ledger = SqlLedger.open(city.ledger)
    LedgerHeartbeat(ledger).start(now=now - timedelta(days=7))
    LedgerHeartbeat(ledger).beat(now=now)
    first = start()
    until(lambda: len(first.logged("feed read")) == 2)
    first.stop()
    ledger.touch(a_feed("izmir-tr"), Validators(), now=now - timedelta(days=6))
    ledger.write_polls()
    ledger.close()
    city.environ["DEMO_FEED_TR"] = f"{city.sandbox.url}/site/rss/gone.xml"
    second = start()
    until(lambda: second.logged("feed not read"))
    code, found = health(city, config)
    assert code == 1
    assert "izmir-tr was last read at" in found["problems"][0]


def test_nothing_reloads_where_no_daemon_runs(city: City, config: Path) -> None:
    environ = {**os.environ, **city.environ, "CROSSPOSTER_CONFIG": str(config)}
    command = [sys.executable, "-m", "crossposter", "run", "--reload"]
    assert subprocess.run(command, env=environ, capture_output=True, check=False).returncode == 1


class HangingService:
    """A service of which every feed but the last hangs."""

    def __init__(self, count: int) -> None:
        self.feeds = tuple(a_feed(f"feed-{number}", every=timedelta(seconds=1)) for number in range(count))
        self.answer = threading.Event()
        self.polled: list[str] = []

    def try_poll(self, feed: Feed) -> Poll:
        self.polled.append(feed.id)
        if feed is not self.feeds[-1]:
            self.answer.wait(PATIENCE_S)
        return Poll(feed_id=feed.id)

    def recover(self) -> tuple[str, ...]:
        return ()

    def due_lanes(self) -> list[list[Due]]:
        return []

    def retire(self) -> None:
        self.is_retired = True

    is_retired = False
    stranded = wake_accounts = look_around = keep_pauses = look_at_pauses = recover


class SilentHeartbeat:
    def start(self, *, now: datetime) -> None: ...

    def beat(self, *, now: datetime) -> None: ...

    def end(self, *, now: datetime) -> None: ...


@pytest.mark.parametrize(("count", "is_warned"), [(40, False), (65, True)])
def test_feeds_that_hang_delay_no_other_and_say_nothing_each_second(
    capsys: pytest.CaptureFixture[str], count: int, is_warned: bool
) -> None:
    logs.configure(as_json=True)
    service, commands = HangingService(count), Commands()
    typed = cast("Service", service)
    daemon = Daemon(
        typed,
        commands=commands,
        load=lambda: typed,
        heartbeat=SilentHeartbeat(),
        engine=Threads(MAX_LANES),
        clock=SystemClock(),
    )
    running = threading.Thread(target=daemon.run)
    running.start()
    try:
        if is_warned:
            until(lambda: len(service.polled) >= POLLERS)
        else:
            until(lambda: service.polled.count(f"feed-{count - 1}") >= 3)  # others are due again meanwhile
    finally:
        service.answer.set()
        commands.put(Command.STOP)
        running.join()
    logged = capsys.readouterr().err
    assert "maximum number of running instances" not in logged
    assert ("they may wait" in logged) is is_warned


def test_a_reload_retires_the_service_of_before_and_tells_what_nobody_delivers() -> None:
    class Leaving(HangingService):
        def stranded(self) -> tuple[str, ...]:
            return ("1/gone",)

    before, after, commands = HangingService(1), Leaving(1), Commands()
    told: list[Event] = []
    daemon = Daemon(
        cast("Service", before),
        commands=commands,
        load=lambda: cast("Service", after),
        heartbeat=SilentHeartbeat(),
        engine=Threads(MAX_LANES),
        clock=SystemClock(),
        report=told.append,
    )
    commands.put(Command.RELOAD)
    commands.put(Command.STOP)
    daemon.run()
    assert (before.is_retired, after.is_retired) == (True, False)
    assert Stranded(("1/gone",)) in told


# -- the checkup -----------------------------------------------------------------------------------------------------


def a_finding(check: Check = Check.REACH, colour: Colour = Colour.GREEN) -> Finding:
    return Finding(subject="izmir-x", check=check, colour=colour, message=say("found"))


def a_daemon(
    check_up: Callable[[Service], list[Finding]], *, told: list[Event], commands: Commands, clock: Clock
) -> tuple[Daemon, Service]:
    service = cast("Service", HangingService(1))
    daemon = Daemon(
        service,
        commands=commands,
        load=lambda: cast("Service", HangingService(1)),
        heartbeat=SilentHeartbeat(),
        engine=Threads(MAX_LANES),
        clock=clock,
        report=told.append,
        check_up=check_up,
    )
    daemon._time = ClockPause(clock, monotonic=lambda: clock.now().timestamp())  # it goes on, and does not jump
    return daemon, service


def test_accounts_are_looked_at_at_the_start_and_after_a_reload() -> None:
    told: list[Event] = []
    looked_at: list[Service] = []
    commands = Commands()

    def check_up(service: Service) -> list[Finding]:
        looked_at.append(service)
        return [a_finding()]

    daemon, service = a_daemon(check_up, told=told, commands=commands, clock=SystemClock())
    running = threading.Thread(target=daemon.run)
    running.start()
    try:
        until(lambda: CheckedUp((a_finding(),)) in told)
        commands.put(Command.RELOAD)
        until(lambda: told.count(CheckedUp((a_finding(),))) == 2)
    finally:
        commands.put(Command.STOP)
        running.join()
    assert looked_at[0] is service
    assert looked_at[1] is not service


def test_they_are_looked_at_every_day_and_sooner_where_a_platform_was_silent() -> None:
    clock, told = FrozenClock(datetime(2026, 11, 27, tzinfo=UTC)), list[Event]()
    colours = [Colour.RED, Colour.GREEN, Colour.GREEN]
    daemon, service = a_daemon(
        lambda _: [a_finding(colour=colours.pop(0))], told=told, commands=Commands(), clock=clock
    )
    looked_at = []
    for hour in range(30):
        before = len(told)
        daemon._look_over(service)
        if len(told) > before:
            looked_at.append(hour)
        clock.forward(hours=1)
    assert looked_at == [0, 1, 25]


def test_a_service_of_before_a_reload_does_not_put_off_the_look_of_the_next_one() -> None:
    clock, told = FrozenClock(datetime(2026, 11, 27, tzinfo=UTC)), list[Event]()
    daemon, service = a_daemon(lambda _: [], told=told, commands=Commands(), clock=clock)
    daemon._look_over(cast("Service", HangingService(1)))
    daemon._look_over(service)
    daemon._look_over(service)
    assert len(told) == 2


def test_tokens_that_are_swapped_while_it_runs_publish_nothing_after_the_reload(
    city: City, config: Path, start: Start, tmp_path: Path
) -> None:
    text, files = config.read_text("utf-8"), {}
    for handle in ("IZMIRBLD", "IZMIRENGLISH"):
        for key in ("ACCESS_TOKEN", "ACCESS_SECRET"):
            name = f"SANDBOX_TWITTER_{handle}_{key}"
            files[name] = tmp_path / name
            files[name].write_text(city.environ[name], "utf-8")
            text = text.replace(f"env:{name}\n", f"file:{files[name]}\n")
    config.write_text(text, "utf-8")
    daemon = start()
    until(lambda: len(daemon.logged("feed read", first_poll=True)) == 2 and daemon.logged("checkup done", red=0))
    city.site.publish("tr")
    until(lambda: len(city.sandbox.posts()) == 3)
    for name, file in files.items():
        other = name.replace("IZMIRBLD", "?").replace("IZMIRENGLISH", "IZMIRBLD").replace("?", "IZMIRENGLISH")
        file.write_text(city.environ[other], "utf-8")
    os.kill(daemon.process.pid, signal.SIGHUP)
    for account in ("izmir-x", "izmir-x-en"):
        until(lambda account=account: daemon.logged("checkup found something", subject=account, check="identity"))  # type: ignore[misc]  # a default
    city.site.publish("tr")
    city.site.publish("en")
    for account in ("izmir-x", "izmir-x-en"):
        until(lambda account=account: daemon.logged("post not published", account=account, reason="account"))  # type: ignore[misc]  # a default
    until(lambda: len(city.sandbox.posts()) == 3 + 4)
    assert daemon.stop() == 0
    assert Counter(post["platform"] for post in city.sandbox.posts())["twitter"] == 1


def test_its_log_holds_no_secret_even_when_a_library_talks(city: City, start: Start, tmp_path: Path) -> None:
    daemon = start()
    until(lambda: len(daemon.logged("feed read")) == 2)
    city.sandbox.inject("twitter", "publish", "status:401")
    city.sandbox.inject("facebook", "publish", "status:401")
    city.sandbox.inject("instagram", "publish", "status:403")
    city.site.publish("tr")
    until(lambda: len(daemon.logged("post not published")) == 3)
    daemon.stop()
    written = json.dumps(daemon.events)
    secrets = [value for name, value in city.environ.items() if name.endswith(("KEY", "SECRET", "TOKEN"))]
    assert secrets
    assert [secret for secret in secrets if secret in written] == []


@pytest.mark.parametrize(("clock", "times"), [(None, 0), (Colour.RED, 0), (Colour.YELLOW, 1), (Colour.GREEN, 1)])
def test_nothing_is_forgotten_before_a_platform_has_confirmed_the_clock(clock: Colour | None, times: int) -> None:
    forgotten: list[str] = []
    found = [a_finding(), *([a_finding(Check.CLOCK, clock)] if clock else [])]
    told = list[Event]()
    daemon, service = a_daemon(lambda _: found, told=told, commands=Commands(), clock=SystemClock())
    daemon._forget = lambda: forgotten.append("words")
    daemon._look_over(service)
    assert forgotten == ["words"] * times
