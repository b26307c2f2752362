"""Where lives are lived: a sandbox and a site, a ledger for each platform, and a clock that only moves forward.

What stands on the sandbox is the truth; the ledger is only what the program believes.
"""

from __future__ import annotations

import json
import os
import re
import select
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from signal import SIGKILL
from typing import Any

from crossposter.core.model import Status
from crossposter.sandbox import Sandbox
from tests.city import DEMO_CONFIG, City, a_city
from tests.proofs.life import GO, Ended, Order

#: The account of each platform, as the demo's YAML calls it.
ACCOUNTS = {"twitter": "izmir-x", "facebook": "izmir-facebook", "instagram": "izmir-instagram"}
#: Where the alerts' target stands in the environment.
ALERTS = "PROOFS_ALERTS"
#: Seconds after which a life is given up.
_LIFETIME_S = 60
_OPEN = (Status.QUEUED, Status.PUBLISHING, Status.UNCERTAIN)


class Lives:
    """A warm process that lives one life after the other."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def live(self, order: Order, *, killed_when: Callable[[], bool] | None = None, strace: Sequence[str] = ()) -> Ended:
        """Live a life to its end, or until something is seen from outside: then it is killed.

        Its main thread is watched by strace, where that has something to do.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        made = replace(order, is_watched=bool(strace))
        self._process.stdin.write(json.dumps(asdict(made)).encode() + b"\n")
        child = json.loads(self._process.stdout.readline())
        if strace:
            with subprocess.Popen(["strace", "-p", str(child), *strace], stderr=subprocess.PIPE) as watcher:
                assert watcher.stderr is not None
                attached = watcher.stderr.readline()
                self._process.stdin.write(GO)
                ended = Ended(**json.loads(self._process.stdout.readline()))
                assert b"attached" in attached, attached + watcher.stderr.read()
                return ended
        for _ in range(_LIFETIME_S * 200 if killed_when else 0):
            if select.select([self._process.stdout], [], [], 0.005)[0]:
                break
            if killed_when and killed_when():
                with suppress(ProcessLookupError):
                    os.kill(child, SIGKILL)
                break
        return Ended(**json.loads(self._process.stdout.readline()))


@contextmanager
def lives(environment: dict[str, str], *, log: Path) -> Iterator[Lives]:
    """Run the warm process for the length of the block; its lives log to a file."""
    with (
        log.open("ab") as stderr,
        subprocess.Popen(
            [sys.executable, "-m", "tests.proofs.life"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            bufsize=0,
            cwd=Path(__file__).parents[2],
            env={**os.environ, **environment, ALERTS: "json://127.0.0.1:1/"},
        ) as process,
    ):
        yield Lives(process)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What the ledger says of the one delivery."""

    name: str
    status: Status
    reason: str | None
    remote_id: str | None


class Ground:
    """One platform's account at a time, and one news item on its way there."""

    def __init__(self, city: City, lives: Lives, folder: Path, moved: list[float]) -> None:
        self.city = city
        self.lives = lives
        self._folder = folder
        self._moved = moved
        self.platform = ""

    @property
    def sandbox(self) -> Sandbox:
        """Give the platforms."""
        return self.city.sandbox

    def prepare(self) -> None:
        """Let each account have news of ours from before, which later shows that a reading of it is one."""
        self.sandbox.twitter.limits = dict.fromkeys(self.sandbox.twitter.limits, (10**9, 900))
        for platform in ACCOUNTS:
            self.platform = platform
            self._write_config()
            self.live(warms=platform == "twitter")
        self.city.site.publish("tr", 2)
        for platform in ACCOUNTS:
            self.platform = platform
            self.live(warms=True)
            copy_ledger(self.ledger, self._baseline)
        self._before = self.sandbox.moment()
        self._known = {post["id"] for post in self.sandbox.posts()}
        assert len({post["platform"] for post in self.sandbox.posts()}) == len(ACCOUNTS)
        self.city.site.publish("tr")

    def begin(self, platform: str, *, feed: str = "") -> None:
        """Go back to where one item is new; `feed` is what the YAML says of the feed beside the usual."""
        self.platform = platform
        copy_ledger(self._baseline, self.ledger)
        self.sandbox.go_back(self._before)
        self._moved[0] = 0.0
        self._write_config(feed)

    def live(self, *, killed_when: Callable[[], bool] | None = None, strace: Sequence[str] = (), **order: Any) -> Ended:
        """Live a life on this ground."""
        made = replace(Order(config=str(self._config), ahead_s=self._moved[0]), **order)
        return self.lives.live(made, killed_when=killed_when, strace=strace)

    def is_whole(self) -> bool:
        """Let SQLite look whether the ledger is damaged."""
        return [list(row.values()) for row in self._ask("PRAGMA integrity_check")] == [["ok"]]

    def has_seen(self, operation: str) -> bool:
        """Tell whether the platform has got such a request."""
        return bool(self.sandbox.requests(self.platform, operation))

    def standing(self) -> list[dict[str, Any]]:
        """Give what came to stand on any account since the beginning."""
        return [post for post in self.sandbox.posts() if post["id"] not in self._known and not post["deleted"]]

    def fates(self) -> list[Fate]:
        """Give what the ledger says of what is new."""
        rows = self._ask(
            "SELECT d.entry_id || '/' || d.account_id AS name, d.status, d.reason, p.remote_id FROM delivery d"
            " LEFT JOIN post p ON p.delivery_id = d.id"
            " WHERE d.entry_id = (SELECT e.id FROM entry e WHERE e.title LIKE 'Sahil bisiklet%')"
        )
        return [Fate(**row | {"status": Status(row["status"])}) for row in rows]

    def alerts(self) -> int:
        """Count what people were told of the one delivery."""
        names = [fate.name for fate in self.fates()]
        told = self._ask("SELECT subject || lines AS told FROM alert")
        return sum(1 for row in told if any(name in row["told"] for name in names))

    def let_pass(self, seconds: float) -> None:
        """Move the clock."""
        self._moved[0] += seconds

    def move_on(self, *, beyond_s: float = 1.0) -> bool:
        """Move the clock to when there is something to do; False when nothing is left that goes on by itself."""
        rows = self._ask(
            "SELECT d.not_before, a.resting_until FROM delivery d JOIN account a ON a.id = d.account_id"
            f" WHERE d.status IN ({', '.join(repr(status.value) for status in _OPEN)})"
        )
        if self.fates() and not rows:
            return False
        now = datetime.now(UTC).timestamp()  # noqa: TID251 - its lives run on real time, moved
        due = [max(_moment(row["not_before"]), _moment(row["resting_until"])) for row in rows]
        self._moved[0] = max(self._moved[0], min(due, default=0.0) - now + beyond_s)
        return True

    @property
    def ledger(self) -> Path:
        """Give the file of the ledger in use."""
        return self._folder / f"{self.platform}.db"

    @property
    def _baseline(self) -> Path:
        return self._folder / f"baseline-{self.platform}.db"

    @property
    def _config(self) -> Path:
        return self._folder / f"{self.platform}.yaml"

    def _ask(self, query: str) -> list[dict[str, Any]]:
        with closing(sqlite3.connect(self.ledger)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query)]

    def _write_config(self, feed: str = "") -> None:
        text = configuration(f"sqlite:///{self.ledger}", platforms=[self.platform], feed=feed)
        self._config.write_text(text, "utf-8")


def copy_ledger(source: Path, target: Path) -> None:
    """Let a ledger be what another one is: with the count beside it, and without a journal."""
    for file in target.parent.glob(f"{target.name}*"):
        file.unlink()
    shutil.copy(source, target)
    shutil.copy(f"{source}.fence", f"{target}.fence")


def configuration(ledger: str, *, platforms: Sequence[str], feed: str = "") -> str:
    """Write the YAML of one feed to an account of each platform; `feed` is what else stands there of the feed."""
    demo = DEMO_CONFIG.read_text("utf-8")
    names = [ACCOUNTS[platform] for platform in platforms]
    accounts = "".join(f"{_block(demo, name)}    settle_after: 1s\n" for name in names)
    feeds = re.sub("accounts: .*", f"accounts: [{', '.join(names)}]", _block(demo, "izmir-tr"))
    return f"""\
timezone: Europe/Istanbul
ledger: {ledger}
network: {{allow: [127.0.0.1]}}
alerts: [{{url: env:{ALERTS}}}]
feeds:
{feeds}    {feed or "# no more"}
accounts:
{accounts}"""


@contextmanager
def a_ground(folder: Path) -> Iterator[Ground]:
    """Prepare a ground for the length of the block."""
    folder.mkdir(exist_ok=True)
    moved = [0.0]
    with (
        a_city(folder, clock=lambda: time.time() + moved[0]) as city,  # noqa: TID251 - the platforms' clock
        lives(city.environ, log=folder / "lives.log") as running,
    ):
        ground = Ground(city, running, folder, moved)
        ground.prepare()
        yield ground


def _block(document: str, name: str) -> str:
    found = re.search(rf"  - id: {name}\n(?:    .*\n)+", document)
    assert found
    return found[0]


def _moment(stored: str | None) -> float:
    return datetime.fromisoformat(stored).replace(tzinfo=UTC).timestamp() if stored else 0.0
