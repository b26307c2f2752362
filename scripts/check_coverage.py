"""Fail when a part that carries the promises is not covered whole (lines and branches), by the last run's data."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.postgres import programs

#: What decides, records and sends: every line and branch of it is tested.
WHOLE = ("crossposter/core/", "crossposter/ledger/", "crossposter/service.py", "crossposter/composing.py")
#: Percent of everything else together.
OVERALL = 95


def main() -> int:
    """Print each gap; give the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        command = [sys.executable, "-m", "coverage", "json", "--quiet", "-o", str(report)]
        subprocess.run(command, check=True)  # noqa: S603 - our own arguments
        found = json.loads(report.read_text())
    whole = WHOLE
    if programs() is None:
        print("PostgreSQL is not installed (Debian: postgresql): what the ledger does there was not tried")
        whole = tuple(name for name in WHOLE if name != "crossposter/ledger/")
    gaps = [
        f"{name}: lines {file['missing_lines']}, branches {file['missing_branches']}"
        for name, file in found["files"].items()
        if name.startswith(whole) and file["summary"]["percent_covered"] < 100
    ]
    overall = found["totals"]["percent_covered"]
    if overall < OVERALL:
        gaps.append(f"overall: {overall:.1f} % is below {OVERALL} %")
    print("\n".join(["not covered:", *gaps]) if gaps else f"coverage: {overall:.1f} %, and whole where it must be")
    return 1 if gaps else 0


if __name__ == "__main__":
    sys.exit(main())
