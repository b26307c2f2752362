"""The sandbox's platforms and a site of news in a process of their own, as other people's machines are."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

from crossposter.cli.sandbox import environment_of
from crossposter.sandbox import Sandbox


class News:
    """A feed whose first answer holds one entry, and each later one as many as it was told."""

    base_url = ""

    def __init__(self, picture: bytes) -> None:
        self.count = 1
        self._picture = picture

    def respond(self, _method: str, path: str, _headers: object) -> tuple[int, dict[str, str], bytes]:
        """Answer the feed or the picture."""
        if path.endswith(".jpg"):
            return 200, {"Content-Type": "image/jpeg"}, self._picture
        items = "".join(
            f"<item><title>Haber {n}: tramvay</title><guid isPermaLink='false'>{n}</guid>"
            f"<link>https://www.izmir.bel.tr/tr/Haberler/h/{n}/156</link><description>Özet {n}.</description>"
            f"<enclosure url='{self.base_url}/p.jpg' type='image/jpeg' length='1'/></item>"
            for n in range(self.count, 0, -1)
        )
        body = f"<rss version='2.0'><channel><title>x</title>{items}</channel></rss>"
        return 200, {"Content-Type": "application/rss+xml; charset=utf-8"}, body.encode()


class Platforms:
    """What may be asked of the other process."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        #: What config/demo.yaml names, and the feed's address.
        self.environ: dict[str, str] = self._ask("environ")

    def show(self, count: int) -> None:
        """Let the feed show so many entries from now on."""
        self._ask("show", count)

    def hang(self, platform: str, operation: str) -> None:
        """Leave all such requests without an answer."""
        self._ask("hang", platform, operation)

    def release(self) -> None:
        """End what hangs."""
        self._ask("release")

    def posts(self, platform: str) -> int:
        """Count a platform's posts."""
        found: int = self._ask("posts", platform)
        return found

    def requests(self) -> dict[str, int]:
        """Count what was asked for, by platform and operation."""
        found: dict[str, int] = self._ask("requests")
        return found

    def _ask(self, *what: Any) -> Any:
        self._pipe.send(what)
        return self._pipe.recv()


@contextmanager
def platforms(picture: bytes) -> Iterator[Platforms]:
    """Run them for the length of the block."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(theirs, picture), daemon=True)
    process.start()
    try:
        yield Platforms(ours)
    finally:
        ours.send(("end",))
        process.join()


def _serve(pipe: Connection, picture: bytes) -> None:
    news = News(picture)
    with Sandbox(site=news) as sandbox:
        news.base_url = f"{sandbox.url}/site"
        while (told := pipe.recv())[0] != "end":
            pipe.send(_answer(sandbox, news, *told))


def _answer(sandbox: Sandbox, news: News, what: str, *values: Any) -> Any:
    match what:
        case "environ":
            feed = f"{news.base_url}/rss"
            return {**environment_of(sandbox), "DEMO_FEED_TR": feed, "DEMO_FEED_EN": feed}
        case "show":
            news.count = values[0]
        case "hang":
            sandbox.inject(values[0], values[1], "hang", times=1000)
        case "release":
            sandbox.clear_faults()
        case "posts":
            return sum(1 for post in sandbox.posts() if post["platform"] == values[0])
        case "requests":
            found: dict[str, int] = {}
            for request in sandbox.requests():
                name = f"{request.platform} {request.operation}"
                found[name] = found.get(name, 0) + 1
            return found
    return None
