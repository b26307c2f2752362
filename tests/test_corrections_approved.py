"""Where an account asks for approval, a correction is shown as it would be sent, and sent as it was let out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from crossposter.core.acts import Verb
from crossposter.core.approval import ApprovalRule
from crossposter.core.events import AwaitingApproval
from crossposter.core.kinds import Kind
from crossposter.core.model import OnEdit, PictureRef, Reason, Status
from crossposter.errors import RejectedError, TransientError
from crossposter.ledger.acts import Acted, Desk
from crossposter.ledger.verifying import verify
from crossposter.ledger.withdrawing import retract
from crossposter.testing import an_entry
from tests.test_correcting import AYSE, WAYS, WORDS, able, calls, edit, say_yes, states
from tests.test_service import Office

SHOWN = (Status.HELD, Reason.APPROVAL)
NAMES = {"e": "2/e/edit-2", "r": "2/r/reply-2", "n": "2/n/repost-2"}
PICTURE = PictureRef(url="https://www.izmir.bel.tr/a.jpg", alt="Kordon")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A story with a picture that was approved on three accounts, each of which asks for approval, and was edited."""
    found = Office(tmp_path / "ledger.db", [able(name, how) for name, how in WAYS.items()])
    found.run()
    found.news(an_entry(1, pictures=(PICTURE,)))
    found.run()
    for name, account in found.accounts.items():
        found.accounts[name] = replace(account, approval=ApprovalRule())
    found.clock.forward(minutes=1)
    edit(found, title="Haber saat 11:00", pictures=(PICTURE,))
    yield found
    assert verify(found.ledger).findings == []
    found.ledger.close()


def approve(office: Office, name: str, shown: str | None = None) -> Acted:
    (acted,) = Desk(office.ledger).act(Verb.APPROVE, name, AYSE, now=office.clock.now(), shown=shown)
    return acted


def asked(office: Office) -> None:
    """Let a person want the corrections, and the program show what they would be."""
    say_yes(office)
    office.run()


def test_what_a_correction_will_say_is_shown_before_anything_is_asked_of_the_platform(office: Office) -> None:
    asked(office)
    assert {name: state for name, state in states(office).items() if state == SHOWN} == dict.fromkeys(
        NAMES.values(), SHOWN
    )
    assert all(calls(office, name) == ["publish"] for name in WAYS)
    drafts = {one.id: one.draft for one in office.deliveries() if one.kind is not Kind.PUBLISH}
    texts = {name: draft.post.text.split("\n")[0] for name, draft in drafts.items() if draft}
    assert texts == {
        NAMES["e"]: "Haber saat 11:00",
        NAMES["r"]: "DÜZELTME: Haber saat 11:00",
        NAMES["n"]: "Haber saat 11:00",
    }
    assert {name: len(draft.post.pictures) for name, draft in drafts.items() if draft} == {
        NAMES["e"]: 0,  # its pictures stay as they are
        NAMES["r"]: 0,
        NAMES["n"]: 1,
    }
    (told,) = [one for one in office.service().look_around() if isinstance(one, AwaitingApproval)]
    assert sorted(told.delivery_ids) == sorted(NAMES.values())


def test_what_was_approved_is_what_is_sent_to_the_byte(office: Office) -> None:
    asked(office)
    shown = {one.id: one.draft for one in office.deliveries() if one.draft}
    for name in NAMES.values():
        draft = shown[name]
        assert draft
        assert approve(office, name, draft.hash[:8]).done
    # Had it been made only now, it would be another text.
    for name, account in office.accounts.items():
        rules = replace(account.rules, template="{{ title }}!")
        office.accounts[name] = replace(account, rules=rules)
    office.run()
    assert office.texts("e") == ["Haber saat 11:00"]
    assert office.texts("r") == ["Haber 1", "DÜZELTME: Haber saat 11:00"]
    assert office.texts("n") == ["Haber saat 11:00"]
    assert calls(office, "n") == ["publish", "retract", "publish"]
    assert {states(office)[name] for name in NAMES.values()} == {(Status.PUBLISHED, None)}


def test_a_hash_of_another_text_lets_no_correction_out(office: Office) -> None:
    asked(office)
    assert not approve(office, NAMES["r"], "0000").done
    office.run()
    assert calls(office, "r") == ["publish"]


def test_an_edit_of_the_news_after_the_approval_takes_the_correction_back(office: Office) -> None:
    asked(office)
    for name in NAMES.values():
        approve(office, name)
    office.news(an_entry(1, title="Haber saat 12:00", pictures=(PICTURE,)))
    office.run()
    assert all(calls(office, name) == ["publish"] for name in WAYS)
    assert set(states(office)) == {"2/e/edit-3", "2/r/reply-3", "2/n/repost-3"}


def test_an_approval_of_a_correction_runs_out(office: Office) -> None:
    asked(office)
    approve(office, NAMES["r"])
    office.clock.forward(hours=25)
    office.run()
    assert calls(office, "r") == ["publish"]
    assert states(office)[NAMES["r"]] == SHOWN


def test_a_repost_that_was_begun_is_ended_whatever_became_of_its_approval(office: Office) -> None:
    """Its old post is gone already."""
    asked(office)
    approve(office, NAMES["n"])
    office.adapters["n"].answers["publish"] = [TransientError(WORDS)]
    office.run()
    assert office.texts("n") == []
    office.accounts["n"] = replace(office.accounts["n"], approval=ApprovalRule(expires=timedelta(minutes=1)))
    office.clock.forward(hours=2)
    office.run()
    assert office.texts("n") == ["Haber saat 11:00"]


def test_a_repost_that_nobody_was_asked_about_is_ended_where_the_account_asks_by_now(office: Office) -> None:
    office.accounts["n"] = replace(office.accounts["n"], approval=None)
    say_yes(office, "2/n")
    office.adapters["n"].answers["publish"] = [RejectedError(WORDS)]
    office.run()
    office.accounts["n"] = replace(office.accounts["n"], approval=ApprovalRule())
    Desk(office.ledger).act(Verb.RETRY, NAMES["n"], AYSE, now=office.clock.now())
    office.run()
    assert office.texts("n") == ["Haber saat 11:00"]


def test_pictures_that_were_shown_and_are_not_kept_any_more_void_the_approval_of_a_repost(office: Office) -> None:
    asked(office)
    approve(office, NAMES["n"])
    office.store = type(office.store)()
    office.run()
    assert calls(office, "n") == ["publish"]
    assert states(office)[NAMES["n"]] == SHOWN


def test_the_gate_looks_once_more_at_a_correction_that_was_approved(office: Office) -> None:
    asked(office)
    approve(office, NAMES["r"])
    office.feeds = [replace(feed, allowed_hosts=("example.org",)) for feed in office.feeds]
    office.run()
    assert states(office)[NAMES["r"]] == (Status.HELD, Reason.GATE)
    assert calls(office, "r") == ["publish"]


def test_what_an_account_cannot_do_is_held_for_that_and_not_for_approval(office: Office) -> None:
    say_yes(office, "2/e")
    office.accounts["e"] = replace(office.accounts["e"], can=frozenset())
    office.run()
    assert states(office)[NAMES["e"]] == (Status.HELD, Reason.BY_HAND)


def test_news_that_was_edited_again_shows_no_draft_of_what_it_said_before(office: Office) -> None:
    say_yes(office)
    office.news(an_entry(1, title="Haber saat 12:00", pictures=(PICTURE,)))
    service = office.service()
    service.poll(office.feeds[0])
    service.deliver_due()
    assert all(one.draft is None for one in office.deliveries() if one.kind is not Kind.PUBLISH)


def test_a_deletion_asks_for_no_approval(office: Office) -> None:
    retract(office.ledger, "2", AYSE, office.accounts, now=office.clock.now())
    office.run()
    assert all(office.adapters[name].posts == {} for name in WAYS)


@pytest.mark.parametrize("was_held", [True, False])
def test_an_account_that_asks_about_holds_corrects_what_was_held_not_unasked(tmp_path: Path, was_held: bool) -> None:
    account = replace(able("x", Kind.EDIT), approval=ApprovalRule(of_holds=True))
    office = Office(tmp_path / "ledger.db", [replace(account, on_edit=OnEdit(how=Kind.EDIT, unasked=True))])
    office.run()
    when = office.clock.now() - timedelta(days=3 if was_held else 0)
    office.news(an_entry(1, published=when))
    office.run()
    for _ in range(2 if was_held else 0):  # first that it is old, then its text
        approve(office, "2/x")
        office.run()
    assert office.texts("x") == ["Haber 1"]
    edit(office, title="Haber saat 11:00", published=when)
    assert office.texts("x") == ["Haber 1" if was_held else "Haber saat 11:00"]
    if was_held:
        assert say_yes(office)[0].done
        office.run()
        assert states(office) == {"2/x/edit-2": SHOWN}
        approve(office, "2/x/edit-2")
        office.run()
        assert office.texts("x") == ["Haber saat 11:00"]
    office.ledger.close()
