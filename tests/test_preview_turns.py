"""The dry run says when posts go out that keep each other waiting: by their account's pace, and behind urgent news."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from crossposter.core.model import Holds, Pace, Reason
from crossposter.preview import Previewer
from crossposter.testing import an_entry
from tests.test_times import URGENT, City


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    found = City(tmp_path / "ledger.db")
    found.feeds = [replace(feed, holds=Holds(new_entries_over=None)) for feed in found.feeds]
    yield found
    found.ledger.close()


def foretold(city: City, *, is_new: bool = False) -> dict[str, tuple[datetime | None, str]]:
    """Give when each post would go out, and why not now, by its title."""
    previewer = Previewer(
        feeds=city.feeds,
        accounts=city.accounts,
        source=city.source,
        pictures=lambda _: city.pictures,
        ledger=None if is_new else city.ledger,
        clock=city.clock,
    )
    found = previewer.preview(as_new=9 if is_new else 0)
    return {post.entry.title: (post.not_before, str(post.waits or "")) for post in found.posts}


def test_a_dry_run_says_when_the_pace_lets_each_post_out(city: City) -> None:
    city.has(pace=Pace(min_gap=timedelta(minutes=10)))
    city.news(an_entry(1))
    city.poll()
    city.works()
    city.clock.forward(minutes=4)
    now = city.clock.now()
    city.news(an_entry(3), an_entry(2), an_entry(1))
    assert foretold(city) == {
        "Haber 2": (now + timedelta(minutes=6), str(Reason.PACE.message)),
        "Haber 3": (now + timedelta(minutes=16), str(Reason.PACE.message)),
    }


def test_a_dry_run_says_what_waits_behind_urgent_news(city: City) -> None:
    city.has(times=URGENT)
    city.news(an_entry(2, categories=("Acil",)), an_entry(1))
    behind = (city.clock.now() + timedelta(minutes=30), str(Reason.BEHIND_URGENT.message))
    assert foretold(city) == {"Haber 1": behind, "Haber 2": (None, "")}
    assert foretold(city, is_new=True)["Haber 1"] == behind
    city.poll()
    city.works()
    city.news(an_entry(3), an_entry(2), an_entry(1))
    assert foretold(city) == {"Haber 3": behind}


def test_what_is_paused_without_an_end_takes_nobodys_turn(city: City) -> None:
    city.has(pace=Pace(min_gap=timedelta(minutes=10)))
    city.pause()
    city.news(an_entry(2), an_entry(1))
    assert {when for when, _ in foretold(city).values()} == {None}
