from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from crossposter.cli import main
from tests.city import DEMO_CONFIG, City, a_city

#: Runs a command line; gives its exit code and its standard output.
Call = Callable[..., tuple[int, str]]


@pytest.fixture(autouse=True)
def _nobody_s_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide that of whoever runs the suite: it may be a city's own, and these tests publish."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CROSSPOSTER_CONFIG", raising=False)


@pytest.fixture(autouse=True)
def _signals_of_the_suite() -> Iterator[None]:
    """Put back what a command does with signals: Ctrl-C ends the suite."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[City]:
    """A city whose configuration and environment the program finds."""
    with a_city(tmp_path) as found:
        for name, value in found.environ.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("CROSSPOSTER_CONFIG", str(DEMO_CONFIG))
        monkeypatch.setenv("LANG", "C")
        monkeypatch.setenv("COLUMNS", "200")
        yield found


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Run a command line in this process."""

    def run(*arguments: str) -> tuple[int, str]:
        code = main(arguments)
        return code, capsys.readouterr().out

    return run


@pytest.fixture
def call_json(call: Call) -> Callable[..., Any]:
    """Run a command line with --json and give the data."""

    def run(*arguments: str) -> Any:
        return json.loads(call(*arguments, "--json")[1])

    return run
