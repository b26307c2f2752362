"""A worker's machine has a data folder of its own: the file that stops all sending is looked for there as well."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crossposter.core.events import Event, Paused, Resumed
from crossposter.core.model import Reason
from crossposter.signals import Command, Commands
from crossposter.testing import an_entry
from crossposter.worker import Worker
from tests.test_times import City


class Idle:
    """Brings no work by itself."""

    is_stopping = False

    def start(self) -> None:
        """Begin nothing."""

    def stop(self, timeout_s: float) -> bool:
        self.is_stopping = timeout_s > 0
        return True


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    found = City(tmp_path / "ledger.db")
    yield found
    found.ledger.close()


def until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        threading.Event().wait(0.01)


def test_the_file_on_a_workers_machine_pauses_and_resumes_everything(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crossposter.worker.PAUSES_S", 0.01)
    told: list[Event] = []
    commands = Commands()
    worker = Worker(
        city.at_work,
        commands=commands,
        load=city.service,
        carrier=lambda _poll, _deliver: Idle(),
        beat=lambda: None,
        clock=city.clock,
        report=told.append,
        check_up=lambda _: [],
    )
    city.news(an_entry(1))
    city.poll()
    city.sign.put("milli yas")
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        until(city.ledger.pauses)
        worker.deliver("izmir-x")
        assert city.texts() == []
        assert city.only().reason is Reason.PAUSED
        city.sign.sign = None
        until(lambda: not city.ledger.pauses())
        until(lambda: any(isinstance(one, Resumed) for one in told))
    finally:
        commands.put(Command.STOP)
        thread.join(20)
    assert any(isinstance(one, Paused) for one in told)
    assert city.backlog() == ["Haber 1"]
