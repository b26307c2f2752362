"""Who is measured by `polling.py`, each in a long-lived process: a line on standard input is one round of all feeds.

Its answer is JSON: the CPU seconds of the round (of this process and its children), the entries it found new, and the
peak memory so far of the largest process.
"""

from __future__ import annotations

import io
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

#: Linux numbers the CPU clock of a process like this (`clock_getcpuclockid(3)`).
_SCHEDULED = 2


def children() -> list[int]:
    """Name the children of this process."""
    found = [path.read_text().split() for path in Path("/proc/self/task").glob("*/children")]
    return [int(number) for numbers in found for number in numbers]


def cpu_s() -> float:
    """Give the CPU seconds of this process, of its children, and of those that ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    alive = sum(time.clock_gettime((~number << 3) | _SCHEDULED) for number in children())
    return time.process_time() + alive + ended.ru_utime + ended.ru_stime


def peak_mib() -> float:
    """Give the peak memory of this process, or of a child, whichever had more (MiB)."""
    statuses = [Path(f"/proc/{number}/status").read_text() for number in (os.getpid(), *children())]
    return max(int(status.split("VmHWM:")[1].split()[0]) for status in statuses) / 1024


def fetcher(urls: list[str]) -> Callable[[str], bytes | None]:
    """Make a plain conditional fetch over a kept connection; None for "not modified"."""
    import urllib3

    pool = urllib3.PoolManager(retries=False)
    etags: dict[str, str] = {}

    def fetch(url: str) -> bytes | None:
        headers = {"If-None-Match": etags[url]} if url in etags else {}
        response = pool.request("GET", url, headers=headers)
        if "ETag" in response.headers:
            etags[url] = response.headers["ETag"]
        return None if response.status == 304 else response.data

    return fetch


def fetch_alone(urls: list[str]) -> Callable[[], int]:
    """Give a round that does nothing but fetch."""
    fetch = fetcher(urls)
    return lambda: sum(1 for url in urls if fetch(url)) * 0


def floor(urls: list[str]) -> Callable[[], int]:
    """Give a round of a plain fetch and plain feedparser, which remembers ids in memory."""
    import feedparser

    fetch = fetcher(urls)
    seen: set[str] = set()

    def one_round() -> int:
        before = len(seen)
        for url in urls:
            if body := fetch(url):
                headers = {"content-type": "application/rss+xml; charset=utf-8", "content-location": url}
                parsed = feedparser.parse(io.BytesIO(body), response_headers=headers)
                seen.update(entry.id for entry in parsed.entries)
        return len(seen) - before

    return one_round


def rival(urls: list[str], folder: Path) -> Callable[[], int]:
    """Give a round of `reader`, which stores entries in SQLite; each feed is asked for however recently it was."""
    from reader import make_reader  # type: ignore[import-not-found]  # measured where it is installed

    feeds = make_reader(str(folder / "reader.sqlite"))
    for url in urls:
        feeds.add_feed(url)

    def one_round() -> int:
        updated = [result.value for result in feeds.update_feeds_iter(scheduled=False)]
        assert not any(isinstance(value, Exception) for value in updated), updated
        return sum(value.new for value in updated if value)

    return one_round


def ours(urls: list[str], folder: Path, exits: ExitStack) -> Callable[[], int]:
    """Give a round of crossposter's polls, ledger included, as `run --once` does them."""
    from datetime import timedelta

    from benchmarks.newsfeeds import document
    from crossposter.adapters import PLATFORMS, adapter_class
    from crossposter.clock import SystemClock
    from crossposter.core.model import Account, Feed, Holds, Identity
    from crossposter.feeds.reading import FeedReader
    from crossposter.feeds.source import WebFeedSource
    from crossposter.ledger import SqlLedger
    from crossposter.service import Service
    from crossposter.web import Network, WebClient

    accounts = {
        name: Account(id=name, platform=name, limits=adapter_class(name).limits, pinned=Identity(id="1", handle=None))
        for name in PLATFORMS
    }
    feeds = [
        Feed(
            id=f"feed-{number}",
            url=url,
            language="tr",
            site=f"site-{number}",
            accounts=tuple(accounts),
            id_pattern=r"/(\d+-\d+)/156",
            timezone="Europe/Istanbul",
            every=timedelta(minutes=5),
            holds=Holds(older_than=None),
        )
        for number, url in enumerate(urls)
    ]
    web, reader, ledger = WebClient(Network(allowed=("127.0.0.1",))), FeedReader(), SqlLedger.open(folder / "ledger.db")
    for part in (web, reader, ledger):
        exits.callback(part.close)
    # A child that is started, and has its feedparser: that is no part of a round.
    warm = document(0, 0, base=urls[0], built=0)
    reader.read(warm, feeds[0], address=urls[0], headers={})
    service = Service(
        feeds=feeds,
        accounts=accounts,
        source=WebFeedSource(web, reader),
        pictures=None,  # type: ignore[arg-type]  # polling asks it nothing
        store=None,  # type: ignore[arg-type]  # polling asks it nothing
        adapters=None,  # type: ignore[arg-type]  # polling asks them nothing
        ledger=ledger,
        clock=SystemClock(),
    )

    def one_round() -> int:
        new = 0
        for feed in service.feeds:
            poll = service.try_poll(feed)
            assert poll.error is None, poll.error
            new += poll.plan.new if poll.plan else 0
        ledger.write_polls()
        return new

    return one_round


def main(who: str, base: str, feeds: int) -> None:
    """Do a round for each line."""
    urls = [f"{base}/{number}.xml" for number in range(feeds)]
    with ExitStack() as exits:
        folder = Path(exits.enter_context(tempfile.TemporaryDirectory()))
        makers: dict[str, Callable[[], Callable[[], int]]] = {
            "fetch": lambda: fetch_alone(urls),
            "floor": lambda: floor(urls),
            "reader": lambda: rival(urls, folder),
            "ours": lambda: ours(urls, folder, exits),
        }
        one_round = makers[who]()
        print("ready", flush=True)
        for _ in sys.stdin:
            start = cpu_s()
            new = one_round()
            found = {"cpu_s": cpu_s() - start, "new": new, "peak_mib": peak_mib(), "feeds": feeds}
            print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
