"""Each guard is needed: a test that is named here goes red when it is switched off (tests/teeth.py)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.teeth import GUARDS

pytestmark = pytest.mark.proof

ROOT = Path(__file__).parents[1]

#: Which test notices that a guard is missing.
WATCHED_BY = {
    "claim": "tests/test_reading_back.py::test_what_another_process_has_begun_is_not_begun_again",
    "lease": "tests/test_reading_back.py::test_one_process_at_a_time_works_on_an_account",
    "settle window": "tests/test_reading_back.py::test_nobody_looks_before_it_would_be_seen",
    "positive control": "tests/test_reading_back.py::test_a_reading_that_proves_nothing_sends_nothing_however_often",
    "single writer": "tests/cli/test_commands.py::test_a_second_writer_is_refused_with_75",
    "pace": "tests/test_reading_back.py::test_an_account_keeps_its_pace_over_restarts",
    "recovery": "tests/ledger/test_fence.py::test_an_older_copy_holds_all_that_it_may_know_too_little_of",
}


def test_every_guard_is_watched() -> None:
    assert set(WATCHED_BY) == set(GUARDS)


@pytest.mark.parametrize("guard", WATCHED_BY)
def test_without_a_guard_its_test_goes_red(guard: str) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.teeth", "-p", "no:cacheprovider", WATCHED_BY[guard]]
    environ = {**os.environ, "CROSSPOSTER_WITHOUT": guard}
    environ = {name: value for name, value in environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1, done.stdout + done.stderr  # tests failed; not: an error of the command, or none found
