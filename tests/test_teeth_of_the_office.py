"""Each guard of the office's hand on a post is needed: a named test goes red without it (teeth_of_the_office.py)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.teeth_of_the_office import GUARDS

ROOT = Path(__file__).parents[1]
pytestmark = [pytest.mark.proof, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def found() -> Any:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    command = [sys.executable, "-m", "tests.teeth_of_the_office"]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=280, check=True)
    return json.loads(done.stdout)


def test_with_every_guard_all_tests_are_green(found: Any) -> None:
    assert found["whole"] == 0


@pytest.mark.parametrize("guard", GUARDS)
def test_without_a_guard_its_test_goes_red(found: Any, guard: str) -> None:
    assert found["without"][guard] == 1  # a test failed; not: an error of the command, or none found
