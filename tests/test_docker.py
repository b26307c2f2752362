"""The Dockerfile, as its linter reads it. (Building it takes Docker and a network: docs/installation.md.)"""

import subprocess
import sys
from pathlib import Path

HADOLINT = Path(sys.executable).with_name("hadolint")
DOCKERFILE = Path(__file__).parents[1] / "Dockerfile"


def test_the_dockerfile_has_no_finding() -> None:
    found = subprocess.run([HADOLINT, "--no-color", DOCKERFILE], capture_output=True, text=True, check=False)
    assert (found.stdout, found.stderr, found.returncode) == ("", "", 0)
