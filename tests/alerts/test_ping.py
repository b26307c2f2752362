from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import structlog

from crossposter.alerts.ping import Pinger, PingTask, ping
from crossposter.errors import LedgerError
from crossposter.references import Secret
from crossposter.web import Network, WebClient
from crossposter.wording import say
from tests.alerts.conftest import PASSWORD, Webhook, free_port


@pytest.fixture
def web() -> Iterator[WebClient]:
    client = WebClient(Network(allowed=("127.0.0.1",)))
    yield client
    client.close()


def address(webhook: Webhook) -> Secret:
    return Secret(f"http://127.0.0.1:{webhook.port}/{PASSWORD}")


@pytest.mark.parametrize(("status", "said"), [(200, None), (204, None), (404, "the ping was answered with status 404")])
def test_an_answer_is_judged_by_its_status(webhook: Webhook, web: WebClient, status: int, said: str | None) -> None:
    webhook.status = status
    why = ping(web, address(webhook))
    assert (str(why) if why else None) == said
    assert webhook.paths == [f"/{PASSWORD}"]


@pytest.mark.parametrize(
    "url",
    [f"http://127.0.0.1:{free_port()}/{PASSWORD}", f"http://10.1.2.3/{PASSWORD}", PASSWORD],
    ids=["nobody there", "refused", "no address"],
)
def test_what_cannot_be_reached_is_told_without_the_address(web: WebClient, url: str) -> None:
    said = str(ping(web, Secret(url)))
    assert said.startswith("the address of the ping cannot be reached")
    assert PASSWORD not in said


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)  # noqa: TID251 - waits for the pinger's thread


def test_it_pings_while_the_daemon_works_and_only_then(webhook: Webhook, web: WebClient) -> None:
    health = {"now": True}
    asked = threading.Event()

    def is_healthy() -> bool:
        asked.set()
        return health["now"]

    pinger = Pinger(every_s=0.02)
    pinger.change([])
    pinger.change([PingTask(address=address(webhook), web=web, is_healthy=is_healthy)])
    until(lambda: len(webhook.paths) >= 2)
    health["now"] = False
    asked.clear()
    asked.wait(5)
    asked.clear()
    asked.wait(5)
    pinged = len(webhook.paths)
    asked.clear()
    asked.wait(5)
    assert len(webhook.paths) == pinged
    pinger.change([])
    pinger.stop()


def test_a_ping_that_is_not_taken_is_logged_once_until_it_changes(webhook: Webhook, web: WebClient) -> None:
    pinger = Pinger()
    task = PingTask(address=address(webhook), web=web, is_healthy=lambda: True)
    webhook.status = 500
    with structlog.testing.capture_logs() as logged:
        pinger._ping(task)
        pinger._ping(task)
        webhook.status = 200
        pinger._ping(task)
        webhook.status = 500
        pinger._ping(task)
    assert [one["why"] for one in logged] == ["the ping was answered with status 500"] * 2


def test_no_ping_without_knowing_that_all_is_well(webhook: Webhook, web: WebClient) -> None:
    def unreadable() -> bool:
        raise LedgerError(say("the disk is full"))

    pinger = Pinger(every_s=0.01)
    task = PingTask(address=address(webhook), web=web, is_healthy=unreadable)
    with structlog.testing.capture_logs() as logged:
        pinger._ping(task)
        pinger.change([replace(task, is_healthy=lambda: bool(1 / 0))])
        until(lambda: logged)
        pinger.stop()
    assert logged[0]["event"] == "a ping ended unexpectedly"
    assert webhook.paths == []


def test_one_that_hangs_delays_no_other(webhook: Webhook, web: WebClient) -> None:
    free = threading.Event()
    pinger = Pinger(every_s=0.02)
    hanging = PingTask(address=Secret("nowhere"), web=web, is_healthy=lambda: free.wait(20) and False)
    pinger.change([hanging, PingTask(address=address(webhook), web=web, is_healthy=lambda: True)])
    until(lambda: webhook.paths)
    pinger.stop()
    free.set()
