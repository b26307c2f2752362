"""What holds for the whole suite: it talks to nobody but this machine.

Refused are the connections of Python's sockets (tweepy, facebook-sdk, our own client) and those of curl (instagrapi) in
this process. Programs that a test starts are not guarded: it gives them loopback addresses only.
"""

from __future__ import annotations

import gc
import logging
import os
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import pytest
import structlog
from curl_cffi import Curl, CurlOpt
from hypothesis import settings

from tests import quick_ledgers, quick_programs
from tests.browser import chromium
from tests.memory import folder_in_memory
from tests.postgres import Server, postgres
from tests.web_server import WebServer
from tests.web_server import web_server as serving

# A busy machine is no bug.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")

# Where `tmp_path` is made. No test needs a disk that keeps its word: what is killed is a process, never the machine.
if (_memory := folder_in_memory()) is not None:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_memory))

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long, in whatever order: at the end, one worker would be left alone with them."""
    slow = {item.path for item in items if item.get_closest_marker("timeout")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session", autouse=True)
def _offline() -> Iterator[None]:
    """Refuse every connection that would leave the machine, before anything is sent."""
    with pytest.MonkeyPatch.context() as patch:
        _guard_sockets(patch)
        _guard_curl(patch)
        yield


@pytest.fixture(scope="session", autouse=True)
def _what_is_always_the_same_is_done_once() -> Iterator[None]:
    """Let the ledgers and the programs of all tests share what each would make anew, and make the same."""
    with pytest.MonkeyPatch.context() as patch:
        quick_ledgers.share(patch)
        with quick_programs.sharing(patch):
            yield


def _guard_sockets(patch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            _refuse_unless_loopback(address[0])
        connect(self, address)

    patch.setattr(socket.socket, "connect", guarded)


def _guard_curl(patch: pytest.MonkeyPatch) -> None:
    """Look at what a request is told: curl goes to the proxy where there is one, else to the address."""
    told: WeakKeyDictionary[Curl, dict[int, str]] = WeakKeyDictionary()
    setopt, perform = Curl.setopt, Curl.perform

    def noted(self: Curl, option: CurlOpt, value: Any) -> int:
        if option in (CurlOpt.URL, CurlOpt.PROXY):
            told.setdefault(self, {})[option] = value.decode() if isinstance(value, bytes) else str(value)
        return setopt(self, option, value)

    def guarded(self: Curl, *arguments: Any, **options: Any) -> None:
        addresses = told.pop(self, {})
        _refuse_unless_loopback(urlsplit(addresses.get(CurlOpt.PROXY) or addresses.get(CurlOpt.URL, "")).hostname)
        perform(self, *arguments, **options)

    patch.setattr(Curl, "setopt", noted)
    patch.setattr(Curl, "perform", guarded)


def _refuse_unless_loopback(host: str | None) -> None:
    if host not in _LOOPBACK:
        raise AssertionError(f"a test wants to reach {host!r}")


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """Take back where events go: the next test's would go to the stream that this one had."""
    root = logging.getLogger()
    before = root.level
    yield
    for handler in list(root.handlers):
        if isinstance(handler.formatter, structlog.stdlib.ProcessorFormatter):
            root.removeHandler(handler)
    root.setLevel(before)
    structlog.reset_defaults()


@pytest.fixture
def no_look_for_garbage() -> Iterator[None]:
    """For what nests too deep: Python 3.11 may look at the bottom, where the end of what it finds has no room left."""
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def web_server() -> Iterator[WebServer]:
    """Give a loopback web server that misbehaves on demand."""
    with serving() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """Give a PostgreSQL server; where none is installed the test is skipped."""
    with postgres() as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Give a real browser."""
    with chromium() as running:
        yield running
