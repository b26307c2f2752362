"""`ledger verify` and `ledger head`: by the whole program, over a real ledger."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from tests.city import City

Call = Callable[..., tuple[int, str]]
CallJson = Callable[..., Any]


@pytest.fixture
def published(city: City, call: Call) -> City:
    """A city that has published a story."""
    call("run", "--once")
    city.site.publish("tr")
    call("run", "--once")
    return city


def change(city: City, statement: str) -> None:
    with closing(sqlite3.connect(city.ledger)) as opened, opened:
        opened.execute(statement)


def test_a_record_that_nobody_has_touched_holds(published: City, call: Call, call_json: CallJson) -> None:
    code, printed = call("ledger", "verify")
    assert code == 0
    assert "the record is whole" in printed
    verdict = call_json("ledger", "verify")
    assert (verdict["holds"], verdict["findings"], verdict["not_covered"]) == (True, [], 0)
    assert verdict["deliveries"] >= 3
    assert call_json("ledger", "head")["head"] == verdict["head"]


def test_a_head_that_was_kept_shows_what_was_changed_before_it(published: City, call: Call) -> None:
    head = call("ledger", "head")[1].split()[0]
    code, printed = call("ledger", "verify", "--head", head)
    assert (code, "the head that was kept is in the record" in printed) == (0, True)
    code, printed = call("ledger", "verify", "--head", "0" * 64 + head[64:])
    assert (code, "the record does not hold 0000" in printed) == (1, True)
    assert call("ledger", "verify", "--head", "yesterday's")[0] == 2


def test_what_was_changed_past_the_program_is_named(published: City, call: Call, call_json: CallJson) -> None:
    change(
        published, "UPDATE attempt SET text = 'Körfez kirli' WHERE delivery_id = (SELECT max(delivery_id) FROM attempt)"
    )
    code, printed = call("ledger", "verify")
    assert code == 1
    assert "says another text than the record" in printed
    (finding,) = call_json("ledger", "verify")["findings"]
    assert finding["what"] == "row"
    change(published, "UPDATE event SET facts = '{}'")
    assert "event 1 was changed" in call("ledger", "verify")[1]
