"""What the rows of pauses must say, going by the record: each that began, and the end of each that has ended."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from crossposter.core.chain import Event, Kind, canonical
from crossposter.core.replay import Difference, Row

_OPEN: Row = {"ended_at": None, "ended_by": None, "ended_system_user": None}


def differences(told: Iterable[Event], rows: Mapping[int, Row]) -> Iterator[Difference]:
    """Compare what events tell of pauses with the rows, by their numbers.

    Events from before they named a row say too little: what those began is left alone.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: An event is none of ours.
    """
    expected: dict[int, dict[str, Any]] = {}
    nameless: set[tuple[str, str, datetime]] = set()
    for event in told:
        content = json.loads(event.content) if event.content else {}
        _apply(event, json.loads(event.facts)["pause"], content.get("why", ""), expected, nameless)
    for number, wanted in expected.items():
        name, found = ("pause", str(number)), rows.get(number)
        if found is None:
            yield Difference(name, is_missing=True)
            continue
        for column, value in wanted.items():
            if canonical(found[column]) != canonical(value):
                yield Difference(name, column)
    for number, row in rows.items():
        if number not in expected and (row["scope"], row["name"], row["begun_at"]) not in nameless:
            yield Difference(("pause", str(number)))


def _apply(
    event: Event,
    pause: Row,
    why: str,
    expected: dict[int, dict[str, Any]],
    nameless: set[tuple[str, str, datetime]],
) -> None:
    number = pause.get("id")
    if event.kind == Kind.PAUSED:
        if number is None:
            nameless.add((pause["scope"], pause["name"], event.at))
        else:
            expected[number] = {**pause, "why": why, "person": event.person, "begun_at": event.at, **_OPEN}
    elif number in expected:
        by = {"ended_by": event.person, "ended_system_user": pause["ended_system_user"]}
        expected[number] |= {"ended_at": event.at, **by}
