"""Lives as a test orders them: a warm process that lives one after the other, and the YAML that they read."""

from __future__ import annotations

import json
import os
import re
import select
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from signal import SIGKILL

from tests.city import DEMO_CONFIG
from tests.proofs.life import GO, Ended, Order

#: The account of each platform, as the demo's YAML calls it.
ACCOUNTS = {"twitter": "izmir-x", "facebook": "izmir-facebook", "instagram": "izmir-instagram"}
#: Where the alerts' target stands in the environment.
ALERTS = "PROOFS_ALERTS"
#: Seconds after which a life is given up.
_LIFETIME_S = 60


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


def configuration(ledger: str, *, platforms: Sequence[str], feed: str = "", engine: str = "threads") -> str:
    """Write the YAML of one feed to an account of each platform; `feed` is what else stands there of the feed."""
    demo = DEMO_CONFIG.read_text("utf-8")
    names = [ACCOUNTS[platform] for platform in platforms]
    accounts = "".join(f"{_block(demo, name)}    settle_after: 1s\n" for name in names)
    feeds = re.sub("accounts: .*", f"accounts: [{', '.join(names)}]", _block(demo, "izmir-tr"))
    return f"""\
timezone: Europe/Istanbul
ledger: {ledger}
engine: {engine}
network: {{allow: [127.0.0.1]}}
alerts: [{{url: env:{ALERTS}}}]
feeds:
{feeds}    {feed or "# no more"}
accounts:
{accounts}"""


def _block(document: str, name: str) -> str:
    found = re.search(rf"  - id: {name}\n(?:    .*\n)+", document)
    assert found
    return found[0]
