"""What waits for a person is shown as it would be sent, and goes out as it was let out: over a real ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from crossposter.core.acts import Person, Verb
from crossposter.core.approval import ApprovalRule
from crossposter.core.budget import Budget, WhenSpent
from crossposter.core.draft import Draft, digest
from crossposter.core.events import AwaitingApproval
from crossposter.core.model import Entry, PictureRef, Reason, Status
from crossposter.core.pausing import Release, Scope
from crossposter.core.schedule import Times
from crossposter.core.urgency import Urgent
from crossposter.errors import TransientError
from crossposter.ledger import events
from crossposter.ledger.acts import Acted, Desk
from crossposter.ledger.pause_desk import PauseDesk
from crossposter.ledger.verifying import verify
from crossposter.testing import FakePictureSource, MemoryPictureStore, an_account, an_entry
from crossposter.wording import say
from tests.test_service import Office

AYSE, MEHMET = Person(name="Ayşe", system_user="ayse"), Person(name="Mehmet", system_user="mehmet")
WORDS = say("said so")
PICTURE = PictureRef(url="https://www.izmir.bel.tr/a.jpg", alt="Kordon")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """An office whose account asks for approval; its record holds at the end."""
    found = Office(tmp_path / "ledger.db", [replace(an_account(), approval=ApprovalRule())])
    found.run()
    yield found
    assert verify(found.ledger).findings == []
    found.ledger.close()


def act(office: Office, verb: Verb, person: Person = AYSE, *, shown: str | None = None) -> Acted:
    """Act on the one delivery."""
    name = office.only().id
    (acted,) = Desk(office.ledger).act(verb, name, person, now=office.clock.now(), shown=shown)
    return acted


def edit(office: Office, text: str, person: Person = MEHMET) -> Acted:
    acted = Desk(office.ledger).edit(office.only().id, person, text, now=office.clock.now())
    assert acted
    return acted


def _edited(office: Office) -> None:
    edit(office, "Başka sözler")


def draft(office: Office) -> Draft:
    found = office.only().draft
    assert found
    return found


def standing(office: Office) -> tuple[Status, Reason | None, str]:
    found = office.only()
    return found.status, found.reason, str(found.message or "")


def change(office: Office, **rules: object) -> None:
    """Change the one account's YAML."""
    (account,) = office.accounts.values()
    office.accounts[account.id] = replace(account, **rules)  # type: ignore[arg-type]  # a wrong name raises


def waiting(office: Office, entry: Entry | None = None) -> Draft:
    """Let news wait for approval."""
    office.news(entry or an_entry(1))
    office.run()
    assert standing(office)[:2] == (Status.HELD, Reason.APPROVAL)
    return draft(office)


def test_what_waits_is_shown_exactly_and_the_platform_is_asked_nothing(office: Office) -> None:
    shown = waiting(office, an_entry(1, pictures=(PICTURE,)))
    assert shown.post.text.startswith("Haber 1\n")
    assert [picture.alt for picture in shown.post.pictures] == ["Kordon"]
    assert office.store.get(shown.post.pictures[0].sha256)
    assert office.adapters["izmir-x"].calls == []
    office.run()
    assert draft(office) == shown
    assert office.texts() == []


def test_what_is_approved_goes_out_to_the_byte(office: Office) -> None:
    shown = waiting(office, an_entry(1, pictures=(PICTURE,)))
    assert act(office, Verb.APPROVE, shown=shown.hash[:8].upper()).done
    # Another picture stands at the address by now, and the template is another one.
    office.pictures = FakePictureSource(errors={})
    change(office, rules=replace(office.accounts["izmir-x"].rules, template="{{ title }}!"))
    office.run()
    (post,) = office.adapters["izmir-x"].posts.values()
    assert post.text == shown.post.text
    assert [picture.sha256 for picture in post.pictures] == [picture.sha256 for picture in shown.post.pictures]
    assert office.only().draft is None


def test_an_approval_of_another_text_is_refused_and_says_so(office: Office) -> None:
    shown = waiting(office)
    left = act(office, Verb.APPROVE, shown="0000")
    assert (left.done, str(left.why)) == (
        False,
        f"this is another text than the one with that hash: it is {shown.hash[:8]} now",
    )
    assert not act(office, Verb.APPROVE, shown=shown.hash[:3]).done
    office.run()
    assert office.texts() == []


def test_without_a_text_there_is_no_hash_to_approve(office: Office) -> None:
    change(office, approval=None)
    office.news(an_entry(1, title="...", summary="Ã¼"))
    office.run()
    left = act(office, Verb.APPROVE, shown="abcd")
    assert (left.done, "there is no text yet" in str(left.why)) == (False, True)


def test_news_that_was_changed_after_the_approval_waits_again_with_its_new_text(office: Office) -> None:
    waiting(office)
    act(office, Verb.APPROVE)
    office.news(an_entry(1, summary="Yeni özet."))
    office.run()
    assert office.texts() == []
    assert standing(office) == (
        Status.HELD,
        Reason.APPROVAL,
        "the news was changed after Ayşe had approved it: its approval is void",
    )
    assert "Yeni özet." in draft(office).post.text
    act(office, Verb.APPROVE)
    office.run()
    assert office.texts() == ["Haber 1"]


def test_news_that_is_changed_while_it_waits_is_shown_anew(office: Office) -> None:
    before = waiting(office)
    office.news(an_entry(1, summary="Yeni özet."))
    office.run()
    after = draft(office)
    assert (before.hash != after.hash, "Yeni özet." in after.post.text) == (True, True)
    assert standing(office)[2] == "the news was changed since this was last shown: this is its new text"


def test_an_approval_that_was_not_used_in_time_is_void_and_says_so(office: Office) -> None:
    waiting(office)
    change(office, approval=ApprovalRule(expires=timedelta(hours=1)))
    act(office, Verb.APPROVE)
    office.clock.forward(hours=1, seconds=1)
    office.run()
    assert standing(office)[2] == "the approval by Ayşe is void: it was not used within 1.0 hours"
    act(office, Verb.APPROVE)
    office.clock.forward(hours=1)
    office.run()
    assert office.texts() == ["Haber 1"]


def test_an_approval_that_runs_out_while_the_pictures_are_uploaded_is_void(office: Office) -> None:
    waiting(office)
    change(office, approval=ApprovalRule(expires=timedelta(hours=1)))
    act(office, Verb.APPROVE)
    office.adapters["izmir-x"].answers["stage"] = [lambda: office.clock.forward(hours=2)]
    office.run()
    assert office.texts() == []
    assert standing(office)[2] == "the approval by Ayşe is void: it was not used within 1.0 hours"


def test_what_was_begun_in_time_is_tried_again_later_with_the_same_approval(office: Office) -> None:
    waiting(office)
    act(office, Verb.APPROVE)
    office.adapters["izmir-x"].answers["publish"] = [TransientError(WORDS)]
    office.run()
    office.clock.forward(hours=30)
    change(office, approval=ApprovalRule(expires=timedelta(hours=1)))
    office.feeds = [replace(feed, holds=replace(feed.holds, older_than=None)) for feed in office.feeds]
    office.run()
    assert office.texts() == ["Haber 1"]


def test_what_nobody_was_asked_about_waits_once_the_account_asks(office: Office) -> None:
    change(office, approval=None)
    office.news(an_entry(1))
    office.adapters["izmir-x"].answers["publish"] = [TransientError(WORDS)]
    office.run()
    change(office, approval=ApprovalRule())
    office.clock.forward(minutes=30)
    office.run()
    assert standing(office)[:2] == (Status.HELD, Reason.APPROVAL)
    act(office, Verb.APPROVE)
    office.run()
    assert office.texts() == ["Haber 1"]


def test_pictures_that_are_not_kept_any_more_void_the_approval(office: Office) -> None:
    waiting(office, an_entry(1, pictures=(PICTURE,)))
    act(office, Verb.APPROVE)
    office.store = MemoryPictureStore()
    office.run()
    assert standing(office)[2].startswith(
        "the pictures that were approved are not kept any more, or not on the machine"
    )
    act(office, Verb.APPROVE)
    office.run()
    assert office.texts() == ["Haber 1"]


@pytest.mark.parametrize(
    ("rule", "categories", "waits"),
    [
        (ApprovalRule(categories=("MECLİS",)), ("Meclis",), True),
        (ApprovalRule(categories=("Meclis",)), ("Spor",), False),
        (ApprovalRule(of_holds=True), (), False),
        (ApprovalRule(categories=("Meclis",), of_holds=True), ("meclıs",), True),
    ],
)
def test_only_what_the_account_names_waits(
    office: Office, rule: ApprovalRule, categories: tuple[str, ...], waits: bool
) -> None:
    change(office, approval=rule)
    office.news(an_entry(1, categories=categories))
    office.run()
    assert (office.only().reason is Reason.APPROVAL) is waits


def test_what_was_held_waits_for_its_text_where_the_account_says_holds(office: Office) -> None:
    change(office, approval=ApprovalRule(of_holds=True))
    office.news(an_entry(1, published=office.clock.now() - timedelta(days=3)))
    office.run()
    assert office.only().reason is Reason.STALE
    act(office, Verb.APPROVE)
    office.run()
    assert office.only().reason is Reason.APPROVAL
    act(office, Verb.APPROVE)
    office.run()
    assert office.texts() == ["Haber 1"]


def test_what_cannot_be_made_is_held_for_that_and_not_for_approval(office: Office) -> None:
    change(office, rules=replace(office.accounts["izmir-x"].rules, template="{{ title }}" * 60))
    office.news(an_entry(1))
    office.run()
    assert office.only().reason is Reason.TOO_LONG


def test_the_gate_looks_once_more_at_what_was_approved(office: Office) -> None:
    waiting(office)
    act(office, Verb.APPROVE)
    feeds = office.feeds
    office.feeds = [replace(feed, allowed_hosts=("example.org",)) for feed in feeds]
    office.run()
    assert office.only().reason is Reason.GATE
    act(office, Verb.APPROVE)
    office.run()
    assert office.texts() == ["Haber 1"]


def test_money_that_is_spent_takes_no_link_from_what_was_approved(office: Office) -> None:
    waiting(office)
    budget = Budget(usd_per_month=0.1, when_spent=WhenSpent.NO_LINKS)
    change(office, budget=budget, price=lambda post: 0.2 if "http" in post.text else 0.01)
    act(office, Verb.APPROVE)
    office.run()
    assert office.only().reason is Reason.BUDGET
    act(office, Verb.APPROVE)
    office.run()
    (post,) = office.adapters["izmir-x"].posts.values()
    assert "http" in post.text


# -- holding and editing -----------------------------------------------------------------------------------------------


def test_a_person_keeps_back_what_would_go_out(office: Office) -> None:
    change(office, approval=None)
    office.news(an_entry(1))
    office.service().try_poll(office.feeds[0])
    assert act(office, Verb.HOLD).done
    assert not act(office, Verb.HOLD, MEHMET).done
    office.run()
    assert standing(office)[:2] == (Status.HELD, Reason.BY_PERSON)
    act(office, Verb.APPROVE)
    office.run()
    assert office.texts() == ["Haber 1"]


def test_an_approved_post_that_is_kept_back_goes_out_once_it_is_let_out_again(office: Office) -> None:
    waiting(office)
    act(office, Verb.APPROVE)
    act(office, Verb.HOLD, MEHMET)
    office.run()
    assert office.texts() == []
    act(office, Verb.APPROVE)
    office.run()
    assert office.texts() == ["Haber 1"]


def test_an_edited_text_voids_the_approval_and_is_what_goes_out(office: Office) -> None:
    waiting(office, an_entry(1, pictures=(PICTURE,)))
    act(office, Verb.APPROVE)
    assert edit(office, "Başka sözler").done
    office.run()
    assert standing(office)[2] == "Mehmet has changed the text after Ayşe had approved it: its approval is void"
    assert (draft(office).post.text, draft(office).edited_by) == ("Başka sözler", "Mehmet")
    act(office, Verb.APPROVE)
    office.run()
    (post,) = office.adapters["izmir-x"].posts.values()
    assert (post.text, len(post.pictures)) == ("Başka sözler", 1)


def test_a_text_that_is_edited_while_it_waits_can_be_approved_at_once(office: Office) -> None:
    before = waiting(office)
    edit(office, "Başka sözler")
    assert not act(office, Verb.APPROVE, shown=before.hash[:8]).done
    assert act(office, Verb.APPROVE, shown=draft(office).hash[:8]).done
    office.run()
    assert office.texts() == ["Başka sözler"]


def test_where_nobody_is_asked_an_edited_text_goes_out_by_itself(office: Office) -> None:
    change(office, approval=None)
    office.news(an_entry(1, pictures=(PICTURE,)))
    office.service().try_poll(office.feeds[0])
    edit(office, "Başka sözler")
    assert not draft(office).is_complete
    office.run()
    (post,) = office.adapters["izmir-x"].posts.values()
    assert (post.text, len(post.pictures)) == ("Başka sözler", 1)


def test_news_that_is_changed_after_a_person_wrote_its_text_waits_for_a_person(office: Office) -> None:
    change(office, approval=None)
    office.news(an_entry(1))
    office.service().try_poll(office.feeds[0])
    edit(office, "Başka sözler")
    office.news(an_entry(1, summary="Yeni özet."))
    office.run()
    assert standing(office)[:2] == (Status.HELD, Reason.REVISED)
    act(office, Verb.APPROVE)
    office.run()
    assert office.texts() == ["Başka sözler"]


def test_who_lets_out_a_text_after_the_news_was_changed_is_asked_once(office: Office) -> None:
    waiting(office)
    edit(office, "Başka sözler")
    office.news(an_entry(1, summary="Yeni özet."))
    office.run()
    assert standing(office)[:2] == (Status.HELD, Reason.REVISED)
    act(office, Verb.APPROVE)
    office.run()
    assert office.texts() == ["Başka sözler"]


def test_a_text_that_was_too_long_fits_once_a_person_has_written_it(office: Office) -> None:
    change(office, approval=None, rules=replace(office.accounts["izmir-x"].rules, template="{{ title }}" * 60))
    office.news(an_entry(1))
    office.run()
    assert office.only().reason is Reason.TOO_LONG
    edit(office, "Kısa")
    act(office, Verb.APPROVE)
    office.run()
    assert office.texts() == ["Kısa"]


def test_an_edited_text_goes_through_the_gate_once_more(office: Office) -> None:
    waiting(office)
    edit(office, "Bakın: https://elsewhere.example/x")
    act(office, Verb.APPROVE)
    office.feeds = [replace(feed, allowed_hosts=("izmir.bel.tr",)) for feed in office.feeds]
    office.run()
    assert office.only().reason is Reason.GATE


def test_where_nobody_is_asked_an_edited_text_goes_through_the_gate_by_itself(office: Office) -> None:
    change(office, approval=None)
    office.feeds = [replace(feed, allowed_hosts=("izmir.bel.tr",)) for feed in office.feeds]
    office.news(an_entry(1))
    office.service().try_poll(office.feeds[0])
    edit(office, "Bakın: https://elsewhere.example/x")
    office.run()
    assert (office.texts(), office.only().reason) == ([], Reason.GATE)


def test_urgent_news_waits_for_a_person_as_well(office: Office) -> None:
    change(office, times=Times(urgent=Urgent(categories=("Acil",))))
    waiting(office, an_entry(1, categories=("Acil",)))
    assert office.only().is_urgent
    act(office, Verb.APPROVE)
    office.run()
    assert office.texts() == ["Haber 1"]


def test_what_was_sent_once_is_not_edited(office: Office) -> None:
    change(office, approval=None)
    office.news(an_entry(1))
    office.adapters["izmir-x"].answers["publish"] = [TransientError(WORDS)]
    office.run()
    left = edit(office, "Başka sözler")
    assert (left.done, str(left.why)) == (False, "it was sent once in these words already")
    office.clock.forward(minutes=30)
    office.run()
    left = edit(office, "Başka sözler")
    assert not left.done


def test_only_one_delivery_that_is_there_is_edited(office: Office) -> None:
    waiting(office)
    desk, now = Desk(office.ledger), office.clock.now()
    assert [desk.edit(name, AYSE, "x", now=now) for name in ("1", "99/izmir-x", "abc")] == [None, None, None]
    assert desk.entry_of("99/izmir-x") is None
    assert act(office, Verb.REJECT).done


def test_who_comes_second_is_told_who_was_first(office: Office) -> None:
    waiting(office)
    name = office.only().id
    act(office, Verb.REJECT)
    (left,) = Desk(office.ledger).act(Verb.APPROVE, name, MEHMET, now=office.clock.now())
    assert left.last
    assert (left.done, left.status, left.last.person, left.last.verb) == (False, Status.SKIPPED, "Ayşe", Verb.REJECT)
    rejected = Desk(office.ledger).edit(name, MEHMET, "x", now=office.clock.now())
    assert rejected
    assert not rejected.done


def test_an_edit_while_it_is_made_ready_keeps_the_old_text_from_going_out(office: Office) -> None:
    change(office, approval=None)
    office.news(an_entry(1))
    office.service().try_poll(office.feeds[0])
    office.adapters["izmir-x"].answers["stage"] = [lambda: _edited(office)]
    office.run()
    assert office.texts() == []
    office.run()
    assert office.texts() == ["Başka sözler"]


def test_a_hold_while_its_text_is_made_stands(office: Office) -> None:
    office.news(an_entry(1, pictures=(PICTURE,)))
    office.service().try_poll(office.feeds[0])
    put = office.store.put

    class Slow(MemoryPictureStore):
        def put(self, content: bytes) -> str:
            act(office, Verb.HOLD)
            return put(content)

    office.store = Slow()
    assert office.run().delivered == ()
    assert standing(office)[:2] == (Status.HELD, Reason.BY_PERSON)


@pytest.mark.parametrize("is_let_out", [True, False])
def test_who_releases_a_whole_backlog_lets_out_no_text_that_nobody_has_looked_at(
    office: Office, is_let_out: bool
) -> None:
    waiting(office)
    act(office, Verb.APPROVE)
    if not is_let_out:
        edit(office, "Başka sözler")
    desk, now = PauseDesk(office.ledger), office.clock.now()
    desk.pause(Scope.ALL, "", AYSE, until=None, now=now)
    desk.resume(Scope.ALL, "", AYSE, release=Release(newest=None), file=None, now=now)
    office.run()
    assert office.texts() == (["Haber 1"] if is_let_out else [])
    assert is_let_out or office.only().reason is Reason.APPROVAL


# -- what is told ------------------------------------------------------------------------------------------------------


def told(office: Office) -> list[AwaitingApproval]:
    return [event for event in office.service().look_around() if isinstance(event, AwaitingApproval)]


def test_what_waits_is_counted_for_those_who_let_it_out(office: Office) -> None:
    assert told(office) == [AwaitingApproval(city="", delivery_ids=(), newest=None)]
    shown = waiting(office)
    (event,) = told(office)
    assert (event.delivery_ids, event.newest) == ((office.only().id,), shown.made_at)
    act(office, Verb.APPROVE)
    (event,) = told(office)
    assert (event.delivery_ids, event.newest) == ((), shown.made_at)
    change(office, approval=None)
    assert told(office) == []


def test_the_record_keeps_what_was_shown_written_and_approved(office: Office) -> None:
    """A draft is overwritten by the next one."""
    first = waiting(office)
    edit(office, "Başka sözler")
    office.run()
    second = draft(office)
    act(office, Verb.APPROVE)
    office.run()
    with office.ledger.reading() as connection:
        told = [json.loads(one.content) for one in events.of_entries(connection, 2, 2) if one.content]
    drafts = [one["draft"] for one in told if "draft" in one]
    written = replace(first.post, text="Başka sözler")
    assert [one["text"] for one in drafts] == [first.post.text, written.text, second.post.text]
    assert [one["hash"] for one in drafts] == [first.hash, digest(written, revision=1), second.hash]
