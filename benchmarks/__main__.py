"""Run every benchmark and write docs/benchmarks.md: each figure is a ratio against a floor of the same run.

What stands in the report from HAND_WRITTEN on is kept as it is.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
REPORT = HERE.parent / "docs" / "benchmarks.md"
HAND_WRITTEN = "## Where the time goes\n"
#: What is measured, where its ratio stands, and the bar.
BARS = (
    ("`crossposter --help`, CPU of `python -c pass`", "startup", ("ratio", "--help"), 7.0),
    ("`check`, CPU of `python -c pass`", "startup", ("ratio", "check"), 20.0),
    ("`dry-run` of one feed, CPU of `python -c pass`", "startup", ("ratio", "dry-run of one feed"), 45.0),
    ("daemon at rest, memory of a bare APScheduler process", "memory", ("ratio", "at rest"), 2.8),
    ("daemon after posts to three platforms, the same", "memory", ("ratio", "after posts"), 4.4),
    (
        "30 entries x 3 accounts at 50 ms a call, longest account's chain of public calls",
        "throughput",
        ("ratio", "chain"),
        1.15,
    ),
    (
        "the same, the chain with what must come before its first post",
        "throughput",
        ("ratio", "chain, with what comes first"),
        1.15,
    ),
    ("the others beside a platform that hangs, without it", "throughput", ("ratio", "hanging"), 1.1),
    ("dedup check of SQLite, 100,000 deliveries to 10,000", "growth", ("ratio", "sqlite", "known (50 keys)"), 2.0),
    ("claim and settle, the same", "growth", ("ratio", "sqlite", "claim and settle"), 2.0),
    ("dedup check of PostgreSQL, the same", "growth", ("ratio", "postgresql", "known (50 keys)"), 2.0),
    ("claim and settle, the same", "growth", ("ratio", "postgresql", "claim and settle"), 2.0),
    ("idle daemon of 1,000 feeds and accounts, share of a core between polls", "idle", ("cpu_share",), 0.01),
    ("150 accounts with 5 posts each by three workers on PostgreSQL, time of one worker", "workers", ("ratio",), 1.0),
    ("100 feeds with 3 new items each, CPU of a plain fetch and feedparser", "polling", ("ratio", "all changed"), 0.20),
    ("5 % of them changed", "polling", ("ratio", "5 % changed"), 0.35),
    ("their first round", "polling", ("ratio", "first round"), 0.85),
    ("unchanged, without validators", "polling", ("ratio", "no validators"), 0.02),
    ("only `lastBuildDate` changed", "polling", ("ratio", "head changed"), 0.06),
    ("all answered 304, CPU of a bare fetch", "polling", ("ratio", "304"), 8.0),
    ("CPU a feed with 1,000 feeds, that with 100", "polling", ("ratio", "growth"), 1.15),
    ("peak memory with 1,000 feeds, of a plain fetch and feedparser", "polling", ("ratio", "peak"), 1.5),
    ("a picture of 12 megapixels for Instagram, CPU of a plain full decode", "pictures", ("ratio", "cpu"), 0.65),
    ("the same, peak memory", "pictures", ("ratio", "peak"), 0.45),
    ("a card after the first, CPU of its own JPEG encoding", "pictures", ("ratio", "card"), 3.0),
    ("1,000 entries rendered for three accounts, X's counter over their words", "posts", ("ratio", "rendering"), 4.0),
    ("an article cut to a platform's limit, one count of it", "posts", ("ratio", "cutting"), 3.0),
    ("100 kB of a hostile pattern cut, one count of it", "posts", ("ratio", "cutting 100 kB"), 3.0),
)


def result(name: str) -> dict[str, Any]:
    """Run one benchmark in a process of its own."""
    command = [sys.executable, "-m", f"benchmarks.{name}"]
    done = subprocess.run(command, cwd=HERE.parent, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def written_by_hand(report: str) -> str:
    """Give the part of a report that is kept, with the empty line before it."""
    _, heading, kept = report.partition(f"\n{HAND_WRITTEN}")
    return heading + kept


def main() -> int:
    """Print and write the table; exit code 1 when a bar is not reached."""
    names = ("startup", "memory", "throughput", "growth", "idle", "workers", "polling", "pictures", "posts")
    results = {name: result(name) for name in names}
    rows, missed = [], 0
    for title, name, path, bar in BARS:
        value: Any = results[name]
        for key in path:
            value = value.get(key) if value else None
        if value is None:  # PostgreSQL is not installed
            continue
        missed += value > bar
        rows.append(f"| {title} | {value:.2f} | {bar:g} | {'yes' if value <= bar else '**no**'} |")
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    today = datetime.now(UTC).date()  # noqa: TID251 - the report's real date
    report = "\n".join(
        [
            "# Benchmarks",
            "",
            "Made by `make bench`: medians, each a ratio against a floor measured in the same run.",
            f"Last run: {today}, {machine}.",
            "",
            "| what, in units of | ratio | bar | reached |",
            "|---|---|---|---|",
            *rows,
            "",
            "The figures behind it:",
            "",
            "```json",
            json.dumps(results, indent=2),
            "```",
            "",
        ]
    )
    REPORT.write_text(report + written_by_hand(REPORT.read_text("utf-8")), "utf-8")
    print("\n".join(rows))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
