"""The whole program on a ledger that several processes share: a PostgreSQL database."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from crossposter.clock import SystemClock
from crossposter.core.model import Reason, Status
from crossposter.ledger import Role, SqlLedger, history, holders
from crossposter.references import DatabaseAddress
from tests.city import DEMO_CONFIG, City, a_city
from tests.postgres import PASSWORD, Server

#: Far more than it ever takes: a busy machine must not make it fail.
PATIENCE_S = 40

pytestmark = [pytest.mark.proof, pytest.mark.timeout(180)]


@dataclass
class Agency:
    """A city, its ledger on a server, and the processes that work on it."""

    city: City
    address: DatabaseAddress
    config: Path
    #: What each process wrote, on either stream.
    told: list[str] = field(default_factory=list)
    _started: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        environ = {**os.environ, **self.city.environ, "DEMO_LEDGER": self.address.url, "LANG": "C"}
        process = subprocess.Popen(
            [sys.executable, "-m", "crossposter", *arguments, "--config", str(self.config)],
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._started.append(process)
        return process

    def call(self, *arguments: str) -> tuple[int, str]:
        """Run a command to its end."""
        return self.end(self.start(*arguments))

    def end(self, process: subprocess.Popen[str], number: signal.Signals | None = None) -> tuple[int, str]:
        """Let a process end, and give its exit code and its words."""
        if number:
            process.send_signal(number)
        told, _ = process.communicate(timeout=PATIENCE_S)
        self.told.append(told)
        return process.returncode, told

    def kill_all(self) -> None:
        for process in self._started:
            if process.poll() is None:
                self.end(process, signal.SIGKILL)

    def daemons(self) -> int:
        """Count those at work."""
        return sum(found.role is Role.DAEMON for found in holders(self.address))

    def statuses(self) -> Counter[Status]:
        """Count what became of the news that are not old."""
        ledger = SqlLedger.find(self.address)
        if ledger is None:
            return Counter()
        with closing(ledger):
            records = history.deliveries(ledger, now=SystemClock().now())
        return Counter(record.status for record in records if record.reason is not Reason.BASELINE)

    def feeds_read(self) -> bool:
        """Tell whether both feeds were seen for the first time."""
        if (ledger := SqlLedger.find(self.address)) is None:
            return False
        with closing(ledger), ledger.reading() as connection:
            return connection.exec_driver_sql("SELECT count(*) FROM feed").scalar_one() == 2  # type: ignore[no-any-return]  # a number


@pytest.fixture
def agency(tmp_path: Path, postgres_server: Server) -> Iterator[Agency]:
    config = tmp_path / "config" / "crossposter.yaml"
    config.parent.mkdir()
    config.write_text(DEMO_CONFIG.read_text("utf-8").replace("every: 2s", "every: 1s"), "utf-8")
    with a_city(tmp_path) as city, postgres_server.database() as address:
        made = Agency(city, address, config)
        yield made
        made.kill_all()
        assert not [told for told in made.told if PASSWORD in told or "s3cret%25word" in told]


def until(condition: Callable[[], object]) -> None:
    """Wait until it holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        SystemClock().sleep(0.1)


def test_rounds_at_the_same_time_publish_everything_once(agency: Agency) -> None:
    assert agency.call("run", "--once")[0] == 0
    agency.city.site.publish("tr", 2)
    agency.city.site.publish("en")
    rounds = [agency.start("run", "--once") for _ in range(3)]
    assert [agency.end(one)[0] for one in rounds] == [0, 0, 0]
    # A lane that was another's when a round looked is for the next one.
    assert agency.call("run", "--once")[0] == 0
    assert agency.statuses() == {Status.PUBLISHED: 9}
    assert len(agency.city.sandbox.posts()) == 9
    assert (agency.config.parent.parent / "data" / "pictures").is_dir()


def test_daemons_share_a_ledger_and_one_that_is_killed_is_not_missed(agency: Agency) -> None:
    assert agency.call("check", "--health") == (1, "the daemon has never run: start it with 'crossposter run'\n")
    first, second = agency.start("run"), agency.start("run")
    until(lambda: agency.daemons() == 2 and agency.feeds_read())
    agency.city.site.publish("tr")
    until(lambda: agency.statuses() == {Status.PUBLISHED: 3})
    assert agency.call("check", "--health")[0] == 0
    agency.end(first, signal.SIGKILL)
    until(lambda: agency.daemons() == 1)
    agency.city.site.publish("tr")
    until(lambda: agency.statuses() == {Status.PUBLISHED: 6})
    assert agency.call("check", "--health")[0] == 0
    assert agency.call("run", "--reload")[0] == 0
    code, told = agency.end(second, signal.SIGTERM)
    assert code == 0
    assert "configuration read again" in told
    assert len(agency.city.sandbox.posts()) == 6
    code, told = agency.call("check", "--health")
    assert (code, told) == (1, "no daemon is running: start it with 'crossposter run'\n")


def test_the_commands_for_people_ask_the_server(agency: Agency) -> None:
    name = str(agency.address)
    code, told = agency.call("ledger", "list")
    assert (code, told) == (1, f"there is no ledger yet at {name!r}: the first run makes it\n")
    code, told = agency.call("run", "--reload")
    assert (code, told) == (1, f"no daemon holds the ledger {name!r}: start it with 'run'\n")
    assert agency.call("dry-run")[0] == 0
    assert agency.call("run", "--once")[0] == 0
    assert agency.call("ledger", "list")[0] == 0
    assert agency.call("queue")[0] == 0
    assert agency.call("accounts")[0] == 0
    assert agency.call("dry-run")[0] == 0


def test_a_server_that_is_not_there_is_named_without_its_password(agency: Agency) -> None:
    agency.address = DatabaseAddress("postgresql://city:s3cret%25word@127.0.0.1:1/ledger")
    for arguments in (("run", "--once"), ("check", "--health"), ("dry-run",), ("ledger", "list"), ("run",)):
        code, told = agency.call(*arguments)
        assert code == 1
        assert "the ledger 'postgresql://city@127.0.0.1:1/ledger' cannot be used" in told
        assert "look whether the database server runs" in told
