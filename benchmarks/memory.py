"""What the daemon keeps in memory, in that of a bare APScheduler process measured in the same run (peak-free RSS).

Medians of several runs; floor and daemon take turns."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from crossposter.cli.sandbox import environment_of
from crossposter.clock import SystemClock
from crossposter.sandbox import Sandbox
from crossposter.sandbox.site import Site

RUNS = 3
DEMO = Path(__file__).parents[1] / "config" / "demo.yaml"
BARE = """
import time
from apscheduler.schedulers.background import BackgroundScheduler
scheduler = BackgroundScheduler()
scheduler.add_job(print, "interval", seconds=3600)
scheduler.start()
time.sleep(600)
"""


def rss_mib(pid: int) -> float:
    """Read a process's resident memory."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def wait_for(condition: Callable[[], bool], timeout_s: float = 30) -> None:
    """Wait until it holds."""
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)  # noqa: TID251 - another process works


def bare_mib() -> float:
    """Measure the floor."""
    with subprocess.Popen([sys.executable, "-c", BARE]) as process:
        time.sleep(2)  # noqa: TID251 - measures real time
        found = rss_mib(process.pid)
        process.kill()
    return found


def daemon_mib() -> tuple[float, float]:
    """Measure a daemon of two feeds at rest, on a ledger that exists, and after posts to all platforms."""
    site = Site(now=SystemClock().now())
    with Sandbox(site=site) as sandbox, tempfile.TemporaryDirectory() as folder:
        site.base_url = f"{sandbox.url}/site"
        environ = {
            **os.environ,
            **environment_of(sandbox),
            "CROSSPOSTER_CONFIG": str(DEMO),
            "DEMO_LEDGER": f"sqlite:///{folder}/ledger.db",
            "DEMO_FEED_TR": f"{site.base_url}/rss/tr.xml",
            "DEMO_FEED_EN": f"{site.base_url}/rss/en.xml",
        }
        subprocess.run(
            [sys.executable, "-m", "crossposter", "run", "--once"], env=environ, check=True, capture_output=True
        )
        command = [sys.executable, "-m", "crossposter", "run"]
        with subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL) as process:
            try:
                time.sleep(8)  # noqa: TID251 - several polls
                at_rest = rss_mib(process.pid)
                site.publish("tr", 3)
                wait_for(lambda: len(sandbox.posts()) == 9)
                time.sleep(3)  # noqa: TID251 - measures real time
                after = rss_mib(process.pid)
            finally:
                process.terminate()
    return at_rest, after


def main() -> None:
    """Print the figures as JSON."""
    taken = [(bare_mib(), *daemon_mib()) for _ in range(RUNS)]
    bare, at_rest, after = (statistics.median(values) for values in zip(*taken, strict=True))
    found = {
        "rss_mib": {"bare APScheduler": bare, "at rest": at_rest, "after posts": after},
        "ratio": {"at rest": at_rest / bare, "after posts": after / bare},
    }
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
