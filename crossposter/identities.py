"""Whose account it is, asked before anything is sent, and again every day: no other account's adapter is handed out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from crossposter.checkup import examine
from crossposter.core.examination import Examination
from crossposter.core.model import Account
from crossposter.core.retrying import mismatch
from crossposter.errors import AccountError, CrossposterError, PublishError, TransientError
from crossposter.ports import Adapter, Clock

#: An answer holds for a day. Longer by a little than the daemon's checkup is away, which asks as well.
HOLDS = timedelta(hours=25)


class Identities:
    """The adapters of accounts, each verified. Safe to use from several threads."""

    def __init__(self, adapters: Callable[[str], Adapter], clock: Clock) -> None:
        """Take what makes an adapter, reading the credentials anew."""
        self._adapters = adapters
        self._clock = clock
        #: Those that this run has seen with its own eyes, and when.
        self._seen: dict[str, tuple[Adapter, datetime]] = {}

    def adapter(self, account: Account) -> Adapter:
        """Give the account's adapter, once the platform has said that it is the pinned account.

        Raises:
            PublishError: It is another one, or the platform does not say.
        """
        adapter, seen_at = self._seen.get(account.id, (None, None))
        if adapter and seen_at and self._clock.now() - seen_at < HOLDS:
            return adapter
        self._seen.pop(account.id, None)
        adapter = self._made(account)
        if wrong := mismatch(account.pinned, adapter.verify()):
            raise AccountError(wrong)
        return self._trusted(account, adapter)

    def asked_again(self, account: Account) -> PublishError | None:
        """Ask once more whose account it is; None when the platform says that it is the pinned one."""
        self._seen.pop(account.id, None)
        try:
            self.adapter(account)
        except PublishError as error:
            return error
        return None

    def forget(self, account: Account) -> None:
        """Trust the account no longer: the next post reads its credentials anew, and asks."""
        self._seen.pop(account.id, None)

    def examine(self, account: Account) -> Examination:
        """Look at the account with its credentials as they are now; one that is not right is trusted no longer."""
        try:
            adapter = self._made(account)
        except PublishError as error:
            self._seen.pop(account.id, None)
            return Examination(error=error)
        seen = examine(adapter)
        if seen.identity and not mismatch(account.pinned, seen.identity):
            self._trusted(account, adapter)
        elif not isinstance(seen.error, TransientError):
            self._seen.pop(account.id, None)
        return seen

    def _made(self, account: Account) -> Adapter:
        """Make an adapter with the credentials as they are now.

        Raises:
            AccountError: One of them is not there.
        """
        try:
            return self._adapters(account.id)
        except PublishError:
            raise
        except CrossposterError as error:
            raise AccountError(error.message) from error

    def _trusted(self, account: Account, adapter: Adapter) -> Adapter:
        self._seen[account.id] = adapter, self._clock.now()
        return adapter
