"""A story is taken down: on every platform that can, told where a person must, and as safe as a first post."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from crossposter.core.acts import Person, Verb
from crossposter.core.kinds import Kind
from crossposter.core.model import Identity, Pace, Reason, Receipt, Status
from crossposter.errors import (
    AccountError,
    CrossposterError,
    LedgerError,
    MissingError,
    RejectedError,
    TransientError,
    UncertainError,
)
from crossposter.ledger import schema
from crossposter.ledger.acts import Acted, Desk
from crossposter.ledger.deliveries import end_post
from crossposter.ledger.verifying import verify
from crossposter.ledger.withdrawing import retract
from crossposter.testing import FakeAdapter, an_account, an_entry
from crossposter.wording import say
from tests.test_service import Office

WORDS = say("said so")
AYSE = Person(name="Ayşe", system_user="ayse", why="wrong date")
ALL = frozenset({Kind.DELETE, Kind.REPOST, Kind.EDIT, Kind.REPLY})
STORY = "2"


class Death(BaseException):
    """The process ends here."""


def die() -> None:
    raise Death


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A story that stands on two accounts, of which one can delete."""
    able = replace(an_account("x"), can=ALL, price_of_deleting=0.01)
    found = Office(tmp_path / "ledger.db", [able, an_account("paper")])
    found.run()
    found.news(an_entry(1))
    found.run()
    yield found
    assert verify(found.ledger).findings == []
    found.ledger.close()


def take_down(office: Office, name: str = STORY) -> list[Acted]:
    return retract(office.ledger, name, AYSE, office.accounts, now=office.clock.now())


def states(office: Office) -> dict[str, tuple[Status, Reason | None]]:
    return {one.id: (one.status, one.reason) for one in office.deliveries() if one.kind is Kind.DELETE}


def deleted(office: Office) -> set[str]:
    return {one.id for one in office.deliveries() if one.deleted_at}


def adapter(office: Office) -> FakeAdapter:
    return office.adapters["x"]


def test_what_stands_is_deleted_with_one_request_and_the_rest_waits_for_a_person(office: Office) -> None:
    acted = take_down(office)
    assert [(one.delivery_id, one.status, one.reason) for one in acted] == [
        ("2/x/delete", Status.QUEUED, None),
        ("2/paper/delete", Status.HELD, Reason.BY_HAND),
    ]
    assert adapter(office).posts  # nothing is sent by a command
    office.run()
    assert adapter(office).posts == {}
    assert adapter(office).calls.count("retract") == 1
    assert len(office.adapters["paper"].posts) == 1
    assert states(office) == {
        "2/x/delete": (Status.PUBLISHED, None),
        "2/paper/delete": (Status.HELD, Reason.BY_HAND),
    }
    assert deleted(office) == {"2/x"}
    office.clock.forward(hours=2)
    office.run()
    assert adapter(office).calls.count("retract") == 1
    assert adapter(office).calls.count("publish") == 1


def test_a_person_says_that_they_have_deleted_it(office: Office) -> None:
    take_down(office)
    desk = Desk(office.ledger)
    (acted,) = desk.act(Verb.ABSENT, "2/paper/delete", AYSE, now=office.clock.now())
    assert (acted.status, acted.done) == (Status.PUBLISHED, True)
    assert deleted(office) == {"2/paper"}
    assert [act.verb for act in desk.acts("2/paper/delete")] == [Verb.RETRACT, Verb.ABSENT]
    with pytest.raises(LedgerError, match="nothing to take down"):
        take_down(office, "2/paper")


@pytest.mark.parametrize("verb", [Verb.APPROVE, Verb.PUBLISHED, Verb.BACKFILL])
def test_what_a_person_must_delete_cannot_be_let_out(office: Office, verb: Verb) -> None:
    take_down(office)
    (acted,) = Desk(office.ledger).act(verb, "2/paper/delete", AYSE, now=office.clock.now())
    assert not acted.done


def test_taking_down_twice_is_taking_down_once(office: Office) -> None:
    take_down(office)
    assert [one.delivery_id for one in take_down(office)] == ["2/x/delete", "2/paper/delete"]
    for name, status in (("2/x/delete", Status.QUEUED), ("2/paper/delete", Status.HELD)):
        acts = Desk(office.ledger).acts(name)
        assert [one.status_before for one in acts] == [Status.PUBLISHED, status]  # the post's, then its own
    office.run()
    assert adapter(office).calls.count("retract") == 1
    with pytest.raises(LedgerError, match="nothing of 2/x is on an account"):
        take_down(office, "2/x")


def test_what_has_not_gone_out_is_dropped(office: Office) -> None:
    adapter(office).answers["publish"] = [TransientError(WORDS)]
    office.news(an_entry(2), an_entry(1))
    office.run()
    (waiting, _) = take_down(office, "3")
    assert (waiting.delivery_id, waiting.status, waiting.reason) == ("3/x", Status.SKIPPED, Reason.DROPPED)
    office.clock.forward(hours=2)
    office.run()
    assert office.texts("x") == ["Haber 1"]


def test_what_may_be_public_or_not_is_left_alone_until_that_is_known(office: Office) -> None:
    adapter(office).answers["publish"] = [UncertainError(WORDS)]
    office.news(an_entry(2), an_entry(1))
    office.run()
    (left, _) = take_down(office, "3")
    assert (left.delivery_id, left.status, left.done) == ("3/x", Status.UNCERTAIN, False)


@pytest.mark.parametrize("name", ["2/paper/x", "99", "2/nobody", "2/x/delete/1", "elma"])
def test_what_is_no_name_of_anything_is_nothing(office: Office, name: str) -> None:
    assert take_down(office, name) == []


def test_a_deletion_itself_cannot_be_taken_down(office: Office) -> None:
    take_down(office)
    with pytest.raises(LedgerError, match="nothing to take down"):
        take_down(office, "2/x/delete")


def test_rejecting_a_story_does_not_keep_what_is_to_go(office: Office) -> None:
    take_down(office)
    desk = Desk(office.ledger)
    assert all(
        not one.delivery_id.endswith("/delete") for one in desk.act(Verb.REJECT, STORY, AYSE, now=office.clock.now())
    )
    (acted,) = desk.act(Verb.REJECT, "2/x/delete", AYSE, now=office.clock.now())
    assert acted.done
    office.run()
    assert len(adapter(office).posts) == 1
    take_down(office)
    office.run()
    assert adapter(office).posts == {}


def lost_after(office: Office) -> Callable[[], None]:
    """Delete, and lose the answer."""

    def lose() -> None:
        adapter(office).posts.clear()
        raise UncertainError(WORDS)

    return lose


def test_an_answer_that_is_lost_after_the_post_is_gone_is_settled_by_reading(office: Office) -> None:
    adapter(office).answers["retract"] = [lost_after(office)]
    take_down(office)
    office.run()
    assert states(office)["2/x/delete"] == (Status.UNCERTAIN, Reason.LOST_ANSWER)
    office.clock.forward(seconds=29)
    office.run()
    assert "look_up" not in adapter(office).calls
    office.clock.forward(seconds=1)
    office.run()
    assert states(office)["2/x/delete"] == (Status.PUBLISHED, None)
    assert deleted(office) == {"2/x"}
    assert adapter(office).calls.count("retract") == 1


def test_an_answer_that_is_lost_before_anything_was_done_is_asked_for_again(office: Office) -> None:
    adapter(office).answers["retract"] = [UncertainError(WORDS)]
    take_down(office)
    office.run()
    office.clock.forward(minutes=1)
    office.run()
    assert states(office)["2/x/delete"] == (Status.QUEUED, Reason.STILL_STANDS)
    office.clock.forward(minutes=1)
    office.run()
    assert states(office)["2/x/delete"] == (Status.PUBLISHED, None)
    assert adapter(office).posts == {}
    assert adapter(office).calls.count("retract") == 2


def test_a_post_that_is_gone_at_the_second_try_is_not_asked_for_again(office: Office) -> None:
    adapter(office).answers["retract"] = [TransientError(WORDS)]
    take_down(office)
    office.run()
    adapter(office).posts.clear()  # somebody was quicker
    office.clock.forward(minutes=2)
    office.run()
    assert states(office)["2/x/delete"] == (Status.PUBLISHED, None)
    assert deleted(office) == {"2/x"}
    assert adapter(office).calls.count("retract") == 1


def test_who_cannot_read_the_post_looks_again_and_asks_a_person_in_the_end(office: Office) -> None:
    adapter(office).answers |= {"retract": [UncertainError(WORDS)], "look_up": [TransientError(WORDS)] * 20}
    take_down(office)
    for _ in range(20):
        office.run()
        office.clock.forward(hours=2)
    assert states(office)["2/x/delete"] == (Status.HELD, Reason.UNKNOWN)
    (again,) = Desk(office.ledger).act(Verb.RETRY, "2/x/delete", AYSE, now=office.clock.now())
    assert again.status is Status.QUEUED
    (held,) = Desk(office.ledger).act(Verb.ABSENT, "2/x/delete", AYSE, now=office.clock.now())
    assert not held.done  # it is tried again
    adapter(office).answers.clear()
    office.run()
    assert deleted(office) == {"2/x"}


def test_a_person_ends_a_deletion_of_which_nobody_knows(office: Office) -> None:
    adapter(office).answers["retract"] = [UncertainError(WORDS)]
    take_down(office)
    office.run()
    (acted,) = Desk(office.ledger).act(Verb.ABSENT, "2/x/delete", AYSE, now=office.clock.now())
    assert acted.done
    assert deleted(office) == {"2/x"}


def test_a_post_that_will_not_go_away_is_a_matter_for_a_person_in_the_end(office: Office) -> None:
    adapter(office).answers["retract"] = [UncertainError(WORDS)] * 20
    take_down(office)
    for _ in range(30):
        office.run()
        office.clock.forward(hours=2)
    assert states(office)["2/x/delete"] == (Status.HELD, Reason.UNREACHABLE)
    assert deleted(office) == set()


def test_a_platform_that_does_not_know_the_post_has_none(office: Office) -> None:
    adapter(office).answers["retract"] = [MissingError(WORDS)]
    take_down(office)
    office.run()
    assert states(office)["2/x/delete"] == (Status.PUBLISHED, None)
    assert deleted(office) == {"2/x"}


@pytest.mark.parametrize("trouble", [AccountError(WORDS), TransientError(WORDS)])
def test_a_platform_that_does_not_know_the_account_either_proves_nothing(
    office: Office, trouble: CrossposterError
) -> None:
    adapter(office).answers["retract"] = [MissingError(WORDS)]
    take_down(office)
    service = office.service()
    service.deliver_due()  # as it does at each look
    office.clock.forward(minutes=1)
    assert deleted(office) == {"2/x"}
    office.ledger.wake_accounts()
    office.news(an_entry(2), an_entry(1))
    office.run()
    adapter(office).answers |= {"retract": [MissingError(WORDS)], "verify": [lambda: None, trouble]}
    take_down(office, "3/x")
    office.run()
    assert states(office)["3/x/delete"][0] is Status.QUEUED
    assert deleted(office) == {"2/x"}


def test_a_refused_deletion_has_failed_and_can_be_asked_for_again(office: Office) -> None:
    adapter(office).answers["retract"] = [RejectedError(WORDS)]
    take_down(office)
    office.run()
    assert states(office)["2/x/delete"] == (Status.FAILED, Reason.REJECTED)
    assert deleted(office) == set()
    take_down(office)
    office.run()
    assert deleted(office) == {"2/x"}


@pytest.mark.parametrize("verb", ["retract", "look_up"])
def test_a_death_in_the_middle_costs_nothing(office: Office, verb: str) -> None:
    adapter(office).answers = {"retract": [UncertainError(WORDS)]} if verb == "look_up" else {}
    take_down(office)
    if verb == "look_up":
        office.run()
        office.clock.forward(minutes=1)
    adapter(office).answers[verb] = [die]
    with pytest.raises(Death):
        office.run()
    for _ in range(4):
        office.clock.forward(minutes=15)
        office.run()
    assert deleted(office) == {"2/x"}
    assert adapter(office).posts == {}


def test_a_pace_holds_no_withdrawal_back_and_goes_on_afterwards(tmp_path: Path) -> None:
    slow = replace(an_account("x"), can=ALL, pace=Pace(min_gap=timedelta(hours=5)))
    office = Office(tmp_path / "ledger.db", [slow])
    office.run()
    office.news(an_entry(2), an_entry(1))
    office.run()
    assert office.texts("x") == ["Haber 1"]
    office.run()  # the account rests by now
    take_down(office)
    office.run()
    assert office.texts("x") == []
    assert [one.status for one in office.deliveries() if one.id == "3/x"] == [Status.QUEUED]
    office.clock.forward(hours=6)
    office.run()
    assert office.texts("x") == ["Haber 2"]
    office.ledger.close()


def test_a_strict_order_holds_no_withdrawal_back(tmp_path: Path) -> None:
    strict = replace(an_account("x"), can=ALL, strict_order=True)
    office = Office(tmp_path / "ledger.db", [strict])
    office.run()
    office.news(an_entry(1))
    office.run()
    adapter(office).answers["publish"] = [RejectedError(WORDS), UncertainError(WORDS)]
    office.news(an_entry(3), an_entry(2), an_entry(1))
    office.run()
    take_down(office, "2")
    office.run()
    assert adapter(office).posts == {}
    office.ledger.close()


def test_a_deleted_post_is_no_control_for_what_comes_after_it(office: Office) -> None:
    take_down(office)
    office.run()
    known = office.ledger.known_posts("x")
    assert known.unlisted == frozenset(known.ours)
    assert known.control(office.clock.now() + timedelta(hours=1)) == frozenset()


def test_an_account_that_lost_its_way_to_delete_leaves_it_to_a_person(office: Office) -> None:
    take_down(office)
    office.accounts["x"] = replace(office.accounts["x"], can=frozenset())
    office.run()
    assert states(office)["2/x/delete"] == (Status.HELD, Reason.BY_HAND)


def test_a_deletion_is_no_post_that_somebody_could_find(office: Office) -> None:
    take_down(office)
    found = Receipt(remote_id="77", url="https://x.com/i/status/77")
    desk = Desk(office.ledger)
    (acted,) = desk.act(Verb.PUBLISHED, "2/paper/delete", AYSE, now=office.clock.now(), found=found)
    assert (acted.done, acted.status, acted.reason) == (False, Status.HELD, Reason.BY_HAND)


def test_the_end_of_a_post_is_written_once(office: Office) -> None:
    take_down(office)
    office.run()
    (before,) = [one for one in office.deliveries() if one.id == "2/x"]
    with office.ledger.writing() as connection:
        number = connection.scalar(sa.select(schema.post.c.delivery_id).where(schema.post.c.account_id == "x"))
        assert number
        end_post(connection, number, now=office.clock.now() + timedelta(hours=1))
    (after,) = [one for one in office.deliveries() if one.id == "2/x"]
    assert after.deleted_at == before.deleted_at is not None


def test_a_deletion_that_is_turned_to_another_post_is_found(office: Office) -> None:
    take_down(office)
    with office.ledger.writing() as connection:
        rows = schema.delivery.c
        is_it = sa.and_(rows.kind == Kind.DELETE, rows.account_id == "x")
        number = connection.scalar(sa.select(rows.of_id).where(is_it))
        connection.execute(schema.delivery.update().where(is_it).values(of_id=1))
    assert [one.where for one in verify(office.ledger).findings] == ["delivery 2/x/delete"]
    with office.ledger.writing() as connection:
        connection.execute(schema.delivery.update().where(is_it).values(of_id=number))


def pinned_anew(office: Office) -> None:
    """Let the YAML name another account of the platform."""
    account = replace(office.accounts["x"], pinned=Identity(id="another", handle=None))
    office.accounts["x"], office.adapters["x"] = account, FakeAdapter(account)


def test_nothing_is_asked_of_another_account_than_the_one_on_which_a_post_stands(office: Office) -> None:
    pinned_anew(office)
    take_down(office)
    office.run()
    (held,) = [one for one in office.deliveries() if one.id == "2/x/delete"]
    assert (held.status, held.reason) == (Status.HELD, Reason.BY_HAND)
    assert "stands on the account id-of-x, and the YAML names another by now" in str(held.message)
    assert adapter(office).calls == []
    (ended,) = Desk(office.ledger).act(Verb.ABSENT, "2/x/delete", AYSE, now=office.clock.now())
    assert ended.done


def test_a_deletion_whose_answer_was_lost_is_not_looked_for_on_another_account(office: Office) -> None:
    adapter(office).answers["retract"] = [UncertainError(WORDS)]
    take_down(office)
    office.run()
    pinned_anew(office)
    office.clock.forward(minutes=5)
    office.run()
    (held,) = [one for one in office.deliveries() if one.id == "2/x/delete"]
    assert (held.status, held.reason) == (Status.HELD, Reason.BY_HAND)
    assert "look_up" not in adapter(office).calls


def test_a_story_that_is_taken_down_within_its_delay_never_goes_out(office: Office) -> None:
    office.feeds = [replace(feed, delay=timedelta(minutes=10)) for feed in office.feeds]
    office.news(an_entry(2), an_entry(1))
    office.run()
    assert len(adapter(office).posts) == 1
    acted = take_down(office, "3")
    assert {one.status for one in acted} == {Status.SKIPPED}
    for changes in ({}, {"summary": "Düzeltildi."}):
        office.clock.forward(minutes=11)
        office.news(an_entry(2, **changes), an_entry(1))
        office.run()
    office.news(an_entry(1))  # and back again
    office.run()
    office.news(an_entry(2), an_entry(1))
    office.run()
    assert office.texts("x") == ["Haber 1"]


def test_a_story_that_was_taken_down_does_not_go_out_by_another_feed(tmp_path: Path) -> None:
    office = Office(tmp_path / "ledger.db", [replace(an_account(name), can=ALL) for name in ("x", "press")])
    first = replace(office.feeds[0], accounts=("x",))
    office.feeds = [first, replace(first, id="izmir-press", accounts=("press",))]
    office.source.entries["izmir-press"] = (an_entry(0),)
    office.run()
    office.news(an_entry(1))
    office.run()
    take_down(office)
    office.source.entries["izmir-press"] = (an_entry(1), an_entry(0))
    office.run()
    assert office.texts("press") == []
    (held,) = [one for one in office.deliveries() if one.account_id == "press"]
    assert (held.status, held.reason) == (Status.HELD, Reason.WITHDRAWN)
    Desk(office.ledger).act(Verb.APPROVE, held.id, AYSE, now=office.clock.now())
    office.run()
    assert office.texts("press") == ["Haber 1"]
    office.ledger.close()
