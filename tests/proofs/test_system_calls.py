"""Faults at system calls, one after the other, and the order in which they are made. Needs strace; skipped without.

`make proofs` takes a few calls on X; CROSSPOSTER_SYSCALL_FAULTS=N (`make syscall-faults`) takes every N-th of each
platform, once and from then on. Clean lives follow, and SQLite looks whether the ledger is whole.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.proofs.cells import MAX_LIVES, judged
from tests.proofs.ground import Ground, a_ground
from tests.proofs.lives import ACCOUNTS


def _can_watch() -> bool:
    strace = shutil.which("strace")
    return bool(strace) and not subprocess.run([str(strace), "-o", os.devnull, "true"], capture_output=True).returncode


#: Whether calls of a life can be made to fail here.
MAY_WATCH = _can_watch()
pytestmark = [
    pytest.mark.proof,
    pytest.mark.skipif(not MAY_WATCH, reason="needs strace (Debian's package), and to be allowed to watch"),
]

#: What kinds of calls there are, and what goes wrong at them.
_CALLS = {
    "sync": "fsync,fdatasync",
    "write": "write,pwrite64",
    "net": "connect,sendto,sendmsg,recvfrom,recvmsg",
}
_FAULTS = {"sync": "error=EIO", "write": "error=ENOSPC", "net": "error=ECONNRESET"}
_IN_THE_SUITE = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One call that goes wrong."""

    platform: str
    calls: str
    number: int
    fault: str
    #: "", or "+" for all that come after it as well.
    on: str = ""

    def __str__(self) -> str:
        return f"{self.platform}, {self.calls} {self.number}{self.on}, {self.fault}"


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    with a_ground(tmp_path) as made:
        yield made


def _calls(ground: Ground, calls: str) -> int:
    """Count the calls of a life in which all goes well."""
    ground.begin(ground.platform)
    trace = ground.ledger.with_name("trace")
    ground.live(strace=["-o", str(trace), "-e", f"trace={_CALLS[calls]}"])
    return sum(1 for line in trace.read_text("utf-8", "replace").splitlines() if re.match(r"\w+\(", line))


def _places(ground: Ground, platform: str, step: int) -> list[Place]:
    places = []
    for start, (calls, error) in enumerate(_FAULTS.items()):
        ground.platform = platform
        for number in range(1 + start % step, _calls(ground, calls) + 1, step):
            modes = (("signal=KILL", ""), (error, ""), (error, "+"))
            places += [Place(platform=platform, calls=calls, number=number, fault=f, on=on) for f, on in modes]
    return places


def _verdict(ground: Ground, place: Place) -> tuple[str, bool]:
    """Let one call go wrong; tell what became of the news, and whether that must not be."""
    ground.begin(place.platform)
    inject = f"inject={_CALLS[place.calls]}:{place.fault}:when={place.number}{place.on}"
    ground.live(strace=["-o", os.devnull, "-e", f"trace={_CALLS[place.calls]}", "-e", inject])
    if not ground.is_whole():
        return "damaged", True
    lives = 1
    while ground.move_on():
        if lives > MAX_LIVES:
            return "unfinished", True
        ground.live()
        lives += 1
    found = judged(ground, lives)
    return found.word, found.is_red or not ground.is_whole()


def _run(share: list[Place], folder: Path) -> list[tuple[Place, str, bool]]:
    with a_ground(folder) as ground:
        return [(place, *_verdict(ground, place)) for place in share]


@pytest.mark.timeout(7200)
def test_a_fault_at_any_system_call_doubles_loses_and_damages_nothing(ground: Ground, tmp_path: Path) -> None:
    step = int(os.environ.get("CROSSPOSTER_SYSCALL_FAULTS", 0))
    platforms = list(ACCOUNTS) if step else ["twitter"]
    places = [place for platform in platforms for place in _places(ground, platform, step or 1)]
    total = len(places)
    if not step:
        places = places[:: -(-total // _IN_THE_SUITE)]
    count = 2 if step else 1
    with ThreadPoolExecutor(count) as pool:
        folders = [tmp_path / f"share-{number}" for number in range(count)]
        found = [each for share in pool.map(_run, [places[n::count] for n in range(count)], folders) for each in share]
    kinds = Counter(f"{place.calls} {place.fault}{place.on}" for place, *_ in found)
    print(f"{len(found)} of {total} places: {dict(kinds)}; {dict(Counter(word for _, word, _ in found).most_common())}")
    assert [f"{place}: {word}" for place, word, is_red in found if is_red] == []


@pytest.mark.parametrize(
    ("platform", "sent"), [("twitter", "POST /twitter/2/tweets"), ("facebook", r"POST /graph/\S+/feed")]
)
def test_the_intent_is_on_the_disk_before_the_first_byte_of_the_publish(
    ground: Ground, platform: str, sent: str
) -> None:
    ground.begin(platform)
    trace = ground.ledger.with_name("trace")
    calls = "pwrite64,fsync,fdatasync,unlink,sendto"
    ground.live(strace=["-o", str(trace), "-y", "-s", "70000", "-e", f"trace={calls}"])
    lines = trace.read_text("utf-8", "replace").splitlines()
    ledger = re.escape(str(ground.ledger))

    def places(pattern: str) -> list[int]:
        return [number for number, line in enumerate(lines) if re.match(pattern, line)]

    (published,) = places(rf'sendto\(.*"{sent}')
    # The last of them: the record's pages, which are written again and again, hold that word of earlier posts.
    intent = [place for place in places(rf"pwrite64\(\d+<{ledger}>.*publishing") if place < published][-1]
    synced = next(place for place in places(rf"f(data)?sync\(\d+<{ledger}>\)") if place > intent)
    unlinked = next(place for place in places(rf'unlink\("{ledger}-journal"\)') if place > synced)
    folder = next(
        place for place in places(rf"f(data)?sync\(\d+<{re.escape(str(ground.ledger.parent))}>\)") if place > unlinked
    )
    assert intent < synced < unlinked < folder < published
    assert not [place for place in places(rf"pwrite64\(\d+<{ledger}>") if folder < place < published]
