"""`approve`, `reject`, `retry`, `settle`, `backfill`, `queue`: by the whole program, over a real ledger."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from crossposter.adapters._tweepy import XClient
from crossposter.adapters.options import Connection
from crossposter.cli import main
from crossposter.clock import SystemClock
from crossposter.references import Secret
from crossposter.wording import say
from tests.city import DEMO_CONFIG, City

_WORDS = say("said so")

Call = Callable[..., tuple[int, str]]
CallJson = Callable[..., Any]


@pytest.fixture
def held(city: City, call: Call) -> str:
    """Let a story be held for its broken letters; give its name."""
    call("run", "--once")
    city.site.publish("tr")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("crossposter.core.planning.hard", lambda _: None)
        patch.setattr("crossposter.composing.hard", lambda findings, *, passed: _WORDS)
        call("run", "--once")
    return "8"


def test_the_queue_says_after_how_long_what_is_held_is_dropped(
    held: str, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "is dropped" not in call("queue")[1]
    config = tmp_path / "config.yaml"
    config.write_text(DEMO_CONFIG.read_text("utf-8") + "retention: {texts: 2y}\n", "utf-8")
    monkeypatch.setenv("CROSSPOSTER_CONFIG", str(config))
    assert "is dropped, and its words are removed, after 2y (retention)" in call("queue")[1]


def statuses(call_json: CallJson, story: str) -> dict[str, str]:
    return {one["account"]: one["status"] for one in call_json("ledger", "show", story)["deliveries"]}


def test_what_is_held_waits_in_the_queue_and_goes_out_once_a_person_lets_it(
    city: City, call: Call, call_json: CallJson, held: str
) -> None:
    assert set(statuses(call_json, held).values()) == {"held"}
    assert {one["reason"] for one in call_json("queue")["deliveries"]} == {"gate"}
    code, printed = call("approve", held, "--by", "Ayşe", "--reason", "is right")
    assert code == 0
    assert printed.count("is now: queued") == 3
    call("run", "--once")
    assert set(statuses(call_json, held).values()) == {"published"}
    (act,) = call_json("ledger", "show", f"{held}/izmir-x")["deliveries"][0]["acts"]
    assert (act["act"], act["by"], act["reason"], act["reason_before"]) == ("approve", "Ayşe", "is right", "gate")
    assert act["system_user"]
    assert "has let it out, is right" in call("ledger", "show", held)[1]
    assert call("queue") == (0, "nothing waits for a person\n")


def test_what_a_person_rejects_is_never_sent(city: City, call: Call, call_json: CallJson, held: str) -> None:
    assert call("reject", f"{held}/izmir-x", "--by", "Ayşe")[0] == 0
    call("approve", held, "--by", "Ayşe")
    call("run", "--once")
    assert statuses(call_json, held)["izmir-x"] == "skipped"
    assert all(post["platform"] != "twitter" for post in city.sandbox.posts())


def test_who_comes_second_is_told_what_happened(call: Call, held: str) -> None:
    call("reject", held, "--by", "Ayşe")
    code, printed = call("approve", held, "--by", "Mehmet")
    assert code == 1
    assert printed.count("was left alone, it is: skipped") == 3


def test_a_failed_post_is_tried_again_when_a_person_says_so(city: City, call: Call, call_json: CallJson) -> None:
    call("run", "--once")
    city.site.publish("tr")
    city.sandbox.inject("facebook", "publish", "status:400", body={"error": {"code": 100, "message": "no"}})
    call("run", "--once")
    assert statuses(call_json, "8")["izmir-facebook"] == "failed"
    assert call("retry", "8", "--by", "Ayşe")[0] == 0
    call("run", "--once")
    assert statuses(call_json, "8")["izmir-facebook"] == "published"


@pytest.fixture
def uncertain(city: City, call: Call, call_json: CallJson) -> str:
    """Let X's answer to a story be lost; give the delivery's name."""
    call("run", "--once")
    city.site.publish("tr")
    city.sandbox.inject("twitter", "publish", "status:500")
    call("run", "--once")
    assert statuses(call_json, "8")["izmir-x"] == "uncertain"
    assert "crossposter settle ID" in call("queue")[1]
    assert "crossposter settle ID" in call("approve", "8/izmir-x", "--by", "Ayşe")[1]
    return "8/izmir-x"


def minutes_pass(city: City) -> None:
    """Let what was sent have been sent six minutes before."""
    with closing(sqlite3.connect(city.ledger)) as ledger, ledger:
        for column in ("started_at", "ended_at"):
            ledger.execute(f"UPDATE attempt SET {column} = strftime('%Y-%m-%d %H:%M:%f000', {column}, '-6 minutes')")


def post_by_hand(city: City, text: str) -> str:
    """Post on X beside crossposter; give the post's number."""
    account = city.sandbox.account("twitter", "izmirbld")
    connection = Connection(
        account_id="by hand",
        remote_id=account.id,
        secrets={name: Secret(value) for name, value in account.credentials.items()},
        now=SystemClock().now,
        sleep=SystemClock().sleep,
        pictures=None,  # type: ignore[arg-type]  # it has none
        url=account.endpoint["url"],
    )
    return str(XClient(connection).create_tweet(text=text, user_auth=True)["data"]["id"])


def on_x(city: City) -> list[str]:
    return [post["text"] for post in city.sandbox.posts() if post["platform"] == "twitter"]


def test_a_person_says_where_an_uncertain_post_stands_and_it_is_published(
    city: City, call: Call, call_json: CallJson, uncertain: str
) -> None:
    url = "https://x.com/izmirbld/status/123456789"
    code, printed = call("settle", uncertain, "--published", url, "--by", "Ayşe")
    assert (code, printed.count("is now: published")) == (0, 1)
    (shown,) = call_json("ledger", "show", uncertain)["deliveries"]
    assert (shown["status"], shown["url"]) == ("published", url)
    assert [(act["act"], act["by"], act["status_before"]) for act in shown["acts"]] == [
        ("published", "Ayşe", "uncertain")
    ]
    call("run", "--once")
    assert on_x(city) == []
    code, printed = call("settle", uncertain, "--absent", "--by", "Mehmet")
    assert (code, printed.count("was left alone, it is: published")) == (1, 1)


def test_what_a_person_does_not_find_is_sent_again_as_it_was(
    city: City, call: Call, call_json: CallJson, uncertain: str
) -> None:
    assert call("settle", uncertain, "--absent", "--by", "Ayşe")[0] == 1  # it may only not be seen yet
    minutes_pass(city)
    assert call("settle", uncertain, "--absent", "--by", "Ayşe")[0] == 0
    call("run", "--once")
    (text,) = on_x(city)
    (shown,) = call_json("ledger", "show", uncertain)["deliveries"]
    assert shown["status"] == "published"
    assert [attempt["text"] for attempt in shown["history"]] == [text, text]


WRONG = (
    (["8/izmir-x"], "--published ADDRESS, or --absent"),
    (["8/izmir-x", "--absent", "--published", "https://x.com/a/status/1"], "--published ADDRESS, or --absent"),
    (["8", "--absent"], "name one delivery"),
    (["8/nobody", "--published", "https://x.com/a/status/1"], "there is no account 'nobody'"),
    (["8/izmir-x", "--published", "https://www.facebook.com/1_2"], "is no address of a post of izmirbld on X"),
    (["99/izmir-x", "--absent"], "the ledger has no '99/izmir-x'"),
    (["9" * 30 + "/izmir-x", "--absent"], "the ledger has no"),
)


def test_what_cannot_be_settled_so_is_said(
    call_json: CallJson, uncertain: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments, said in WRONG:
        assert main(["settle", *arguments, "--by", "Ayşe"]) in (1, 2)
        assert said in capsys.readouterr().err
    assert statuses(call_json, "8")["izmir-x"] == "uncertain"


def test_one_post_is_not_that_of_two_deliveries(
    city: City, call: Call, call_json: CallJson, uncertain: str, capsys: pytest.CaptureFixture[str]
) -> None:
    city.site.publish("tr")
    call("run", "--once")
    (other,) = [post for post in call_json("ledger", "list")["deliveries"] if post["url"] and "x.com" in post["url"]]
    assert main(["settle", uncertain, "--published", other["url"], "--by", "Ayşe"]) == 1
    assert f"is that of {other['id']}" in capsys.readouterr().err
    assert statuses(call_json, "8")["izmir-x"] == "uncertain"


def test_an_act_needs_a_name(call: Call, held: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call("approve", held)[0] == 1
    monkeypatch.setenv("CROSSPOSTER_USER", "Ayşe")
    assert call("approve", held)[0] == 0


@pytest.mark.parametrize("name", ["999", "999/izmir-x", "abc", "8/nobody"])
def test_what_is_not_there_cannot_be_acted_on(call: Call, held: str, name: str) -> None:
    assert call("approve", "--by", "Ayşe", name)[0] == 1


def test_old_news_goes_out_when_a_person_says_so(city: City, call: Call, call_json: CallJson) -> None:
    call("run", "--once")
    assert call("backfill", "izmir-tr", "--last", "1", "--by", "Ayşe", "--yes")[0] == 0
    call("run", "--once")
    assert len(city.sandbox.posts()) == 3
    assert call("backfill", "izmir-tr", "--last", "1", "--by", "Ayşe", "--yes")[0] == 1
    assert call("backfill", "nosuch", "--last", "1", "--by", "Ayşe", "--yes")[0] == 1


def test_an_edited_story_shows_what_it_said_and_what_is_outdated(city: City, call: Call, call_json: CallJson) -> None:
    call("run", "--once")
    city.site.publish("tr")
    call("run", "--once")
    with closing(sqlite3.connect(city.ledger)) as ledger, ledger:
        ledger.execute("UPDATE entry SET title = 'Eski başlık', content = 'other' WHERE id = 8")
    ledger.close()
    with closing(sqlite3.connect(city.ledger)) as ledger, ledger:
        ledger.execute("UPDATE feed SET etag = NULL, last_modified = NULL")
        ledger.execute("DELETE FROM feed_window")
    ledger.close()
    call("run", "--once")
    shown = call_json("ledger", "show", "8")
    assert [revision["title"] for revision in shown["revisions"]] == ["Eski başlık"]
    assert {one["outdated"] for one in shown["deliveries"] if one["kind"] == "publish"} == {True}
    assert "it said: Eski başlık" in call("ledger", "show", "8")[1]
    assert len(city.sandbox.posts()) == 3


def test_news_that_was_posted_by_hand_is_shown_with_that_post_and_can_count_as_it(
    city: City, call: Call, call_json: CallJson
) -> None:
    call("run", "--once")
    city.site.publish("tr")
    link = f"{call_json('inspect', 'izmir-tr')['entries'][0]['link']}?utm_source=elle"
    by_hand = post_by_hand(city, f"Bugün: {link}")
    call("run", "--once")
    held = next(one for one in call_json("queue")["deliveries"] if one["account"] == "izmir-x")
    assert (held["reason"], f"/status/{by_hand}" in held["message"]) == ("already_posted", True)
    code, printed = call("ledger", "show", held["id"])
    assert code == 0
    assert f"Bugün: {link}" in printed.replace("\n", "")
    (shown,) = call_json("ledger", "show", held["id"])["deliveries"]
    assert [one["remote_id"] for one in shown["standing"]] == [by_hand]
    address = f"https://x.com/izmirbld/status/{by_hand}"
    assert call("settle", held["id"], "--published", address, "--by", "Ayşe")[0] == 0
    call("run", "--once")
    assert len(on_x(city)) == 1
    (shown,) = call_json("ledger", "show", held["id"])["deliveries"]
    assert (shown["status"], shown["remote_id"]) == ("published", by_hand)
    assert "was not sent from here" in shown["history"][0]["message"]
