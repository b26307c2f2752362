"""News is edited after it went out: what is proposed, what a person decides, and what stands in the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from crossposter.composing import words_of
from crossposter.core.acts import Person, Verb
from crossposter.core.correcting import MOST_UNASKED, corrections, worded
from crossposter.core.events import Delivered, Event
from crossposter.core.fence import Fence
from crossposter.core.kinds import Kind
from crossposter.core.model import Account, Holds, OnEdit, Outcome, PictureRef, Post, Reason, Status
from crossposter.core.schedule import Election, Times
from crossposter.errors import LedgerError, PublishError, RejectedError, TransientError, UncertainError
from crossposter.ledger import schema
from crossposter.ledger.acts import Acted, Desk
from crossposter.ledger.correcting import correct
from crossposter.ledger.fence import begin_recovery
from crossposter.ledger.verifying import verify
from crossposter.ledger.withdrawing import retract
from crossposter.testing import an_account, an_entry
from crossposter.wording import say
from tests.test_service import Office

WORDS = say("said so")
AYSE = Person(name="Ayşe", system_user="ayse", why=None)


class Death(BaseException):
    """The process ends here."""


def die() -> None:
    raise Death


def able(name: str, how: Kind | None, *, unasked: bool = False) -> Account:
    can = frozenset({Kind.EDIT, Kind.REPLY, Kind.REPOST, Kind.DELETE})
    return replace(an_account(name), can=can, on_edit=OnEdit(how=how, unasked=unasked), price_of_deleting=0.01)


WAYS = {"e": Kind.EDIT, "r": Kind.REPLY, "n": Kind.REPOST}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A story that stands on three accounts, of which each corrects in its own way."""
    found = Office(tmp_path / "ledger.db", [able(name, how) for name, how in WAYS.items()])
    found.run()
    found.news(an_entry(1))
    found.run()
    found.clock.forward(minutes=1)
    yield found
    assert verify(found.ledger).findings == []
    found.ledger.close()


def edit(office: Office, **changes: object) -> None:
    office.news(an_entry(1, **(changes or {"title": "Haber saat 11:00"})))
    office.run()


def say_yes(office: Office, name: str = "2", **more: object) -> list[Acted]:
    return correct(office.ledger, name, AYSE, office.accounts, now=office.clock.now(), **more)  # type: ignore[arg-type]


def states(office: Office) -> dict[str, tuple[Status, Reason | None]]:
    return {one.id: (one.status, one.reason) for one in office.deliveries() if one.kind is not Kind.PUBLISH}


def calls(office: Office, account: str) -> list[str]:
    return [call for call in office.adapters[account].calls if call in ("publish", "edit", "reply", "retract")]


PROPOSED = (Status.HELD, Reason.CORRECTION)


def test_an_edit_proposes_a_correction_in_each_accounts_way_and_does_nothing(office: Office) -> None:
    told: list[Event] = []
    office.news(an_entry(1, title="Haber saat 11:00"))
    office.service().run_once(report=told.append)
    assert states(office) == {"2/e/edit-2": PROPOSED, "2/r/reply-2": PROPOSED, "2/n/repost-2": PROPOSED}
    assert all(calls(office, name) == ["publish"] for name in WAYS)
    proposed = [one for one in told if isinstance(one, Delivered)]
    assert {one.delivery_id for one in proposed} == set(states(office))
    assert "“1” → “saat 11:00”" in str(proposed[0].outcome and proposed[0].outcome.message)
    office.run()
    assert len(states(office)) == 3


def test_a_person_lets_all_of_it_be_corrected(office: Office) -> None:
    edit(office)
    assert [one.delivery_id for one in say_yes(office)] == ["2/e/edit-2", "2/r/reply-2", "2/n/repost-2"]
    office.run()
    assert office.texts("e") == ["Haber saat 11:00"]
    assert office.texts("r") == ["Haber 1", "DÜZELTME: Haber saat 11:00"]
    assert office.adapters["r"].replies == {"2": "1"}
    assert office.texts("n") == ["Haber saat 11:00"]
    assert calls(office, "n") == ["publish", "retract", "publish"]
    assert set(states(office).values()) == {(Status.PUBLISHED, None)}
    assert [act.verb for act in Desk(office.ledger).acts("2/e/edit-2")] == [Verb.CORRECT]
    with pytest.raises(LedgerError, match="nothing to correct"):
        say_yes(office)
    office.clock.forward(hours=3)
    office.run()
    assert calls(office, "n") == ["publish", "retract", "publish"]


def test_a_change_that_no_post_shows_proposes_nothing(office: Office) -> None:
    edit(office, text="Yalnızca sitede.")
    assert states(office) == {}
    edit(office, title="Haber saat 11:00")
    assert len(states(office)) == 3


def test_another_picture_is_a_change(office: Office) -> None:
    edit(office, pictures=(PictureRef(url="https://www.izmir.bel.tr/yeni.jpg"),))
    assert len(states(office)) == 3


def test_a_later_edit_replaces_a_proposal(office: Office) -> None:
    edit(office)
    edit(office, title="Haber saat 12:00")
    assert states(office) == {"2/e/edit-3": PROPOSED, "2/r/reply-3": PROPOSED, "2/n/repost-3": PROPOSED}
    say_yes(office)
    office.run()
    assert office.texts("e") == ["Haber saat 12:00"]
    edit(office, title="Haber saat 13:00")
    assert states(office)["2/r/reply-4"] == PROPOSED
    say_yes(office)
    office.run()
    assert office.texts("e") == ["Haber saat 13:00"]
    assert office.texts("r")[2:] == ["DÜZELTME: Haber saat 13:00"]
    assert office.texts("n") == ["Haber saat 13:00"]


def test_news_that_is_edited_back_takes_the_proposal_away(office: Office) -> None:
    edit(office)
    edit(office, title="Haber 1")
    assert states(office) == {}


def test_what_was_decided_is_not_done_with_words_that_nobody_has_seen(office: Office) -> None:
    edit(office)
    say_yes(office)
    office.news(an_entry(1, title="Haber saat 12:00"))
    service = office.service()
    service.poll(office.feeds[0])
    service.deliver_due()
    assert all(calls(office, name) == ["publish"] for name in WAYS)
    service.look_around()
    assert set(states(office)) == {"2/e/edit-3", "2/r/reply-3", "2/n/repost-3"}


@pytest.mark.parametrize(
    ("how", "texts"),
    [
        (Kind.EDIT, ["Haber saat 11:00"]),
        (Kind.REPLY, ["Haber 1", "DÜZELTME: Haber saat 11:00"]),
        (Kind.REPOST, ["Haber saat 11:00"]),
    ],
)
def test_a_person_may_choose_another_way(office: Office, how: Kind, texts: list[str]) -> None:
    edit(office)
    say_yes(office, "2/n", how=how)
    office.run()
    assert office.texts("n") == texts
    assert [name for name, state in states(office).items() if state == PROPOSED] == ["2/e/edit-2", "2/r/reply-2"]


def test_a_person_may_leave_the_posts_as_they_are(office: Office) -> None:
    edit(office)
    assert all(one.done for one in say_yes(office, leaves=True))
    office.run()
    assert states(office) == {}
    assert all(calls(office, name) == ["publish"] for name in WAYS)


def test_a_proposal_is_dropped_or_let_out_like_whatever_else_is_held(office: Office) -> None:
    edit(office)
    desk = Desk(office.ledger)
    desk.act(Verb.REJECT, "2/e/edit-2", AYSE, now=office.clock.now())
    desk.act(Verb.APPROVE, "2/r/reply-2", AYSE, now=office.clock.now())
    office.run()
    assert (office.texts("e"), len(office.texts("r"))) == (["Haber 1"], 2)


def test_what_an_account_cannot_do_is_left_alone(office: Office) -> None:
    office.accounts["e"] = replace(office.accounts["e"], can=frozenset())
    edit(office)
    assert [one.done for one in say_yes(office, "2/e")] == [False]
    with pytest.raises(LedgerError, match="has no '99'"):
        say_yes(office, "99")


def test_an_account_that_says_so_corrects_unasked(tmp_path: Path) -> None:
    office = Office(tmp_path / "ledger.db", [able("x", Kind.EDIT, unasked=True), able("quiet", None)])
    office.run()
    office.news(an_entry(1))
    office.run()
    edit(office)
    assert office.texts("x") == ["Haber saat 11:00"]
    assert states(office) == {"2/x/edit-2": (Status.PUBLISHED, None)}
    office.ledger.close()


def test_english_news_is_corrected_in_english(tmp_path: Path) -> None:
    office = Office(tmp_path / "ledger.db", [able("x", Kind.REPLY)])
    office.run()
    office.news(an_entry(1, language="en"))
    office.run()
    edit(office, language="en", title="News at 11:00")
    say_yes(office)
    office.run()
    assert office.texts("x")[1] == "CORRECTION: News at 11:00"
    office.ledger.close()


def test_what_may_be_public_or_not_is_corrected_once_that_is_known(tmp_path: Path) -> None:
    office = Office(tmp_path / "ledger.db", [able("x", Kind.EDIT)])
    office.run()
    office.news(an_entry(1))

    def stand_and_lose() -> None:
        office.adapters["x"].stand(_words())
        raise UncertainError(WORDS)

    office.adapters["x"].answers["publish"] = [stand_and_lose]
    office.run()
    edit(office)
    assert states(office) == {}
    office.clock.forward(minutes=5)
    office.run()
    office.run()
    assert states(office) == {"2/x/edit-2": PROPOSED}
    office.ledger.close()


def _words(account: str = "x", **changes: object) -> Post:
    post = words_of(an_entry(1, **changes), an_account(account), timezone="UTC")
    assert post
    return post


def _lose() -> None:
    raise UncertainError(WORDS)


def lost(office: Office, account: str, verb: str) -> Callable[[], None]:
    """Do what is asked, and lose the answer."""

    def lose() -> None:
        adapter = office.adapters[account]
        if verb == "edit":
            adapter.posts["1"] = replace(adapter.posts["1"], text=adapter.posts["1"].text.replace("1", "saat 11:00", 1))
        raise UncertainError(WORDS)

    return lose


@pytest.mark.parametrize("is_done", [True, False])
def test_a_lost_answer_to_an_edit_is_settled_by_reading_the_post(office: Office, is_done: bool) -> None:
    adapter = office.adapters["e"]
    adapter.answers["edit"] = [lost(office, "e", "edit") if is_done else _lose]
    edit(office)
    say_yes(office, "2/e")
    for _ in range(4):
        office.run()
        office.clock.forward(minutes=2)
    assert states(office)["2/e/edit-2"] == (Status.PUBLISHED, None)
    assert office.texts("e") == ["Haber saat 11:00"]
    assert calls(office, "e").count("edit") == (1 if is_done else 2)


def test_an_edit_of_a_post_that_is_gone_has_failed(office: Office) -> None:
    office.adapters["e"].answers["edit"] = [_lose]
    edit(office)
    say_yes(office, "2/e")
    office.run()
    office.adapters["e"].posts.clear()
    office.clock.forward(minutes=2)
    office.run()
    assert states(office)["2/e/edit-2"] == (Status.FAILED, Reason.REJECTED)


@pytest.mark.parametrize("stands", [True, False])
def test_a_lost_answer_to_a_reply_is_settled_by_reading_the_account(office: Office, stands: bool) -> None:
    adapter = office.adapters["r"]
    edit(office)
    say_yes(office, "2/r")

    def lose() -> None:
        if stands:
            news = an_entry(1, title="Haber saat 11:00")
            post = words_of(news, worded(Kind.REPLY, office.accounts["r"], "tr"), timezone="UTC")
            assert post
            adapter.replies[adapter.stand(post).remote_id] = "1"
        raise UncertainError(WORDS)

    adapter.answers["reply"] = [lose]
    for _ in range(5):
        office.run()
        office.clock.forward(minutes=3)
    assert states(office)["2/r/reply-2"] == (Status.PUBLISHED, None)
    assert len(office.texts("r")) == 2
    assert calls(office, "r").count("reply") == (1 if stands else 2)


@pytest.mark.parametrize("verb", ["retract", "publish"])
@pytest.mark.parametrize("end", [Death, TransientError(WORDS), UncertainError(WORDS)])
@pytest.mark.parametrize("is_done", [True, False])
def test_a_repost_is_never_there_twice_and_never_lost(
    office: Office, verb: str, end: type[Death] | PublishError, is_done: bool
) -> None:
    if is_done and isinstance(end, TransientError):
        pytest.skip("surely not done")
    adapter = office.adapters["n"]
    office.news(an_entry(7), an_entry(1))
    office.run()  # one more post, by which a reading of the account proves something
    office.clock.forward(minutes=1)
    office.news(an_entry(7), an_entry(1, title="Haber saat 11:00"))
    office.run()
    say_yes(office, "2/n")

    def fall() -> None:
        if is_done and verb == "retract":
            del adapter.posts["1"]
        if is_done and verb == "publish":
            adapter.stand(_words("n", title="Haber saat 11:00"))
        raise end() if isinstance(end, type) else end

    adapter.answers[verb] = [fall]
    for _ in range(8):
        with suppress(Death):
            office.run()
        assert len(adapter.posts) <= 2
        office.clock.forward(minutes=11)
    assert office.texts("n") == ["Haber 7", "Haber saat 11:00"]
    assert states(office)["2/n/repost-2"] == (Status.PUBLISHED, None)
    assert calls(office, "n").count("retract") == (2 if verb == "retract" and not is_done else 1)


def test_a_death_between_the_two_steps_of_a_repost_costs_nothing(office: Office) -> None:
    edit(office)
    say_yes(office, "2/n")
    settle = office.ledger.settle

    def settled_and_dead(*arguments: object, **more: object) -> None:
        settle(*arguments, **more)  # type: ignore[arg-type]
        raise Death

    office.ledger.settle = settled_and_dead  # type: ignore[method-assign, assignment]
    with pytest.raises(Death):
        office.run()
    office.ledger.settle = settle  # type: ignore[method-assign]
    assert office.texts("n") == []
    assert states(office)["2/n/repost-2"] == (Status.QUEUED, Reason.REPOSTED)
    office.run()
    assert office.texts("n") == ["Haber saat 11:00"]


def test_a_refused_new_post_is_told_and_can_be_tried_again(office: Office) -> None:
    office.adapters["n"].answers["publish"] = [RejectedError(WORDS)]
    edit(office)
    say_yes(office, "2/n")
    office.run()
    assert states(office)["2/n/repost-2"] == (Status.FAILED, Reason.REJECTED)
    Desk(office.ledger).act(Verb.RETRY, "2/n/repost-2", AYSE, now=office.clock.now())
    office.run()
    assert office.texts("n") == ["Haber saat 11:00"]


def test_a_corrected_story_is_taken_down_with_its_corrections(office: Office) -> None:
    edit(office)
    say_yes(office)
    office.run()
    acted = retract(office.ledger, "2", AYSE, office.accounts, now=office.clock.now())
    assert {one.delivery_id for one in acted} == {"2/e/delete", "2/r/delete", "2/r/delete-2", "2/n/delete-2"}
    office.run()
    assert all(office.adapters[name].posts == {} for name in WAYS)


def test_a_story_that_is_taken_down_is_not_corrected(office: Office) -> None:
    edit(office)
    retract(office.ledger, "2", AYSE, office.accounts, now=office.clock.now())
    office.run()
    assert {state for name, state in states(office).items() if "delete" not in name} == set()
    assert all(office.adapters[name].posts == {} for name in WAYS)
    edit(office, title="Haber saat 12:00")
    assert all("-3" not in name for name in states(office))


def test_old_edits_are_no_matter_of_an_entry_that_never_went_out(tmp_path: Path) -> None:
    office = Office(tmp_path / "ledger.db", [able("x", Kind.EDIT)])
    office.run()
    office.source.entries["izmir-tr"] = (an_entry(0, title="Başka"),)
    office.run()
    assert states(office) == {}
    assert list(office.ledger.edited()) == []
    office.ledger.close()


def test_a_person_who_has_deleted_the_post_lets_the_new_one_go_out(office: Office) -> None:
    office.adapters["n"].answers |= {"retract": [UncertainError(WORDS)], "look_up": [TransientError(WORDS)] * 20}
    edit(office)
    say_yes(office, "2/n")
    for _ in range(16):
        office.run()
        office.clock.forward(hours=2)
    assert states(office)["2/n/repost-2"] == (Status.HELD, Reason.UNKNOWN)
    del office.adapters["n"].posts["1"]
    (acted,) = Desk(office.ledger).act(Verb.ABSENT, "2/n/repost-2", AYSE, now=office.clock.now())
    assert acted.done
    office.run()
    assert office.texts("n") == ["Haber saat 11:00"]


def test_what_is_being_corrected_is_not_begun_a_second_time(office: Office) -> None:
    office.adapters["e"].answers["edit"] = [UncertainError(WORDS)]
    edit(office)
    say_yes(office, "2/e")
    office.run()
    assert [one.done for one in say_yes(office, "2/e/edit-2")] == [False]


def test_what_is_taken_down_while_a_correction_is_made_up_is_not_corrected(office: Office) -> None:
    office.news(an_entry(1, title="Haber saat 11:00"))
    office.service().poll(office.feeds[0])
    (found,) = office.ledger.edited()
    retract(office.ledger, "2/n", AYSE, office.accounts, now=office.clock.now())
    made = corrections(found, office.accounts, list(WAYS))
    assert office.ledger.propose(found, made, now=office.clock.now())
    assert states(office) == {
        "2/e/edit-2": PROPOSED,
        "2/r/reply-2": PROPOSED,
        "2/n/delete": (Status.QUEUED, None),
    }


def test_what_two_processes_find_edited_is_proposed_once(office: Office) -> None:
    office.news(an_entry(1, title="Haber saat 11:00"))
    office.service().poll(office.feeds[0])
    (found,) = office.ledger.edited()
    assert office.ledger.propose(found, [], now=office.clock.now())
    assert not office.ledger.propose(found, [], now=office.clock.now())
    assert states(office) == {}


def test_posts_on_accounts_that_the_yaml_no_longer_has_are_left_alone(office: Office) -> None:
    del office.accounts["n"]
    office.feeds = [replace(office.feeds[0], accounts=("e", "r"))]
    edit(office)
    assert set(states(office)) == {"2/e/edit-2", "2/r/reply-2"}


def test_another_process_may_have_proposed_it_a_moment_before(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office.ledger, "propose", lambda *_, **__: False)
    edit(office)
    assert states(office) == {}


def test_a_story_that_is_to_be_taken_down_is_not_corrected_before_it_is(office: Office) -> None:
    """The deletion has to wait, and the news is edited meanwhile."""
    edit(office)
    say_yes(office, "2/n")
    until = office.clock.now() + timedelta(hours=1)
    for name in WAYS:
        office.ledger.rest(name, Outcome(status=Status.QUEUED, reason=Reason.TRANSIENT, account_rests_until=until))
    retract(office.ledger, "2", AYSE, office.accounts, now=office.clock.now())
    edit(office, title="Haber saat 12:00")
    assert {name for name in states(office) if name.endswith("-3")} == set()
    office.clock.forward(hours=1)
    office.run()
    office.run()
    assert all(office.adapters[name].posts == {} for name in WAYS)
    assert calls(office, "n").count("publish") == 1


def test_a_story_that_is_taken_down_at_the_last_moment_is_not_posted_anew(office: Office) -> None:
    edit(office)
    say_yes(office, "2/n")

    def taken_down() -> None:
        retract(office.ledger, "2/n", AYSE, office.accounts, now=office.clock.now())

    office.adapters["n"].answers["stage"] = [taken_down]
    for _ in range(3):
        office.run()
    assert office.texts("n") == []
    assert calls(office, "n") == ["publish", "retract"]


def test_a_repost_whose_deletion_is_in_doubt_makes_no_post_of_a_story_that_is_taken_down(office: Office) -> None:
    edit(office)
    say_yes(office, "2/n")
    office.adapters["n"].answers["retract"] = [lost(office, "n", "retract")]
    office.run()
    assert states(office)["2/n/repost-2"][0] is Status.UNCERTAIN
    retract(office.ledger, "2/n", AYSE, office.accounts, now=office.clock.now())
    for _ in range(4):
        office.clock.forward(minutes=3)
        office.run()
    assert office.texts("n") == []


def test_much_news_that_is_edited_at_once_is_corrected_by_nobody_unasked(tmp_path: Path) -> None:
    """The site was changed."""
    office = Office(tmp_path / "ledger.db", [able("x", Kind.REPLY, unasked=True)])
    office.feeds = [replace(feed, holds=Holds(new_entries_over=None)) for feed in office.feeds]
    office.run()
    numbers = range(MOST_UNASKED + 1, 0, -1)
    office.news(*[an_entry(number) for number in numbers])
    office.run()
    office.news(*[an_entry(number, title=f"Haber {number}: yeni") for number in numbers])
    office.run()
    assert set(states(office).values()) == {PROPOSED}
    assert len(states(office)) == MOST_UNASKED + 1
    office.ledger.close()


def test_an_election_period_lets_out_no_new_post_unasked_but_edits(office: Office) -> None:
    day = datetime(2026, 11, 25)  # noqa: DTZ001 - on the clock on the wall
    period = Election(begin=day, end=day + timedelta(days=2), allow=("Duyuru",))
    for name, account in office.accounts.items():
        office.accounts[name] = replace(account, times=Times(elections=(period,)))
    edit(office)
    say_yes(office)
    office.run()
    assert states(office) == {
        "2/e/edit-2": (Status.PUBLISHED, None),
        "2/r/reply-2": (Status.HELD, Reason.ELECTION),
        "2/n/repost-2": (Status.HELD, Reason.ELECTION),
    }
    Desk(office.ledger).act(Verb.APPROVE, "2/r/reply-2", AYSE, now=office.clock.now())
    office.run()
    assert office.texts("r") == ["Haber 1", "DÜZELTME: Haber saat 11:00"]


def test_whoever_holds_a_story_does_not_keep_it_from_being_taken_down(office: Office) -> None:
    edit(office)
    retract(office.ledger, "2/e", AYSE, office.accounts, now=office.clock.now())
    Desk(office.ledger).act(Verb.HOLD, "2", AYSE, now=office.clock.now())
    office.run()
    assert office.texts("e") == []


def test_the_record_says_who_let_corrections_and_deletions_out(office: Office) -> None:
    edit(office)
    say_yes(office, "2/e")
    office.run()
    retract(office.ledger, "2/r", AYSE, office.accounts, now=office.clock.now())
    office.run()
    with office.ledger.reading() as connection:
        rows = schema.attempt.c
        query = sa.select(rows.let_out_by).where(rows.kind.in_((Kind.EDIT, Kind.DELETE)))
        assert connection.scalars(query).all() == ["Ayşe", "Ayşe"]


def test_a_correction_that_was_begun_is_ended_before_another_one_is_proposed(office: Office) -> None:
    """Two reposts of one post, each begun before the other had ended, would both stand."""
    edit(office)
    say_yes(office, "2/n")
    office.adapters["n"].answers["retract"] = [TransientError(WORDS)]
    office.run()
    edit(office, title="Haber saat 12:00")
    assert "2/n/repost-3" not in states(office)
    office.clock.forward(hours=1)
    office.run()
    assert office.texts("n") == ["Haber saat 11:00"]
    office.run()
    assert states(office)["2/n/repost-3"] == PROPOSED
    say_yes(office, "2/n")
    office.run()
    assert office.texts("n") == ["Haber saat 12:00"]


def test_whoever_wants_another_way_than_the_one_that_was_begun_is_told(office: Office) -> None:
    edit(office)
    say_yes(office, "2/r")
    office.adapters["r"].answers["reply"] = [lost(office, "r", "reply")]
    office.run()
    (acted,) = say_yes(office, "2/r", how=Kind.REPOST)
    assert (acted.done, acted.delivery_id, acted.status) == (False, "2/r/reply-2", Status.UNCERTAIN)
    assert "2/r/repost-2" not in states(office)


def test_a_repost_that_is_stuck_between_its_steps_is_the_only_one(office: Office) -> None:
    edit(office)
    say_yes(office, "2/n")
    office.adapters["n"].answers["publish"] = [RejectedError(WORDS)]
    office.run()
    assert states(office)["2/n/repost-2"][0] is Status.FAILED
    edit(office, title="Haber saat 12:00")
    assert "2/n/repost-3" not in states(office)
    (acted,) = Desk(office.ledger).act(Verb.RETRY, "2/n/repost-2", AYSE, now=office.clock.now())
    assert acted.done
    office.run()
    assert office.texts("n") == ["Haber saat 11:00"]


def test_while_nobody_knows_whether_a_reply_stands_no_other_is_proposed(office: Office) -> None:
    office.adapters["r"].answers["reply"] = [UncertainError(WORDS), UncertainError(WORDS)]
    edit(office)
    say_yes(office, "2/r")
    for _ in range(8):
        office.run()
        office.clock.forward(minutes=3)
    assert states(office)["2/r/reply-2"] == (Status.HELD, Reason.UNKNOWN)
    edit(office, title="Haber saat 12:00")
    assert "2/e/edit-3" in states(office)
    assert "2/r/reply-3" not in states(office)


def test_news_that_is_edited_while_its_first_post_is_tried_again_is_corrected_then(office: Office) -> None:
    """It goes out in the words that were sent first, since it may stand in them already."""
    office.news(an_entry(7), an_entry(1))
    office.adapters["e"].answers["publish"] = [TransientError(WORDS)]
    office.run()
    office.news(an_entry(7, title="Haber 7: yeni"), an_entry(1))
    office.run()
    assert all("/edit" not in name for name in states(office))
    office.clock.forward(hours=1)
    office.run()
    office.run()
    assert states(office)["3/e/edit-2"] == PROPOSED


def test_a_ledger_that_was_put_back_corrects_nothing_unasked(tmp_path: Path) -> None:
    office = Office(tmp_path / "ledger.db", [able("x", Kind.REPLY, unasked=True), able("y", Kind.REPLY)])
    office.run()
    office.news(an_entry(1))
    office.run()
    office.news(an_entry(1, title="Haber saat 11:00"))
    office.run()
    assert office.texts("x") == ["Haber 1", "DÜZELTME: Haber saat 11:00"]
    with office.ledger.writing() as connection:
        begin_recovery(connection, Fence(ledger_id="0" * 32, sequence=9), now=office.clock.now())
    assert states(office)["2/y/reply-2"] == (Status.HELD, Reason.RESTORED)
    office.clock.forward(minutes=1)
    edit(office, title="Haber saat 12:00")
    assert states(office)["2/x/reply-3"] == (Status.HELD, Reason.RESTORED)
    assert office.texts("x") == ["Haber 1", "DÜZELTME: Haber saat 11:00"]
    office.ledger.close()
