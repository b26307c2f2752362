from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crossposter.core.identity import conflict_key, content_of, words_key
from crossposter.core.model import Entry, Holds, Known, PictureRef, Reason, Status
from crossposter.core.planning import Plan, Sighting, keys_to_look_up, plan
from crossposter.core.window import Shown
from crossposter.testing import a_feed, an_account, an_entry

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
SEEN = Known(entry_id=7, in_feed=True)
ELSEWHERE = Known(entry_id=7, in_feed=False, decided=frozenset({"x"}))


def statuses(found: Plan) -> list[tuple[str, Status, Reason | None]]:
    return [(decision.entry.title, decision.status, decision.reason) for decision in found.decisions]


def test_a_first_poll_publishes_nothing() -> None:
    found = plan(a_feed("tr"), [an_entry(2), an_entry(1)], accounts=[an_account()], known={}, first_poll=True, now=NOON)
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
        now=NOON,
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
    found = plan(a_feed("tr"), entries, accounts=[an_account()], known={}, first_poll=False, now=NOON)
    assert [decision.entry.title for decision in found.decisions] == ["Haber 2", "Haber 1"]


@pytest.mark.parametrize("seen", ["guid:1", "link://izmir.bel.tr/tr/Haberler/1"])
def test_an_entry_is_known_by_any_of_its_keys(seen: str) -> None:
    found = plan(a_feed("tr"), [an_entry(1)], accounts=[an_account()], known={seen: SEEN}, first_poll=False, now=NOON)
    assert found.decisions == ()


def test_a_new_key_of_a_known_entry_is_learned() -> None:
    changed = an_entry(1, keys=("guid:new", "link://izmir.bel.tr/tr/Haberler/1"))
    found = plan(
        a_feed("tr"),
        [changed],
        accounts=[an_account()],
        known={"link://izmir.bel.tr/tr/Haberler/1": SEEN},
        first_poll=False,
        now=NOON,
    )
    assert found.sightings == (Sighting(entry_id=7, keys=("guid:new",)),)


def test_an_edited_entry_is_not_new() -> None:
    edited = an_entry(1, title="Başka başlık", summary="Başka", published=NOON)
    assert (
        plan(
            a_feed("tr"), [edited], accounts=[an_account()], known={"guid:1": SEEN}, first_poll=False, now=NOON
        ).decisions
        == ()
    )


def test_the_same_item_twice_in_one_answer_is_one_entry() -> None:
    twice = [an_entry(1), an_entry(1, keys=("guid:other", "link://izmir.bel.tr/tr/Haberler/1"))]
    found = plan(a_feed("tr"), twice, accounts=[an_account()], known={}, first_poll=False, now=NOON)
    assert [decision.entry.keys for decision in found.decisions] == [(*an_entry(1).keys, "guid:other")]


def test_an_item_that_another_feed_showed_first_is_news_for_the_accounts_it_did_not_go_to() -> None:
    accounts = [an_account("x"), an_account("facebook")]
    found = plan(
        a_feed("press"), [an_entry(1)], accounts=accounts, known={"guid:1": ELSEWHERE}, first_poll=False, now=NOON
    )
    assert [(decision.account_id, decision.entry_id) for decision in found.decisions] == [("facebook", 7)]


def test_a_feed_seen_for_the_first_time_decides_nothing_about_what_others_showed() -> None:
    found = plan(
        a_feed("press"),
        [an_entry(1)],
        accounts=[an_account("y")],
        known={"guid:1": ELSEWHERE},
        first_poll=True,
        now=NOON,
    )
    assert found.decisions == ()
    assert found.sightings == (Sighting(entry_id=7, keys=("link://izmir.bel.tr/tr/Haberler/1",)),)


def test_news_that_the_city_would_not_sign_is_held_for_every_account() -> None:
    feed = a_feed("tr", allowed_hosts=("izmir.bel.tr",))
    broken = [an_entry(2, title="Ýzmir haberi"), an_entry(1, link="https://evil.example/")]
    found = plan(feed, broken, accounts=[an_account("x"), an_account("y")], known={}, first_poll=False, now=NOON)
    assert {(decision.status, decision.reason) for decision in found.decisions} == {(Status.HELD, Reason.GATE)}
    assert "'Ýzmir'" in str(found.decisions[-1].message)
    assert "evil.example" in str(found.decisions[0].message)


@pytest.mark.parametrize(
    ("first_poll", "known"), [(True, {}), (False, dict.fromkeys(["guid:1", "guid:2", "guid:3"], SEEN))]
)
def test_a_dry_run_can_treat_the_newest_as_new(first_poll: bool, known: dict[str, Known]) -> None:
    entries = [an_entry(3), an_entry(2), an_entry(1)]
    found = plan(a_feed("tr"), entries, accounts=[an_account()], known=known, first_poll=first_poll, now=NOON, as_new=2)
    queued = [decision.entry.title for decision in found.decisions if decision.status is Status.QUEUED]
    assert queued == ["Haber 2", "Haber 3"]


# -- what is odd waits for a person ----------------------------------------------------------------------------------


def reasons(found: Plan) -> list[Reason | None]:
    return [decision.reason for decision in found.decisions]


def known_as(*entries: Entry, **more: object) -> dict[str, Known]:
    """Give what the ledger knows after these entries, each with a number of its own."""
    return {
        key: Known(entry_id=number, in_feed=True, content=content_of(entry), title=entry.title, **more)  # type: ignore[arg-type]  # a row of options
        for number, entry in enumerate(entries, start=1)
        for key in (*entry.keys, words_key(entry) or entry.keys[0])
    }


def polled(*entries: Entry, known: dict[str, Known] | None = None, holds: Holds | None = None) -> Plan:
    feed = a_feed("tr", holds=holds or Holds())
    return plan(feed, entries, accounts=[an_account()], known=known or {}, first_poll=False, now=NOON)


LONG = "Bu haber yeterince uzun bir metinle yazılmıştır, kırk harften fazladır."


def test_a_flood_is_held_as_one_and_told_once() -> None:
    found = polled(*(an_entry(number) for number in range(6)))
    assert reasons(found) == [Reason.FLOOD] * 6
    assert [str(alarm) for alarm in found.alarms] == ["feed tr: 6 news at once, more than 5"]
    assert reasons(polled(*(an_entry(number) for number in range(5)))) == [None] * 5
    assert reasons(polled(*(an_entry(number) for number in range(6)), holds=Holds(new_entries_over=None))) == [None] * 6


def test_a_window_of_which_most_is_new_is_a_flood() -> None:
    entries = [an_entry(number) for number in range(7)]
    assert reasons(polled(*entries, known=known_as(*entries[4:]))) == [Reason.FLOOD] * 4
    assert reasons(polled(*entries, known=known_as(*entries[3:]))) == [None] * 3
    assert reasons(polled(*entries[:3], known=known_as(entries[0]))) == [None] * 2


def test_a_first_sight_is_no_flood() -> None:
    entries = [an_entry(number) for number in range(20)]
    found = plan(a_feed("tr"), entries, accounts=[an_account()], known={}, first_poll=True, now=NOON)
    assert set(reasons(found)) == {Reason.BASELINE}
    assert found.alarms == ()


def test_late_news_is_held() -> None:
    old, fresh, undated = (
        an_entry(1, published=NOON - timedelta(hours=25)),
        an_entry(2, published=NOON - timedelta(hours=23)),
        an_entry(3),
    )
    assert reasons(polled(old)) == [Reason.STALE]
    assert reasons(polled(fresh)) == [None]
    assert reasons(polled(undated)) == [None]
    assert reasons(polled(old, holds=Holds(older_than=None))) == [None]


def test_a_guid_that_another_article_has_now_is_held_once() -> None:
    before = an_entry(1, keys=("guid:7", "link://a"), title="Tramvay")
    other = an_entry(1, keys=("guid:7", "link://b"), title="Su kesintisi")
    found = polled(other, known=known_as(before))
    assert reasons(found) == [Reason.KEY_CONFLICT]
    known = known_as(before) | {key: Known(entry_id=9, in_feed=True) for key in found.decisions[0].keys[1:]}
    assert polled(other, known=known).decisions == ()


def test_a_new_slug_under_the_same_guid_and_headline_is_the_same_article() -> None:
    before = an_entry(1, keys=("guid:7", "link://a"), title="Tramvay")
    assert polled(replace(before, keys=("guid:7", "link://b")), known=known_as(before)).decisions == ()


def test_an_article_whose_words_were_erased_is_known_by_its_keys_and_learns_none_of_words() -> None:
    before = an_entry(1, keys=("guid:7", "link://a"), title="Tramvay", text=LONG)
    assert words_key(before)
    known = dict.fromkeys(before.keys, Known(entry_id=1, in_feed=True, is_erased=True))
    for shown in (before, replace(before, title="Yeni"), replace(before, keys=("guid:7", "link://a", "id:7"))):
        found = polled(shown, known=known)
        assert found.decisions == ()
        assert [(one.keys, one.revised) for one in found.sightings] in ([], [(("id:7",), None)])
    elsewhere = dict.fromkeys(before.keys, Known(entry_id=1, in_feed=False, is_erased=True))
    assert polled(before, known=elsewhere).decisions == ()
    # Nothing tells any more whether this is the same one.
    assert reasons(polled(replace(before, keys=("guid:7", "link://b")), known=known)) == [Reason.KEY_CONFLICT]


def test_keys_of_two_different_entries_are_held_once() -> None:
    one, two = an_entry(1, keys=("guid:1", "link://1")), an_entry(2, keys=("guid:2", "link://2"))
    mixed = an_entry(1, keys=("guid:1", "link://2"))
    found = polled(mixed, known=known_as(one, two))
    assert reasons(found) == [Reason.KEY_CONFLICT]
    (makeshift,) = (key for key in found.decisions[0].keys if key.startswith("conflict:"))
    assert polled(mixed, known=known_as(one, two) | {makeshift: Known(entry_id=3, in_feed=True)}).decisions == ()


def test_an_id_that_every_item_has_is_nobodys() -> None:
    items = [an_entry(number, keys=("guid:N/A", f"link://{number}")) for number in range(3)]
    found = polled(*items)
    assert [decision.keys[0] for decision in found.decisions] == ["link://2", "link://1", "link://0"]
    assert reasons(found) == [None] * 3


def test_an_item_that_nothing_names_is_held_and_known_by_its_headline() -> None:
    bare = an_entry(1, keys=(), title="Duyuru")
    found = polled(bare)
    assert reasons(found) == [Reason.NO_IDENTITY]
    assert polled(bare, known={found.decisions[0].keys[0]: Known(entry_id=1, in_feed=True)}).decisions == ()
    assert found.decisions[0].keys[0] in keys_to_look_up([bare])


def test_the_same_words_under_another_address_are_held() -> None:
    before = an_entry(1, title="Tramvay", summary=LONG)
    moved = an_entry(2, title="TRAMVAY", summary=LONG)
    assert reasons(polled(moved, known=known_as(before))) == [Reason.SAME_WORDS]
    assert reasons(polled(replace(moved, summary="Başka."), known=known_as(before))) == [None]


def test_few_words_say_nothing() -> None:
    weekly = an_entry(1, title="Su kesintisi", summary="")
    assert reasons(polled(replace(weekly, keys=("guid:2",)), known=known_as(weekly))) == [None]


# -- edits -----------------------------------------------------------------------------------------------------------


def test_an_edit_is_a_revision() -> None:
    before = an_entry(1, title="Tramvay", summary=LONG)
    edited = replace(before, title="Tramvay (düzeltme)")
    found = polled(edited, known=known_as(before))
    assert found.decisions == ()
    assert [sighting.revised for sighting in found.sightings] == [edited]


@pytest.mark.parametrize(
    "changes",
    [
        {"summary": "Başka."},
        {"text": "Başka."},
        {"link": "https://izmir.bel.tr/baska"},
        {"pictures": (PictureRef(url="https://izmir.bel.tr/baska.jpg"),)},
    ],
)
def test_everything_that_a_reader_sees_makes_a_revision(changes: dict[str, object]) -> None:
    before = an_entry(1)
    found = polled(replace(before, **changes), known=known_as(before))  # type: ignore[arg-type]  # fields of an entry
    assert [bool(sighting.revised) for sighting in found.sightings] == [True]


def test_what_did_not_change_costs_nothing() -> None:
    entry = an_entry(1, published=NOON)
    again = replace(entry, published=NOON - timedelta(hours=1), categories=("Ulaşım",))
    assert polled(again, known=known_as(entry)).sightings == ()


def test_only_the_feed_that_showed_it_first_edits_an_entry() -> None:
    before = an_entry(1, text=LONG)
    teaser = replace(before, text="")
    assert all(s.revised is None for s in polled(teaser, known=known_as(before, is_first=False)).sightings)


def test_an_edit_of_most_of_a_feed_is_told() -> None:
    entries = [an_entry(number) for number in range(8)]
    edited = [replace(entry, title=f"[{entry.title}]") for entry in entries]
    assert [str(alarm) for alarm in polled(*edited, known=known_as(*entries)).alarms] == [
        "feed tr: 8 of 8 news say something else now; look at the site"
    ]


def test_items_without_identity_and_with_the_same_title_are_one() -> None:
    entries = [an_entry(1, keys=(), title="Duyuru"), an_entry(2, keys=(), title="Duyuru")]
    found = plan(a_feed(), entries, accounts=[an_account()], known={}, first_poll=False, now=NOON)
    assert found.new == 1


class TestWindow:
    """What need not be read at the next poll."""

    FEED, ACCOUNTS = a_feed(), [an_account()]

    def plan(self, *entries: Entry, known: dict[str, Known] | None = None, unread: Sequence[Shown] = ()) -> Plan:
        return plan(
            self.FEED, entries, accounts=self.ACCOUNTS, known=known or {}, first_poll=False, now=NOON, unread=unread
        )

    def known(self, number: int, **changes: Any) -> dict[str, Known]:
        entry = an_entry(number)
        found = Known(entry_id=number, in_feed=True, content=content_of(entry), title=entry.title)
        return dict.fromkeys(entry.keys, replace(found, **changes))

    def marks(self, found: Plan) -> list[str]:
        return [shown.mark for shown in found.window]

    def test_new_and_known_items_are_remembered_and_those_without_a_mark_are_not(self) -> None:
        found = self.plan(an_entry(2, mark="b"), an_entry(1, mark="a"), an_entry(3), known=self.known(1))
        assert self.marks(found) == ["b", "a"]

    def test_what_is_not_recorded_is_not_remembered(self) -> None:
        found = plan(self.FEED, [an_entry(1, mark="a")], accounts=[], known={}, first_poll=False, now=NOON)
        assert found.window == ()

    def test_an_item_whose_keys_are_those_of_others_is_read_again(self) -> None:
        other = Known(entry_id=7, in_feed=True)
        mixed = {an_entry(1).keys[0]: other, an_entry(1).keys[1]: replace(other, entry_id=8)}
        assert self.plan(an_entry(1, mark="a"), known=mixed).window == ()
        held = {**mixed, conflict_key(an_entry(1).keys): replace(other, entry_id=9)}
        assert self.plan(an_entry(1, mark="a"), known=held).window == ()

    def test_an_item_without_identity_is_read_again(self) -> None:
        assert self.plan(an_entry(1, keys=(), mark="a")).window == ()

    def test_items_of_one_entry_are_read_again_both(self) -> None:
        unread = Shown(mark="a", keys=("guid:x",), is_dated=True, entry_id=1)
        assert self.plan(an_entry(1, mark="b"), known=self.known(1), unread=[unread]).window == ()

    def test_items_that_share_a_guid_or_are_merged_lose_their_mark(self) -> None:
        shared = [an_entry(number, keys=("guid:N/A", f"link:{number}"), mark=f"{number}") for number in (1, 2)]
        assert self.plan(*shared).window == ()
        merged = [an_entry(1, keys=("link:a",), mark="1"), an_entry(1, keys=("link:a",), mark="2")]
        assert self.plan(*merged).window == ()
        assert self.marks(self.plan(merged[0], merged[0])) == ["1"]

    def test_what_is_unread_counts_and_orders_as_if_it_were_read(self) -> None:
        unread = [Shown(mark=f"{n}", keys=(f"guid:{n}",), is_dated=n != 20, entry_id=n) for n in range(20, 26)]
        old, new = (an_entry(n, published=NOON - timedelta(hours=3 - n)) for n in (1, 2))
        found = self.plan(old, new, unread=unread)
        assert found.recognised == 6
        assert [decision.entry.title for decision in found.decisions] == ["Haber 2", "Haber 1"]
        found = self.plan(old, new, unread=unread[1:])
        assert [decision.entry.title for decision in found.decisions] == ["Haber 1", "Haber 2"]

    def test_a_poll_that_shows_the_same_window_changes_nothing(self) -> None:
        unread = [Shown(mark="a", keys=("guid:x",), is_dated=True, entry_id=1)]
        found = self.plan(unread=unread)
        assert not found.changes(unread)
        assert found.changes([])
        assert replace(found, first_poll=True).changes(unread)
        assert self.plan(an_entry(1)).changes([])
