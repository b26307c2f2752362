"""Corrects posts that stand, and takes them away: what differs there from a first post."""

from __future__ import annotations

from crossposter.core import settling
from crossposter.core.amending import cannot, done, missing, read
from crossposter.core.kinds import Kind
from crossposter.core.model import Account, Delivery, Outcome, Target
from crossposter.core.retrying import published
from crossposter.errors import MissingError, PublishError
from crossposter.identities import Identities
from crossposter.ports import Adapter, Clock, Staged


class Amender:
    """Makes the one request of a correction or a withdrawal, and reads the post where its answer was lost."""

    def __init__(self, identities: Identities, clock: Clock) -> None:
        self._identities = identities
        self._clock = clock

    def look_first(self, delivery: Delivery, adapter: Adapter) -> Outcome | None:
        """Look whether the post that is to be deleted stands at all, where that was tried before; None where it does.

        Raises:
            PublishError: It cannot be read.
        """
        if delivery.step is not Kind.DELETE or delivery.attempt is None:
            return None
        return done(delivery) if adapter.look_up(_target(delivery).remote_id) is None else None

    def answer(self, delivery: Delivery, staged: Staged, adapter: Adapter, account: Account) -> Outcome:
        """Make the request, and decide what its answer means.

        Raises:
            PublishError: The platform did not confirm.
        """
        match delivery.step:
            case Kind.PUBLISH:
                return published(adapter.publish(staged), now=self._clock.now())
            case Kind.REPLY:
                receipt = adapter.reply(staged, _target(delivery).remote_id)
                return published(receipt, now=self._clock.now())
        try:
            if delivery.step is Kind.EDIT:
                adapter.edit(_target(delivery).remote_id, staged.post)
            else:
                adapter.retract(_target(delivery).remote_id)
        except MissingError:
            # Meta says the same where rights are gone: asking whose account it is tells which.
            if trouble := self._identities.asked_again(account):
                raise trouble from None
            return missing(delivery)
        return done(delivery)

    def look_after(self, delivery: Delivery, account: Account) -> Outcome:
        """Read the post of a delivery whose answer was lost; nothing is sent."""
        assert delivery.sent  # noqa: S101 - what was attempted was sent
        if impossible := cannot(delivery, account):
            return impossible
        try:
            standing = self._identities.adapter(account).look_up(_target(delivery).remote_id)
        except PublishError as error:
            return settling.unread(error, delivery, now=self._clock.now())
        return read(standing, delivery.sent, delivery, now=self._clock.now())


def _target(delivery: Delivery) -> Target:
    assert delivery.target  # noqa: S101 - the ledger's tables see to it
    return delivery.target
