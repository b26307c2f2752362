"""The checkup: everything that the next post will need is looked at, side by side. `core/checkup.py` judges.

For `check --online` and for the daemon alike: what differs is who examines an account, and whether feeds are read (the
daemon reads them all the time).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from crossposter.core.checkup import Colour, Finding, of_account, of_disk, of_feed, of_ledger, of_pictures
from crossposter.core.cities import city_of
from crossposter.core.examination import Examination
from crossposter.core.model import Account, Feed, Reason, Validators
from crossposter.errors import (
    AccountError,
    CrossposterError,
    FeedError,
    LedgerError,
    PublishError,
    TransientError,
)
from crossposter.ports import Adapter, Clock, FeedSource, PublicPictures, Storage
from crossposter.wording import Message

log = logging.getLogger(__name__)
_Error = TypeVar("_Error", bound=CrossposterError)

#: Things that are looked at at the same time: one that hangs delays few others.
_SIDE_BY_SIDE = 16
#: A little less, as the daemon has it: its looks are an hour apart.
_A_DAY = timedelta(hours=23)


def examine(adapter: Adapter) -> Examination:
    """Ask a platform about an account; a refusal that may be a hiccup is asked again before it counts."""
    found = _asked(adapter)
    return _asked(adapter) if getattr(found.error, "is_doubtful", False) else found


def _asked(adapter: Adapter) -> Examination:
    try:
        return adapter.examine()
    except PublishError as error:
        return Examination(error=error)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkup:
    """Looks at accounts, feeds, and this machine.

    Attributes:
        renewals: How each account's token is renewed, by its id.
        examine: Asks about an account.
        source: Reads the feeds; None to leave them out.
        pictures: The public folders that accounts need, by the names under which it is told what was found.
    """

    accounts: Sequence[Account]
    renewals: Mapping[str, Message]
    examine: Callable[[Account], Examination]
    feeds: Sequence[Feed]
    source: FeedSource | None
    pictures: Mapping[str, PublicPictures]
    storage: Storage
    clock: Clock

    def findings(self) -> tuple[Finding, ...]:
        """Look at everything: accounts in the order of the YAML, then feeds, then the machine."""
        with ThreadPoolExecutor(_SIDE_BY_SIDE, thread_name_prefix="checkup") as pool:
            accounts = pool.map(self._of_account, self.accounts)
            feeds = pool.map(self._of_feed, self.feeds if self.source else ())
            folders = pool.map(self._of_pictures, self.pictures)
            machine = self._of_machine()
            return (*(finding for found in accounts for finding in found), *feeds, *folders, *machine)

    def _of_account(self, account: Account) -> Iterable[Finding]:
        try:
            seen = self.examine(account)
        except CrossposterError as error:  # a secret that is not there
            seen = Examination(error=AccountError(error.message))
        except Exception:
            log.exception("the checkup of %s ended unexpectedly", account.id)
            seen = Examination(error=TransientError(Reason.DEFECT.message))
        return of_account(account, seen, renewal=self.renewals[account.id], now=self.clock.now())

    def _of_feed(self, feed: Feed) -> Finding:
        assert self.source  # noqa: S101 - asked for only then
        try:
            return of_feed(feed, len(self.source.fetch(feed, Validators()).entries or ()))
        except FeedError as error:
            return of_feed(feed, error)

    def _of_pictures(self, name: str) -> Finding:
        return of_pictures(_failure(self.pictures[name].probe, PublishError), subject=name)

    def _of_machine(self) -> Iterable[Finding]:
        yield of_ledger(_failure(self.storage.try_writing, LedgerError))
        free_bytes = self.storage.free_bytes()
        if free_bytes is not None:
            yield of_disk(free_bytes)


class Rota:
    """Whose turn it is in a folder of cities.

    All of them daily; after a reload, and where a platform was silent, only those whom it concerns: a look costs a few
    requests of each account, and some platforms charge for them.
    """

    def __init__(self) -> None:
        self._cities: Mapping[str, object] = {}
        #: Accounts at which something was not green.
        self._troubled: set[str] = set()
        self._all_at: datetime | None = None

    def turn(self, accounts: Iterable[Account], cities: Mapping[str, object], *, now: datetime) -> list[Account]:
        """Choose from the accounts; `cities` is what the YAML says of each city, and is compared with the last time."""
        before, self._cities = self._cities, cities
        if len(cities) == 1 or self._all_at is None or now - self._all_at >= _A_DAY:
            self._all_at = now
            return list(accounts)
        changed = {city for city, said in cities.items() if said != before.get(city)}
        return [account for account in accounts if city_of(account.id) in changed or account.id in self._troubled]

    def saw(self, accounts: Iterable[Account], findings: Iterable[Finding]) -> None:
        """Remember what was found at the accounts that were looked at."""
        self._troubled.difference_update(account.id for account in accounts)
        self._troubled.update(found.subject for found in findings if found.colour is not Colour.GREEN)


def _failure(attempt: Callable[[], None], kind: type[_Error]) -> _Error | None:
    try:
        attempt()
    except kind as error:
        return error
    return None
