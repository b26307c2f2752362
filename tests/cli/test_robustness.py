"""What strangers write into feeds and answers, and what people type, breaks neither a table nor a terminal."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crossposter.adapters import adapter_class
from crossposter.cli import main
from crossposter.cli.tables import new_console, print_round, printable
from crossposter.core.events import Delivered, Poll
from crossposter.core.model import Account, Entry, Identity, Outcome, Post, Reason, Receipt, Status
from crossposter.errors import FeedError
from crossposter.messages import Translator
from crossposter.preview import NotPosted, Preview, PreviewedPost
from crossposter.sandbox import site
from crossposter.service import Round
from crossposter.wording import say
from tests.city import City

Call = Callable[..., tuple[int, str]]

#: Markup that closes nothing, markup, an emoji's code, and a backslash that would take the next bracket's meaning.
MARKUP = "[/] [bold]:car: [/x] \\"
#: What a terminal obeys: a new title for the window, red, C1's own introducer, text turned around; and half a pair.
ESCAPES = "\x1b]0;pwned\x07\x1b[31m\x9b31m\u202e\u2066\x7f\x00\ud800"
NASTY = f"Haber {MARKUP}{ESCAPES}{MARKUP}"


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "400")


def _is_plain(printed: str) -> bool:
    return printed.isprintable() if "\n" not in printed else all(map(_is_plain, printed.split("\n")))


# -- what is printed -------------------------------------------------------------------------------------------------


def test_what_is_printable_stays_as_it_is() -> None:
    text = "İzmir'de “Fuar” 🌳👨\u200d👩\u200d👧\n  می\u200cخواهم"
    assert printable(text) == text


@pytest.mark.parametrize("code", [*range(0x0A), *range(0x0B, 0x20), *range(0x7F, 0xA0)])
def test_no_control_reaches_the_terminal(code: int) -> None:
    assert printable(f"a{chr(code)}b") == "a b"


@pytest.mark.parametrize("mark", "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
def test_no_mark_turns_the_text_around(mark: str) -> None:
    assert printable(f"a{mark}b") == "ab"


def test_a_round_is_printed_whatever_stands_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    why = say("{words}", words=NASTY)
    found = Round(
        polls=(Poll(feed_id="[/]", error=FeedError(why)),),
        delivered=(
            Delivered(
                delivery_id="1/a[b]",
                account_id="a[b]",
                title=NASTY,
                outcome=Outcome(status=Status.PUBLISHED, receipt=Receipt(remote_id="1", url=f"https://x.com/{NASTY}")),
            ),
            Delivered(
                delivery_id="2/b", account_id="b", title=NASTY, outcome=Outcome(status=Status.FAILED, message=why)
            ),
        ),
    )
    print_round(new_console(), found, Translator("en"))
    printed = capsys.readouterr().out
    assert printed.count(MARKUP) >= 8
    assert _is_plain(printed)


def test_the_ledger_is_printed_whatever_stands_in_it(city: City, call: Call) -> None:
    call("run", "--once")
    stored = NASTY.replace("\ud800", "")  # SQLite takes none
    with closing(sqlite3.connect(city.ledger)) as opened, opened:
        opened.execute("UPDATE entry SET title = ?, link = ?", (stored, f"https://a.example/{stored}"))
    opened.close()
    code, printed = call("ledger", "list")
    assert (code, MARKUP in printed, _is_plain(printed)) == (0, True, True)
    code, printed = call("ledger", "show", "1")
    assert (code, printed.count(MARKUP), _is_plain(printed)) == (0, 4, True)


def _account(platform: str) -> Account:
    limits = adapter_class(platform).limits
    return Account(id=platform, platform=platform, limits=limits, pinned=Identity(id="1", handle=""))


@pytest.fixture
def preview(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the dry run see an entry that is nothing but trouble."""
    link = f"https://a.example/{NASTY}"
    entry = Entry(keys=("guid:1",), title=NASTY, link=link, summary=NASTY, text=NASTY, language="tr", published=None)
    why = (say("{words}", words=NASTY),)
    facebook = _account("facebook")
    shown = PreviewedPost(
        feed_id="f", entry=entry, account=facebook, post=Post(text=NASTY, link=link, pictures=()), warnings=why
    )
    odd = replace(shown, account=replace(facebook, id="[/]:car:"))
    held = NotPosted(feed_id="f", entry=entry, account=facebook, reason=Reason.NO_PICTURE, warnings=why)
    found = Preview(posts=(shown, odd), held=(held,), skipped=(), errors=(FeedError(why[0]),))

    class Previewer:
        knows_nothing = False

        def preview(self, **_: Any) -> Preview:
            return found

    @contextmanager
    def open_previewer(*_: Any) -> Iterator[Previewer]:
        yield Previewer()

    monkeypatch.setattr("crossposter.cli.dry_run.open_previewer", open_previewer)


@pytest.mark.usefixtures("preview", "city")
def test_a_dry_run_is_printed_whatever_the_feed_holds(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    code, printed = call("dry-run")
    assert code == 1  # for the feed's error
    assert printed.count(MARKUP) >= 2 * (2 + 2 + 2) + 2 * 2 + 2
    assert "[/]:car: (facebook)" in printed
    assert _is_plain(printed)


def test_the_demo_is_played_whatever_the_news_are_called(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    read = site._read_channel

    def nasty(language: str) -> Any:
        channel = read(language)
        channel.items[:] = [replace(item, title=f"[/] :car: {item.title} [/x]") for item in channel.items]
        return channel

    monkeypatch.setattr(site, "_read_channel", nasty)
    monkeypatch.setenv("LANG", "C")
    code, printed = call("demo")
    assert code == 0
    assert "• [/] :car: " in printed
    assert "🚗" not in printed


@pytest.mark.parametrize("buffered", [True, False])
@pytest.mark.parametrize("arguments", [["ledger", "list"], ["ledger", "list", "--json"], ["check"], ["--help"]])
def test_a_full_disk_behind_the_output_is_said_in_one_line(
    city: City, capsys: pytest.CaptureFixture[str], arguments: list[str], buffered: bool
) -> None:
    assert main(["run", "--once"]) == 0
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with open("/dev/full", "w") as full:
        ended = subprocess.run(
            [sys.executable, *([] if buffered else ["-u"]), "-m", "crossposter", *arguments],
            env=environ,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert (ended.returncode, ended.stderr) == (1, "this cannot be written: No space left on device\n")


# -- what is typed ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["9" * 18, "9" * 19, "9" * 25, "9" * 5000, "\u0661", "\u00b2", "\uff11", "1_0", "", " 1"]
)
def test_a_story_that_cannot_be_there_is_said_to_be_missing(
    city: City, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert main(["run", "--once"]) == 0
    capsys.readouterr()
    assert main(["ledger", "show", "--", name]) == 1
    assert "the ledger has no" in capsys.readouterr().err


# -- where the ledger is ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["file/ledger.db", "file/folder/ledger.db", "folder", "file", "folder/" + "x" * 300])
def test_a_place_where_no_ledger_can_be_is_said_so(
    city: City, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    (tmp_path / "file").write_text("no ledger" * 100)
    (tmp_path / "folder").mkdir()
    monkeypatch.setenv("DEMO_LEDGER", f"sqlite:///{tmp_path / place}")
    assert main(["run", "--once"]) == 1
    printed = capsys.readouterr().err
    assert printed.startswith(f"the ledger '{tmp_path / place}'")
    assert "Traceback" not in printed
    assert city.sandbox.requests() == []


def test_the_ledger_is_the_file_that_was_named(city: City, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    named = city.ledger.parent / "a?b=1#c%20d" / "ledger?x.db"
    monkeypatch.setenv("DEMO_LEDGER", f"sqlite:///{named}")
    assert call("run", "--once")[0] == 0
    assert named.stat().st_size > 0
    assert call("ledger", "list")[0] == 0
    assert {path.name for path in named.parent.iterdir()} == {"ledger?x.db", "ledger?x.db.lock", "ledger?x.db.fence"}


def test_a_folder_that_may_not_be_looked_into_is_said_so(
    city: City, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = city.ledger.parent / "closed" / "ledger.db"
    exists = Path.exists

    def guarded(path: Path) -> bool:
        if path == closed:
            raise PermissionError(13, "Permission denied")  # chmod would not stop root
        return exists(path)

    monkeypatch.setattr(Path, "exists", guarded)
    monkeypatch.setenv("DEMO_LEDGER", f"sqlite:///{closed}")
    assert main(["ledger", "list"]) == 1
    assert "cannot be opened: is the disk mounted read-only" in capsys.readouterr().err
