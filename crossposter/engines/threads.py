"""The engine of one process: a thread for each account at work. Polls stay on the thread that asks for them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from crossposter.core.model import Feed
from crossposter.ports import Due

log = logging.getLogger(__name__)


class Threads:
    """One lane per account on a thread of its own, so that accounts never wait for each other."""

    def __init__(self, most: int) -> None:
        """Work on so many accounts at a time; more of them wait."""
        self._most = most
        self._changed = threading.Condition()
        self._busy: set[str] = set()
        self._stopping = False

    def start(self) -> None:
        """Make ready: nothing is needed."""

    def poll(self, feed: Feed, here: Callable[[], None]) -> None:
        """Poll a feed, here and now."""
        here()

    def deliver(
        self, lanes: Sequence[Sequence[Due]], here: Callable[[Sequence[Due], Callable[[], bool]], None]
    ) -> None:
        """Begin on the accounts that are free, and return at once; what finds no place is brought again."""
        with self._changed:
            for lane in lanes:
                account_id = lane[0].account_id
                if account_id in self._busy or self._stopping or len(self._busy) >= self._most:
                    continue
                self._busy.add(account_id)
                # Daemon threads: after the grace the process ends even if a platform hangs.
                threading.Thread(
                    target=self._run, args=(account_id, lane, here), name=f"lane {account_id}", daemon=True
                ).start()

    def clean(self) -> None:
        """Remove nothing: what the dead have left stands in the ledger."""

    def busy(self) -> list[str]:
        """Name the accounts that are worked on."""
        with self._changed:
            return sorted(self._busy)

    def stop(self, timeout_s: float) -> bool:
        """Take no more work and let the deliveries in hand end; False when the time ran out first."""
        with self._changed:
            self._stopping = True
            return self._changed.wait_for(lambda: not self._busy, timeout_s)

    def _run(
        self, account_id: str, lane: Sequence[Due], here: Callable[[Sequence[Due], Callable[[], bool]], None]
    ) -> None:
        try:
            here(lane, lambda: self._stopping)
        except Exception:
            # A thread's last words would go past the log, and its redaction.
            log.exception("lane %s ended unexpectedly", account_id)
        finally:
            with self._changed:
                self._busy.discard(account_id)
                self._changed.notify_all()
