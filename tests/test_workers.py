"""Workers beside daemons, on a ledger that they share: one that dies or freezes is taken over."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from crossposter.bootstrap import Office as Opened
from crossposter.clock import SystemClock
from crossposter.config import load_config
from crossposter.core.model import Status
from crossposter.errors import LedgerError
from crossposter.ledger import Role, holders
from tests.city import DEMO_CONFIG, a_city
from tests.postgres import Server
from tests.test_shared_ledger import Agency, until

pytestmark = [pytest.mark.proof, pytest.mark.timeout(180)]

LEASE_S = 5.0
#: `crossposter`, with leases and looks of seconds, and a clock that may be wrong. A worker notes when it begins on an
#: account; it freezes between the intent and the request where a file asks for it.
SHORT = f"""
import os, pathlib, signal, sys
from datetime import timedelta
from crossposter.clock import SystemClock
from crossposter.core import settling
from crossposter.ledger import SqlLedger, postgresql
from crossposter.service import Service

notes, now, send, claim = pathlib.Path(os.environ["NOTES"]), SystemClock.now, Service.deliver_lane, SqlLedger.claim

def noted(service, lane, **others):
    (notes / lane[0].account_id).write_text(str(os.getpid()))
    send(service, lane, **others)

def frozen(ledger, delivery, *others, **named):
    number = claim(ledger, delivery, *others, **named)
    if (notes / "freeze").exists():
        (notes / "freeze").unlink()
        os.kill(os.getpid(), signal.SIGSTOP)
    return number

SystemClock.now = lambda clock: now(clock) + timedelta(minutes=float(os.environ.get("WRONG_BY_MIN", "0")))
Service.deliver_lane, SqlLedger.claim = noted, frozen
Service.__init__.__kwdefaults__["lease"] = timedelta(seconds={LEASE_S})
settling.BETWEEN_LOOKS = timedelta(seconds=1)
postgresql.PATIENCE = timedelta(seconds={LEASE_S / 2})
from crossposter.cli import main
sys.exit(main(sys.argv[1:]))
"""


@dataclass
class Office(Agency):
    """An agency whose daemons and workers hold accounts for seconds only."""

    #: What else stands in the environment of what is started next.
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def notes(self) -> Path:
        return self.config.parent

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        own = {"DEMO_LEDGER": self.address.url, "LANG": "C", "NOTES": str(self.notes)}
        process = subprocess.Popen(
            [sys.executable, "-c", SHORT, *arguments, "--config", str(self.config)],
            env={**os.environ, **self.city.environ, **own, **self.environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._started.append(process)
        return process

    def workers(self) -> int:
        return sum(found.role is Role.WORKER for found in holders(self.address))

    def jobs(self, server: Server) -> int:
        name = self.address.url.rpartition("/")[2]
        with server.connect(name) as connection:
            (count,) = connection.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() or (0,)
        return int(count)

    def worker_on(self, account_id: str) -> int:
        """Give the number of the process that began on an account last."""
        return int((self.notes / account_id).read_text())

    def published(self) -> int:
        return self.statuses()[Status.PUBLISHED]

    def configure(self, *changes: tuple[str, str]) -> None:
        text = self.config.read_text("utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        self.config.write_text(text, "utf-8")


@pytest.fixture
def office(tmp_path: Path, postgres_server: Server) -> Iterator[Office]:
    config = tmp_path / "config" / "crossposter.yaml"
    config.parent.mkdir()
    config.write_text(f"{DEMO_CONFIG.read_text('utf-8')}\nengine: procrastinate\n", "utf-8")
    with a_city(tmp_path) as city, postgres_server.database() as address:
        made = Office(city, address, config)
        # What stands on the sandbox is seen at once.
        made.configure(
            ("every: 2s", "every: 1s"),
            ("    pace:", "    settle_after: 1s\n    pace:"),
            # One account, so that a busy machine has little to do in the seconds of a lease.
            (", izmir-facebook, izmir-instagram]", "]"),
            ("[izmir-x-en, izmir-facebook-en, izmir-instagram-en]", "[izmir-x]"),
        )
        yield made
        made.kill_all()
        for process in made._started:
            process.wait()
            if process.stdout:
                process.stdout.close()  # of one that a test has killed as well


def begun(office: Office, *, workers: int, daemons: int) -> tuple[list[subprocess.Popen[str]], ...]:
    runs = [office.start("run") for _ in range(daemons)]
    # Minutes behind, right, and minutes ahead.
    some = []
    for number in range(workers):
        office.environ["WRONG_BY_MIN"] = str(7 * (number % 3 - 1))
        some.append(office.start("worker"))
    office.environ.clear()
    until(lambda: office.daemons() == daemons and office.workers() == workers and office.feeds_read())
    # A post of ours that can be seen is what makes a reading of the account believed.
    office.city.site.publish("tr")
    until(lambda: office.statuses() == {Status.PUBLISHED: 1})
    return runs, some


def events(told: str) -> list[str]:
    return [json.loads(line)["event"] for line in told.splitlines()]


def test_workers_do_what_a_daemon_schedules(office: Office, postgres_server: Server) -> None:
    (run,), (worker,) = begun(office, workers=1, daemons=1)
    assert office.call("check", "--health")[0] == 0
    until(lambda: office.jobs(postgres_server) == 0)
    assert office.call("run", "--reload")[0] == 0
    office.configure(("engine: procrastinate", "engine: threads"))
    assert office.call("run", "--reload")[0] == 0
    SystemClock().sleep(0.5)
    office.configure(("engine: threads", "engine: procrastinate"))
    code, told = office.end(worker, signal.SIGTERM)
    assert code == 0
    assert events(told).count("post published") == 1
    assert "configuration read again" in events(told)
    assert "another engine takes a restart: it cannot be changed while the daemon runs" in told
    assert "worker stopped" in events(told)
    code, words = office.call("check", "--health")
    assert (code, words) == (1, "no worker is running: start one with 'crossposter worker'\n")
    code, told = office.end(run, signal.SIGTERM)
    assert code == 0
    assert "post published" not in told
    assert "another engine takes a restart: it cannot be changed while the daemon runs" in told
    assert "Traceback" not in told


#: How a worker ends, and at what moment of its post on X.
ENDS = (
    (signal.SIGKILL, "commit_then_hang"),
    (signal.SIGSTOP, "commit_then_hang"),
    (signal.SIGSTOP, "hang"),
    (signal.SIGSTOP, "before the request"),
)


def test_workers_that_are_killed_or_frozen_are_taken_over_whatever_their_clocks_say(office: Office) -> None:
    _, workers = begun(office, workers=3, daemons=2)
    for number, (end, moment) in enumerate(ENDS, start=2):
        held = held_at(office, moment, workers)
        held.send_signal(end)
        ended_at = time.monotonic()
        until(lambda number=number: office.published() == number)  # type: ignore[misc]
        took_s = time.monotonic() - ended_at
        print(f"{end.name}, {moment}: taken over after {took_s:.1f} s, with leases of {LEASE_S:.0f} s")
        assert office.worker_on("izmir-x") != held.pid
        office.city.sandbox.clear_faults()
        held.send_signal(signal.SIGCONT)
        # What is not there is looked for twice more before it is sent again: two seconds.
        assert took_s <= LEASE_S + (5 if moment == "commit_then_hang" else 10)
    # Who was frozen works on: of the two that are left, one takes over from the other. What they hear at last spoils
    # nothing.
    living = [one for one in workers if one.poll() is None]
    ended = [office.end(one, signal.SIGTERM) for one in living]
    assert [code for code, _ in ended] == [0, 0]
    assert office.statuses() == {Status.PUBLISHED: len(ENDS) + 1}
    assert len(office.city.sandbox.posts()) == len(ENDS) + 1
    assert not [told for _, told in ended if "twice" in told or "Traceback" in told]


def held_at(office: Office, moment: str, workers: list[subprocess.Popen[str]]) -> subprocess.Popen[str]:
    """Have news published, and give the worker that has come to a moment of its post."""
    sandbox = office.city.sandbox
    asked = len(sandbox.requests("twitter", "publish"))
    freeze = office.notes / "freeze"
    if moment == "before the request":
        freeze.touch()
    else:
        sandbox.inject("twitter", "publish", moment)
    assert office.city.site.publish("tr") or office.city.site.publish("en")
    until(lambda: len(sandbox.requests("twitter", "publish")) > asked or moment == "before the request")
    until(lambda: not freeze.exists())
    (held,) = [one for one in workers if one.pid == office.worker_on("izmir-x")]
    return held


def test_a_worker_that_is_not_wanted_says_so(office: Office) -> None:
    office.configure(("engine: procrastinate", "engine: threads"))
    code, told = office.call("worker")
    assert (code, told) == (
        1,
        "no workers are wanted: write `engine: procrastinate` into the YAML, or use 'run'\n",
    )


def test_a_package_that_is_missing_is_named_with_what_installs_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = {**office.city.environ, "DEMO_LEDGER": office.address.url}
    config = load_config(office.config, environ=environ, secrets_needed=True)
    monkeypatch.setitem(sys.modules, "procrastinate", None)
    monkeypatch.delitem(sys.modules, "crossposter.engines.procrastinate_", raising=False)
    some = cast("Any", None)
    opened = Opened(ledger=some, ways=some, clock=some, environ={}, secrets=some, opening=some)
    with pytest.raises(LedgerError, match=r"not installed: pip install 'crossposter-city\[scale\]'"):
        opened.engine(config)
    with pytest.raises(LedgerError, match=r"not installed: pip install 'crossposter-city\[scale\]'"):
        opened.carrier(config, print, print, concurrency=1)
