"""`demo --serve` as a reader of the README tries it: a daemon in one terminal, commands in another."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from crossposter.clock import SystemClock

pytestmark = [pytest.mark.proof, pytest.mark.timeout(300)]

_PATIENCE_S = 120


@pytest.fixture
def environment() -> Iterator[Path]:
    """The file that the demo tells another terminal to read, while it runs."""
    command = [sys.executable, "-m", "crossposter", "demo", "--serve"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout
    try:
        told = process.stdout.readline() + process.stdout.readline()
        found = re.search(r"\. (/\S+)", told)
        assert found, told
        yield Path(found[1])
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=_PATIENCE_S)
    assert process.returncode == 0


def call(environment: Path, command: str) -> str:
    """Give a command in a terminal that has read the file."""
    shell = ["sh", "-c", f'. "{environment}" && crossposter {command}']
    return subprocess.run(shell, cwd="/", capture_output=True, text=True, timeout=_PATIENCE_S, check=True).stdout


def standing(environment: Path) -> list[str]:
    """Name the deliveries whose posts stand."""
    listed = json.loads(call(environment, "ledger list --json"))["deliveries"]
    return [
        one["id"] for one in listed if (one["kind"], one["status"], one["deleted_at"]) == ("publish", "published", None)
    ]


def edited(environment: Path) -> list[str]:
    """Number the stories whose news the city has edited."""
    listed = json.loads(call(environment, "ledger list --json"))["deliveries"]
    return sorted({one["id"].partition("/")[0] for one in listed if "güncellendi" in one["title"]})


def test_another_terminal_sees_and_does_what_the_demo_says(environment: Path) -> None:
    clock = SystemClock()
    deadline = clock.elapsed() + _PATIENCE_S
    while not (found := standing(environment)):
        assert clock.elapsed() < deadline
        clock.sleep(0.5)
    while not (numbers := edited(environment)):
        assert clock.elapsed() < deadline
        clock.sleep(0.5)
    assert "güncellendi" in call(environment, f"correct {numbers[0]} --plan")
    call(environment, f"correct {numbers[0]} --by Ayşe --reason başlık")
    call(environment, "pause --all --by Ayşe --reason yas")
    assert "paused by Ayşe" in call(environment, "queue")
    story = found[0].partition("/")[0]
    assert "delete" in call(environment, f"retract {story} --by Ayşe --reason tarih")
    while any(name.startswith(f"{story}/") for name in standing(environment)):
        assert clock.elapsed() < deadline
        clock.sleep(0.5)
    assert "the record is whole" in call(environment, "ledger verify")
