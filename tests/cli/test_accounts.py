"""`accounts`: how each account stands, by the whole program."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.city import DEMO_CONFIG, City

Call = Callable[..., tuple[int, str]]
CallJson = Callable[..., Any]


def states(call_json: CallJson) -> dict[str, str]:
    return {one["id"]: one["state"] for one in call_json("accounts")["accounts"]}


def test_accounts_that_publish_are_at_work_and_say_what_they_cost(city: City, call: Call, call_json: CallJson) -> None:
    call("run", "--once")
    city.site.publish("tr")
    call("run", "--once")
    found = {one["id"]: one for one in call_json("accounts")["accounts"]}
    assert set(states(call_json).values()) == {"ok"}
    assert found["izmir-x"]["spent_usd"] == 0.205
    assert found["izmir-facebook"]["spent_usd"] == 0
    assert "0.2" in call("accounts")[1]


def test_an_account_that_must_wait_cools_down(city: City, call: Call, call_json: CallJson) -> None:
    call("run", "--once")
    city.site.publish("tr")
    city.sandbox.inject("twitter", "publish", "status:429")
    call("run", "--once")
    (waiting,) = (one for one in call_json("accounts")["accounts"] if one["id"] == "izmir-x")
    assert (waiting["state"], waiting["waiting"]) == ("cooling", 1)
    assert waiting["until"] is not None
    assert "X asks to wait" in waiting["message"]
    assert call("accounts")[0] == 0


def test_an_account_that_needs_a_person_is_stopped_and_the_others_are_not(
    city: City, call: Call, call_json: CallJson
) -> None:
    call("run", "--once")
    city.site.publish("tr")
    city.sandbox.inject("facebook", "verify", "status:400", body={"error": {"code": 190, "message": "expired"}})
    call("run", "--once")
    found = states(call_json)
    assert (found["izmir-facebook"], found["izmir-x"]) == ("stopped", "ok")
    code, printed = call("accounts")
    assert code == 1
    assert "a person must act" in printed


def test_check_says_what_is_spent_and_where_it_leads(
    city: City, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call("run", "--once")
    city.site.publish("tr")
    call("run", "--once")
    text = DEMO_CONFIG.read_text("utf-8").replace(
        "platform: twitter\n", "platform: twitter\n    budget: {usd_per_month: 9}\n"
    )
    (tmp_path / "with-budget.yaml").write_text(text, "utf-8")
    monkeypatch.setenv("CROSSPOSTER_CONFIG", str(tmp_path / "with-budget.yaml"))
    code, printed = call("check")
    assert code == 0
    assert "izmir-x: 0.20 of 9.00 US dollars spent this month" in printed or "izmir-x: 0.21 of 9.00" in printed
    assert "all together:" in call("dry-run", "--last", "1")[1]
