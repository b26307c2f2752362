"""The checkup asks everybody, side by side, and nobody's trouble hides another's."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from crossposter.checkup import Checkup, Rota
from crossposter.core.checkup import MACHINE, Check, Colour, Finding
from crossposter.core.examination import Examination
from crossposter.core.model import Account, Picture, PictureLimits
from crossposter.errors import AccountError, CrossposterError, LedgerError, PublishError
from crossposter.testing import FakeFeedSource, FrozenClock, a_feed, an_account, an_entry, unreachable
from crossposter.wording import say


@dataclass
class Machine:
    """A disk and a public folder that are as they are told to be."""

    free: int | None = 10**12
    unwritable: LedgerError | None = None
    hidden: PublishError | None = None

    def free_bytes(self) -> int | None:
        return self.free

    def try_writing(self) -> None:
        if self.unwritable:
            raise self.unwritable

    def probe(self) -> None:
        if self.hidden:
            raise self.hidden

    def offer(self, picture: Picture) -> str:
        raise NotImplementedError

    def of_feed(self, picture: Picture, *, limits: PictureLimits) -> str:
        raise NotImplementedError

    def withdraw(self, url: str) -> None:
        raise NotImplementedError


@dataclass
class Hospital:
    """Makes checkups."""

    accounts: Sequence[Account] = (an_account("x"), an_account("facebook"))
    source: FakeFeedSource | None = field(default_factory=lambda: FakeFeedSource({"izmir-tr": (an_entry(1),)}))
    machine: Machine = field(default_factory=Machine)
    has_folder: bool = True
    #: What happens when an account is examined.
    answers: dict[str, Exception] = field(default_factory=dict)

    def examine(self, account: Account) -> Examination:
        if error := self.answers.get(account.id):
            raise error
        return Examination(identity=account.pinned)

    def findings(self) -> tuple[Finding, ...]:
        return Checkup(
            accounts=self.accounts,
            renewals={account.id: say("renew it") for account in self.accounts},
            examine=self.examine,
            feeds=[a_feed(), a_feed("izmir-en")],
            source=self.source,
            pictures={MACHINE: self.machine} if self.has_folder else {},
            storage=self.machine,
            clock=FrozenClock(datetime(2026, 11, 27, tzinfo=UTC)),
        ).findings()

    def colours(self) -> dict[tuple[str, Check], Colour]:
        return {(found.subject, found.check): found.colour for found in self.findings()}


def test_accounts_come_first_then_feeds_then_the_machine() -> None:
    found = Hospital(source=FakeFeedSource({"izmir-tr": (an_entry(1),), "izmir-en": None}))
    assert [*dict.fromkeys(one.subject for one in found.findings())] == [
        "x", "facebook", "izmir-tr", "izmir-en", "crossposter",
    ]  # fmt: skip
    assert set(found.colours().values()) == {Colour.GREEN}
    assert [one.check for one in found.findings()][-3:] == [Check.PICTURES, Check.LEDGER, Check.DISK]


def test_what_is_not_needed_is_not_looked_at() -> None:
    checks = {check for _, check in Hospital(source=None, has_folder=False, machine=Machine(free=None)).colours()}
    assert checks == {Check.REACH, Check.IDENTITY, Check.LEDGER}


@pytest.mark.parametrize(
    ("error", "check"),
    [
        (AccountError(say("no login")), Check.IDENTITY),
        (CrossposterError(say("the secret is not there")), Check.IDENTITY),
        (ZeroDivisionError(), Check.REACH),
    ],
)
def test_one_account_s_trouble_is_not_another_s(error: Exception, check: Check) -> None:
    colours = Hospital(answers={"x": error}).colours()
    assert colours["x", check] is Colour.RED
    assert colours["facebook", Check.IDENTITY] is Colour.GREEN


def test_everything_that_is_wrong_is_found() -> None:
    machine = Machine(free=0, unwritable=LedgerError(say("locked")), hidden=AccountError(say("hidden")))
    source = FakeFeedSource({"izmir-tr": unreachable("izmir-tr"), "izmir-en": (an_entry(1),)})
    colours = Hospital(machine=machine, source=source).colours()
    red = {place for place, colour in colours.items() if colour is Colour.RED}
    assert red == {
        ("izmir-tr", Check.FEED),
        ("crossposter", Check.PICTURES),
        ("crossposter", Check.LEDGER),
        ("crossposter", Check.DISK),
    }


def test_accounts_are_asked_side_by_side() -> None:
    together = threading.Barrier(2, timeout=10)

    class Waiting(Hospital):
        def examine(self, account: Account) -> Examination:
            together.wait()
            return super().examine(account)

    assert set(Waiting().colours().values()) <= {Colour.GREEN, Colour.RED}
    assert not together.broken


def test_of_a_folder_only_those_are_asked_again_whom_it_concerns() -> None:
    accounts = [an_account(f"{city}.{name}") for city in ("izmir", "bodrum") for name in ("x", "page")]
    rota, now = Rota(), datetime(2026, 11, 27, tzinfo=UTC)

    def asked(cities: dict[str, object], *, hours: float, troubled: str = "") -> list[str]:
        turn = rota.turn(accounts, cities, now=now + timedelta(hours=hours))
        red = Finding(subject=troubled, check=Check.REACH, colour=Colour.RED, message=say("down"))
        rota.saw(turn, [red] if troubled else [])
        return [account.id for account in turn]

    everybody = [account.id for account in accounts]
    assert asked({"izmir": 1, "bodrum": 1}, hours=0) == everybody
    assert asked({"izmir": 1, "bodrum": 1}, hours=1) == []
    assert asked({"izmir": 2, "bodrum": 1}, hours=2, troubled="izmir.x") == ["izmir.x", "izmir.page"]
    assert asked({"izmir": 2, "bodrum": 1}, hours=3) == ["izmir.x"]
    assert asked({"izmir": 2, "bodrum": 1}, hours=4) == []
    assert asked({"izmir": 2, "bodrum": 1}, hours=23.5) == everybody
    assert asked({"": 1}, hours=24) == everybody, "one file is looked at as a whole, after each reload"
