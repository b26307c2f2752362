"""One account's trouble is its own, and outlives a restart: by the whole program, with the real client libraries."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crossposter.cli import main
from crossposter.clock import SystemClock
from tests.city import City

Call = Callable[..., tuple[int, str]]
CallJson = Callable[..., Any]
_PLATFORMS = {"twitter": "izmir-x", "facebook": "izmir-facebook", "instagram": "izmir-instagram"}
_UNAUTHORIZED = {
    "twitter": {"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"},
    "facebook": {"error": {"code": 190, "error_subcode": 467, "message": "invalid", "type": "OAuthException"}},
    "instagram": {"message": "unauthorized", "status": "fail"},
}
#: What stops an account for a person, as its platform says it.
_STOPS = {
    "twitter": (402, {"title": "CreditsDepleted", "detail": "no credits", "type": "credits"}),
    "facebook": (400, {"error": {"code": 368, "message": "blocked"}}),
    "instagram": (400, {"message": "challenge_required", "challenge": {"url": "/c/"}, "status": "fail"}),
}


@pytest.fixture
def accounts(city: City, call: Call, call_json: CallJson) -> Callable[[], dict[str, Any]]:
    """Let the program start anew with one more item of news, and say how its accounts stand then."""
    call("run", "--once")

    def accounts() -> dict[str, Any]:
        city.site.publish("tr")
        call("run", "--once")
        return {one["id"]: one for one in call_json("accounts")["accounts"]}

    return accounts


def wait_of(account: dict[str, Any]) -> timedelta:
    """Give how long it rests from now on."""
    until: timedelta = datetime.fromisoformat(account["until"]) - SystemClock().now()
    return until


def posts(city: City, platform: str) -> int:
    return sum(made["platform"] == platform for made in city.sandbox.posts())


@pytest.mark.parametrize("platform", _PLATFORMS)
def test_a_stopped_account_stops_no_other_and_its_news_waits(
    city: City, accounts: Callable[[], dict[str, Any]], call_json: CallJson, platform: str
) -> None:
    status, body = _STOPS[platform]
    state = "spent" if platform == "twitter" else "stopped"
    city.sandbox.inject(platform, "publish", f"status:{status}", body=body, times=9)
    found = accounts()
    mine = _PLATFORMS[platform]
    assert {name: one["state"] for name, one in found.items() if name in _PLATFORMS.values()} == {
        name: state if name == mine else "ok" for name in _PLATFORMS.values()
    }
    assert found[mine]["message"]
    again = accounts()
    assert (again[mine]["state"], again[mine]["waiting"]) == (state, 2)
    assert len(city.sandbox.requests(platform, "publish")) == 1
    assert [posts(city, name) for name in _PLATFORMS] == [0 if name == platform else 2 for name in _PLATFORMS]
    waiting = [one["status"] for one in call_json("ledger", "list")["deliveries"] if one["account"] == mine]
    assert sorted(set(waiting)) == ["queued", "skipped"]


@pytest.mark.parametrize("platform", _PLATFORMS)
@pytest.mark.parametrize("operation", ["verify", "publish"])
def test_a_single_401_stops_nothing_and_a_second_one_does(
    city: City, accounts: Callable[[], dict[str, Any]], platform: str, operation: str
) -> None:
    city.sandbox.inject(platform, operation, "status:401", body=_UNAUTHORIZED[platform])
    mine = _PLATFORMS[platform]
    found = accounts()[mine]
    assert (found["state"], found["waiting"]) == ("cooling", 1)
    assert wait_of(found) <= timedelta(hours=1)


@pytest.mark.parametrize("platform", _PLATFORMS)
def test_a_401_that_is_said_again_stops_the_account(
    city: City, accounts: Callable[[], dict[str, Any]], platform: str
) -> None:
    city.sandbox.inject(platform, "verify", "status:401", body=_UNAUTHORIZED[platform], times=2)
    assert accounts()[_PLATFORMS[platform]]["state"] == "stopped"
    assert len(city.sandbox.requests(platform, "verify")) == 2


def test_a_401_that_nobody_confirms_stops_nothing(city: City, accounts: Callable[[], dict[str, Any]]) -> None:
    city.sandbox.inject("twitter", "verify", "status:401", body=_UNAUTHORIZED["twitter"])
    city.sandbox.inject("twitter", "verify", "status:503")
    assert accounts()["izmir-x"]["state"] == "cooling"


@pytest.mark.parametrize(
    ("platform", "body"),
    [
        ("twitter", {"title": "Not Found", "detail": "Not Found"}),
        ("facebook", {"error": {"code": 100, "error_subcode": 33, "message": "Unsupported get request."}}),
        ("instagram", {"message": "user not found", "status": "fail"}),
    ],
)
def test_a_single_404_stops_nothing(
    city: City, accounts: Callable[[], dict[str, Any]], platform: str, body: dict[str, Any]
) -> None:
    city.sandbox.inject(platform, "verify", "status:404", body=body)
    found = accounts()[_PLATFORMS[platform]]
    assert (found["state"], found["waiting"]) == ("cooling", 1)


def test_a_login_that_instagram_ended_is_not_renewed(city: City, accounts: Callable[[], dict[str, Any]]) -> None:
    body = {"message": "login_required", "error_type": "login_required", "status": "fail"}
    city.sandbox.inject("instagram", "verify", "status:403", body=body, times=9)
    assert accounts()["izmir-instagram"]["state"] == "stopped"
    assert accounts()["izmir-instagram"]["waiting"] == 2
    assert {request.path for request in city.sandbox.requests("instagram")} == {"/api/v1/accounts/current_user/"}
    assert city.sandbox.requests("instagram", "login") == []


# -- what a platform tells of its limits with a success --------------------------------------------------------------


def _told_and_kept(
    city: City, accounts: Callable[[], dict[str, Any]], platform: str, about: timedelta, *others: str
) -> None:
    """See that the account rests for about so long after its post, over a restart, and is not asked meanwhile."""
    found = accounts()
    mine = _PLATFORMS[platform]
    assert (found[mine]["state"], found[mine]["waiting"]) == ("cooling", 0)
    assert found[mine]["message"] == "the platform takes nothing more for now, as it said itself"
    assert about - timedelta(minutes=1) < wait_of(found[mine]) <= about + timedelta(seconds=2)
    assert {found[name]["state"] for name in others} == {"ok"}
    asked = len(city.sandbox.requests(platform))
    again = accounts()
    assert (again[mine]["state"], again[mine]["waiting"]) == ("cooling", 1)
    assert again[mine]["until"] == found[mine]["until"]
    assert len(city.sandbox.requests(platform)) == asked
    assert {again[name]["waiting"] for name in others} == {0}


def test_who_made_the_last_post_of_a_window_waits_for_the_next_one(
    city: City, accounts: Callable[[], dict[str, Any]]
) -> None:
    city.sandbox.twitter.limits["POST /2/tweets"] = (1, 900)
    _told_and_kept(city, accounts, "twitter", timedelta(minutes=15), "izmir-facebook", "izmir-instagram")
    assert posts(city, "twitter") == 1


@pytest.mark.parametrize("whose", ["user", "app"])
def test_who_made_the_last_post_of_a_day_waits_for_the_next_one(
    city: City, accounts: Callable[[], dict[str, Any]], whose: str
) -> None:
    city.sandbox.twitter.day_limits[whose] = 1
    _told_and_kept(city, accounts, "twitter", timedelta(hours=24), "izmir-facebook", "izmir-instagram")


@pytest.mark.parametrize(
    ("percent", "regain", "about"),
    [(100, 0, timedelta(hours=1)), (75, 0, timedelta(minutes=15)), (100, 42, timedelta(minutes=42))],
)
def test_who_has_used_up_what_meta_allows_waits(
    city: City, accounts: Callable[[], dict[str, Any]], percent: int, regain: int, about: timedelta
) -> None:
    city.sandbox.graph.used_percent, city.sandbox.graph.regain_minutes = percent, regain
    _told_and_kept(city, accounts, "facebook", about, "izmir-x", "izmir-instagram")


def test_who_has_room_left_goes_on(city: City, accounts: Callable[[], dict[str, Any]]) -> None:
    city.sandbox.graph.used_percent = 74
    city.sandbox.twitter.limits["POST /2/tweets"] = (2, 900)
    city.sandbox.twitter.day_limits |= {"user": 9, "app": 9}
    assert {one["state"] for one in accounts().values()} == {"ok"}


def test_a_limit_that_was_met_outlives_a_restart(city: City, accounts: Callable[[], dict[str, Any]]) -> None:
    city.sandbox.twitter.limits["POST /2/tweets"] = (0, 900)
    first = accounts()["izmir-x"]
    assert (first["state"], first["waiting"]) == ("cooling", 1)
    again = accounts()["izmir-x"]
    assert (again["state"], again["waiting"], again["until"]) == ("cooling", 2, first["until"])
    assert len(city.sandbox.requests("twitter", "publish")) == 1


# -- an answer that nobody knows -------------------------------------------------------------------------------------


def shown(call_json: CallJson, call: Call, account: str) -> tuple[list[dict[str, Any]], str]:
    """Give the attempts of the account's newest delivery, and what `ledger show` prints of it."""
    (*_, name) = [one["id"] for one in call_json("ledger", "list")["deliveries"] if one["account"] == account]
    return call_json("ledger", "show", name)["deliveries"][0]["history"], call("ledger", "show", name)[1]


@pytest.mark.parametrize(
    ("platform", "status", "body"),
    [
        ("twitter", 409, {"title": "Teapot", "detail": "Kısa ve kalın"}),
        ("twitter", 201, {"data": {"text": "Kısa ve kalın"}}),
        ("facebook", 400, {"error": {"code": 4711, "message": "Kısa ve kalın", "fbtrace_id": "AbC1"}}),
        ("facebook", 200, {"post": "Kısa ve kalın"}),
        ("instagram", 400, {"message": "Kısa ve kalın", "status": "fail"}),
        ("instagram", 200, {"status": "ok", "note": "Kısa ve kalın"}),
        ("instagram", 200, "<html>Kısa ve kalın</html>"),
    ],
)
def test_an_answer_that_nobody_knows_says_so_and_is_kept(
    city: City,
    accounts: Callable[[], dict[str, Any]],
    call: Call,
    call_json: CallJson,
    platform: str,
    status: int,
    body: Any,
) -> None:
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    city.sandbox.inject(platform, "publish", f"status:{status}", body=text)
    accounts()
    (attempt,), printed = shown(call_json, call, _PLATFORMS[platform])
    assert "crossposter does not know" in attempt["message"]
    assert "the answer is kept" in attempt["message"]
    assert "Kısa ve kalın" in attempt["answer"]
    assert "what the platform answered, word for word:" in printed
    assert "Kısa ve kalın" in printed.partition("word for word:")[2]


@pytest.mark.parametrize("platform", _PLATFORMS)
def test_an_answer_is_kept_short_and_without_secrets(
    city: City, accounts: Callable[[], dict[str, Any]], call: Call, call_json: CallJson, platform: str
) -> None:
    account = city.sandbox.account(platform, "izmirbld")
    told = [value for value in account.credentials.values() if not value.startswith("/")]
    if platform == "instagram":
        session = json.loads(Path(account.credentials["session_file"]).read_text("utf-8"))
        told.append(session["authorization_data"]["sessionid"])
    body = json.dumps({"errors": [{"message": "odd"}], "echo": told, "access_token": "EAAfoobarbaz0123456789"})
    city.sandbox.inject(platform, "publish", "status:201", body=body + "x" * 99_000)
    accounts()
    (attempt,), printed = shown(call_json, call, _PLATFORMS[platform])
    assert told
    assert len(attempt["answer"]) == 4_000
    assert "**********" in attempt["answer"]
    for secret in [*told, "EAAfoobarbaz0123456789"]:
        assert secret not in attempt["answer"] + printed
        assert secret not in city.ledger.read_bytes().decode("utf-8", "replace")


def test_an_answer_that_is_known_is_not_kept(
    city: City, accounts: Callable[[], dict[str, Any]], call: Call, call_json: CallJson
) -> None:
    city.sandbox.inject("twitter", "publish", "status:503")
    accounts()
    (attempt,), printed = shown(call_json, call, "izmir-x")
    assert attempt["answer"] is None
    assert "word for word" not in printed


def test_before_a_publish_the_answer_is_in_the_log(city: City, capsys: pytest.CaptureFixture[str]) -> None:
    main(["run", "--once"])
    city.site.publish("tr")
    secret = city.sandbox.account("twitter", "izmirbld").credentials["access_secret"]
    city.sandbox.inject("twitter", "upload", "status:418", body={"title": "Teapot", "echo": secret})
    main(["run", "--once"])
    err = capsys.readouterr().err
    assert "Teapot" in err
    assert "HTTP 418" in err
    assert secret not in err
