"""`ledger verify` and `ledger head`: by the whole program, over a real ledger."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crossposter.cli import main
from crossposter.core.retention import Age, Retention
from crossposter.ledger import SqlLedger, retention
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


def test_what_could_not_be_looked_at_is_no_finding(published: City, call: Call, capsys: Any) -> None:
    published.ledger.write_bytes(b"SQLite format 3\x00" + b"x" * 5000)
    assert call("ledger", "verify") == (4, "")
    published.ledger.unlink()
    assert main(("ledger", "verify")) == 4
    assert "could not be looked at, so this says nothing about it: there is no ledger" in capsys.readouterr().err


def test_times_are_those_of_the_office(published: City, call: Call, call_json: CallJson) -> None:
    assert call("ledger", "head")[1].endswith("+03:00\n")
    assert re.search(r"events since \S+\+03:00\n", call("ledger", "verify")[1])
    verdict = call_json("ledger", "verify")
    assert [verdict[name][-6:] for name in ("head_at", "since")] == ["+03:00", "+03:00"]
    assert call_json("ledger", "head")["at"] == verdict["head_at"]


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


def test_a_story_is_told_from_the_feed_to_its_permalinks(published: City, call: Call, call_json: CallJson) -> None:
    number = max(one["entry"] for one in call_json("ledger", "list")["deliveries"] if one["status"] == "published")
    shown = call_json("ledger", "show", str(number))
    told = [(step["kind"], step["account"]) for step in shown["story"]]
    assert told[0] == ("seen", None)
    assert [kind for kind, account in told if account == "izmir-x"] == ["decided", "claimed", "answered"]
    answered = next(step for step in shown["story"] if step["kind"] == "answered")
    assert answered["at"].endswith("+03:00")
    assert answered["facts"]["post"]["url"] in answered["what"]
    printed = call("ledger", "show", str(number))[1]
    assert "(Europe/Istanbul)\n" in printed
    assert answered["facts"]["post"]["url"] in printed
    one = call_json("ledger", "show", f"{number}/izmir-x")["story"]
    assert {step["account"] for step in one} == {None, "izmir-x"}


DAYS = ("--from", "2020-01-01", "--to", "2099-12-31")


def test_what_was_sent_is_written_as_a_table_that_a_spreadsheet_takes_for_no_formula(
    published: City, call: Call, tmp_path: Path
) -> None:
    change(published, "UPDATE entry SET title = '=HYPERLINK(\"http://kötü.example\")'")
    target = tmp_path / "posts.csv"
    assert call("ledger", "export", *DAYS, "--out", str(target), "--language", "tr")[0] == 0
    content = target.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    table = list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
    assert table[0][:4] == ["gönderi", "gönderilme zamanı", "hesap", "platform"]
    assert len(table) == 4
    assert {row[5] for row in table[1:]} == {'\'=HYPERLINK("http://kötü.example")'}
    assert call("ledger", "export", *DAYS, "--out", str(target))[0] == 1  # nothing is overwritten
    assert target.read_bytes() == content


def test_what_was_sent_is_written_as_data(published: City, call: Call, tmp_path: Path) -> None:
    assert call("ledger", "export", *DAYS, "--out", str(tmp_path), "--format", "jsonl")[0] == 0
    records = [json.loads(line) for line in (tmp_path / "posts.jsonl").read_text("utf-8").splitlines()]
    assert {record["account_id"] for record in records} == {"izmir-x", "izmir-facebook", "izmir-instagram"}
    assert all(record["url"] and record["platform_id"] and record["configuration"] for record in records)
    assert all(record["started_at"].endswith("+03:00") for record in records)


def test_a_post_that_was_taken_down_is_no_post_any_more(published: City, call: Call, tmp_path: Path) -> None:
    story = "8/izmir-x"
    assert call("retract", story, "--by", "Ayşe", "--reason", "wrong date")[0] == 0
    assert call("run", "--once")[0] == 0
    assert call("ledger", "export", *DAYS, "--out", str(tmp_path), "--format", "jsonl")[0] == 0
    records = [json.loads(line) for line in (tmp_path / "posts.jsonl").read_text("utf-8").splitlines()]
    post, deletion = [one for one in records if one["delivery_id"].startswith(story)]
    assert (post["kind"], bool(post["deleted_at"]), bool(post["text"])) == ("publish", True, True)
    assert (deletion["kind"], deletion["text"], deletion["let_out_by"]) == ("delete", "", "Ayşe")
    target = tmp_path / "posts.csv"
    assert call("ledger", "export", *DAYS, "--out", str(target), "--language", "tr")[0] == 0
    table = list(csv.reader(io.StringIO(target.read_text("utf-8-sig")), delimiter=";"))
    told = {row[0]: (row[4], row[6]) for row in table}
    assert told[story][0].startswith("yayımlandı, ")
    assert told[f"{story}/delete"] == ("silindi", "gönderinin silinmesi istendi")


def test_only_the_days_that_were_asked_for_are_written(published: City, call: Call, tmp_path: Path) -> None:
    target = tmp_path / "none.jsonl"
    days = ("--from", "2020-01-01", "--to", "2020-01-01")
    assert call("ledger", "export", *days, "--out", str(target), "--format", "jsonl") == (
        0,
        f"{target} holds 0 records\n",
    )
    assert target.read_text() == ""


def test_what_was_sent_is_written_as_a_page_with_its_pictures(published: City, call: Call, tmp_path: Path) -> None:
    folder = tmp_path / "bilgi edinme"
    assert call("ledger", "export", *DAYS, "--out", str(folder), "--format", "html", "--language", "tr")[0] == 0
    page = (folder / "index.html").read_text("utf-8")
    assert '<html lang="tr">' in page
    assert "<script" not in page
    assert page.count("<h1>") == 1
    assert page.count("<article ") == page.count("<h2 ") == 3
    for name in re.findall(r'<img src="([^"]+)"', page):
        assert (folder / name).read_bytes()
    assert page.count("<img ") == len(re.findall(r'<img [^>]*alt="[^"]+"', page)) == 3
    assert "saatler Europe/Istanbul saatine göredir" in page


@pytest.mark.parametrize(
    "wrong",
    [
        ("--from", "2026-11-02", "--to", "2026-11-01"),
        ("--from", "gestern", "--to", "2026-11-01"),
        (*DAYS, "--format", "pdf"),
        (*DAYS, "--language", "de"),
    ],
)
def test_what_cannot_be_written_is_said(published: City, call: Call, tmp_path: Path, wrong: tuple[str, ...]) -> None:
    assert call("ledger", "export", *wrong, "--out", str(tmp_path / "x"))[0] == 2
    assert not (tmp_path / "x").exists()


def test_what_retention_has_removed_is_said_with_its_day(
    published: City, call: Call, call_json: CallJson, tmp_path: Path
) -> None:
    number = max(one["entry"] for one in call_json("ledger", "list")["deliveries"] if one["status"] == "published")
    removed_at = datetime(2028, 12, 1, 22, 30, tzinfo=UTC)  # in Istanbul it is the next day
    with closing(SqlLedger.look(published.ledger)) as ledger:
        retentions = {"": Retention(texts=Age(days=90))}
        assert retention.erase_texts(ledger, retentions, feed_ids=(), now=removed_at, most=1000)
    sentence = "removed on 02.12.2028, as the YAML's retention says"
    assert f"{number}  {sentence}" in call("ledger", "list")[1]
    assert call("ledger", "show", str(number))[1].startswith(sentence)
    printed = " ".join(call("ledger", "show", str(number))[1].split())
    assert f"is sent, attempt 1; the words: {sentence}" in printed
    assert f"seen in feed izmir-tr as “{sentence}”" in printed
    assert f"| {sentence}" in printed
    assert "the words are removed, as the YAML's retention says: older than 90d" in printed
    assert "0 characters" not in printed
    told = call_json("ledger", "show", str(number))
    assert {one["erased_at"] for one in told["deliveries"]} == {removed_at.isoformat()}
    assert call("ledger", "verify")[0] == 0
    assert "the words were erased" in call("ledger", "verify")[1]
    for form in ("csv", "html"):
        out = tmp_path / form
        code, _ = call("ledger", "export", "--from", "2020-01-01", "--to", "2035-01-01", "--out", str(out), "--format",
                       form)  # fmt: skip
        page = out / "index.html" if form == "html" else out
        assert code == 0
        assert html.unescape(page.read_text("utf-8-sig")).count(sentence) >= 2
