"""How long 30 entries take on three platforms at 50 ms a call, against the longest of the three alone.

One prepared picture each; pace and the libraries' own sleeps are off. The wait stands in `requests`, which all three
client libraries speak through, so that it costs no processor. Medians of several runs, which take turns.
"""

from __future__ import annotations

import contextlib
import io
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from crossposter.bootstrap import open_office
from crossposter.cli.sandbox import environment_of
from crossposter.config import load_config
from crossposter.ledger import Role
from crossposter.sandbox import Sandbox

RUNS = 3
ENTRIES = 30
CALL_S = 0.05
ACCOUNTS = {"twitter": "izmir-x", "facebook": "izmir-facebook", "instagram": "izmir-instagram"}
DEMO = Path(__file__).parents[1] / "config" / "demo.yaml"


class News:
    """A feed whose first answer holds one entry, and each later one thirty more."""

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


def picture() -> bytes:
    """Make a photograph-like picture of usual size."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.effect_mandelbrot((1600, 900), (-2, -1.5, 1, 1.5), 60).convert("RGB").save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


@contextlib.contextmanager
def slow_calls() -> Iterator[None]:
    """Let every call take its time on the way."""
    send = requests.Session.send

    def slowly(self: requests.Session, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        time.sleep(CALL_S)  # noqa: TID251 - the way to the platform
        return send(self, request, **options)

    requests.Session.send = slowly  # type: ignore[method-assign]  # slows the real one
    try:
        yield
    finally:
        requests.Session.send = send  # type: ignore[method-assign]  # puts it back


def measure(platforms: list[str], content: bytes) -> float:
    """Give the seconds of the round that publishes thirty entries on these platforms."""
    news = News(content)
    with Sandbox(site=news) as sandbox, tempfile.TemporaryDirectory() as folder:
        news.base_url = f"{sandbox.url}/site"
        environ = {
            **environment_of(sandbox),
            "DEMO_LEDGER": f"sqlite:///{folder}/ledger.db",
            "DEMO_FEED_TR": f"{news.base_url}/rss",
            "DEMO_FEED_EN": f"{news.base_url}/rss",
        }
        yaml = Path(folder) / "bench.yaml"
        wanted = ", ".join(ACCOUNTS[platform] for platform in platforms)
        text = DEMO.read_text("utf-8").replace(
            "accounts: [izmir-x, izmir-facebook, izmir-instagram]", f"accounts: [{wanted}]"
        )
        yaml.write_text(text, "utf-8")
        config = load_config(yaml, environ=environ, secrets_needed=True)
        # Thirty at once are a flood, and would be held.
        no_holds = config.holds.model_copy(update={"new_entries_over": None})
        config = config.model_copy(update={"feeds": config.feeds[:1], "holds": no_holds})
        with open_office(config, environ, role=Role.ROUND) as office, slow_calls():
            service = office.service(config)
            service.run_once()
            news.count += ENTRIES
            start = time.perf_counter()
            service.run_once()
            took = time.perf_counter() - start
        assert len(sandbox.posts()) == ENTRIES * len(platforms)
        return took


def main() -> int:
    """Print the figures as JSON."""
    content = picture()
    measure(list(ACCOUNTS), content)  # imports
    ways = {**{platform: [platform] for platform in ACCOUNTS}, "together": list(ACCOUNTS)}
    taken: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(RUNS):
        for way, platforms in ways.items():
            taken[way].append(measure(platforms, content))
    alone = {way: statistics.median(values) for way, values in taken.items()}
    together = alone.pop("together")
    found = {"alone_s": alone, "together_s": together, "ratio": together / max(alone.values())}
    print(json.dumps(found, indent=2))
    return 0


if __name__ == "__main__":
    print(datetime.now(UTC).isoformat(), file=sys.stderr)  # noqa: TID251 - a log's real time
    sys.exit(main())
