"""`pause` and `resume`, and what every command says of them: by the whole program, over a real ledger."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.city import DEMO_CONFIG, City
from tests.cli.conftest import Call

CallJson = Callable[..., Any]
BY = ("--by", "Ayşe")
PAUSE = ("pause", "--all", "--reason", "milli yas", *BY)


@pytest.fixture
def morning(city: City, call: Call) -> City:
    """A city after its first look, with news on its site."""
    assert call("run", "--once")[0] == 0
    city.site.publish("tr")
    return city


def queued(call_json: CallJson) -> set[tuple[str, str | None]]:
    records = call_json("ledger", "list")["deliveries"]
    return {(one["status"], one["reason"]) for one in records if one["status"] != "skipped"}


def test_what_is_paused_stays_and_goes_out_when_a_person_says_so(
    morning: City, call: Call, call_json: CallJson
) -> None:
    code, printed = call(*PAUSE)
    assert (code, printed.splitlines()[0]) == (0, "paused: everything")
    call("run", "--once")
    assert morning.sandbox.posts() == []
    assert queued(call_json) == {("queued", "paused")}
    code, printed = call("resume", "--all", *BY)
    assert code == 0
    assert "no longer paused: everything" in printed
    assert "3 post(s) that came due meanwhile are held" in printed
    assert queued(call_json) == {("held", "backlog")}
    assert "came due while nothing was sent" in call("queue")[1]
    assert call("resume", "--all", "--release", "newest", "1", *BY)[0] == 0
    call("run", "--once")
    assert len(morning.sandbox.posts()) == 3
    (act,) = call_json("ledger", "show", "8")["deliveries"][0]["acts"]
    assert (act["act"], act["by"], act["reason_before"]) == ("approve", "Ayşe", "backlog")


def test_every_command_that_looks_says_what_is_paused(morning: City, call: Call, call_json: CallJson) -> None:
    call("pause", "--account", "izmir-x", "--until", "2h", "--reason", "yas", *BY)
    call("run", "--once")
    assert {post["platform"] for post in morning.sandbox.posts()} == {"facebook", "instagram"}
    told = "account izmir-x: paused by Ayşe from "
    assert call("queue")[1].startswith(told)
    assert told in call("accounts")[1]
    assert call("check", "--health")[1].startswith(told)
    for command in ("queue", "accounts"):
        (pause,) = call_json(command)["pauses"]
        assert (pause["scope"], pause["name"], pause["by"], pause["reason"]) == ("account", "izmir-x", "Ayşe", "yas")
        assert pause["until"] > pause["since"]
        assert pause["system_user"]
    assert json.loads(call("check", "--health", "--json")[1])["notes"][0].startswith(told)
    listed = call("ledger", "list")[1]
    assert "paused by Ayşe: yas" in listed
    assert "goes out on" in listed
    shown = [one for one in call_json("ledger", "list")["deliveries"] if one["reason"] == "paused"]
    assert [one["account"] for one in shown] == ["izmir-x"]
    assert shown[0]["not_before"] == pause["until"]


def test_a_dry_run_says_when_each_post_would_go_out_and_why_not_now(
    morning: City, call: Call, call_json: CallJson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {(post["not_before"], post["waits"]) for post in call_json("dry-run")["posts"]} == {(None, None)}
    config = tmp_path / "config.yaml"
    text = DEMO_CONFIG.read_text("utf-8") + "urgent: {keywords: [no-such-word]}\n"
    config.write_text(text.replace("    language: tr\n", "    language: tr\n    delay: 1h\n"), "utf-8")
    monkeypatch.setenv("CROSSPOSTER_CONFIG", str(config))
    posts = call_json("dry-run")["posts"]
    assert all(post["not_before"] for post in posts)
    assert all(post["waits"].startswith("may be corrected on the site until") for post in posts)
    assert "goes out on" in call("dry-run")[1]
    call("pause", "--feed", posts[0]["feed"], "--reason", "yas", *BY)
    assert {(post["not_before"], post["waits"]) for post in call_json("dry-run")["posts"]} == {
        (None, "paused by Ayşe: yas")
    }
    assert "waits: paused by Ayşe: yas" in call("dry-run")[1]
    config.write_text(text.replace("no-such-word", "'İzmir*', 'i*', 'y*', 'b*', 'k*', 'u*'"), "utf-8")
    assert "urgent: goes before others" in call("dry-run")[1]


def test_a_file_stops_all_and_its_removal_holds_what_came_due(morning: City, call: Call, call_json: CallJson) -> None:
    file = morning.ledger.parent / "PAUSE"
    file.write_text("yas\n")
    assert "PAUSE pauses it" in call("queue")[1]  # nobody at work has seen it yet
    call("run", "--once")
    assert morning.sandbox.posts() == []
    assert "by the file" in call("queue")[1]
    code, _ = call("resume", "--all", *BY)
    assert code == 1
    file.unlink()
    call("run", "--once")
    assert morning.sandbox.posts() == []
    assert queued(call_json) == {("held", "backlog")}
    assert call("queue")[1].count("came due while nothing was sent") == 3


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("pause", "--reason", "x", *BY), 2, "say what is meant, once"),
        (("pause", "--all", "--account", "izmir-x", "--reason", "x", *BY), 2, "say what is meant, once"),
        (("pause", "--account", "izmir-y", "--reason", "x", *BY), 1, "there is no account 'izmir-y'"),
        (("pause", "--feed", "nobody-s", "--reason", "x", *BY), 1, "there is no feed 'nobody-s'"),
        (("pause", "--all", "--reason", " ", *BY), 2, "say why: --reason"),
        (("pause", "--all", "--reason", "x"), 1, "say who you are"),
        (("pause", "--all", "--reason", "x", "--until", "soon", *BY), 2, "is no time to come"),
        (("pause", "--all", "--reason", "x", "--until", "2020-01-01 09:00", *BY), 2, "is no time to come"),
        (("resume", "--all", *BY), 1, "nothing is paused there"),
        (("resume", "--all", "--release", "newest", *BY), 2, "--release is followed by"),
        (("resume", "--all", "3", *BY), 2, "--release is followed by"),
        (("resume", "--all", "--release", "some", *BY), 2, "--release is followed by"),
    ],
)
def test_what_makes_no_sense_is_refused(
    morning: City, call: Call, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: int, said: str
) -> None:
    from crossposter.cli import main

    assert main(arguments) == code
    assert said in capsys.readouterr().err
    assert call("queue") == (0, "nothing waits for a person\n")


@pytest.mark.parametrize(
    ("until", "said"),
    [("23:59", "23:59\n"), ("00:00", "00:00\n"), ("2h", ""), ("2099-01-31 09:00", "31.01.2099 09:00\n")],
)
def test_the_end_of_a_pause_is_written_as_people_write_times(morning: City, call: Call, until: str, said: str) -> None:
    code, printed = call(*PAUSE, "--until", until)
    assert code == 0
    assert "it ends by itself on " in printed
    assert said in printed
