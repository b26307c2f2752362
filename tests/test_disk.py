"""A daemon whose disk fails while it runs, and is mended: nothing is sent meanwhile, somebody is told, all goes on."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.alerts.conftest import Webhook, webhook
from tests.city import DEMO_CONFIG, City, a_city
from tests.test_daemon import until

__all__ = ["webhook"]  # a fixture

pytestmark = [pytest.mark.proof, pytest.mark.timeout(180)]

Daemon = tuple["subprocess.Popen[str]", list[dict[str, Any]]]


def may(*command: str) -> bool:
    """Tell whether this machine lets us do it."""
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=20).returncode == 0
    except FileNotFoundError:
        return False


MAY_MOUNT = may("unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt")
MAY_INJECT = shutil.which("strace") is not None and may("strace", "-e", "inject=fsync:error=EIO", "true")


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    with a_city(tmp_path / "disk") as found:
        yield found


@contextmanager
def running(city: City, folder: Path, webhook: Webhook) -> Iterator[Daemon]:
    """Run the daemon with a disk of 2 MiB of its own; gives what it logs as well."""
    config = folder / "crossposter.yaml"
    text = DEMO_CONFIG.read_text("utf-8") + "alerts: [{url: env:ALERT_URL}]\n"
    config.write_text(text.replace("every: 2s", "every: 1s"), "utf-8")
    disk = city.ledger.parent
    disk.mkdir()
    environ = {**os.environ, **city.environ, "CROSSPOSTER_CONFIG": str(config), "ALERT_URL": webhook.url}
    command = f"mount -t tmpfs -o size=2m none {disk} && exec {sys.executable} -m crossposter run"
    process = subprocess.Popen(
        ["unshare", "--mount", "sh", "-c", command], env=environ, stderr=subprocess.PIPE, text=True
    )
    events: list[dict[str, Any]] = []

    def read() -> None:
        assert process.stderr is not None
        for line in process.stderr:
            events.append(json.loads(line))  # noqa: PERF401 - as they come

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield process, events
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        reader.join()
        assert process.stderr is not None
        process.stderr.close()


def inside(process: subprocess.Popen[str], command: str) -> None:
    """Run a command where the daemon's disk is."""
    subprocess.run(["nsenter", "--mount", "--target", str(process.pid), "sh", "-c", command], check=True)


@contextmanager
def full(process: subprocess.Popen[str], disk: Path) -> Iterator[None]:
    inside(process, f"cat /dev/zero > {disk}/ballast 2>/dev/null || true")
    yield
    inside(process, f"rm {disk}/ballast")


@contextmanager
def injected(process: subprocess.Popen[str], *what: str) -> Iterator[None]:
    """Let system calls of the daemon fail."""
    command = ["strace", "-f", "-q", "-o", "/dev/null", "-p", str(process.pid), *what]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as strace:
        time.sleep(2)  # noqa: TID251 - until it is attached
        assert strace.poll() is None, strace.stderr.read() if strace.stderr else ""
        yield
        strace.terminate()


def read_only(process: subprocess.Popen[str], disk: Path) -> AbstractContextManager[None]:
    # As after errors=remount-ro: mount itself refuses to make a disk read-only on which files are open for writing.
    return injected(process, "-P", f"{disk}/ledger.db-journal", "-e", "inject=openat:error=EROFS")


def io_error(process: subprocess.Popen[str], disk: Path) -> AbstractContextManager[None]:
    return injected(process, "-e", "inject=fsync,fdatasync:error=EIO")


FAULTS = {
    "full": (full, "is full"),
    "read-only": (read_only, "cannot be opened: is the disk mounted read-only"),
    "io-error": (io_error, "dmesg"),
}


@pytest.mark.skipif(not MAY_MOUNT, reason="mounting a small disk takes root")
@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_daemon_lives_through_it(city: City, tmp_path: Path, webhook: Webhook, fault: str) -> None:
    if fault != "full" and not MAY_INJECT:
        pytest.skip("strace is not installed, or may not trace")
    happens, said = FAULTS[fault]
    with running(city, tmp_path, webhook) as (process, events):

        def logged(event: str) -> list[dict[str, Any]]:
            return [one for one in list(events) if one["event"] == event]

        until(lambda: sum(1 for one in logged("feed read") if one["first_poll"]) == 2)
        with happens(process, city.ledger.parent):
            city.site.publish("tr")
            until(lambda: logged("the ledger cannot be used: nothing is begun"))
            until(lambda: "the ledger cannot be used: nothing is published" in str(webhook.got))
            before = len(events)
            time.sleep(20)  # noqa: TID251 - more than one sign of life
            assert process.poll() is None
            assert len(events) - before < 10
            assert said in logged("the ledger cannot be used: nothing is begun")[0]["why"]
            assert city.sandbox.posts() == []
        until(lambda: len(city.sandbox.posts()) == 3 and len(logged("post published")) == 3)
        time.sleep(2)  # noqa: TID251 - a second post would be there by then
        assert len(city.sandbox.posts()) == 3
        assert not [one for one in events if "traceback" in one or "exception" in one]
