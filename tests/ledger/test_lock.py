from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from crossposter.errors import LedgerHeldError
from crossposter.ledger import sole_writer

HOLD = """
import sys, time
from pathlib import Path
from crossposter.ledger import sole_writer
with sole_writer(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_writer_is_told_who_holds_the_ledger(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.db"
    with sole_writer(ledger), pytest.raises(LedgerHeldError, match=f"process {os.getpid()} "), sole_writer(ledger):
        raise AssertionError("two writers")


def test_the_ledger_is_free_again_afterwards(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.db"
    for _ in range(2):
        with sole_writer(ledger):
            pass


def test_a_killed_writer_holds_nothing(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.db"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(ledger)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(LedgerHeldError), sole_writer(ledger):
            raise AssertionError("two writers")
        process.kill()
        process.wait()
        with sole_writer(ledger):
            pass
