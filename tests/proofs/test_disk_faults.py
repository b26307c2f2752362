"""What the disk under the ledger does wrong, on each platform: nothing is sent meanwhile, and once it is mended all is.

`make proofs` takes each fault on one platform; CROSSPOSTER_DISK_FAULTS=all (`make disk-faults`) on all. What the system
refuses is refused by strace, for the whole life; where that is not installed only the damaged page is left.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from pathlib import Path

import pytest

from tests.proofs.lives import ACCOUNTS
from tests.proofs.newsroom import Beginning, Newsroom, a_newsroom
from tests.proofs.test_system_calls import MAY_WATCH

pytestmark = pytest.mark.proof

_LIVES = 12


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Newsroom, Beginning]]:
    with a_newsroom(tmp_path_factory.mktemp("newsroom")) as room:
        yield room, Beginning(room)


@pytest.fixture
def room(prepared: tuple[Newsroom, Beginning], platform: str) -> Newsroom:
    made, beginning = prepared
    beginning.again(made, platform)
    return made


@contextmanager
def _damaged(ledger: Path) -> Iterator[None]:
    """Overwrite the first page of the deliveries, and put back what was there."""
    with closing(sqlite3.connect(ledger)) as opened:
        (root,) = opened.execute("SELECT rootpage FROM sqlite_master WHERE name = 'delivery'").fetchone()
        (size,) = opened.execute("PRAGMA page_size").fetchone()
    place, whole = (root - 1) * size, ledger.read_bytes()
    ledger.write_bytes(whole[:place] + os.urandom(size) + whole[place + size :])
    yield
    ledger.write_bytes(whole)


def _refused(*what: str) -> Callable[[Path], list[str]]:
    """Give what strace is told; `{ledger}` is the file."""
    return lambda ledger: ["-o", os.devnull, *(each.format(ledger=ledger) for each in what)]


def _as_ever(_ledger: Path) -> AbstractContextManager[None]:
    return nullcontext()


#: What is wrong with the file, and what the system refuses.
FAULTS: dict[str, tuple[Callable[[Path], AbstractContextManager[None]], Callable[[Path], list[str]] | None]] = {
    "full": (_as_ever, _refused("-P", "{ledger}-journal", "-e", "inject=pwrite64,write:error=ENOSPC")),
    "read-only": (_as_ever, _refused("-P", "{ledger}-journal", "-e", "inject=openat:error=EROFS")),
    "I/O error": (_as_ever, _refused("-e", "inject=fsync,fdatasync:error=EIO")),
    "no count beside it": (_as_ever, _refused("-P", "{ledger}.fence", "-e", "inject=pwrite64,write:error=ENOSPC")),
    "damaged page": (_damaged, None),
}


def _cells() -> list[tuple[str, str]]:
    """Give each fault with each platform, or with one of them in turn."""
    platforms = list(ACCOUNTS)
    if os.environ.get("CROSSPOSTER_DISK_FAULTS") == "all":
        return [(fault, platform) for fault in FAULTS for platform in platforms]
    return [(fault, platforms[number % len(platforms)]) for number, fault in enumerate(FAULTS)]


@pytest.mark.parametrize(("fault", "platform"), _cells())
def test_a_disk_that_fails_sends_nothing_and_heals(room: Newsroom, fault: str, platform: str) -> None:
    damaged, refused = FAULTS[fault]
    if refused and not MAY_WATCH:
        pytest.skip("needs strace (Debian's package), and to be allowed to watch")
    before = room.standing()
    (first,) = room.news.add()
    with damaged(room.ledger):
        for _ in range(2):
            assert room.live(strace=refused(room.ledger) if refused else ()).code != 0
    assert room.standing() == before, "sent without an intent on the disk"
    with closing(sqlite3.connect(room.ledger)) as ledger:
        assert ledger.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert room.settle(lives=_LIVES)
    (second,) = room.news.add()
    assert room.settle(lives=_LIVES)
    after = room.standing() - before
    assert after == {first.title: 1, second.title: 1}
    assert room.statuses(first.title) == room.statuses(second.title) == ["published"]
