"""Approval, `hold` and `edit` by the whole program, over a real ledger and the sandbox's platforms."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crossposter.cli import main
from tests.city import DEMO_CONFIG, City

Call = Callable[..., tuple[int, str]]
CallJson = Callable[..., Any]
Refused = Callable[..., str]


@pytest.fixture
def asking(city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let X's account of the city ask for approval; give the file."""
    assert city
    path = tmp_path / "asking.yaml"
    text = DEMO_CONFIG.read_text("utf-8")
    before, name, after = text.partition("  - id: izmir-x\n")
    path.write_text(before + name + after.replace("approval: none", "approval: required", 1), "utf-8")
    monkeypatch.setenv("CROSSPOSTER_CONFIG", str(path))
    return path


@pytest.fixture
def waiting(city: City, asking: Path, call: Call) -> str:
    """Let news wait for approval on X, and go out elsewhere; give the delivery's name."""
    call("run", "--once")
    city.site.publish("tr")
    assert call("run", "--once")[0] == 0
    assert {post["platform"] for post in city.sandbox.posts()} == {"facebook", "instagram"}
    return "8/izmir-x"


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Refused:
    """Run a command that is refused; give what it says."""

    def run(*arguments: str) -> str:
        assert main(arguments) in (1, 2)
        return capsys.readouterr().err

    return run


def on_x(city: City) -> list[str]:
    return [post["text"] for post in city.sandbox.posts() if post["platform"] == "twitter"]


def test_what_waits_is_shown_and_goes_out_as_it_was_shown(
    city: City, call: Call, call_json: CallJson, waiting: str
) -> None:
    (queued,) = call_json("queue")["deliveries"]
    assert (queued["id"], queued["reason"]) == (waiting, "approval")
    draft = queued["draft"]
    assert draft == call_json("ledger", "show", waiting)["deliveries"][0]["draft"]
    for command in (("queue",), ("ledger", "show", waiting)):
        printed = call(*command)[1]
        assert f"({draft['hash'][:8]})" in printed
        assert all(line in printed for line in draft["text"].splitlines())
        assert all(picture["alt"] in printed for picture in draft["pictures"])
    assert call("approve", waiting, "--by", "Ayşe", "--hash", draft["hash"][:4])[0] == 0
    assert "let out by Ayşe" in call("ledger", "show", waiting)[1]
    assert call_json("ledger", "show", waiting)["deliveries"][0]["draft"]["approved_by"] == "Ayşe"
    call("run", "--once")
    assert on_x(city) == [draft["text"]]


def test_another_hash_lets_nothing_out(city: City, call: Call, waiting: str, refused: Refused) -> None:
    code, printed = call("approve", waiting, "--by", "Ayşe", "--hash", "0123")
    assert (code, "this is another text than the one with that hash" in printed) == (1, True)
    assert "a hash is that of one delivery" in refused("approve", "8", "--by", "Ayşe", "--hash", "0123")
    call("run", "--once")
    assert on_x(city) == []


def test_who_comes_second_is_told_who_was_first_and_when(call: Call, waiting: str) -> None:
    call("reject", waiting, "--by", "Ayşe")
    code, printed = call("approve", waiting, "--by", "Mehmet")
    assert code == 1
    assert "was left alone, it is: skipped" in printed
    assert "; Ayşe has rejected it at " in printed


def test_an_edited_text_goes_out_once_it_is_approved(
    city: City, call: Call, call_json: CallJson, waiting: str, tmp_path: Path
) -> None:
    file = tmp_path / "metin.txt"
    file.write_text("Düzeltilmiş metin\n", "utf-8")
    assert call("edit", waiting, "--text-file", str(file), "--by", "Mehmet", "--reason", "isim yanlış")[0] == 0
    draft = call_json("ledger", "show", waiting)["deliveries"][0]["draft"]
    assert (draft["text"], draft["edited_by"]) == ("Düzeltilmiş metin", "Mehmet")
    assert "written by Mehmet" in call("queue")[1]
    call("run", "--once")
    assert on_x(city) == []
    call("approve", waiting, "--by", "Ayşe")
    call("run", "--once")
    assert on_x(city) == ["Düzeltilmiş metin"]
    code, printed = call("edit", waiting, "--text", "Geç kaldı", "--by", "Mehmet")
    assert (code, "it was sent once in these words already" in printed) == (1, True)
    acts = call_json("ledger", "show", waiting)["deliveries"][0]["acts"]
    assert [(act["act"], act["by"]) for act in acts] == [("edit", "Mehmet"), ("approve", "Ayşe")]


REFUSED = (
    (["8/izmir-x"], "write the text behind --text, or name a file with --text-file"),
    (["8/izmir-x", "--text", "a", "--text-file", "b"], "write the text behind --text"),
    (["8/izmir-x", "--text", " "], "nothing is changed: the text is empty"),
    (["8/izmir-x", "--text", "x" * 281], "nothing is changed: the text is too long: 281 of 280 characters"),
    (["8/izmir-x", "--text", "<b>x</b>"], "if it is meant so, add --accept"),
    (["8", "--text", "x"], "name one delivery"),
    (["8/nobody", "--text", "x"], "the ledger has no '8/nobody'"),
    (["99/izmir-x", "--text", "x"], "the ledger has no '99/izmir-x'"),
    (["8/izmir-x", "--text-file", "/nowhere/metin.txt"], "cannot be read: No such file or directory"),
)


def test_what_cannot_be_written_so_is_said_and_changes_nothing(
    call_json: CallJson, waiting: str, refused: Refused, tmp_path: Path
) -> None:
    before = call_json("ledger", "show", waiting)
    for arguments, said in REFUSED:
        assert said in refused("edit", *arguments, "--by", "Ayşe")
    file = tmp_path / "metin.txt"
    file.write_bytes("İzmir".encode("utf-16"))
    assert "it is not written in UTF-8" in refused("edit", waiting, "--text-file", str(file), "--by", "Ayşe")
    assert call_json("ledger", "show", waiting) == before


def test_what_the_gate_finds_can_be_meant_so(city: City, call: Call, waiting: str) -> None:
    assert call("edit", waiting, "--text", "Formül <b> yazılır", "--by", "Mehmet", "--accept")[0] == 0
    call("approve", waiting, "--by", "Ayşe")
    call("run", "--once")
    assert on_x(city) == ["Formül <b> yazılır"]


def test_a_text_of_an_account_that_is_gone_cannot_be_written(asking: Path, waiting: str, refused: Refused) -> None:
    text = asking.read_text("utf-8").replace("id: izmir-x\n", "id: izmir-xx\n").replace("[izmir-x,", "[izmir-xx,")
    asking.write_text(text, "utf-8")
    assert "there is no account 'izmir-x'" in refused("edit", waiting, "--text", "x", "--by", "Ayşe")


def test_what_would_go_out_by_itself_is_kept_back(city: City, call: Call, call_json: CallJson, asking: Path) -> None:
    call("run", "--once")
    city.site.publish("tr")
    city.sandbox.inject("facebook", "verify", "status:503")
    call("run", "--once")
    name = "8/izmir-facebook"
    assert call_json("ledger", "show", name)["deliveries"][0]["status"] == "queued"
    assert call("hold", name, "--by", "Ayşe", "--reason", "başkan onaylayacak")[0] == 0
    (held,) = [one for one in call_json("queue")["deliveries"] if one["id"] == name]
    assert (held["reason"], held["draft"]) == ("by_person", None)
    code, printed = call("hold", name, "--by", "Mehmet")
    assert (code, "Ayşe has held it at" in printed) == (1, True)
    assert call("edit", name, "--text", "Yeni", "--by", "Mehmet")[0] == 0
    assert "its text:" in call("queue")[1]


def test_a_dry_run_says_that_a_post_will_wait(call_json: CallJson, city: City, asking: Path) -> None:
    found = call_json("dry-run", "--last", "1")
    words = "a person must let this text out"
    waits = {post["account"]: words in " ".join(post["warnings"]) for post in found["posts"]}
    assert waits["izmir-x"]
    assert not any(is_told for name, is_told in waits.items() if name != "izmir-x")


def test_a_correction_is_shown_with_its_hash_and_answers_as_it_was_shown(
    city: City, call: Call, call_json: CallJson, waiting: str
) -> None:
    call("approve", waiting, "--by", "Ayşe")
    call("run", "--once")
    city.site.edit("tr", title="Çiğli Tramvayı dört yeni durağıyla sefere başladı")
    call("run", "--once")
    code, printed = call("correct", "8/izmir-x", "--by", "Ayşe")
    assert (code, "wait to be let out before anything is sent" in printed) == (0, True)
    call("run", "--once")
    assert len(on_x(city)) == 1
    queued = {one["id"]: one for one in call_json("queue")["deliveries"]}
    draft = queued["8/izmir-x/reply-2"]["draft"]
    assert draft["text"].startswith("DÜZELTME: Çiğli Tramvayı dört")
    assert f"what would be sent ({draft['hash'][:8]})" in call("queue")[1]
    assert call("approve", "8/izmir-x/reply-2", "--hash", draft["hash"][:8], "--by", "Mehmet")[0] == 0
    call("run", "--once")
    assert on_x(city)[1] == draft["text"]


def test_what_waits_behind_one_that_a_person_must_let_out_says_behind_which(
    city: City, call: Call, call_json: CallJson, asking: Path
) -> None:
    text = asking.read_text("utf-8")
    asking.write_text(text.replace("approval: required", "approval: required\n    order: strict"), "utf-8")
    call("run", "--once")
    for _ in range(2):
        city.site.publish("tr")
    call("run", "--once")
    first, second = "8/izmir-x", "9/izmir-x"
    assert call_json("ledger", "show", second)["deliveries"][0]["reason"] == "behind_older"
    assert f"waits behind {first} (order: strict)" in call("ledger", "list")[1]
    assert f"1 news wait behind {first}" in call("queue")[1]
