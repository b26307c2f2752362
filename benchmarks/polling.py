"""What a round of polls costs, in rounds of a plain fetch with plain feedparser over the same feeds in the same run.

100 feeds on loopback (`feed_server.py`), polled by long-lived processes that take turns (`pollers.py`): CPU of the
whole process and its children, medians, start-up excluded; 1,000 feeds for how the cost and the memory grow. The ledger
is as durable as the program opens it. Where READER_PYTHON names an interpreter that has `reader`
(https://pypi.org/project/reader, a well-kept library that updates feeds into SQLite), it is measured as well.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

ROUNDS = 5
FEEDS, MANY = 100, 1_000
#: How often the first round is measured: each takes a process and a ledger of its own.
LIVES = 3
PEOPLE = ("fetch", "floor", "ours", *(["reader"] if "READER_PYTHON" in os.environ else []))


class Poller:
    """A process that polls a server's feeds when told."""

    def __init__(self, who: str, base: str, feeds: int) -> None:
        python = os.environ["READER_PYTHON"] if who == "reader" else sys.executable
        command = [python, "-m", "benchmarks.pollers", who, base, str(feeds)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._answer() == "ready\n"

    def round(self) -> dict[str, Any]:
        """Poll every feed once."""
        assert self.process.stdin
        self.process.stdin.write("round\n")
        self.process.stdin.flush()
        found: dict[str, Any] = json.loads(self._answer())
        return found

    def end(self) -> None:
        """Let the process end by itself."""
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()

    def _answer(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline()


@contextmanager
def server(feeds: int) -> Iterator[str]:
    """Run the feed server; give its address."""
    command = [sys.executable, "-m", "benchmarks.feed_server", str(feeds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def tell(base: str, what: str) -> None:
    """Change the feeds, or how the server answers."""
    with urllib.request.urlopen(f"{base}/!{what}") as answer:
        answer.read()


def measured(pollers: dict[str, Poller], base: str, change: str | None, *, rounds: int = ROUNDS) -> dict[str, float]:
    """Give the median CPU milliseconds a feed of each, which take turns; before each turn something may change."""
    taken: dict[str, list[float]] = {who: [] for who in pollers}
    for _ in range(rounds):
        if change:
            tell(base, change)
        found = {who: poller.round() for who, poller in pollers.items()}
        assert "fetch" not in found or found["ours"]["new"] == found["floor"]["new"], found
        for who, one in found.items():
            taken[who].append(one["cpu_s"] * 1000 / one["feeds"])
    return {who: statistics.median(values) for who, values in taken.items()}


def hundred() -> dict[str, dict[str, float]]:
    """Measure 100 feeds in every case."""
    with server(FEEDS) as base, ExitStack() as exits:
        firsts = []
        for _ in range(LIVES):
            pollers = {who: Poller(who, base, FEEDS) for who in PEOPLE}
            for poller in pollers.values():
                exits.callback(poller.end)
            firsts.append(measured(pollers, base, None, rounds=1))
        found = {
            "first round": {who: statistics.median(first[who] for first in firsts) for who in pollers},
            "all changed": measured(pollers, base, "bump?1"),
            "5 % changed": measured(pollers, base, "bump?0.05"),
            "304": measured(pollers, base, None),
        }
        tell(base, "mode?plain")
        measured(pollers, base, None, rounds=1)  # other validators than before: read once more
        found["no validators"] = measured(pollers, base, None)
        found["head changed"] = measured(pollers, base, "mode?churn")
    return found


def thousand() -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    """Measure 1,000 feeds, ours and the floor; give the peak memory as well (MiB)."""
    with server(MANY) as base, ExitStack() as exits:
        pollers = {who: Poller(who, base, MANY) for who in ("floor", "ours")}
        for poller in pollers.values():
            exits.callback(poller.end)
        found = {
            "first round": measured(pollers, base, None, rounds=1),
            "all changed": measured(pollers, base, "bump?1", rounds=1),
            "304": measured(pollers, base, None, rounds=3),
        }
        return found, {who: poller.round()["peak_mib"] for who, poller in pollers.items()}


def main() -> None:
    """Print the figures as JSON."""
    found = hundred()
    many, peaks = thousand()
    ratios = {case: figures["ours"] / figures["floor"] for case, figures in found.items()}
    ratios["304"] = found["304"]["ours"] / found["304"]["fetch"]
    if "reader" in PEOPLE:
        ratios["304, of reader"] = found["304"]["ours"] / found["304"]["reader"]
    ratios["growth"] = max(many[case]["ours"] / found[case]["ours"] for case in many)
    ratios["peak"] = peaks["ours"] / peaks["floor"]
    print(json.dumps({"cpu_ms_a_feed": {**found, "1,000 feeds": many}, "peak_mib": peaks, "ratio": ratios}, indent=2))


if __name__ == "__main__":
    main()
