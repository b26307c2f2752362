"""How long 30 entries with a picture take on three platforms at 50 ms a call, the durable ledger included.

The floor is the longest chain of public calls of a single account: thirty times the one request that makes a post, by
the bare client, in the same run. Beside it: what a platform that hangs costs the others.

The platforms run in a process of their own. The wait stands in `requests`, which all three client libraries speak
through, so that it costs no processor; the libraries' own sleeps and every pace are off. Medians of several runs, which
take turns.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from benchmarks.platforms import Platforms, platforms
from crossposter.bootstrap import Office, _World, open_office
from crossposter.config import load_config
from crossposter.core.events import Delivered, Event
from crossposter.core.model import Picture, Post
from crossposter.ledger import Role
from crossposter.testing import NoSteps

RUNS = 3
ENTRIES = 30
CALL_S = 0.05
ACCOUNTS = {"twitter": "izmir-x", "facebook": "izmir-facebook", "instagram": "izmir-instagram"}
#: A disk on which a commit costs nothing: what is left is ours.
MEMORY = "/dev/shm"
#: The one that hangs beside the others.
HANGING = "facebook"
DEMO = Path(__file__).parents[1] / "config" / "demo.yaml"


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


@contextlib.contextmanager
def office(
    names: Sequence[str], content: bytes, where: str | None = None
) -> Iterator[tuple[Platforms, Office, Any, dict[str, str]]]:
    """Open an office of its own for these platforms, with a ledger of its own; on a certain disk."""
    with platforms(content) as there, tempfile.TemporaryDirectory(dir=where) as folder:
        environ = {**there.environ, "DEMO_LEDGER": f"sqlite:///{folder}/ledger.db"}
        yaml = Path(folder) / "bench.yaml"
        wanted = ", ".join(ACCOUNTS[name] for name in names)
        text = DEMO.read_text("utf-8").replace(
            "accounts: [izmir-x, izmir-facebook, izmir-instagram]", f"accounts: [{wanted}]"
        )
        yaml.write_text(text, "utf-8")
        config = load_config(yaml, environ=environ, secrets_needed=True)
        # Thirty at once are a flood, and would be held.
        no_holds = config.holds.model_copy(update={"new_entries_over": None})
        config = config.model_copy(update={"feeds": config.feeds[:1], "holds": no_holds})
        with open_office(config, environ, role=Role.ROUND) as opened, slow_calls():
            yield there, opened, config, environ


def bare(name: str, content: bytes) -> tuple[float, float]:
    """Give the seconds of thirty public calls of a platform's client, and of what comes before an account's first.

    That is whose account it is, what stands there, and the first picture: none of it can wait.
    """
    with office([name], content) as (there, opened, config, environ):
        adapter = _World(config, opened.ways, environ, opened.clock).adapter(ACCOUNTS[name])
        shown = Picture(url="", content=content, sha256="0", width=1600, height=900, alt="")
        posts = [Post(text=f"Haber {number}: tramvay", link=None, pictures=(shown,)) for number in range(ENTRIES)]
        begun = time.perf_counter()
        adapter.verify()
        adapter.timeline(limit=10)
        first = adapter.stage(posts[0], NoSteps())
        before = time.perf_counter() - begun
        # A picture belongs to any number of posts, so that it need not be uploaded thirty times.
        staged = [replace(first, post=post) for post in posts]
        took = timed(lambda: [adapter.publish(each) for each in staged])
        assert there.posts(name) == ENTRIES
        return took, before


def ours(names: Sequence[str], content: bytes, where: str | None = None) -> dict[str, Any]:
    """Give the seconds and figures of the round that publishes thirty entries on these platforms."""
    with office(names, content, where) as (there, opened, config, _):
        service = opened.service(config)
        service.run_once()
        there.show(1 + ENTRIES)
        commits, before = count_commits(opened), there.requests()
        cpu = os.times()
        took = timed(service.run_once)
        after, asked = os.times(), there.requests()
        assert all(there.posts(name) == ENTRIES for name in names)
        return {
            "s": took,
            "cpu_s": after.user + after.system - cpu.user - cpu.system,
            "commits_a_delivery": commits() / (ENTRIES * len(names)),
            "requests": {name: count - before.get(name, 0) for name, count in asked.items() if name.strip()},
        }


def beside_a_hanging_one(content: bytes, *, hangs: bool) -> float:
    """Give the seconds until the others have all, while one platform answers no post (or does)."""
    others = [name for name in ACCOUNTS if name != HANGING]
    with office(list(ACCOUNTS) if hangs else others, content) as (there, opened, config, _):
        service = opened.service(config)
        service.run_once()
        there.show(1 + ENTRIES)
        if hangs:
            there.hang(HANGING, "publish")
        left, done = [ENTRIES * len(others)], threading.Event()

        def count(event: Event) -> None:
            if isinstance(event, Delivered) and not event.delivery_id.endswith(ACCOUNTS[HANGING]):
                left[0] -= 1
                if not left[0]:
                    done.set()

        start = time.perf_counter()
        round_ = threading.Thread(target=service.run_once, kwargs={"report": count})
        round_.start()
        assert done.wait(60)
        took = time.perf_counter() - start
        service.retire()
        there.release()
        round_.join()
        return took


def count_commits(opened: Office) -> Callable[[], int]:
    """Count the ledger's transactions that write from now on; gives what gives the number."""
    ledger, count = opened.ledger, [0]
    writing = ledger.writing

    @contextlib.contextmanager
    def counted() -> Iterator[Any]:
        with writing() as connection:
            yield connection
        count[0] += 1

    ledger.writing = counted  # type: ignore[method-assign]  # counts the real one
    return lambda: count[0]


def timed(do: Callable[[], object]) -> float:
    """Give the seconds that it takes."""
    start = time.perf_counter()
    do()
    return time.perf_counter() - start


def main() -> int:
    """Print the figures as JSON."""
    content = picture()
    ours(list(ACCOUNTS), content)  # imports
    floor: dict[str, list[tuple[float, float]]] = {name: [] for name in ACCOUNTS}
    alone: dict[str, list[float]] = {name: [] for name in ACCOUNTS}
    together, beside, hanging, in_memory = [], [], [], []
    for _ in range(RUNS):
        for name in ACCOUNTS:
            floor[name].append(bare(name, content))
            alone[name].append(ours([name], content)["s"])
        together.append(ours(list(ACCOUNTS), content))
        if Path(MEMORY).is_dir():
            in_memory.append(ours(list(ACCOUNTS), content, MEMORY)["s"])
        beside.append(beside_a_hanging_one(content, hangs=False))
        hanging.append(beside_a_hanging_one(content, hangs=True))
    chains = {name: statistics.median(calls for calls, _ in values) for name, values in floor.items()}
    begun = {name: statistics.median(map(sum, values)) for name, values in floor.items()}
    whole = statistics.median(one["s"] for one in together)
    found = {
        "public_calls_s": chains,
        "with what comes first, s": begun,
        "alone_s": {name: statistics.median(values) for name, values in alone.items()},
        "together_s": [one["s"] for one in together],
        "together, ledger in memory, s": in_memory,
        "together": together[-1],
        "beside_a_hanging_one_s": hanging,
        "without_it_s": beside,
        "ratio": {
            "chain": whole / max(chains.values()),
            "chain, with what comes first": whole / max(begun.values()),
            "chain, ledger in memory": statistics.median(in_memory) / max(chains.values()) if in_memory else None,
            "alone": whole / max(statistics.median(values) for values in alone.values()),
            "hanging": statistics.median(hanging) / statistics.median(beside),
        },
    }
    print(json.dumps(found, indent=2))
    return 0


if __name__ == "__main__":
    print(datetime.now(UTC).isoformat(), os.getloadavg(), file=sys.stderr)  # noqa: TID251 - a log's real time
    sys.exit(main())
