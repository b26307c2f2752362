"""What feeds and this machine's clock do wrong, on each platform: nothing twice, nothing early, and it heals.

`make proofs` takes each fault on one platform; CROSSPOSTER_FEED_AND_CLOCK_FAULTS=all (`make feed-and-clock-faults`) on
all. The clock that is wrong is the one that Python tells; the platforms, and what is written in C (TLS), have the
right one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.proofs.life import Point
from tests.proofs.lives import ACCOUNTS
from tests.proofs.news import Item
from tests.proofs.newsroom import Beginning, Newsroom, a_newsroom

pytestmark = pytest.mark.proof

_LIVES = 12
_HOUR_S = 3600.0


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Newsroom, Beginning]]:
    with a_newsroom(tmp_path_factory.mktemp("newsroom")) as room:
        yield room, Beginning(room)


@pytest.fixture
def room(prepared: tuple[Newsroom, Beginning], platform: str) -> Newsroom:
    made, beginning = prepared
    beginning.again(made, platform)
    return made


def _guid_reset(room: Newsroom) -> list[Item]:
    for item in list(room.news.items):
        room.news.change(item, guid=f"yeni-{item.number}")
    return []


def _other_domain(room: Newsroom) -> list[Item]:
    for item in list(room.news.items):
        room.news.change(item, link=item.link.replace("www.izmir.bel.tr", "haber.izmir.bel.tr"))
    return []


def _shuffle(room: Newsroom) -> list[Item]:
    room.news.items.reverse()
    return []


def _edit(room: Newsroom) -> list[Item]:
    for item in list(room.news.items):
        room.news.change(item, title=f"Düzeltme: {item.title}", summary=f"{item.summary} Düzeltildi.")
    return []


def _withdraw(room: Newsroom) -> list[Item]:
    (item,) = room.news.add()
    room.live()
    room.news.items.remove(item)
    room.live()
    room.news.items.insert(0, item)
    return [item]


def _wrong_dates(room: Newsroom) -> list[Item]:
    dates = ("", "Mon, 01 Jan 2099 09:00:00 +0300", "Thu, 01 Jan 1970 00:00:00 +0000")
    return [room.news.change(item, published=date) for item, date in zip(room.news.add(3), dates, strict=True)]


def _empty(room: Newsroom) -> list[Item]:
    kept, room.news.items = room.news.items, []
    room.live()
    room.news.items = kept
    return []


def _instead(room: Newsroom, media_type: str, body: bytes) -> list[Item]:
    """Answer this with a feed's address, twice, while there is something new."""
    added = room.news.add()
    room.news.instead = 200, {"Content-Type": media_type}, body
    room.live()
    room.live()
    room.news.instead = None
    return added


def _web_page(room: Newsroom) -> list[Item]:
    return _instead(room, "text/html", b"<!DOCTYPE html><html><head><title>Bak\xc4\xb1m</title></head></html>")


def _truncated(room: Newsroom) -> list[Item]:
    document = room.news.document()
    return _instead(room, "application/rss+xml", document[: len(document) // 2])


def _for_ever_unchanged(room: Newsroom) -> list[Item]:
    added = room.news.add()
    room.news.denies_changes = True
    room.live()
    room.live()
    room.news.denies_changes = False
    return added


def _flood(room: Newsroom) -> list[Item]:
    room.news.shown = 250
    return room.news.add(200)


def _poison(room: Newsroom) -> list[Item]:
    first, poisoned, last = room.news.add(3)
    document = room.news.document().replace(poisoned.title.encode(), b"&#xD800;")
    room.news.instead = 200, {"Content-Type": "application/rss+xml"}, document
    room.live()
    room.news.instead = None
    room.news.items.remove(poisoned)
    return [first, last]


FEED_FAULTS: dict[str, Callable[[Newsroom], list[Item]]] = {
    "guid reset": _guid_reset,
    "other domain": _other_domain,
    "shuffle": _shuffle,
    "edit": _edit,
    "withdrawn and back": _withdraw,
    "wrong dates": _wrong_dates,
    "empty": _empty,
    "web page": _web_page,
    "truncated": _truncated,
    "304 for ever": _for_ever_unchanged,
    "200 new": _flood,
    "poison item": _poison,
}
CLOCK_FAULTS = {"-1 h": -_HOUR_S, "+1 h": _HOUR_S, "+2 d": 48 * _HOUR_S, "1970": None, "zones changed": 0.0}


def _cells(faults: Iterator[str]) -> list[tuple[str, str]]:
    """Give each fault with each platform, or with one of them in turn."""
    platforms = list(ACCOUNTS)
    if os.environ.get("CROSSPOSTER_FEED_AND_CLOCK_FAULTS") == "all":
        return [(fault, platform) for fault in faults for platform in platforms]
    return [(fault, platforms[number % len(platforms)]) for number, fault in enumerate(faults)]


@pytest.mark.parametrize(("fault", "platform"), _cells(iter(FEED_FAULTS)))
def test_a_fault_of_the_feed_doubles_and_loses_nothing_and_heals(room: Newsroom, fault: str, platform: str) -> None:
    before = room.standing()
    new = FEED_FAULTS[fault](room)
    assert room.settle(lives=_LIVES)
    (fresh,) = room.news.add()
    assert room.settle(lives=_LIVES)
    after = room.standing() - before
    wanted = {item.title for item in new} | {fresh.title}
    assert set(after) <= wanted, "old news was posted"
    assert set(after.values()) == {1}, "doubled"
    assert after[fresh.title] == 1, "did not heal"
    ended = {item.title: room.statuses(item.title) for item in new}
    for title, statuses in ended.items():
        assert len(statuses) == 1, f"lost: {title}"
        assert (statuses == ["published"]) == (title in after)
        assert statuses[0] in ("published", "held: flood", "held: stale")
    if fault == "200 new":
        assert set(after) == {fresh.title}
    elif fault != "wrong dates":
        assert set(after) == wanted


@pytest.mark.parametrize(("fault", "platform"), _cells(iter(CLOCK_FAULTS)))
def test_a_clock_that_jumps_doubles_and_loses_nothing(
    room: Newsroom, tmp_path: Path, fault: str, platform: str
) -> None:
    """A lost answer before the jump, new news and a death while the clock is wrong; then it is right again."""
    jump = CLOCK_FAULTS[fault]
    wrong_by_s = _HOUR_S * 24 - room.news.clock() if jump is None else jump
    zones = _zones(tmp_path) if fault == "zones changed" else None
    before = room.standing()
    (first,) = room.news.add()
    room.sandbox.inject(platform, "publish", "commit_then_reset")
    room.live()
    (second,) = room.news.add()
    for point in (None, Point.INTENT, Point.ANSWERED, None):
        room.live(wrong_by_s=wrong_by_s, zones=zones, point=point)
    early = room.standing() - before
    assert set(early.values()) == {1}, "doubled while the clock was wrong"
    assert room.settle(lives=_LIVES)
    (fresh,) = room.news.add()
    assert room.settle(lives=_LIVES)
    after = room.standing() - before
    assert set(after.values()) == {1}, "doubled"
    assert {first.title, fresh.title} <= set(after)
    (stands,) = room.statuses(second.title)
    assert (stands == "published") == (second.title in after)
    assert stands in ("published", "held: stale", "held: unknown")
    assert room.statuses(first.title) == room.statuses(fresh.title) == ["published"]


def _zones(folder: Path) -> str:
    """Make a folder of zones in which Istanbul has moved to Tokyo's time."""
    made = folder / "zones" / "Europe" / "Istanbul"
    made.parent.mkdir(parents=True)
    ZoneInfo("Asia/Tokyo")  # there must be one
    for source in ("/usr/share/zoneinfo/Asia/Tokyo", *_packaged()):
        if Path(source).exists():
            shutil.copy(source, made)
            break
    else:
        pytest.skip("no zone files on this machine")
    return str(folder / "zones")


def _packaged() -> list[str]:
    from importlib.util import find_spec

    found = find_spec("tzdata")
    places = (found.submodule_search_locations or []) if found else []
    return [str(Path(place) / "zoneinfo" / "Asia" / "Tokyo") for place in places]
