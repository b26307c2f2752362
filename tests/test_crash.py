"""`run --once` killed with SIGKILL at many points and run again: nothing twice, nothing gone.

`make proofs` takes every few points; CROSSPOSTER_CRASH_POINTS=all (`make crash`) takes every one.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crossposter.core.kinds import Kind
from crossposter.core.model import Status
from crossposter.ledger import SqlLedger, history
from crossposter.ledger.records import DeliveryRecord
from tests.city import DEMO_CONFIG, City, a_city
from tests.proofs.life import Order
from tests.proofs.lives import Lives, lives

pytestmark = [pytest.mark.proof, pytest.mark.timeout(600)]

POINTS_IN_THE_SUITE = 16
NEW_ITEMS = 2


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    with a_city(tmp_path) as found:
        yield found


@pytest.fixture
def runner(city: City, tmp_path: Path) -> Iterator[Lives]:
    with lives(city.environ, log=tmp_path / "lives.log") as running:
        yield running


def deliveries(city: City) -> list[DeliveryRecord]:
    ledger = SqlLedger(city.ledger)
    try:
        found = history.deliveries(ledger, now=datetime.now(UTC) + timedelta(seconds=1))  # noqa: TID251 - its child ran on real time
        return [record for record in found if record.status is not Status.SKIPPED]
    finally:
        ledger.close()


def test_a_round_killed_at_any_point_repeats_and_loses_nothing(city: City, runner: Lives) -> None:
    order = Order(config=str(DEMO_CONFIG))
    runner.live(order)
    baseline = city.ledger.with_name("baseline.db")
    sidecar = city.ledger.with_name(f"{city.ledger.name}.fence")
    shutil.copy(city.ledger, baseline)
    city.site.publish("tr")
    city.site.publish("en")
    whole = runner.live(order)
    assert not whole.killed
    events = whole.events
    assert len(city.sandbox.posts()) == 3 * NEW_ITEMS

    step = 1 if os.environ.get("CROSSPOSTER_CRASH_POINTS") == "all" else -(-events // POINTS_IN_THE_SUITE)
    seen: Counter[Status] = Counter()
    for point in range(1, events + 1, step):
        shutil.copy(baseline, city.ledger)
        sidecar.unlink()  # else the next round would see that the ledger is an old one
        city.sandbox.reset()
        runner.live(replace(order, event=point))
        runner.live(order)
        once = Counter((post["account"], post["text"]) for post in city.sandbox.posts())
        assert set(once.values()) <= {1}, f"twice, killed at event {point}"
        found = deliveries(city)
        assert len(found) == 3 * NEW_ITEMS, f"lost, killed at event {point}"
        published = sum(1 for record in found if record.status is Status.PUBLISHED)
        uncertain = sum(1 for record in found if record.status is Status.UNCERTAIN)
        assert {record.status for record in found} <= {Status.PUBLISHED, Status.UNCERTAIN, Status.QUEUED}
        assert published <= len(once) <= published + uncertain, f"a lie in the ledger, killed at event {point}"
        seen.update(record.status for record in found)
    print(f"{len(range(1, events + 1, step))} of {events} points: {dict(seen)}")
    assert seen[Status.PUBLISHED] > seen[Status.UNCERTAIN] > 0


def test_a_round_that_deletes_and_posts_anew_killed_at_any_point_repeats_and_loses_nothing(
    city: City, runner: Lives
) -> None:
    order = Order(config=str(DEMO_CONFIG))
    runner.live(order)
    city.site.publish("tr")
    runner.live(order)
    city.site.edit("tr", title="Çiğli Tramvayı dört yeni durağıyla sefere başladı")
    runner.live(order)
    for account in ("izmir-x", "izmir-facebook", "izmir-instagram"):
        arguments = ("correct", f"8/{account}", "--how", "repost", "--by", "Ayşe")
        assert runner.live(replace(order, arguments=arguments)).code == 0
    limits = city.sandbox.twitter.limits
    limits.update(dict.fromkeys(limits, (100_000, 900)))  # X's windows go on from point to point
    before, baseline = city.sandbox.moment(), city.ledger.with_name("baseline.db")
    sidecar = city.ledger.with_name(f"{city.ledger.name}.fence")
    shutil.copy(city.ledger, baseline)
    counted = sidecar.read_bytes()
    whole = runner.live(order)
    assert not whole.killed
    events = whole.events
    assert len(standing(city)) == 3

    step = 1 if os.environ.get("CROSSPOSTER_CRASH_POINTS") == "all" else -(-events // POINTS_IN_THE_SUITE)
    seen: Counter[Status] = Counter()
    for point in range(1, events + 1, step):
        shutil.copy(baseline, city.ledger)
        sidecar.write_bytes(counted)
        city.sandbox.go_back(before)
        runner.live(replace(order, event=point))
        for ahead_s in (60, 180, 600):  # a post that stands as it was is asked for again after a minute or two
            runner.live(replace(order, ahead_s=ahead_s))
        found = {record.account_id: record for record in deliveries(city) if record.kind is Kind.REPOST}
        assert len(found) == 3, f"lost, killed at event {point}"
        live = Counter(post["account"] for post in standing(city))
        assert set(live.values()) <= {1}, f"twice, killed at event {point}"
        published = sum(1 for record in found.values() if record.status is Status.PUBLISHED)
        uncertain = sum(1 for record in found.values() if record.status is Status.UNCERTAIN)
        assert published + uncertain == 3, f"killed at event {point}: {found}"
        assert published <= len(live) <= published + uncertain, f"a lie in the ledger, killed at event {point}"
        seen.update(record.status for record in found.values())
    print(f"{len(range(1, events + 1, step))} of {events} points: {dict(seen)}")
    assert seen[Status.PUBLISHED] > seen[Status.UNCERTAIN]


def standing(city: City) -> list[dict[str, Any]]:
    return [post for post in city.sandbox.posts() if not post["deleted"]]
