"""The chain and its replay, as values."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from crossposter.core import replay as replay_module
from crossposter.core.chain import NOTHING, Event, Head, Kind, Noted, canonical, hash_of, holds_content, linked
from crossposter.core.replay import PICTURES, TEXTS, Difference, Replay

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
SEEN = {"entry": {"link": "https://izmir.bel.tr/1", "revision": 1}}
WORDS = {"entry": {"title": "Körfez", "text": "Temiz."}}


def chain(*noted: tuple[Kind, dict[str, Any], dict[str, Any]], account: str | None = None) -> list[Event]:
    made: list[Event] = []
    for kind, facts, content in noted:
        head = Head(made[-1].position, made[-1].hash) if made else Head(0, NOTHING)
        where = account if kind not in (Kind.SEEN, Kind.REVISED, Kind.ERASED) else None
        one = Noted(kind=kind, at=NOON, entry_id=1, account_id=where, facts=facts, content=content)
        made.append(linked(one, head, salt="5a17"))
    return made


def erased(event: Event) -> Event:
    return replace(event, content=None, salt=None)


def replayed(*events: Event) -> Replay:
    replay = Replay()
    for event in events:
        replay.apply(event)
    return replay


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({"b": 1, "a": "ışık"}, '{"a":"ışık","b":1}'),
        (datetime(2026, 11, 25, 15, tzinfo=timezone(timedelta(hours=3))), '"2026-11-25T12:00:00+00:00"'),
        (date(2026, 11, 10), '"2026-11-10"'),
    ],
)
def test_there_is_one_way_to_write_a_value(value: object, written: str) -> None:
    assert canonical(value) == written


def test_what_has_no_form_is_refused() -> None:
    with pytest.raises(TypeError, match="has no form in the record"):
        canonical({"x": object()})


def test_an_event_is_bound_to_the_one_before_and_not_to_words_that_may_go() -> None:
    first, second = chain((Kind.SEEN, SEEN, WORDS), (Kind.REVISED, SEEN, WORDS))
    assert second.hash == hash_of(second, first.hash)
    assert second.hash == hash_of(erased(second), first.hash)
    assert second.hash != hash_of(second, NOTHING)


def test_the_digest_tells_whether_the_words_are_those_of_then() -> None:
    (event,) = chain((Kind.SEEN, SEEN, WORDS))
    assert holds_content(event)
    assert holds_content(erased(event))
    for wrong in ({"content": "{}"}, {"salt": "x"}, {"salt": None}, {"content": None}):
        assert not holds_content(replace(event, **wrong))


def test_rows_that_say_what_their_events_say_differ_in_nothing() -> None:
    replay = replayed(*chain((Kind.SEEN, SEEN, WORDS)))
    row = {**SEEN["entry"], **WORDS["entry"]}
    assert list(replay.differences({("entry", ""): row}, is_covered=[("entry", "")])) == []
    changed = {("entry", ""): {**row, "title": "Kirli"}}
    assert list(replay.differences(changed, is_covered=[])) == [Difference(("entry", ""), "title")]
    assert list(replay.differences({}, is_covered=[])) == [Difference(("entry", ""), is_missing=True)]
    other = {("entry", ""): row, ("post", "x"): {}}
    assert list(replay.differences(other, is_covered=[("post", "x")])) == [Difference(("post", "x"))]


def test_an_entry_that_says_something_else_leaves_what_it_said() -> None:
    now = {"entry": {"link": None, "revision": 2}}
    replay = replayed(*chain((Kind.SEEN, SEEN, WORDS), (Kind.REVISED, now, {"entry": {"title": "Yeni"}})))
    kept = replay.rows["revision", "1"]
    assert (kept["title"], kept["link"], kept["replaced_at"]) == ("Körfez", "https://izmir.bel.tr/1", NOON)
    assert replay.rows["entry", ""]["title"] == "Yeni"


def test_one_from_before_the_record_leaves_nothing_that_could_be_compared() -> None:
    now = {"entry": {"link": None, "revision": 2}}
    replay = replayed(*chain((Kind.REVISED, now, {"entry": {"title": "Yeni"}})))
    assert set(replay.rows) == {("entry", "")}


def test_words_that_were_erased_leave_nothing_in_their_place() -> None:
    told = {"delivery": {"status": "held", "reason": "gate"}}
    why = {"delivery": {"message": {"template": "x", "values": {}}}}
    events = chain(
        (Kind.SEEN, SEEN, WORDS), (Kind.DECIDED, told, why), (Kind.ERASED, {"what": TEXTS}, {}), account="izmir-x"
    )
    seen, decided, end = events
    for replay in (replayed(erased(seen), erased(decided), end), replayed(*events)):
        row = replay.rows["entry", ""]
        assert row == {**SEEN["entry"], **replay_module.WORDS["entry"]}
        assert replay.rows["delivery", "izmir-x"]["message"] is None
        written = {**replay.rows, ("entry", ""): {**row, "title": "Kirli"}}
        assert list(replay.differences(written, is_covered=[])) == [Difference(("entry", ""), "title")]
        assert list(replay.unfounded()) == []


@pytest.mark.parametrize("tells", [[], [(Kind.ERASED, {"what": PICTURES}, {})]])
def test_words_that_are_gone_though_nothing_tells_of_it_are_named(tells: list[Any]) -> None:
    first, *others = chain((Kind.SEEN, SEEN, WORDS), *tells)
    assert list(replayed(erased(first), *others).unfounded()) == [1]
