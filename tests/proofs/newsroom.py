"""A ground whose news a test writes: platforms, a feed, warm processes, and one clock for all of them."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crossposter.cli.sandbox import environment_of
from crossposter.sandbox import Sandbox
from tests.proofs.life import Ended, Order
from tests.proofs.lives import ACCOUNTS, Lives, configuration
from tests.proofs.lives import lives as warm_lives
from tests.proofs.news import News


@dataclass
class Newsroom:
    """Where news come from and go to.

    Attributes:
        moved: Seconds that the clock of lives and platforms is ahead; one number.
        workers: Warm processes.
    """

    folder: Path
    sandbox: Sandbox
    news: News
    moved: list[float]
    workers: list[Lives]

    @property
    def config(self) -> Path:
        """Give the YAML."""
        return self.folder / "crossposter.yaml"

    @property
    def ledger(self) -> Path:
        """Give the file of the ledger."""
        return self.folder / "ledger.db"

    def configure(
        self, platforms: Sequence[str], *, ledger: str | None = None, feed: str = "", engine: str = "threads"
    ) -> None:
        """Write the YAML: the feed, and an account of each platform; `feed` is what it says of the feed as well."""
        text = configuration(ledger or f"sqlite:///{self.ledger}", platforms=platforms, feed=feed, engine=engine)
        self.config.write_text(text, "utf-8")

    def live(
        self,
        *,
        wrong_by_s: float = 0.0,
        killed_when: Callable[[], bool] | None = None,
        strace: Sequence[str] = (),
        **order: Any,
    ) -> Ended:
        """Live a life; this machine's clock may be wrong, that of the platforms is not."""
        made = replace(Order(config=str(self.config), ahead_s=self.moved[0] + wrong_by_s), **order)
        return self.workers[0].live(made, killed_when=killed_when, strace=strace)

    def move_on(self) -> bool:
        """Move the clock to when there is something to do; False when nothing is left that goes on by itself."""
        rows = self.ask(
            "SELECT d.not_before, a.resting_until FROM delivery d JOIN account a ON a.id = d.account_id"
            " WHERE d.status IN ('queued', 'publishing', 'uncertain')"
        )
        now = datetime.now(UTC).timestamp() + self.moved[0]  # noqa: TID251 - its lives run on real time, moved
        due = [max(map(_moment, row.values())) for row in rows]
        self.moved[0] += max(min(due, default=0.0) - now, 0.0) + 1.0
        return bool(rows)

    def settle(self, *, lives: int) -> bool:
        """Live until nothing goes on by itself; False when that takes more than so many lives."""
        for _ in range(lives):
            self.live()
            if not self.move_on():
                return True
        return False

    def ask(self, query: str) -> list[dict[str, Any]]:
        """Ask the ledger."""
        with closing(sqlite3.connect(self.ledger)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query)]

    def standing(self) -> Counter[str]:
        """Count what stands on all platforms, by headline."""
        return Counter(post["text"].partition("\n")[0] for post in self.sandbox.posts() if not post["deleted"])

    def statuses(self, title: str) -> list[str]:
        """Give what the ledger says of news of a headline, each with the reason."""
        rows = self.ask(
            "SELECT e.title, d.status || coalesce(': ' || d.reason, '') AS stands FROM delivery d"
            " JOIN entry e ON e.id = d.entry_id"
        )
        return [row["stands"] for row in rows if row["title"] == title]


class Beginning:
    """How each platform's account stands at the beginning of a test: six old news in the feed, and one that was posted.

    A post of ours from before is what shows that a reading of the account is one.
    """

    def __init__(self, room: Newsroom) -> None:
        room.sandbox.twitter.limits = dict.fromkeys(room.sandbox.twitter.limits, (10**9, 900))
        room.news.add(6)
        for platform in ACCOUNTS:
            self._as_it_was(room, platform)
            room.live(warms=platform == "twitter")
            self._keep(room, platform)
        room.news.add()
        for platform in ACCOUNTS:
            self._as_it_was(room, platform)
            room.live(warms=True)
            self._keep(room, platform)
        assert sum(room.standing().values()) == len(ACCOUNTS)
        self._moment = room.sandbox.moment()
        self._items = list(room.news.items)

    def again(self, room: Newsroom, platform: str, *, feed: str = "") -> None:
        """Go back to it; `feed` is what the YAML says of the feed beside the usual."""
        self._as_it_was(room, platform, feed=feed)
        room.sandbox.go_back(self._moment)
        room.news.items = list(self._items)
        room.news.instead, room.news.denies_changes, room.news.shown = None, False, 20
        room.moved[0] = 0.0

    def _as_it_was(self, room: Newsroom, platform: str, *, feed: str = "") -> None:
        room.configure([platform], feed=feed)
        for file in room.folder.glob(f"{room.ledger.name}*"):
            file.unlink()
        if self._kept(room, platform).exists():
            _copy(self._kept(room, platform), room.ledger)

    def _keep(self, room: Newsroom, platform: str) -> None:
        _copy(room.ledger, self._kept(room, platform))

    def _kept(self, room: Newsroom, platform: str) -> Path:
        return room.folder / f"beginning-{platform}.db"


@contextmanager
def a_newsroom(folder: Path, *, workers: int = 1, ledger: str = "") -> Iterator[Newsroom]:
    """Prepare one for the length of the block; lives find the address of a ledger that is no file as SOAK_LEDGER."""
    folder.mkdir(exist_ok=True)
    moved = [0.0]

    def clock() -> float:
        return time.time() + moved[0]  # noqa: TID251 - the platforms' clock

    news = News(clock=clock)
    with Sandbox(site=news, clock=clock) as sandbox, ExitStack() as stack:
        news.base_url = f"{sandbox.url}/site"
        environ = {**environment_of(sandbox), "DEMO_FEED_TR": f"{news.base_url}/rss/tr.xml", "SOAK_LEDGER": ledger}
        started = [
            stack.enter_context(warm_lives(environ, log=folder / f"lives-{number}.log")) for number in range(workers)
        ]
        yield Newsroom(folder, sandbox, news, moved, started)


def _copy(source: Path, target: Path) -> None:
    """Copy a ledger, with the count beside it where there is one."""
    for end in ("", ".fence"):
        if Path(f"{source}{end}").exists():
            shutil.copy(f"{source}{end}", f"{target}{end}")


def _moment(stored: str | None) -> float:
    return datetime.fromisoformat(stored).replace(tzinfo=UTC).timestamp() if stored else 0.0
