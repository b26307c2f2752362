from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from crossposter.cli.app import app
from crossposter.config import load_config

ANSWERS = [
    "tr",
    "https://www.izmir.bel.tr/RSS",
    "tr",
    "Europe/Istanbul",
    "y",
    "012345",
    "izmirbld",
    "y",
    "456",
    "izmir: buyuksehir",
    "y",
    "789",
    "izmir",
]


def answered(path: Path, answers: list[str]) -> object:
    return CliRunner().invoke(app, ["--config", str(path), "init"], input="\n".join(answers) + "\n").exception


def test_a_few_questions_make_a_file_that_is_right(tmp_path: Path) -> None:
    path = tmp_path / "config" / "crossposter.yaml"
    assert answered(path, ANSWERS) is None
    config = load_config(path, environ={}, secrets_needed=False)
    assert config.language == "tr"
    assert [(account.platform, account.expect.id, account.expect.handle) for account in config.accounts] == [
        ("twitter", "012345", "izmirbld"),
        ("facebook", "456", "izmir: buyuksehir"),
        ("instagram", "789", "izmir"),
    ]
    assert len(path.read_text("utf-8").splitlines()) <= 40


def test_a_file_that_is_there_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "crossposter.yaml"
    path.write_text("mine")
    assert "already" in str(answered(path, ANSWERS))
    assert path.read_text() == "mine"


@pytest.mark.parametrize(("place", "answer"), [(1, "no address"), (2, "Türkçe"), (3, "İzmir")])
def test_an_answer_that_cannot_be_used_leaves_nothing_behind(tmp_path: Path, place: int, answer: str) -> None:
    path = tmp_path / "crossposter.yaml"
    answers = [*ANSWERS[:place], answer, *ANSWERS[place + 1 :]]
    assert "configuration" in repr(answered(path, answers)) or answered(path, answers)
    assert not path.exists()


def test_without_any_account_nothing_is_written(tmp_path: Path) -> None:
    path = tmp_path / "crossposter.yaml"
    assert "at least one account" in str(answered(path, [*ANSWERS[:4], "n", "n", "n"]))
    assert not path.exists()
