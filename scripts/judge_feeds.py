"""Have the judges of the shared feeds judge how the program reads them; fail when one is not read right.

The feeds belong to their publishers and are no part of the project: without them there is nothing to do.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

#: Where the feeds stand, beside the checkout; CROSSPOSTER_FEEDS names another place.
USUAL = Path(__file__).parents[2] / "shared" / "data" / "feeds"
ADAPTER = Path(__file__).with_name("judge_adapter.py")
EPISODES_ADAPTER = Path(__file__).with_name("judge_episodes_adapter.py")


def main() -> int:
    """Print what is not right, and how many are; give the exit code."""
    folder = Path(os.environ.get("CROSSPOSTER_FEEDS", USUAL))
    judge = folder / "judges" / "judge.py"
    if not judge.exists():
        print(f"judges: not run, there are no feeds in {folder} (CROSSPOSTER_FEEDS names another folder)")
        return 0
    reading = _judged(judge, ADAPTER)
    for result in reading:
        print(f"{result['part']}: {result['feeds_all_right']} of {result['feeds']} read right")
    (deciding,) = _judged(judge.with_name("judge_episodes.py"), EPISODES_ADAPTER)
    print(f"episodes: {deciding['right']} of {deciding['episodes']} decided right")
    are_read = all(result["feeds_all_right"] == result["feeds"] for result in reading)
    return 0 if are_read and deciding["right"] == deciding["episodes"] else 1


def _judged(judge: Path, adapter: Path) -> list[dict[str, Any]]:
    """Run a judge, print what is not right, and give its results."""
    command = [sys.executable, str(judge), str(adapter)]
    found = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own arguments
    lines = found.stdout.splitlines()
    print("\n".join(line for line in lines if not line.startswith("{") and " OK " not in line) or "all as expected")
    return [json.loads(line) for line in lines if line.startswith("{")]


if __name__ == "__main__":
    sys.exit(main())
