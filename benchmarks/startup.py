"""What the command line costs, in CPU of `python -c pass` measured in the same run."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from crossposter.cli.sandbox import environment_of
from crossposter.clock import SystemClock
from crossposter.sandbox import Sandbox
from crossposter.sandbox.site import Site

RUNS = 15
DEMO = Path(__file__).parents[1] / "config" / "demo.yaml"


def cpu_s(command: list[str], environ: dict[str, str]) -> float:
    """Give the CPU seconds (user and system) of one run."""
    process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Print the medians and their ratios as JSON; the commands take turns."""
    python, crossposter = sys.executable, [sys.executable, "-m", "crossposter"]
    site = Site(now=SystemClock().now())
    with Sandbox(site=site) as sandbox, tempfile.TemporaryDirectory() as folder:
        site.base_url = f"{sandbox.url}/site"
        environ = {
            **os.environ,
            **environment_of(sandbox),
            "DEMO_LEDGER": f"sqlite:///{folder}/ledger.db",
            "DEMO_FEED_TR": f"{site.base_url}/rss/tr.xml",
            "DEMO_FEED_EN": f"{site.base_url}/rss/en.xml",
        }
        one_feed = Path(folder) / "one.yaml"
        text = DEMO.read_text("utf-8")
        begin, end = text.index("  - id: izmir-en\n    url"), text.index("accounts:\n  - id")
        one_feed.write_text(text[:begin] + text[end:], "utf-8")
        commands = {
            "python -c pass": [python, "-c", "pass"],
            "--help": [*crossposter, "--help"],
            "check": [*crossposter, "--config", str(one_feed), "check"],
            "dry-run of one feed": [*crossposter, "--config", str(one_feed), "dry-run", "--json"],
        }
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(RUNS + 1):
            for name, command in commands.items():
                taken[name].append(cpu_s(command, environ))
    medians = {name: statistics.median(values[1:]) for name, values in taken.items()}
    floor = medians["python -c pass"]
    print(json.dumps({"cpu_s": medians, "ratio": {name: value / floor for name, value in medians.items()}}, indent=2))


if __name__ == "__main__":
    main()
