"""One platform's account at a time, and one news item on its way there.

What stands on the sandbox is the truth; the ledger is only what the program believes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crossposter.core.model import Status
from crossposter.sandbox import Sandbox
from tests.proofs.life import Ended
from tests.proofs.news import Item
from tests.proofs.newsroom import Beginning, Newsroom, a_newsroom


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What the ledger says of the delivery."""

    name: str
    status: Status
    reason: str | None
    remote_id: str | None


class Ground:
    """Where one item is new, again and again."""

    def __init__(self, room: Newsroom) -> None:
        self._room = room
        self._beginning = Beginning(room)
        self._item: Item | None = None
        self._known: set[str] = set()
        self.platform = ""

    def begin(self, platform: str, *, feed: str = "") -> None:
        """Go back to where one item is new; `feed` is what the YAML says of the feed beside the usual."""
        self.platform = platform
        self._beginning.again(self._room, platform, feed=feed)
        self._known = {post["id"] for post in self.sandbox.posts()}
        (self._item,) = self._room.news.add()

    @property
    def sandbox(self) -> Sandbox:
        """Give the platforms."""
        return self._room.sandbox

    @property
    def ledger(self) -> Path:
        """Give the file of the ledger."""
        return self._room.ledger

    def live(self, *, killed_when: Callable[[], bool] | None = None, strace: Sequence[str] = (), **order: Any) -> Ended:
        """Live a life on this ground."""
        return self._room.live(killed_when=killed_when, strace=strace, **order)

    def has_seen(self, operation: str) -> bool:
        """Tell whether the platform has got such a request."""
        return bool(self.sandbox.requests(self.platform, operation))

    def standing(self) -> list[dict[str, Any]]:
        """Give what came to stand on any account since the beginning."""
        return [post for post in self.sandbox.posts() if post["id"] not in self._known and not post["deleted"]]

    def fates(self) -> list[Fate]:
        """Give what the ledger says of what is new."""
        rows = self._room.ask(
            "SELECT d.entry_id || '/' || d.account_id AS name, d.status, d.reason, p.remote_id, e.title FROM delivery d"
            " JOIN entry e ON e.id = d.entry_id LEFT JOIN post p ON p.delivery_id = d.id"
        )
        title = self._item.title if self._item else ""
        return [
            Fate(name=row["name"], status=Status(row["status"]), reason=row["reason"], remote_id=row["remote_id"])
            for row in rows
            if row["title"] == title
        ]

    def alerts(self) -> int:
        """Count what people were told of the delivery."""
        names = [fate.name for fate in self.fates()]
        told = self._room.ask("SELECT subject || lines AS told FROM alert")
        return sum(1 for row in told if any(name in row["told"] for name in names))

    def is_whole(self) -> bool:
        """Let SQLite look whether the ledger is damaged."""
        return [list(row.values()) for row in self._room.ask("PRAGMA integrity_check")] == [["ok"]]

    def let_pass(self, seconds: float) -> None:
        """Move the clock."""
        self._room.moved[0] += seconds

    def move_on(self) -> bool:
        """Move the clock to when there is something to do; False when nothing is left that goes on by itself."""
        return self._room.move_on() or not self.fates()


@contextmanager
def a_ground(folder: Path) -> Iterator[Ground]:
    """Prepare a ground for the length of the block."""
    with a_newsroom(folder) as room:
        yield Ground(room)
