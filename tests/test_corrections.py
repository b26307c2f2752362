"""Corrections and withdrawals by the whole program: the command line, the real client libraries, the platforms."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from crossposter.cli import main
from crossposter.core.amending import READ_AFTER
from tests.city import DEMO_CONFIG, City, a_city

PLATFORMS = ("twitter", "facebook", "instagram")
Call = Callable[..., tuple[int, str]]


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[City]:
    """A city one of whose stories stands on three platforms."""
    with a_city(tmp_path) as found:
        for name, value in found.environ.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("CROSSPOSTER_CONFIG", str(DEMO_CONFIG))
        monkeypatch.setenv("LANG", "C")
        monkeypatch.setenv("COLUMNS", "200")
        assert main(["run", "--once", "--json"]) == 0
        found.site.publish("tr")
        assert main(["run", "--once", "--json"]) == 0
        assert len(standing(found)) == 3
        yield found


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    def run(*arguments: str) -> tuple[int, str]:
        code = main(arguments)
        return code, capsys.readouterr().out

    capsys.readouterr()
    return run


def standing(city: City) -> list[dict[str, Any]]:
    return [post for post in city.sandbox.posts() if not post["deleted"]]


def test_a_story_is_taken_down_on_all_platforms_with_one_request_each(city: City, call: Call) -> None:
    before = len(city.sandbox.requests())
    code, printed = call("retract", "8", "--by", "Ayşe", "--reason", "wrong date")
    assert (code, printed.count("/delete is now: queued")) == (0, 3)
    assert len(standing(city)) == 3
    assert call("run", "--once")[0] == 0
    assert standing(city) == []
    asked = [request.operation for request in city.sandbox.requests()[before:]]
    assert sorted(asked) == ["retract"] * 3 + ["verify"] * 3
    shown = call("ledger", "show", "8")[1]
    assert shown.count("deleted") == 9  # each post, each deletion, and each end in the story
    assert ": has had it taken down" in shown
    assert "wrong date" in shown
    listed = call("ledger", "list")[1]
    assert "izmir-x/delete" in listed
    assert call("queue") == (0, "nothing waits for a person\n")


@pytest.mark.parametrize("fault", ["commit_then_reset", "commit_then_status:503", "reset", "status:503", "html"])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_lost_answer_to_a_deletion_is_settled_by_reading_the_post(
    city: City, call: Call, monkeypatch: pytest.MonkeyPatch, platform: str, fault: str
) -> None:
    monkeypatch.setattr("crossposter.core.amending.READ_AFTER", READ_AFTER * 0)
    monkeypatch.setattr("crossposter.core.amending.BACKOFF", (READ_AFTER * 0,))
    city.sandbox.inject(platform, "retract", fault)
    call("retract", "8", "--by", "Ayşe", "--reason", "wrong date")
    assert call("run", "--once")[0] == 1
    for _ in range(2):
        call("run", "--once")
    assert standing(city) == []
    asked = [request.operation for request in city.sandbox.requests(platform)]
    is_done = fault.startswith("commit")
    assert (asked.count("retract"), asked.count("publish")) == (1 if is_done else 2, 1)
    assert call("ledger", "show", "8")[1].count("\n8/izmir") == 6
    assert call("queue") == (0, "nothing waits for a person\n")


@pytest.mark.parametrize("platform", PLATFORMS)
def test_what_somebody_has_deleted_by_hand_is_deleted(city: City, call: Call, platform: str) -> None:
    for made in city.sandbox.posts():
        if made["platform"] == platform:
            city.sandbox.delete(platform, made["id"])
    call("retract", "8", "--by", "Ayşe", "--reason", "wrong date")
    assert call("run", "--once")[0] == 0
    assert standing(city) == []
    assert call("queue") == (0, "nothing waits for a person\n")


def edited(city: City, call: Call) -> None:
    """Let the news say something else on the site, and the program read it."""
    city.site.edit("tr", title="Çiğli Tramvayı dört yeni durağıyla sefere başladı")
    call("run", "--once")


def test_edited_news_is_corrected_on_each_platform_in_its_own_way(city: City, call: Call) -> None:
    before = {post["platform"]: post["id"] for post in standing(city)}
    edited(city, call)
    assert len(standing(city)) == 3
    queue = call("queue")[1]
    assert "“üç” → “dört”" in queue
    plan = call("correct", "8", "--plan")[1]
    assert "[-üç-] {+dört+}" in plan
    assert "DÜZELTME: Çiğli Tramvayı dört" in plan
    assert "costs 0.2" in plan
    code, printed = call("correct", "8", "--by", "Ayşe")
    assert (code, printed.count("is now: queued")) == (0, 3)
    asked = len(city.sandbox.requests())
    assert call("run", "--once")[0] == 0
    public = [one.operation for one in city.sandbox.requests()[asked:] if one.method != "GET"]
    assert sorted(public) == ["correct", "correct", "publish"]
    texts = {(post["platform"], post["id"]): post["text"] for post in standing(city)}
    assert len(texts) == 4
    for platform in ("facebook", "instagram"):
        assert texts[platform, before[platform]].startswith("Çiğli Tramvayı dört yeni")
    assert texts["twitter", before["twitter"]].startswith("Çiğli Tramvayı üç yeni")
    (reply,) = [text for (platform, number), text in texts.items() if number not in before.values()]
    assert reply.startswith("DÜZELTME: Çiğli Tramvayı dört yeni")
    assert call("queue") == (0, "nothing waits for a person\n")
    call("run", "--once")
    assert len(standing(city)) == 4


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_post_is_deleted_and_made_anew(city: City, call: Call, platform: str) -> None:
    edited(city, call)
    account = {"twitter": "izmir-x"}.get(platform, f"izmir-{platform}")
    assert call("correct", f"8/{account}", "--how", "repost", "--by", "Ayşe")[0] == 0
    asked = len(city.sandbox.requests())
    assert call("run", "--once")[0] == 0
    public = [one.operation for one in city.sandbox.requests()[asked:] if one.operation in ("publish", "retract")]
    assert public == ["retract", "publish"]
    (post,) = [post for post in standing(city) if post["platform"] == platform]
    assert post["text"].startswith("Çiğli Tramvayı dört yeni")
    assert len(post["images"]) == 1


@pytest.mark.parametrize("fault", ["commit_then_reset", "commit_then_status:503", "reset", "garbage"])
@pytest.mark.parametrize("platform", ["facebook", "instagram"])
def test_a_lost_answer_to_an_edit_is_settled_by_reading_the_post(
    city: City, call: Call, monkeypatch: pytest.MonkeyPatch, platform: str, fault: str
) -> None:
    monkeypatch.setattr("crossposter.core.amending.READ_AFTER", READ_AFTER * 0)
    monkeypatch.setattr("crossposter.core.amending.BACKOFF", (READ_AFTER * 0,))
    edited(city, call)
    city.sandbox.inject(platform, "correct", fault)
    call("correct", f"8/izmir-{platform}", "--by", "Ayşe")
    for _ in range(3):
        call("run", "--once")
    (post,) = [post for post in standing(city) if post["platform"] == platform]
    assert post["text"].startswith("Çiğli Tramvayı dört yeni")
    is_done = fault.startswith("commit")
    assert len(city.sandbox.requests(platform, "correct")) == (1 if is_done else 2)


def test_what_is_asked_for_wrongly_is_told(city: City, call: Call) -> None:
    assert call("correct", "8", "--how", "apologise", "--by", "Ayşe")[0] == 2
    assert call("correct", "99", "--by", "Ayşe")[0] == 1
    assert call("correct", "99", "--plan")[0] == 1
    assert call("correct", "8", "--by", "Ayşe")[0] == 1  # nothing is wrong with it
    assert "every post that stands says what the news says" in call("correct", "8", "--plan")[1]
    edited(city, call)
    assert call("correct", "8/izmir-x", "--how", "edit", "--by", "Ayşe")[0] == 1
    assert "a person must" in call("correct", "8/izmir-x", "--how", "edit", "--plan")[1]
    assert call("correct", "8", "--how", "nothing", "--by", "Ayşe")[0] == 0
    assert call("queue") == (0, "nothing waits for a person\n")
    assert call("retract", "99", "--by", "Ayşe", "--reason", "no")[0] == 1


def test_a_correction_has_no_text_that_a_person_writes(
    city: City, call: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    edited(city, call)
    assert main(["edit", "8/izmir-x/reply-2", "--text", "Başka", "--by", "Ayşe"]) == 2
    assert "crossposter correct 8/izmir-x --how edit" in capsys.readouterr().err


def test_what_a_person_must_do_on_the_platform_says_how_it_is_ended(city: City, call: Call) -> None:
    edited(city, call)
    with closing(sqlite3.connect(city.ledger)) as ledger, ledger:
        ledger.execute("UPDATE delivery SET reason = 'by_hand' WHERE kind = 'edit'")
    queue = call("queue")[1]
    assert queue.count("change the post's words") == 2
    code, printed = call("approve", "8/izmir-facebook/edit-2", "--by", "Ayşe")
    assert (code, "crossposter reject 8/izmir-facebook/edit-2" in printed) == (1, True)
    assert call("reject", "8/izmir-facebook/edit-2", "--by", "Ayşe")[0] == 0
