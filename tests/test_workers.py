"""Workers beside daemons, on a ledger that they share: one that dies or freezes is taken over."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from crossposter.core.model import Status
from crossposter.ledger import Role, holders
from tests.city import DEMO_CONFIG, a_city
from tests.postgres import Server
from tests.test_shared_ledger import Agency, until

pytestmark = pytest.mark.timeout(180)

LEASE_S = 8.0
#: `crossposter`, with leases of seconds.
SHORT = f"""
import os, pathlib, sys
from datetime import timedelta
from crossposter.ledger import postgresql
from crossposter.service import Service
Service.__init__.__kwdefaults__["lease"] = timedelta(seconds={LEASE_S})
send = Service.deliver_lane
def noted(service, lane, **others):
    pathlib.Path(os.environ["NOTES"], lane[0].account_id).write_text(str(os.getpid()))
    send(service, lane, **others)
Service.deliver_lane = noted
postgresql.PATIENCE = timedelta(seconds={LEASE_S / 2})
from crossposter.cli import main
sys.exit(main(sys.argv[1:]))
"""


class Office(Agency):
    """An agency whose daemons and workers hold accounts for seconds only."""

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        environ = {
            **os.environ,
            **self.city.environ,
            "DEMO_LEDGER": self.address.url,
            "LANG": "C",
            "NOTES": str(self.config.parent),
        }
        process = subprocess.Popen(
            [sys.executable, "-c", SHORT, *arguments, "--config", str(self.config)],
            env=environ,
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
        return int((self.config.parent / account_id).read_text())


@pytest.fixture
def office(tmp_path: Path, postgres_server: Server) -> Iterator[Office]:
    config = tmp_path / "config" / "crossposter.yaml"
    config.parent.mkdir()
    text = DEMO_CONFIG.read_text("utf-8").replace("every: 2s", "every: 1s")
    # What stands on the sandbox is seen at once.
    text = text.replace("    platform: twitter\n", "    platform: twitter\n    settle_after: 1s\n")
    config.write_text(text + "\nengine: procrastinate\n", "utf-8")
    with a_city(tmp_path) as city, postgres_server.database() as address:
        made = Office(city, address, config)
        yield made
        made.kill_all()
        for process in made._started:
            process.wait()
            if process.stdout:
                process.stdout.close()  # of one that a test has killed as well


def _begun(office: Office, *, workers: int, daemons: int) -> tuple[list[subprocess.Popen[str]], ...]:
    runs = [office.start("run") for _ in range(daemons)]
    until(lambda: office.daemons() == daemons)
    some = [office.start("worker") for _ in range(workers)]
    until(lambda: office.workers() == workers and office.feeds_read())
    # A post of ours that can be seen is what makes a reading of the account believed.
    office.city.site.publish("tr")
    until(lambda: office.statuses() == {Status.PUBLISHED: 3})
    return runs, some


def test_workers_do_what_a_daemon_schedules(office: Office, postgres_server: Server) -> None:
    (run,), (worker,) = _begun(office, workers=1, daemons=1)
    assert office.call("check", "--health")[0] == 0
    assert office.call("run", "--reload")[0] == 0
    code, told = office.end(worker, signal.SIGTERM)
    assert code == 0
    events = [json.loads(line)["event"] for line in told.splitlines()]
    assert events.count("post published") == 3
    assert "configuration read again" in events
    assert "worker stopped" in events
    code, told = office.call("check", "--health")
    assert (code, told) == (1, "no worker is running: start one with 'crossposter worker'\n")
    code, told = office.end(run, signal.SIGTERM)
    assert code == 0
    assert "post published" not in told


def test_a_worker_that_is_killed_or_frozen_is_taken_over(office: Office) -> None:
    _, workers = _begun(office, workers=3, daemons=2)
    for number, (end, expected) in enumerate(((signal.SIGKILL, 6), (signal.SIGSTOP, 9))):
        office.city.sandbox.inject("twitter", "publish", "commit_then_hang")
        office.city.site.publish("tr")
        until(lambda expected=expected: len(office.city.sandbox.posts()) == expected)  # type: ignore[misc]
        until(lambda expected=expected: office.statuses()[Status.PUBLISHED] == expected - 1)  # type: ignore[misc]
        (held,) = [one for one in workers if one.pid == office.worker_on("izmir-x")]
        held.send_signal(end)
        ended_at = time.monotonic()
        until(lambda expected=expected: office.statuses()[Status.PUBLISHED] == expected)  # type: ignore[misc]
        took_s = time.monotonic() - ended_at
        print(f"{end.name}: taken over after {took_s:.1f} s, with leases of {LEASE_S:.0f} s")
        assert took_s <= LEASE_S + 5
        assert office.worker_on("izmir-x") != held.pid
        office.city.sandbox.clear_faults()
        if number:
            held.send_signal(signal.SIGCONT)
    # What the one that was frozen hears at last spoils nothing, and it works on.
    assert office.city.site.publish("en")
    until(lambda: office.statuses() == {Status.PUBLISHED: 12})
    assert len(office.city.sandbox.posts()) == 12
    living = [one for one in workers if one.poll() is None]
    assert [office.end(one, signal.SIGTERM)[0] for one in living] == [0, 0]


def test_jobs_leave_nothing_behind(office: Office, postgres_server: Server) -> None:
    _begun(office, workers=1, daemons=1)
    until(lambda: office.jobs(postgres_server) == 0)


def test_a_worker_that_is_not_wanted_says_so(office: Office) -> None:
    office.config.write_text(office.config.read_text("utf-8").replace("engine: procrastinate", "engine: threads"))
    code, told = office.call("worker")
    assert (code, told) == (
        1,
        "no workers are wanted: write `engine: procrastinate` into the YAML, or use 'run'\n",
    )
