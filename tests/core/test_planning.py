from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crossposter.core.model import Known, Reason, Status
from crossposter.core.planning import Plan, plan
from crossposter.testing import a_feed, an_account, an_entry

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
SEEN = Known(entry_id=7, in_feed=True)
ELSEWHERE = Known(entry_id=7, in_feed=False, decided=frozenset({"x"}))


def statuses(found: Plan) -> list[tuple[str, Status, Reason | None]]:
    return [(decision.entry.title, decision.status, decision.reason) for decision in found.decisions]


def test_a_first_poll_publishes_nothing() -> None:
    found = plan(a_feed("tr"), [an_entry(2), an_entry(1)], accounts=[an_account()], known={}, first_poll=True)
    assert statuses(found) == [
        ("Haber 1", Status.SKIPPED, Reason.BASELINE),
        ("Haber 2", Status.SKIPPED, Reason.BASELINE),
    ]


def test_new_entries_are_queued_oldest_first_for_every_account() -> None:
    accounts = [an_account("x"), an_account("facebook")]
    found = plan(
        a_feed("tr"),
        [an_entry(3), an_entry(2), an_entry(1)],
        accounts=accounts,
        known={"guid:1": SEEN},
        first_poll=False,
    )
    assert [(decision.entry.title, decision.account_id, decision.status) for decision in found.decisions] == [
        ("Haber 2", "x", Status.QUEUED),
        ("Haber 2", "facebook", Status.QUEUED),
        ("Haber 3", "x", Status.QUEUED),
        ("Haber 3", "facebook", Status.QUEUED),
    ]
    assert [entry.title for entry in found.known] == ["Haber 1"]


def test_dates_order_the_news_where_every_entry_has_one() -> None:
    entries = [an_entry(1, published=NOON), an_entry(2, published=NOON - timedelta(hours=1))]
    found = plan(a_feed("tr"), entries, accounts=[an_account()], known={}, first_poll=False)
    assert [decision.entry.title for decision in found.decisions] == ["Haber 2", "Haber 1"]


@pytest.mark.parametrize("seen", ["guid:1", "link://izmir.bel.tr/tr/Haberler/1"])
def test_an_entry_is_known_by_any_of_its_keys(seen: str) -> None:
    found = plan(a_feed("tr"), [an_entry(1)], accounts=[an_account()], known={seen: SEEN}, first_poll=False)
    assert found.decisions == ()


def test_a_new_key_of_a_known_entry_is_learned() -> None:
    changed = an_entry(1, keys=("guid:new", "link://izmir.bel.tr/tr/Haberler/1"))
    found = plan(
        a_feed("tr"),
        [changed],
        accounts=[an_account()],
        known={"link://izmir.bel.tr/tr/Haberler/1": SEEN},
        first_poll=False,
    )
    assert found.sightings == ((7, changed.keys),)


def test_an_edited_entry_is_not_new() -> None:
    edited = an_entry(1, title="Başka başlık", summary="Başka", published=NOON)
    assert (
        plan(a_feed("tr"), [edited], accounts=[an_account()], known={"guid:1": SEEN}, first_poll=False).decisions == ()
    )


def test_the_same_item_twice_in_one_answer_is_one_entry() -> None:
    twice = [an_entry(1), an_entry(1, keys=("guid:other", "link://izmir.bel.tr/tr/Haberler/1"))]
    found = plan(a_feed("tr"), twice, accounts=[an_account()], known={}, first_poll=False)
    assert [decision.entry.keys for decision in found.decisions] == [(*an_entry(1).keys, "guid:other")]


def test_an_item_that_another_feed_showed_first_is_news_for_the_accounts_it_did_not_go_to() -> None:
    accounts = [an_account("x"), an_account("facebook")]
    found = plan(a_feed("press"), [an_entry(1)], accounts=accounts, known={"guid:1": ELSEWHERE}, first_poll=False)
    assert [(decision.account_id, decision.entry_id) for decision in found.decisions] == [("facebook", 7)]


def test_a_feed_seen_for_the_first_time_decides_nothing_about_what_others_showed() -> None:
    found = plan(
        a_feed("press"), [an_entry(1)], accounts=[an_account("y")], known={"guid:1": ELSEWHERE}, first_poll=True
    )
    assert found.decisions == ()
    assert found.sightings == ((7, an_entry(1).keys),)


def test_news_that_the_city_would_not_sign_is_held_for_every_account() -> None:
    feed = a_feed("tr", allowed_hosts=("izmir.bel.tr",))
    broken = [an_entry(2, title="Ýzmir haberi"), an_entry(1, link="https://evil.example/")]
    found = plan(feed, broken, accounts=[an_account("x"), an_account("y")], known={}, first_poll=False)
    assert {(decision.status, decision.reason) for decision in found.decisions} == {(Status.HELD, Reason.GATE)}
    assert "'Ýzmir'" in str(found.decisions[-1].message)
    assert "evil.example" in str(found.decisions[0].message)


@pytest.mark.parametrize(
    ("first_poll", "known"), [(True, {}), (False, dict.fromkeys(["guid:1", "guid:2", "guid:3"], SEEN))]
)
def test_a_dry_run_can_treat_the_newest_as_new(first_poll: bool, known: dict[str, Known]) -> None:
    entries = [an_entry(3), an_entry(2), an_entry(1)]
    found = plan(a_feed("tr"), entries, accounts=[an_account()], known=known, first_poll=first_poll, as_new=2)
    queued = [decision.entry.title for decision in found.decisions if decision.status is Status.QUEUED]
    assert queued == ["Haber 2", "Haber 3"]
