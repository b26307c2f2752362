"""`check`: all mistakes at once, each with its place, in the reader's language, without a network."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from crossposter.cli import main
from crossposter.private_files import write_private
from tests.config.conftest import ENVIRON, RIGHT, SESSION, changed

WRONG = changed(("Europe/Istanbul", "Istanbul"), ("language: tr", "langauge: tr"))


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "CROSSPOSTER_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def yaml(tmp_path: Path) -> Path:
    write_private(tmp_path / "session.json", SESSION)
    path = tmp_path / "crossposter.yaml"
    path.write_text(RIGHT, "utf-8")
    return path


def test_a_right_file_is_said_to_be_right(yaml: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--config", str(yaml)]) == 0
    assert capsys.readouterr() == (f"{yaml} is right: 1 feed(s), 3 account(s)\n", "")


@pytest.mark.parametrize("lacks", [True, False])
def test_what_article_takes_and_is_not_there_is_told(
    yaml: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, lacks: bool
) -> None:
    monkeypatch.setattr("crossposter.feeds.article.find_spec", lambda _: None if lacks else "there")
    text = RIGHT.replace("    accounts:", "    article: true\n    accounts:", 1)
    assert text != RIGHT
    yaml.write_text(text, "utf-8")
    assert main(["check", "--config", str(yaml)]) == 0
    assert ("crossposter-city[article]" in capsys.readouterr().out) is lacks
    assert main(["check", "--json", "--config", str(yaml)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["problems"], len(found.get("notes", []))) == ([], int(lacks))


def test_every_mistake_stands_on_its_own_line_as_compilers_write_them(
    yaml: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    yaml.write_text(WRONG, "utf-8")
    assert main(["check", "--config", str(yaml)]) == 2
    printed, errors = capsys.readouterr()
    assert printed == ""
    assert errors.splitlines() == [
        f"{yaml}:1: timezone: this is no time zone: write it like Europe/Istanbul",
        f"{yaml}:4: feeds[0].language: this is missing: add it",
        f"{yaml}:6: feeds[0].langauge: unknown key 'langauge': did you mean 'language'?",
    ]


def test_a_file_that_is_not_there_is_a_mistake_of_the_configuration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--config", str(tmp_path / "gone.yaml")]) == 2
    assert capsys.readouterr().err.startswith(f"{tmp_path / 'gone.yaml'}: there is no such file: give another with")


@pytest.mark.parametrize("where", ["before", "behind", "environment"])
def test_the_file_is_named_before_the_command_behind_it_or_by_the_environment(
    yaml: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], where: str
) -> None:
    monkeypatch.chdir(yaml.parent)
    option = ["--config", str(yaml)]
    if where == "environment":
        monkeypatch.setenv("CROSSPOSTER_CONFIG", str(yaml))
        option = []
    assert main(["check", *option] if where == "behind" else [*option, "check"]) == 0
    assert str(yaml) in capsys.readouterr().out


def test_the_option_goes_before_the_environment(
    yaml: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CROSSPOSTER_CONFIG", str(yaml.parent / "gone.yaml"))
    assert main(["check", "--config", str(yaml)]) == 0
    assert main(["--config", str(yaml.parent / "before.yaml"), "check", "--config", str(yaml)]) == 0
    assert "before.yaml" not in capsys.readouterr().out


def test_without_either_the_usual_place_is_read(
    yaml: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(yaml.parent)
    assert main(["check"]) == 2
    assert capsys.readouterr().err.startswith("config/crossposter.yaml: there is no such file")


def test_json_has_a_list_of_problems(yaml: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--json", "--config", str(yaml)]) == 0
    assert json.loads(capsys.readouterr().out) == {"problems": []}
    yaml.write_text(WRONG, "utf-8")
    assert main(["check", "--json", "--config", str(yaml)]) == 2
    printed, errors = capsys.readouterr()
    assert errors == ""
    problems = json.loads(printed)["problems"]
    assert [(problem["file"], problem["line"]) for problem in problems] == [(str(yaml), line) for line in (1, 4, 6)]
    assert problems[0] == {
        "file": str(yaml),
        "line": 1,
        "path": "timezone",
        "message": "this is no time zone: write it like Europe/Istanbul",
    }


def test_a_missing_secret_is_found_before_a_run_finds_it(
    yaml: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PAGE")
    assert main(["check", "--config", str(yaml)]) == 2
    sentence = "the environment variable 'PAGE' is not set: set it before starting"
    assert capsys.readouterr().err == f"{yaml}:21: accounts[1].credentials.page_token: {sentence}\n"


def test_a_file_that_wants_turkish_is_answered_in_turkish(yaml: Path, capsys: pytest.CaptureFixture[str]) -> None:
    yaml.write_text(f"language: tr\n{RIGHT}", "utf-8")
    assert main(["check", "--config", str(yaml)]) == 0
    assert capsys.readouterr().out == f"{yaml}: yapılandırma doğru; 1 akış, 3 hesap\n"
    yaml.write_text(f"language: tr\n{WRONG}", "utf-8")
    assert main(["check", "--config", str(yaml)]) == 2
    assert f"{yaml}:2: timezone: bu bir saat dilimi değil: Europe/Istanbul gibi yazın\n" in capsys.readouterr().err
    assert main(["check", "--json", "--config", str(yaml)]) == 2
    assert json.loads(capsys.readouterr().out)["problems"][1]["message"] == "bu ayar eksik: ekleyin"


def test_the_file_s_language_goes_before_the_terminal_s(
    yaml: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LANG", "tr_TR.UTF-8")
    yaml.write_text(f"language: en\n{WRONG}", "utf-8")
    assert main(["check", "--config", str(yaml)]) == 2
    assert "this is missing: add it" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["feeds: [", WRONG, f"language: de\n{WRONG}"])
def test_where_the_file_says_no_language_the_terminal_s_is_spoken(
    yaml: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    monkeypatch.setenv("LANG", "tr_TR.UTF-8")
    yaml.write_text(text, "utf-8")
    assert main(["check", "--config", str(yaml)]) == 2
    assert re.search("eksik|burada", capsys.readouterr().err)


def test_no_socket_is_opened(yaml: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert main(["check", "--config", str(yaml)]) == 0
    assert "is right" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "unneeded"),
    [
        (["--help"], {"pydantic", "ruamel", "logging", "rich"}),
        (
            ["check"],
            {"sqlalchemy", "apscheduler", "feedparser", "PIL", "jinja2", "babel", "rich", "requests", "logging"},
        ),
    ],
)
def test_a_command_loads_what_it_needs(yaml: Path, arguments: list[str], unneeded: set[str]) -> None:
    script = "import sys; from crossposter.__main__ import main; code = main(); print(*sys.modules, file=sys.stderr)"
    command = [sys.executable, "-c", f"{script}; sys.exit(code)", *arguments]
    ended = subprocess.run(
        command, env={**os.environ, "CROSSPOSTER_CONFIG": str(yaml)}, capture_output=True, text=True, check=True
    )
    assert unneeded & set(ended.stderr.split()) == set()


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [(f"language: tr\n{RIGHT}", 0, "yapılandırma doğru"), (WRONG, 2, "bu bir saat dilimi değil")],
)
def test_the_program_ends_with_the_exit_code_and_leaves_nothing_behind(
    yaml: Path, text: str, code: int, said: str
) -> None:
    yaml.write_text(text, "utf-8")
    before = sorted(yaml.parent.iterdir())
    environ = {**os.environ, "LANG": "tr_TR.UTF-8", "PYTHONWARNINGS": "error", "PYTHONUTF8": "1"}
    ended = subprocess.run(
        [sys.executable, "-m", "crossposter", "check", "--config", yaml.name],
        cwd=yaml.parent,
        env=environ,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert ended.returncode == code
    assert (ended.stdout == "") == (code == 2)
    assert (ended.stderr == "") == (code == 0)
    assert said in ended.stdout + ended.stderr
    assert sorted(yaml.parent.iterdir()) == before
