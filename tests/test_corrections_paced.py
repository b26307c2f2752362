"""Corrections that were let out at once: what makes a further post keeps to the pace, and what does not goes on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from crossposter.core.kinds import Kind
from crossposter.core.model import Holds, Pace, Reason, Status
from crossposter.core.schedule import Times
from crossposter.core.urgency import Urgent
from crossposter.errors import TransientError
from crossposter.testing import an_entry
from tests.test_correcting import WORDS, able, calls, say_yes, states
from tests.test_service import Office

NUMBERS = (3, 2, 1)
STORIES = {"2": "Haber 1", "3": "Haber 2", "4": "Haber 3"}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Three stories that stand on three accounts, and then were edited; corrections are proposed."""
    found = Office(tmp_path / "ledger.db", [able("e", Kind.EDIT), able("r", Kind.REPLY), able("n", Kind.REPOST)])
    found.feeds = [replace(feed, holds=Holds(new_entries_over=None, older_than=None)) for feed in found.feeds]
    found.run()
    found.news(*(an_entry(number, categories=("Acil",) if number == 3 else ()) for number in NUMBERS))
    found.run()
    found.clock.forward(days=2)
    for name, account in found.accounts.items():
        found.accounts[name] = replace(account, pace=Pace(min_gap=timedelta(minutes=10)))
    found.news(*(an_entry(number, title=f"Yeni {number}", categories=("Acil",)) for number in NUMBERS))
    found.run()
    yield found
    found.ledger.close()


def let_out(office: Office, account: str) -> None:
    for story in STORIES:
        say_yes(office, f"{story}/{account}")


@pytest.mark.parametrize(("account", "public"), [("r", "reply"), ("n", "publish")])
def test_corrections_that_make_a_post_go_out_at_the_accounts_pace(office: Office, account: str, public: str) -> None:
    before = calls(office, account).count(public)
    let_out(office, account)
    for done in (1, 2, 3):
        for _ in range(3):
            office.run()
        assert calls(office, account).count(public) - before == done
        office.clock.forward(minutes=10)
    assert len(office.texts(account)) == (6 if account == "r" else 3)


def test_a_repost_takes_no_post_away_before_its_new_one_may_go_out(office: Office) -> None:
    let_out(office, "n")
    office.run()
    assert len(office.texts("n")) == 3
    waiting = [one for one in office.deliveries() if one.account_id == "n" and one.status is Status.QUEUED]
    assert [one.reason for one in waiting] == [Reason.PACE, Reason.PACE]


def test_a_repost_that_was_begun_does_not_wait_for_the_pace(office: Office) -> None:
    office.adapters["n"].answers["publish"] = [TransientError(WORDS)]
    say_yes(office, "2/n")
    office.run()
    assert len(office.texts("n")) == 2
    office.accounts["n"] = replace(office.accounts["n"], pace=Pace(per_day=1))
    say_yes(office, "3/n")
    office.clock.forward(minutes=20)
    office.run()
    office.run()
    assert sorted(office.texts("n")) == ["Haber 2", "Haber 3", "Yeni 1"]


def test_edits_make_no_post_and_wait_for_no_pace(office: Office) -> None:
    let_out(office, "e")
    office.run()
    assert office.texts("e") == ["Yeni 1", "Yeni 2", "Yeni 3"]
    office.news(an_entry(4), *(an_entry(number, title=f"Yeni {number}") for number in NUMBERS))
    office.run()
    assert office.texts("e")[-1] == "Haber 4"  # nor do they count in it


def test_news_waits_behind_replies_that_have_used_the_pace_up(office: Office) -> None:
    say_yes(office, "2/r")
    office.news(an_entry(4), *(an_entry(number, title=f"Yeni {number}") for number in NUMBERS))
    office.run()
    assert office.texts("r")[3:] == ["DÜZELTME: Yeni 1"]
    assert [one.reason for one in office.deliveries() if one.id == "5/r"] == [Reason.PACE]


def test_what_waits_for_the_pace_keeps_nothing_from_being_edited_or_deleted_at_once(office: Office) -> None:
    can = frozenset({Kind.EDIT, Kind.REPLY, Kind.REPOST, Kind.DELETE})
    office.accounts["r"] = replace(office.accounts["r"], can=can)
    say_yes(office, "2/r")
    say_yes(office, "3/r")
    say_yes(office, "4/r", how=Kind.EDIT)
    office.run()
    assert calls(office, "r")[3:] == ["edit", "reply"]
    shown = {one.id: one.reason for one in office.deliveries() if one.account_id == "r"}
    assert (shown["3/r/reply-2"], shown["4/r/edit-2"]) == (Reason.PACE, None)


def test_corrections_of_urgent_news_wait_for_no_pace(tmp_path: Path) -> None:
    urgent = Times(urgent=Urgent(categories=("Acil",)))
    office = Office(tmp_path / "ledger.db", [replace(able("r", Kind.REPLY), times=urgent, pace=Pace(per_day=1))])
    office.run()
    office.news(an_entry(1, categories=("Acil",)))
    office.run()
    office.clock.forward(minutes=1)
    office.news(an_entry(1, title="Yeni 1", categories=("Acil",)))
    office.run()
    say_yes(office)
    office.run()
    assert states(office)["2/r/reply-2"] == (Status.PUBLISHED, None)
    office.ledger.close()
