"""Runs `run --once` in forked children that kill themselves at a chosen moment; speaks over standard input and output.

Each line read is the number of the event to die at (0: none). Events: before each commit of the ledger, and before and
after each request to a platform or to the city's site. Each line written is the wait status of the child, and how many
events it saw.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

import requests
import sqlalchemy as sa

import crossposter.adapters._graph
import crossposter.adapters._instagrapi
import crossposter.adapters._tweepy
import crossposter.cli.run
from crossposter.cli import main
from crossposter.web import WebClient

PRELOADED = (crossposter.adapters, crossposter.cli.run)


class Fate:
    """Counts events, and ends the process at the chosen one."""

    def __init__(self, die_at: int) -> None:
        self.events = 0
        self._die_at = die_at
        self._lock = threading.Lock()

    def event(self, *_: Any) -> None:
        """Count one more."""
        with self._lock:
            self.events += 1
            if self.events == self._die_at:
                os.kill(os.getpid(), signal.SIGKILL)

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Count before and after a call."""

        def counted(*arguments: Any, **options: Any) -> Any:
            self.event()
            answer = function(*arguments, **options)
            self.event()
            return answer

        return counted


def run_and_die(die_at: int, report: int) -> None:
    """Be the child: one round, with the end at the chosen event."""
    fate = Fate(die_at)
    sa.event.listen(sa.Engine, "commit", fate.event)
    requests.Session.send = fate.around(requests.Session.send)  # type: ignore[method-assign]  # dies around the real one
    WebClient.get = fate.around(WebClient.get)  # type: ignore[method-assign]  # dies around the real one
    code = main(["run", "--once", "--json"])
    os.write(report, str(fate.events).encode())
    os._exit(code)


def serve() -> None:
    """Fork a child for each line."""
    for line in sys.stdin:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            run_and_die(int(line), writing)
        os.close(writing)
        _, status = os.waitpid(child, 0)
        events = os.read(reading, 20).decode() or "0"
        os.close(reading)
        print(status, events, flush=True)


if __name__ == "__main__":
    serve()
