"""Every command on a folder of configurations: two cities, one process, one ledger, and nothing of one on the other."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.alerts.conftest import PASSWORD, Webhook, webhook
from tests.city import City
from tests.cli.conftest import Call
from tests.folder import CITIES, a_folder, city_in, posts, yaml_of
from tests.terminal import at_a_terminal

__all__ = ["webhook"]  # a fixture

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def folder(city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = a_folder(city, tmp_path / "cities")
    monkeypatch.setenv("CROSSPOSTER_CONFIG", str(path))
    return path


@pytest.fixture
def morning(folder: Path, city: City, call: Call) -> City:
    """The cities after their first look, with news on both sites."""
    assert call("run", "--once")[0] == 0
    assert city.sandbox.posts() == []
    city.site.publish("tr")
    city.site.publish("en")
    return city


ALL = sorted([("izmirbld", "izmir")] * 3 + [("izmirenglish", "smyrna")] * 3)


def test_each_city_s_news_go_to_its_own_accounts(morning: City, call_json: Callable[..., Any]) -> None:
    found = call_json("run", "--once")
    assert sorted(poll["feed"] for poll in found["polls"]) == ["izmir.news", "smyrna.news"]
    assert sorted(done["account"] for done in found["deliveries"]) == [
        "izmir.ig", "izmir.page", "izmir.x", "smyrna.ig", "smyrna.page", "smyrna.x",
    ]  # fmt: skip
    assert posts(morning) == ALL
    assert call_json("run", "--once")["deliveries"] == []
    assert len(morning.sandbox.posts()) == 6


TOKENS = {
    "x": ("TWITTER", ("ACCESS_TOKEN", "ACCESS_SECRET")),
    "page": ("FACEBOOK", ("PAGE_TOKEN",)),
    "ig": ("INSTAGRAM", ("SESSION_FILE",)),
}


@pytest.mark.parametrize("account", TOKENS)
def test_two_cities_with_each_other_s_tokens_get_nothing_there(
    morning: City, call: Call, call_json: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, account: str
) -> None:
    platform, keys = TOKENS[account]
    for (name, other), key in product([("IZMIRBLD", "IZMIRENGLISH"), ("IZMIRENGLISH", "IZMIRBLD")], keys):
        monkeypatch.setenv(f"SANDBOX_{platform}_{name}_{key}", morning.environ[f"SANDBOX_{platform}_{other}_{key}"])
    assert call("run", "--once")[0] == 1
    assert posts(morning) == [one for index, one in enumerate(ALL) if index % 3]
    stopped = {one["id"] for one in call_json("accounts")["accounts"] if one["state"] == "stopped"}
    assert stopped == {f"izmir.{account}", f"smyrna.{account}"}


def test_two_cities_with_each_other_s_files_are_told_to_be_the_other(
    morning: City, folder: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever mixes up the names of the files: the accounts are new ones, which begin with the news of that day."""
    izmir, smyrna = folder / "izmir.yaml", folder / "smyrna.yaml"
    izmir.rename(folder / "swapped.yaml")
    smyrna.rename(izmir)
    (folder / "swapped.yaml").rename(smyrna)
    assert call("run", "--once")[0] == 0
    assert all(handle == CITIES[tag][1] for handle, tag in posts(morning))


def test_people_act_on_deliveries_of_any_city_by_their_full_name(
    morning: City, call: Call, call_json: Callable[..., Any]
) -> None:
    morning.sandbox.inject("facebook", "publish", "status:400", times=1, body={"error": {"code": 100, "message": "no"}})
    call("run", "--once")
    (waiting,) = call_json("queue")["deliveries"]
    city = waiting["account"].partition(".")[0]
    assert (waiting["account"], waiting["feed"]) == (f"{city}.page", f"{city}.news")
    assert call("retry", waiting["id"], "--by", "Ayşe")[0] == 0
    assert call("run", "--once")[0] == 0
    assert posts(morning) == ALL
    (shown,) = call_json("ledger", "show", waiting["id"])["deliveries"]
    assert (shown["status"], shown["acts"][0]["by"]) == ("published", "Ayşe")
    printed = call("ledger", "list")[1]
    assert {f"{name}.{account}" for name, account in product(CITIES, TOKENS)} <= set(printed.split())


def test_check_counts_all_and_tells_every_file_s_mistakes(
    folder: Path, call: Call, call_json: Callable[..., Any]
) -> None:
    assert call("check") == (0, f"{folder} is right: 2 file(s), 2 feed(s), 6 account(s)\n")
    for name in CITIES:
        (folder / f"{name}.yaml").write_text(yaml_of(name).replace("platform: twitter", "platform: twiter"), "utf-8")
    problems = call_json("check")["problems"]
    assert [(Path(one["file"]).name, one["line"]) for one in problems] == [("izmir.yaml", 10), ("smyrna.yaml", 10)]
    for command in (["check"], ["run", "--once"], ["run"], ["check", "--online"], ["alerts", "test"]):
        assert call(*command)[0] == 2


def test_check_online_looks_at_every_city(folder: Path, call_json: Callable[..., Any]) -> None:
    subjects = {one["subject"] for one in call_json("check", "--online")["checks"]}
    assert subjects == {f"{name}.{what}" for name, what in product(CITIES, (*TOKENS, "news"))} | {"crossposter"}


def test_one_city_s_mistake_keeps_nobody_from_the_record(morning: City, folder: Path, call: Call) -> None:
    (folder / "smyrna.yaml").write_text("feeds: [", "utf-8")
    for command in (["queue"], ["ledger", "list"], ["accounts"]):
        assert call(*command)[0] == 0
    printed = call("accounts", "--json")[1]
    assert [one["id"] for one in json.loads(printed)["accounts"]] == ["izmir.x", "izmir.page", "izmir.ig"]


def test_a_dry_run_shows_the_posts_of_all(
    folder: Path, tmp_path: Path, call: Call, call_json: Callable[..., Any]
) -> None:
    found = call_json("dry-run", "--last", "1")
    assert {(post["feed"], post["account"]) for post in found["posts"]} == {
        (f"{name}.news", f"{name}.{account}") for name, account in product(CITIES, TOKENS)
    }
    for post in found["posts"]:
        assert city_in(post["text"]) == post["account"].partition(".")[0]
    page = tmp_path / "page.html"
    assert call("dry-run", "--last", "1", "--html", str(page))[0] == 0
    assert "smyrna.page" in page.read_text("utf-8")


def test_a_feed_is_inspected_by_its_full_name(folder: Path, call_json: Callable[..., Any]) -> None:
    assert call_json("inspect", "smyrna.news")["feed"]["language"] == "en"


def test_a_login_of_a_city_is_kept_under_its_full_name(
    city: City, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = yaml_of("smyrna").splitlines(keepends=True)
    (folder / "smyrna.yaml").write_text("".join(line for line in lines if "PAGE_TOKEN" not in line), "utf-8")
    (folder / "izmir.yaml").write_text("feeds: [", "utf-8")
    with at_a_terminal("login", "smyrna.page", environ=os.environ) as shown:
        shown.wait_for("The token (it is not shown): ")
        shown.type(city.environ["SANDBOX_FACEBOOK_IZMIRENGLISH_PAGE_TOKEN"])
        code = shown.end()
    assert code == 0, shown.shown
    assert (city.ledger.parent / "credentials" / "smyrna.page.json").exists()
    assert "izmir.yaml:1:" in shown.shown


# -- alerts ------------------------------------------------------------------------------------------------------------


def records(path: Path) -> dict[str, str]:
    """Give by whose account something was sent, and when."""
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return {line["account_id"]: line["started_at"] for line in lines}


def test_a_city_s_posts_are_exported_alone_and_by_its_own_clock(morning: City, call: Call, tmp_path: Path) -> None:
    assert call("run", "--once")[0] == 0
    # In London it is the evening before: of the same days, as each office counts them, nothing is missing or too much.
    with closing(sqlite3.connect(morning.ledger)) as opened, opened:
        opened.execute("UPDATE attempt SET started_at = '2026-11-24 22:30:00.000000'")
    days = ("--format", "jsonl", "--from", "2026-11-25", "--to", "2026-11-25")
    export = ("ledger", "export", *days, "--out")
    assert call(*export, str(tmp_path / "all.jsonl"))[0] == 0
    izmir = dict.fromkeys(("izmir.x", "izmir.page", "izmir.ig"), "2026-11-25T01:30:00+03:00")
    assert records(tmp_path / "all.jsonl") == izmir
    assert call(*export, str(tmp_path / "one.jsonl"), "--city", "izmir")[0] == 0
    assert records(tmp_path / "one.jsonl") == izmir
    assert call(*export, str(tmp_path / "other.jsonl"), "--city", "smyrna", "--from", "2026-11-24")[0] == 0
    assert set(records(tmp_path / "other.jsonl").values()) == {"2026-11-24T22:30:00+00:00"}
    page = tmp_path / "page"
    assert call(*export, str(page), "--format", "html", "--from", "2026-11-24")[0] == 0
    written = (page / "index.html").read_text("utf-8")
    assert "Europe/Istanbul, Europe/London" in written
    assert "25.11.2026 01:30:00 (+03:00)" in written
    assert "24.11.2026 22:30:00 (+00:00)" in written
    assert call(*export, str(tmp_path / "no"), "--city", "ankara")[0] == 2


@pytest.fixture
def told(folder: Path, webhook: Webhook, monkeypatch: pytest.MonkeyPatch) -> Webhook:
    """Both cities tell one server, each at an address and in a language of its own."""
    for name, path in (("IZMIR", "izmir"), ("SMYRNA", "smyrna")):
        monkeypatch.setenv(f"ALERT_{name}", f"json://127.0.0.1:{webhook.port}/{path}/{PASSWORD}")
        monkeypatch.setenv(f"PING_{name}", f"http://127.0.0.1:{webhook.port}/ping/{path}/{PASSWORD}")
    for name in CITIES:
        alerts = f"alerts: [{{url: env:ALERT_{name.upper()}, level: info}}, {{ping: env:PING_{name.upper()}}}]\n"
        (folder / f"{name}.yaml").write_text(yaml_of(name) + alerts, "utf-8")
    return webhook


def test_a_test_reaches_those_of_every_city_in_their_language(told: Webhook, call_json: Callable[..., Any]) -> None:
    found = call_json("alerts", "test")["alerts"]
    assert [one["target"] for one in found] == [
        "izmir.env:ALERT_IZMIR", "smyrna.env:ALERT_SMYRNA", "izmir.env:PING_IZMIR", "smyrna.env:PING_SMYRNA",
    ]  # fmt: skip
    assert all(one["sent"] for one in found)
    assert len(set(told.titles)) == 2


def test_alerts_go_to_the_city_s_own_people_in_their_language(told: Webhook, morning: City, call: Call) -> None:
    morning.sandbox.inject("twitter", "publish", "status:402", times=2)
    told.got.clear()
    told.addressed.clear()
    assert call("run", "--once")[0] == 1
    by_city = {name: json.dumps(told.sent_to(f"/{name}/"), ensure_ascii=False) for name in CITIES}
    assert "izmir.x" in by_city["izmir"]
    assert "smyrna.x" in by_city["smyrna"]
    assert "smyrna" not in by_city["izmir"]
    assert "izmir." not in by_city["smyrna"]
    assert "yayımlandı" in by_city["izmir"]
    assert "is published" in by_city["smyrna"]
