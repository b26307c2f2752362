"""`alerts test`, the alerts of `run --once`, and those of the daemon as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from crossposter.clock import SystemClock
from crossposter.ledger import LedgerAlerts, SqlLedger
from tests.alerts.conftest import PASSWORD, Webhook, free_port, mail, webhook
from tests.city import DEMO_CONFIG, City
from tests.cli.conftest import Call

__all__ = ["mail", "webhook"]  # fixtures

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def config(city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The demo's configuration with alerts in Turkish and a ping."""
    path = tmp_path / "crossposter.yaml"
    alerts = "alerts:\n  - {url: env:ALERT_URL, level: info, language: tr}\n  - ping: env:PING_URL\n"
    path.write_text(DEMO_CONFIG.read_text("utf-8").replace("every: 2s", "every: 1s") + alerts, "utf-8")
    monkeypatch.setenv("CROSSPOSTER_CONFIG", str(path))
    return path


@pytest.fixture
def hook(webhook: Webhook, config: Path, monkeypatch: pytest.MonkeyPatch) -> Webhook:
    monkeypatch.setenv("ALERT_URL", webhook.url)
    monkeypatch.setenv("PING_URL", f"http://127.0.0.1:{webhook.port}/ping/{PASSWORD}")
    return webhook


def test_a_test_reaches_every_target_and_tells_what_came_of_it(
    hook: Webhook, call: Call, call_json: Callable[..., object]
) -> None:
    code, printed = call("alerts", "test")
    assert code == 0
    assert printed.splitlines()[0].startswith("env:ALERT_URL: ")
    assert [len(hook.got), hook.paths] == [1, [f"/ping/{PASSWORD}"]]
    hook.status = 404
    assert call("alerts", "test")[0] == 1
    found = call_json("alerts", "test")
    assert isinstance(found, dict)
    assert [(one["target"], one["sent"]) for one in found["alerts"]] == [
        ("env:ALERT_URL", False),
        ("env:PING_URL", False),
    ]
    assert PASSWORD not in json.dumps(found)


def test_without_alerts_a_test_says_how_to_set_them_up(city: City, call: Call) -> None:
    assert call("alerts", "test")[0] == 1


def test_a_round_sends_its_alerts_before_it_ends(city: City, hook: Webhook, call: Call) -> None:
    assert call("run", "--once")[0] == 0
    assert (hook.got, len(hook.paths)) == ([], 1)
    city.sandbox.inject("twitter", "publish", "status:402")
    city.site.publish("tr")
    assert call("run", "--once")[0] == 1
    (message,) = hook.got
    assert "izmir-x" in message["title"]
    assert message["type"] == "failure"
    assert len(hook.paths) == 1  # no ping of a round that failed


def test_a_round_waits_for_a_slow_target_no_longer_than_it_may_and_the_next_one_sends(
    city: City, hook: Webhook, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crossposter.cli.run.ALERTS_S", 2.0)
    monkeypatch.setenv("ALERT_URL", hook.url + "?rto=30")
    call("run", "--once")
    hook.delay_s = 30
    city.sandbox.inject("twitter", "publish", "status:402")
    city.site.publish("tr")
    begun = time.monotonic()
    call("run", "--once")
    assert time.monotonic() - begun < 20
    ledger = SqlLedger(city.ledger)
    pending = LedgerAlerts(ledger).outbox(now=SystemClock().now()).pending
    ledger.close()
    assert pending


class Running:
    """A daemon process that logs into a file."""

    def __init__(self, log: Path) -> None:
        self.log = log
        with log.open("ab") as file:
            self.process = subprocess.Popen([sys.executable, "-m", "crossposter", "run"], stderr=file, env=os.environ)

    def logged(self, event: str) -> bool:
        return f'"event": "{event}"' in self.log.read_text("utf-8")

    def end(self, number: signal.Signals) -> float:
        begun = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(40)
        return time.monotonic() - begun


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 40
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)  # noqa: TID251 - waits for another process


def test_a_daemon_that_was_killed_is_told_and_one_that_ended_is_not(hook: Webhook, tmp_path: Path) -> None:
    first = Running(tmp_path / "first.log")
    until(lambda: first.logged("daemon started"))
    first.end(signal.SIGKILL)
    second = Running(tmp_path / "second.log")
    until(lambda: hook.got)
    second.end(signal.SIGTERM)
    assert len(hook.got) == 1
    third = Running(tmp_path / "third.log")
    until(lambda: third.logged("daemon started"))
    third.end(signal.SIGTERM)
    assert not third.logged("the daemon before this one did not end by itself")
    written = "".join(path.read_text("utf-8") for path in tmp_path.glob("*.log"))
    assert "alert sent" in written
    assert PASSWORD not in written


def test_a_mail_server_that_hangs_delays_neither_a_post_nor_the_end(
    city: City, hook: Webhook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALERT_URL", hook.url + "?rto=30")
    hook.delay_s = 60
    daemon = Running(tmp_path / "daemon.log")
    until(lambda: daemon.log.read_text("utf-8").count('"event": "feed read"') >= 2)
    city.site.publish("tr")
    until(lambda: len(city.sandbox.posts()) == 3)
    until(lambda: daemon.log.read_text("utf-8").count('"event": "post published"') == 3)
    time.sleep(6)  # noqa: TID251 - the message is on its way by then
    city.site.publish("tr", 2)
    until(lambda: len(city.sandbox.posts()) == 9)
    assert daemon.end(signal.SIGTERM) < 8
    assert PASSWORD not in daemon.log.read_text("utf-8")


def test_a_mail_server_that_is_down_is_tried_again(
    city: City, hook: Webhook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "ALERT_URL", f"mailto://a:{PASSWORD}@127.0.0.1:{free_port()}?from=a@b.example&to=c@d.example&mode=insecure"
    )
    first = Running(tmp_path / "first.log")
    until(lambda: first.logged("daemon started"))
    first.end(signal.SIGKILL)
    second = Running(tmp_path / "second.log")
    until(lambda: second.logged("alert not sent"))
    second.end(signal.SIGTERM)
    ledger = SqlLedger(city.ledger)
    (pending,) = LedgerAlerts(ledger).outbox(now=SystemClock().now()).pending
    ledger.close()
    assert (pending.tries, pending.not_before is not None) == (1, True)
    assert PASSWORD not in second.log.read_text("utf-8")
