"""An adapter is handed out after the platform has named its account, and for a day."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crossposter.core.examination import Examination
from crossposter.core.model import Identity
from crossposter.errors import AccountError, CrossposterError, PublishError, TransientError
from crossposter.identities import Identities
from crossposter.ports import Adapter
from crossposter.testing import FakeAdapter, FrozenClock, an_account
from crossposter.wording import say

WORDS = say("said so")
ACCOUNT = an_account("izmir-x")
OTHER = Identity(id="another", handle="baska")


class Accounts:
    """Makes adapters, as the credentials of the moment have it."""

    def __init__(self) -> None:
        self.clock = FrozenClock(datetime(2026, 11, 27, tzinfo=UTC))
        self.made: list[FakeAdapter] = []
        #: What the credentials of the moment lead to.
        self.identity = ACCOUNT.pinned
        self.refusals: list[PublishError] = []
        self.missing: CrossposterError | None = None
        self.identities = Identities(self._make, self.clock)

    def _make(self, account_id: str) -> Adapter:
        if self.missing:
            raise self.missing
        answers = {"verify": list(self.refusals)} if self.refusals else {}
        self.made.append(FakeAdapter(ACCOUNT, identity=self.identity, answers=answers))  # type: ignore[arg-type]  # errors
        return self.made[-1]


def test_an_answer_holds_for_a_day_and_then_the_credentials_are_read_anew() -> None:
    accounts = Accounts()
    first = accounts.identities.adapter(ACCOUNT)
    accounts.clock.forward(hours=24)
    assert accounts.identities.adapter(ACCOUNT) is first
    accounts.clock.forward(hours=1)
    second = accounts.identities.adapter(ACCOUNT)
    assert second is not first
    assert [adapter.calls for adapter in accounts.made] == [["verify"], ["verify"]]


def test_another_account_s_adapter_is_never_handed_out() -> None:
    accounts = Accounts()
    accounts.identity = OTHER
    for _ in range(2):
        with pytest.raises(AccountError, match="expects id"):
            accounts.identities.adapter(ACCOUNT)
    assert len(accounts.made) == 2


def test_a_token_that_changes_into_another_account_s_is_found_within_a_day() -> None:
    accounts = Accounts()
    accounts.identities.adapter(ACCOUNT)
    accounts.identity = OTHER
    accounts.clock.forward(hours=25)
    with pytest.raises(AccountError):
        accounts.identities.adapter(ACCOUNT)
    accounts.identity = ACCOUNT.pinned
    assert accounts.identities.adapter(ACCOUNT)


def test_an_examination_that_is_right_is_an_answer_with_fresh_credentials() -> None:
    accounts = Accounts()
    before = accounts.identities.adapter(ACCOUNT)
    accounts.clock.forward(hours=24)
    assert accounts.identities.examine(ACCOUNT).identity == ACCOUNT.pinned
    accounts.clock.forward(hours=24)
    after = accounts.identities.adapter(ACCOUNT)
    assert after is not before
    assert after is accounts.made[-1]
    assert len(accounts.made) == 2


@pytest.mark.parametrize(
    ("identity", "refusals", "is_still_trusted"),
    [
        (OTHER, [], False),
        (ACCOUNT.pinned, [AccountError(WORDS)], False),
        (ACCOUNT.pinned, [TransientError(WORDS)], True),
    ],
)
def test_an_examination_that_is_not_right_takes_the_trust_back(
    identity: Identity, refusals: list[PublishError], is_still_trusted: bool
) -> None:
    accounts = Accounts()
    before = accounts.identities.adapter(ACCOUNT)
    accounts.identity, accounts.refusals = identity, refusals
    seen = accounts.identities.examine(ACCOUNT)
    assert isinstance(seen, Examination)
    accounts.identity, accounts.refusals = ACCOUNT.pinned, []
    assert (accounts.identities.adapter(ACCOUNT) is before) is is_still_trusted


def test_a_doubtful_refusal_is_looked_into() -> None:
    accounts = Accounts()
    accounts.identities.adapter(ACCOUNT)
    assert accounts.identities.asked_again(ACCOUNT) is None
    accounts.refusals = [AccountError(WORDS)]
    assert isinstance(accounts.identities.asked_again(ACCOUNT), AccountError)


@pytest.mark.parametrize("missing", [CrossposterError(WORDS), AccountError(WORDS)])
def test_a_secret_that_has_gone_stops_the_account_and_is_no_defect(missing: CrossposterError) -> None:
    accounts = Accounts()
    accounts.identities.adapter(ACCOUNT)
    accounts.missing = missing
    error = accounts.identities.examine(ACCOUNT).error
    assert isinstance(error, AccountError)
    assert error.message == WORDS
    with pytest.raises(AccountError, match="said so"):
        accounts.identities.adapter(ACCOUNT)
    accounts.missing = None
    assert accounts.identities.adapter(ACCOUNT)
