from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from crossposter.adapters import PLATFORMS
from crossposter.cli.app import app
from crossposter.config import load_config
from tests.config.conftest import ENVIRON

ANSWERS = [
    "tr",
    "https://www.izmir.bel.tr/RSS",
    "tr",
    "Europe/Istanbul",
    "y",
    "012345",
    "izmirbld",
    "required",
    "y",
    "456",
    "izmir: buyuksehir",
    "none",
    "y",
    "789",
    "izmir",
    "none",
]


def answered(path: Path, answers: Sequence[str]) -> Result:
    return CliRunner().invoke(app, ["--config", str(path), "init"], input="\n".join(answers) + "\n")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "crossposter.yaml"


def test_a_few_questions_make_a_file_that_is_right(path: Path) -> None:
    assert answered(path, ANSWERS).exit_code == 0
    config = load_config(path, environ={}, secrets_needed=False)
    assert config.language == "tr"
    assert config.feeds[0].allowed_hosts == ("izmir.bel.tr",)
    assert [(account.platform, account.expect.id, account.expect.handle) for account in config.accounts] == [
        ("twitter", "012345", "izmirbld"),
        ("facebook", "456", "izmir: buyuksehir"),
        ("instagram", "789", "izmir"),
    ]
    assert [account.approval is not None for account in config.accounts] == [True, False, False]
    assert len(path.read_text("utf-8").splitlines()) <= 40


def test_an_editor_finds_the_schema(path: Path) -> None:
    answered(path, ANSWERS)
    comment, _, schema = path.read_text("utf-8").splitlines()[0].partition("=")
    assert comment == "# yaml-language-server: $schema"
    assert os.path.isabs(schema)
    assert '"$schema"' in Path(schema).read_text("utf-8")


def test_a_file_that_is_there_is_not_touched(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("mine")
    assert "already" in str(answered(path, ANSWERS).exception)
    assert path.read_text() == "mine"


@pytest.mark.parametrize(
    ("place", "wrong", "said"),
    [
        (0, "Türkçe", "'Türkçe' is not possible here; possible: 'tr', 'en'"),
        (1, "izmir.bel.tr", "this is no web address"),
        (1, " ", "this is empty"),
        (2, "Türkçe", "'Türkçe' is no language"),
        (3, "İzmir", "this is no time zone"),
        (4, "belki", "answer y (yes) or n (no)"),
        (5, "@izmirbld", "'@izmirbld' is no id: it is made of digits only"),
        (5, "١٢٣", "is no id"),
        (7, "evet", "write none, required, or a block"),
    ],
)
def test_an_answer_that_cannot_be_used_is_asked_for_again_and_no_other_is_lost(
    path: Path, monkeypatch: pytest.MonkeyPatch, place: int, wrong: str, said: str
) -> None:
    monkeypatch.setenv("LANG", "C")
    answers = ["en", *ANSWERS[1:]]
    done = answered(path, [*answers[:place], wrong, *answers[place:]])
    assert done.exit_code == 0
    assert said in done.stdout
    assert [account.expect.id for account in load_config(path, environ={}, secrets_needed=False).accounts] == [
        "012345",
        "456",
        "789",
    ]


@pytest.mark.parametrize(("yes", "no"), [("e", "h"), ("Evet", "HAYIR"), ("EVET", "hayır"), ("y", "n"), ("Yes", "NO")])
def test_yes_and_no_are_understood_in_both_languages(path: Path, yes: str, no: str) -> None:
    assert answered(path, [*ANSWERS[:4], no, yes, "456", "@izmirbld", "none", no]).exit_code == 0
    (account,) = load_config(path, environ={}, secrets_needed=False).accounts
    assert (account.platform, account.expect.handle) == ("facebook", "izmirbld")


def test_what_asks_for_a_promise_is_not_suggested(path: Path) -> None:
    done = answered(path, [*ANSWERS[:4], "", "1", "a", "none", "", "2", "b", "none", ""])
    assert done.exit_code == 0
    assert [account.platform for account in load_config(path, environ={}, secrets_needed=False).accounts] == [
        "twitter",
        "facebook",
    ]


def test_without_any_account_the_questions_come_again(path: Path) -> None:
    done = answered(path, ["en", *ANSWERS[1:4], "n", "n", "n", *ANSWERS[4:]])
    assert done.exit_code == 0
    assert "at least one account is needed" in done.stdout


def test_who_gives_up_leaves_nothing_behind(path: Path) -> None:
    assert answered(path, ANSWERS[:6]).exit_code == 1
    assert not path.parent.exists()


def test_a_place_that_cannot_be_written_is_said_so_and_no_folder_stays(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert "cannot be written: Permission denied" in str(answered(path, ANSWERS).exception)
    assert not path.parent.exists()


@pytest.mark.parametrize(
    ("url", "host"),
    [("https://WWW.Izmir.bel.tr:8443/RSS", "izmir.bel.tr"), ("http://localhost/RSS", None), ("env:PAGE", None)],
)
def test_links_may_lead_to_the_feed_s_host(
    path: Path, monkeypatch: pytest.MonkeyPatch, url: str, host: str | None
) -> None:
    environ = {**ENVIRON, "PAGE": "https://www.izmir.bel.tr"}
    monkeypatch.setenv("PAGE", environ["PAGE"])
    assert answered(path, [ANSWERS[0], url, *ANSWERS[2:]]).exit_code == 0
    assert load_config(path, environ=environ, secrets_needed=False).feeds[0].allowed_hosts == ((host,) if host else ())


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_platform_can_be_chosen(path: Path, platform: str) -> None:
    answers = [answer for one in PLATFORMS for answer in (["y", "123", "name", "none"] if one == platform else ["n"])]
    assert answered(path, [*ANSWERS[:4], *answers]).exit_code == 0
    (account,) = load_config(path, environ={}, secrets_needed=False).accounts
    assert account.platform == platform
