"""Which journal the ledger uses: commits a second of a claim's size, with one writer, alone and beside three readers.

    python -m benchmarks.journals [FOLDER]

The folder should be on the disk that is meant: a memory disk says nothing. The last result is in docs/reliability.md.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path

SECONDS = 6.0
READERS = 3
KINDS = (("DELETE", "EXTRA"), ("TRUNCATE", "FULL"), ("WAL", "FULL"))


def main() -> None:
    """Print a table."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    print(f"SQLite {sqlite3.sqlite_version}, Python {sys.version.split()[0]}")
    print(
        f"{'journal':<10}{'synchronous':<13}{'alone /s':>10}{'p99 ms':>9}"
        f"{f'{READERS} readers /s':>14}{'p99 ms':>9}{'reads /s':>10}"
    )
    for journal, synchronous in KINDS:
        alone, slow, _ = measure(journal, synchronous, folder, readers=0)
        beside, slow_beside, reads = measure(journal, synchronous, folder, readers=READERS)
        print(
            f"{journal:<10}{synchronous:<13}{alone:>10.0f}{slow:>9.1f}{beside:>14.0f}{slow_beside:>9.1f}{reads:>10.0f}"
        )


def measure(journal: str, synchronous: str, folder: Path | None, *, readers: int) -> tuple[float, float, float]:
    """Give commits a second, the slowest hundredth of them in milliseconds, and reads a second."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        path = Path(place) / "ledger.db"
        with closing(opened(path, journal, synchronous)) as ledger:
            ledger.execute("CREATE TABLE attempt (id INTEGER PRIMARY KEY, delivery INTEGER, text TEXT)")
            ledger.execute("CREATE TABLE delivery (id INTEGER PRIMARY KEY, status TEXT, attempt INTEGER)")
            ledger.execute("BEGIN")
            ledger.executemany("INSERT INTO delivery VALUES (?, 'queued', 0)", ((number,) for number in range(5000)))
            ledger.execute("COMMIT")
            over, counts = threading.Event(), [0] * readers
            threads = [
                threading.Thread(target=read, args=(path, journal, synchronous, over, counts, number))
                for number in range(readers)
            ]
            for thread in threads:
                thread.start()
            took = write(ledger)
            over.set()
            for thread in threads:
                thread.join()
    took.sort()
    return len(took) / SECONDS, took[int(len(took) * 0.99)] * 1000, sum(counts) / SECONDS


def opened(path: Path, journal: str, synchronous: str) -> sqlite3.Connection:
    """Open it as the ledger does, but for the journal."""
    ledger = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
    ledger.execute(f"PRAGMA journal_mode = {journal}")
    ledger.execute(f"PRAGMA synchronous = {synchronous}")
    return ledger


def write(ledger: sqlite3.Connection) -> list[float]:
    """Claim for a while; give the seconds of each."""
    took, end, number = [], time.monotonic() + SECONDS, 0
    while (began := time.monotonic()) < end:
        number += 1
        ledger.execute("BEGIN IMMEDIATE")
        ledger.execute("UPDATE delivery SET status = 'publishing', attempt = ? WHERE id = ?", (number, number % 5000))
        ledger.execute("INSERT INTO attempt (delivery, text) VALUES (?, ?)", (number % 5000, "x" * 600))
        ledger.execute("COMMIT")
        took.append(time.monotonic() - began)
    return took


def read(path: Path, journal: str, synchronous: str, over: threading.Event, counts: list[int], number: int) -> None:
    """Look for what is due, again and again, with the pause of a busy program between."""
    with closing(opened(path, journal, synchronous)) as ledger:
        while not over.wait(0.002):
            ledger.execute("SELECT id FROM delivery WHERE status = 'queued' LIMIT 50").fetchall()
            counts[number] += 1


if __name__ == "__main__":
    main()
