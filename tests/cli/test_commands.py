from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crossposter.cli import main
from crossposter.ledger import Role, sole_writer
from tests.city import DEMO_CONFIG, City

Call = Callable[..., tuple[int, str]]
CallJson = Callable[..., Any]


def platforms(city: City) -> Counter[str]:
    return Counter(post["platform"] for post in city.sandbox.posts())


# -- run --once ------------------------------------------------------------------------------------------------------


def test_the_first_round_publishes_nothing_and_the_next_ones_each_item_once(city: City, call: Call) -> None:
    assert call("run", "--once")[0] == 0
    assert city.sandbox.posts() == []
    city.site.publish("tr", 3)
    city.site.publish("en", 2)
    code, printed = call("run", "--once")
    assert code == 0
    assert platforms(city) == {"twitter": 5, "facebook": 5, "instagram": 5}
    assert "https://x.com/i/status/" in printed
    stood = city.sandbox.posts()
    for _ in range(3):
        assert call("run", "--once")[0] == 0
    assert city.sandbox.posts() == stood


def test_what_stands_is_what_the_ledger_says_was_sent(city: City, call: Call, call_json: CallJson) -> None:
    call("run", "--once")
    city.site.publish("en", 2)
    call("run", "--once")
    by_id = {post["id"]: post for post in city.sandbox.posts()}
    listed = [found for found in call_json("ledger", "list")["deliveries"] if found["status"] == "published"]
    assert len(listed) == len(by_id) == 6
    for delivery in listed:
        (shown,) = call_json("ledger", "show", delivery["id"])["deliveries"]
        (attempt,) = shown["history"]
        post = by_id[delivery["remote_id"]]
        assert attempt["text"] == post["text"]
        assert [picture["sha256"] for picture in attempt["images"]] == [image["sha256"] for image in post["images"]]
        assert [picture["alt"] for picture in attempt["images"]] == [image["alt"] for image in post["images"]]


def test_an_english_item_reaches_the_english_accounts_only(city: City, call: Call) -> None:
    call("run", "--once")
    city.site.publish("en")
    call("run", "--once")
    assert {post["handle"] for post in city.sandbox.posts()} == {"izmirenglish"}
    assert {post["text"].split("\n")[0] for post in city.sandbox.posts()} == {"Izmir – Belarus friendship bridge"}


def test_a_lost_answer_is_uncertain_and_not_sent_again(city: City, call: Call, call_json: CallJson) -> None:
    call("run", "--once")
    city.site.publish("en")
    for platform in ("twitter", "facebook", "instagram"):
        city.sandbox.inject(platform, "publish", "commit_then_reset")
    assert call("run", "--once")[0] == 1
    assert call("run", "--once")[0] == 0
    assert platforms(city) == {"twitter": 1, "facebook": 1, "instagram": 1}
    listed = call_json("ledger", "list")["deliveries"]
    assert Counter(found["status"] for found in listed if found["reason"] != "baseline") == {"uncertain": 3}


def test_run_gives_data_for_programs(city: City, call: Call, call_json: CallJson) -> None:
    call("run", "--once")
    city.site.publish("en")
    found = call_json("run", "--once")
    assert [poll["new"] for poll in found["polls"]] == [0, 1]
    assert [delivery["status"] for delivery in found["deliveries"]] == ["published"] * 3
    assert all(delivery["url"].startswith("https://") for delivery in found["deliveries"])


def test_a_feed_that_is_down_is_said_and_the_other_goes_on(
    city: City, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    call("run", "--once")
    city.site.publish("en")
    monkeypatch.setenv("DEMO_FEED_TR", f"{city.sandbox.url}/site/rss/gone.xml")
    code, printed = call("run", "--once")
    assert code == 1
    assert "status 404" in printed
    assert len(city.sandbox.posts()) == 3


def test_a_round_logs_one_event_for_each_outcome_as_the_daemon_does(
    city: City, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "crossposter.yaml"
    text = DEMO_CONFIG.read_text("utf-8").replace("id: izmir-tr\n", "id: izmir-tr\n    allowed_hosts: [a.example]\n")
    config.write_text(text, "utf-8")
    monkeypatch.setenv("CROSSPOSTER_CONFIG", str(config))
    assert main(["run", "--once"]) == 0
    city.site.publish("tr")
    city.site.publish("en")
    capsys.readouterr()
    assert main(["run", "--once", "--json"]) == 0
    printed, logged = capsys.readouterr()
    events = [json.loads(line) for line in logged.splitlines()]
    assert Counter((event["event"], event.get("status")) for event in events) == {
        ("feed read", None): 2,
        ("post not published", "held"): 3,
        ("post published", "published"): 3,
    }
    held = next(event for event in events if event.get("account") == "izmir-x")
    assert (held["feed"], held["reason"]) == ("izmir-tr", "gate")
    assert "izmir.bel.tr" in held["why"]
    assert main(["ledger", "show", held["delivery"]]) == 0
    assert held["delivery"] == f"{held['entry']}/izmir-x"
    assert len(json.loads(printed)["deliveries"]) == 3


def test_a_second_writer_is_refused_with_75(city: City, capsys: pytest.CaptureFixture[str]) -> None:
    with sole_writer(city.ledger, Role.DAEMON):
        assert main(["run", "--once"]) == 75
    assert f"process {os.getpid()}" in capsys.readouterr().err
    assert city.sandbox.requests() == []


@pytest.mark.parametrize(
    ("role", "host", "said"),
    [(Role.ROUND, None, "(run --once) is no daemon"), (Role.DAEMON, "elsewhere", "(run) cannot be told from here")],
)
def test_only_a_daemon_of_this_host_is_told_to_read_again(
    city: City,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    role: Role,
    host: str | None,
    said: str,
) -> None:
    monkeypatch.setattr(os, "kill", lambda *_: pytest.fail("a signal"))
    with sole_writer(city.ledger, role):
        if host:
            monkeypatch.setattr("socket.gethostname", lambda: host)
        assert main(["run", "--reload"]) == 1
    assert said in capsys.readouterr().err


def test_one_round_and_reading_again_exclude_each_other() -> None:
    assert main(["run", "--once", "--reload"]) == 2


def test_swapped_tokens_publish_nothing(city: City, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    call("run", "--once")
    city.site.publish("tr")
    city.site.publish("en")
    one, other = "SANDBOX_TWITTER_IZMIRBLD_ACCESS", "SANDBOX_TWITTER_IZMIRENGLISH_ACCESS"
    for name in ("_TOKEN", "_SECRET"):
        monkeypatch.setenv(one + name, city.environ[other + name])
        monkeypatch.setenv(other + name, city.environ[one + name])
    code, printed = call("run", "--once")
    assert code == 1
    assert platforms(city) == {"facebook": 2, "instagram": 2}
    assert "the YAML expects id 1281000000000000001" in printed


def test_no_test_finds_a_configuration_that_it_did_not_make(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run"]) == 2
    assert "config/crossposter.yaml: there is no such file" in capsys.readouterr().err


# -- dry-run ---------------------------------------------------------------------------------------------------------


def test_a_dry_run_shows_every_post_and_writes_nothing(city: City, call: Call) -> None:
    before = set(city.ledger.parent.iterdir())
    code, printed = call("dry-run")
    assert code == 0
    assert set(city.ledger.parent.iterdir()) == before
    assert {request.platform for request in city.sandbox.requests()} <= {"site", ""}
    assert "izmir-instagram-en (instagram)" in printed


def test_a_dry_run_has_the_documented_shape(city: City, call_json: CallJson) -> None:
    found = call_json("dry-run", "--last", "1")
    assert len(found["posts"]) == 6
    post = next(post for post in found["posts"] if post["account"] == "izmir-x")
    assert post["platform"] == "twitter"
    assert post["text"].endswith(post["link"])
    assert post["length"] <= post["limit"] == 280
    assert post["price_usd"] == 0.205
    assert post["images"][0].keys() == {"url", "card", "width", "height", "alt", "alt_is_derived"}
    assert post.keys() >= {"feed", "entry", "account", "platform", "text", "link", "images", "length", "limit"}
    assert {skipped["reason"] for skipped in found["skipped"]} == {"baseline"}


def test_what_is_not_posted_has_the_keys_of_a_post_and_its_reason(
    city: City, tmp_path: Path, call: Call, call_json: CallJson, monkeypatch: pytest.MonkeyPatch
) -> None:
    call("run", "--once")
    config = tmp_path / "crossposter.yaml"
    text = DEMO_CONFIG.read_text("utf-8").replace("id: izmir-tr\n", "id: izmir-tr\n    allowed_hosts: [a.example]\n")
    config.write_text(text, "utf-8")
    monkeypatch.setenv("CROSSPOSTER_CONFIG", str(config))
    city.site.publish("tr")
    city.site.publish("en")
    found = call_json("dry-run")
    assert (len(found["posts"]), len(found["held"])) == (3, 3)
    for item in (*found["held"], *found["skipped"]):
        assert item.keys() == {*found["posts"][0], "reason", "message"}
    held = found["held"][0]
    assert (held["text"], held["images"], held["limit"], held["reason"]) == (None, [], 280, "gate")


def test_without_a_ledger_the_newest_three_of_each_feed_are_shown(city: City, call_json: CallJson) -> None:
    assert len(call_json("dry-run")["posts"]) == 18


def test_with_a_ledger_only_what_is_new_is_shown(city: City, call: Call, call_json: CallJson) -> None:
    call("run", "--once")
    assert call_json("dry-run")["posts"] == []
    city.site.publish("tr", 2)
    found = call_json("dry-run")
    assert len(found["posts"]) == 6
    cards = [post["account"] for post in found["posts"] if any(image["card"] for image in post["images"])]
    assert cards == ["izmir-instagram"]  # one item has no picture
    assert {skipped["reason"] for skipped in found["skipped"]} == {"known"}


def test_the_run_publishes_what_the_dry_run_showed(city: City, call: Call, call_json: CallJson) -> None:
    call("run", "--once")
    city.site.publish("tr", 2)
    shown = sorted(post["text"] for post in call_json("dry-run")["posts"])
    call("run", "--once")
    assert sorted(post["text"] for post in city.sandbox.posts()) == shown


def test_a_dry_run_needs_no_secret_and_loads_no_client_library(city: City) -> None:
    script = """
import sys
from crossposter.cli import main
code = main(["dry-run", "--json"])
libraries = {"tweepy", "facebook", "instagrapi", "requests", "curl_cffi", "alembic"}
print(code, sorted(libraries & set(sys.modules)), file=sys.stderr)
"""
    environ = {"PATH": os.environ["PATH"], "CROSSPOSTER_CONFIG": str(DEMO_CONFIG), **city.without_secrets()}
    done = subprocess.run([sys.executable, "-c", script], env=environ, capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "0 []"
    assert len(json.loads(done.stdout)["posts"]) == 18


def test_a_feed_that_is_down_makes_the_dry_run_fail(
    city: City, call_json: CallJson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEMO_FEED_TR", f"{city.sandbox.url}/site/rss/gone.xml")
    assert "status 404" in call_json("dry-run")["errors"][0]


# -- ledger ----------------------------------------------------------------------------------------------------------


def test_the_ledger_lists_and_shows(city: City, call: Call, call_json: CallJson) -> None:
    call("run", "--once")
    city.site.publish("tr", 2)
    call("run", "--once")
    listed = call_json("ledger", "list")["deliveries"]
    assert listed[0].keys() >= {
        "id", "feed", "entry", "title", "link", "account", "platform", "status", "reason", "remote_id", "url",
        "attempts", "updated_at",
    }  # fmt: skip
    story = next(found for found in listed if found["status"] == "published")
    assert (story["platform"], story["reason"], story["attempts"]) == ("twitter", None, 1)
    code, printed = call("ledger", "show", str(story["entry"]))
    assert code == 0
    assert story["title"] in printed
    assert "https://x.com/i/status/" in printed
    assert story["title"] in call("ledger", "list")[1]


@pytest.mark.parametrize("name", ["999", "1/nobody", "abc", "-1"])
def test_what_is_not_in_the_ledger_is_said_so(city: City, call: Call, name: str) -> None:
    call("run", "--once")
    assert call("ledger", "show", "--", name)[0] == 1


def test_looking_makes_no_ledger(city: City, call: Call) -> None:
    assert call("ledger", "list")[0] == 1
    assert not city.ledger.exists()


# -- demo, sandbox, the rest -----------------------------------------------------------------------------------------


def test_the_demo_shows_six_posts_or_more_on_three_platforms_each_once(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "C")
    monkeypatch.setenv("COLUMNS", "200")
    code, printed = call("demo")
    assert code == 0
    assert "15 posts on three platforms, each once." in printed
    assert "Izmir – Belarus friendship bridge" in printed
    for platform in ("https://x.com/", "https://www.facebook.com/", "https://www.instagram.com/"):
        assert platform in printed
    assert printed.rstrip().count("nothing was due") == 2
    assert len(re.findall(r"\b0 new, [1-9]\d* known, 0 post\(s\) held", printed.partition("6. ")[2])) == 2


def test_the_sandbox_prints_how_to_reach_it_and_ends_when_asked() -> None:
    command = [sys.executable, "-m", "crossposter", "sandbox", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        printed = ""
        while not printed.endswith("\n}\n"):
            printed += process.stdout.readline()
        found = json.loads(printed)
        assert Counter(account["platform"] for account in found["accounts"]) == dict.fromkeys(
            ("twitter", "facebook", "instagram"), 2
        )
        with urllib.request.urlopen(found["url"] + "/_sandbox/posts") as answer:
            assert json.load(answer) == {"posts": []}
        folder = Path(found["ca_file"]).parent
        assert folder.exists()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    assert not folder.exists()


def test_a_port_that_is_taken_is_said_so(city: City, call: Call) -> None:
    port = city.sandbox.url.rpartition(":")[2]
    assert call("sandbox", "--port", port)[0] == 1


def test_the_version_is_printed(call: Call) -> None:
    code, printed = call("--version")
    assert code == 0
    assert re.fullmatch(r"crossposter \d+\.\d+\.\d+\n", printed)


@pytest.mark.parametrize("arguments", [["nonsense"], ["run", "--nonsense"], ["ledger", "nonsense"]])
def test_a_wrong_command_line_is_2(arguments: list[str]) -> None:
    assert main(arguments) == 2


def test_what_nobody_foresaw_is_3_with_a_traceback(
    city: City, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def defect(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("crossposter.service.Service.run_once", defect)
    assert main(["run", "--once"]) == 3
    assert "ZeroDivisionError" in caplog.text
