"""A backup that is put back, with real processes: nothing goes out of it before a person has looked."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.city import DEMO_CONFIG, City, a_city
from tests.web_server import WebServer, web_server

pytestmark = [pytest.mark.proof, pytest.mark.timeout(180)]


#: What stood in the feed before, so that five news are no flood.
OLD_NEWS = 30
ACCOUNTS = 3


@pytest.fixture
def feed() -> Iterator[WebServer]:
    with web_server() as found:
        yield found


@pytest.fixture
def city(tmp_path: Path, feed: WebServer) -> Iterator[City]:
    with a_city(tmp_path) as found:
        found.environ["DEMO_FEED_TR"] = f"{feed.url}/rss.xml"
        yield found


def show(feed: WebServer, count: int) -> None:
    """Let the feed show so many news, the old ones beside them."""
    items = [
        f"<item><title>Haber {number}</title><guid>{number}</guid><description>Özet {number}.</description>"
        f"<link>https://www.izmir.bel.tr/tr/Haberler/haber/{number}/156</link></item>"
        for number in range(OLD_NEWS + count, 0, -1)
    ]
    feed.serve("/rss.xml", f"<rss version='2.0'><channel><title>İzmir</title>{''.join(items)}</channel></rss>".encode())


def crossposter(city: City, *arguments: str) -> str:
    """Run a command in a process of its own, and give what it prints."""
    environ = {**os.environ, **city.environ, "CROSSPOSTER_CONFIG": str(DEMO_CONFIG)}
    command = [sys.executable, "-m", "crossposter", *arguments]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


@pytest.mark.parametrize("leaves_the_fence", [True, False])
def test_a_backup_after_5_of_20_news_repeats_none(city: City, feed: WebServer, leaves_the_fence: bool) -> None:
    for count in (0, 5):
        show(feed, count)
        crossposter(city, "run", "--once")
    backup = Path(json.loads(crossposter(city, "ledger", "backup", "--json"))["file"])
    for count in (10, 15, 20):
        show(feed, count)
        crossposter(city, "run", "--once")
    assert len(city.sandbox.posts()) == 20 * ACCOUNTS
    before = json.loads(crossposter(city, "ledger", "list", "--json"))["deliveries"]
    before = [one for one in before if one["status"] == "published"]

    shutil.copy(backup, city.ledger)
    if not leaves_the_fence:
        city.ledger.with_name("ledger.db.fence").unlink()
    show(feed, 21)  # news that nobody has posted
    for _ in range(2):
        crossposter(city, "run", "--once")
    assert len(city.sandbox.posts()) == 20 * ACCOUNTS
    held = [
        one for one in json.loads(crossposter(city, "queue", "--json"))["deliveries"] if one["reason"] == "restored"
    ]
    # What was found on the accounts was taken over; the news that nobody has posted is left.
    assert len(held) == ACCOUNTS
    listed = json.loads(crossposter(city, "ledger", "list", "--json"))["deliveries"]
    published = [one for one in listed if one["status"] == "published"]
    assert len(published) == 20 * ACCOUNTS
    assert {(one["account"], one["remote_id"]) for one in published} == {
        (one["account"], one["remote_id"]) for one in before
    }

    crossposter(city, "approve", str(max(one["entry"] for one in held)), "--by", "Ayşe")
    crossposter(city, "run", "--once")
    assert len(city.sandbox.posts()) == 21 * ACCOUNTS
    show(feed, 22)
    crossposter(city, "run", "--once")
    assert len(city.sandbox.posts()) == 22 * ACCOUNTS
