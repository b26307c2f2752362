from __future__ import annotations

import fcntl
import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from crossposter.errors import LedgerError, LedgerHeldError
from crossposter.ledger import Holder, Role, holder, sole_writer

HOLD = """
import sys, time
from pathlib import Path
from crossposter.ledger import Role, holder, sole_writer
with sole_writer(Path(sys.argv[1]), Role.ROUND):
    print("held", flush=True)
    sys.stdin.read()
"""


def here(role: Role) -> Holder:
    return Holder(process=os.getpid(), host=socket.gethostname(), role=role)


@pytest.mark.parametrize("role", Role)
def test_the_holder_says_who_it_is(tmp_path: Path, role: Role) -> None:
    with sole_writer(tmp_path / "ledger.db", role):
        assert holder(tmp_path / "ledger.db") == here(role)
    assert holder(tmp_path / "ledger.db") is None


def test_a_process_of_another_container_is_not_here() -> None:
    assert here(Role.DAEMON).is_here
    assert not replace(here(Role.DAEMON), host="0c5e7a6f7d1b").is_here


def test_a_second_writer_is_told_who_holds_the_ledger(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.db"
    with (
        sole_writer(ledger, Role.ROUND),
        pytest.raises(LedgerHeldError, match=f"process {os.getpid()} "),
        sole_writer(ledger, Role.ROUND),
    ):
        raise AssertionError("two writers")


def test_the_ledger_is_free_again_afterwards(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.db"
    for _ in range(2):
        with sole_writer(ledger, Role.ROUND):
            pass


def test_a_killed_writer_holds_nothing(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.db"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(ledger)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(LedgerHeldError), sole_writer(ledger, Role.ROUND):
            raise AssertionError("two writers")
        process.kill()
        process.wait()
        with sole_writer(ledger, Role.ROUND):
            pass


@pytest.mark.parametrize("place", ["file/ledger.db", "file/folder/ledger.db", "x" * 300, "nul\0"])
def test_a_place_where_no_lock_can_be_is_named(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("no folder")
    ledger = tmp_path / place
    with pytest.raises(LedgerError, match="cannot be locked") as caught, sole_writer(ledger, Role.ROUND):
        raise AssertionError("no lock")
    assert caught.type is LedgerError
    assert repr(str(ledger)) in str(caught.value)
    assert holder(ledger) is None


def test_a_lock_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / "ledger.db.lock").mkdir()
    with pytest.raises(LedgerError, match=r"ledger\.db\.lock"), sole_writer(tmp_path / "ledger.db", Role.ROUND):
        raise AssertionError("no lock")
    assert holder(tmp_path / "ledger.db") is None


def test_a_failure_under_the_lock_is_not_taken_for_one_of_the_lock(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="a feed"), sole_writer(tmp_path / "ledger.db", Role.ROUND):
        raise OSError("a feed")
    with sole_writer(tmp_path / "ledger.db", Role.ROUND):
        assert holder(tmp_path / "ledger.db") == here(Role.ROUND)


@pytest.mark.parametrize("link", ["other.db", "other/ledger.db"])
def test_a_ledger_is_one_whatever_name_it_goes_by(tmp_path: Path, link: str) -> None:
    real, other = tmp_path / "real" / "ledger.db", tmp_path / link
    real.parent.mkdir()
    if other.parent == tmp_path:
        other.symlink_to(real)
    else:
        other.parent.symlink_to(real.parent)
    with sole_writer(real, Role.ROUND):
        assert holder(other) == here(Role.ROUND)
        with pytest.raises(LedgerHeldError), sole_writer(other, Role.ROUND):
            raise AssertionError("two writers")
    with sole_writer(other, Role.ROUND), pytest.raises(LedgerHeldError), sole_writer(real, Role.ROUND):
        raise AssertionError("two writers")


def test_a_lock_that_says_nothing_of_its_holder_names_nobody(tmp_path: Path) -> None:
    with (tmp_path / "ledger.db.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write("something else")
        file.flush()
        assert holder(tmp_path / "ledger.db") is None
