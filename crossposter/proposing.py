"""Looks for news that was edited after it went out, and proposes how its posts are put right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crossposter.composing import words_of
from crossposter.core.correcting import Edited, corrections, held_when_many, is_changed
from crossposter.core.events import Delivered
from crossposter.core.kinds import DeliveryName
from crossposter.core.model import Account
from crossposter.ports import Clock, Ledger


class Proposer:
    """Decides once about each issue of news. What is proposed is read from the record, so no death loses it."""

    def __init__(self, accounts: Mapping[str, Account], ledger: Ledger, clock: Clock) -> None:
        self._accounts = accounts
        self._ledger = ledger
        self._clock = clock

    def propose(self) -> Sequence[Delivered]:
        """Write what is to be corrected; give what is held for a person."""
        told = []
        decided = [
            (one, corrections(one, self._accounts, changed(one, self._accounts))) for one in self._ledger.edited()
        ]
        for edited, found in held_when_many(decided):
            for one in self._ledger.propose(edited, found, now=self._clock.now()):
                name = DeliveryName(edited.entry_id, one.wrong.account_id, one.kind, edited.revision)
                told.append(
                    Delivered(
                        delivery_id=str(name),
                        account_id=one.wrong.account_id,
                        outcome=one.outcome,
                        feed_id=edited.feed_id,
                        title=edited.says.title,
                    )
                )
        return told


def changed(edited: Edited, accounts: Mapping[str, Account]) -> list[str]:
    """Name the accounts on which a post of the news would be another one now."""
    found = []
    for wrong in edited.wrong:
        account = accounts.get(wrong.account_id)
        if account is None:
            continue
        before = words_of(wrong.said, account, timezone=account.timezone)
        after = words_of(edited.says, account, timezone=account.timezone)
        if is_changed(before, after, wrong, edited.says, account):
            found.append(account.id)
    return found
