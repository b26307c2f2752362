"""Secrets are found where the YAML says, and are never shown."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from crossposter.config import load_config, read_secrets
from crossposter.errors import ConfigError
from crossposter.references import MissingSecretError, Secret, SecretSource
from tests.config.conftest import ENVIRON, RIGHT, Complaints, changed

HIDDEN = "AAAAhunter2%2Fhunter2"
NAMED = "a secret is named here, never written: use env:NAME or file:PATH"


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("env:PAGE", HIDDEN, "accounts[1].credentials.page_token"),
        ("env:PAGE", f"env:{HIDDEN}", "accounts[1].credentials.page_token"),
        ("env:PAGE", f"[{HIDDEN}]", "accounts[1].credentials.page_token"),
        ("env:PAGE", f"{{env: {HIDDEN}}}", "accounts[1].credentials.page_token"),
        ("{page_token: env:PAGE}", HIDDEN, "accounts[1].credentials"),
        ("{page_token: env:PAGE}", f"[{HIDDEN}]", "accounts[1].credentials"),
        ("env:PAGE", f"*{HIDDEN}", ""),
        ("env:PAGE", f"!{HIDDEN}", ""),
        ("env:PAGE", f'"{HIDDEN}\\q"', ""),
        ("env:PAGE", f"@{HIDDEN}", ""),
        ("session_file: session.json", f"session_file: [{HIDDEN}]", "accounts[2].credentials.session_file"),
        ("sqlite:///data/ledger.db", f"postgresql://city:{HIDDEN}@db/ledger", "ledger"),
        ("https://www.izmir.bel.tr/RSS", f"ftp://city:{HIDDEN}@izmir.bel.tr", "feeds[0].url"),
        ("https://www.izmir.bel.tr/RSS", "env:PAGE", "feeds[0].url"),
        ("Europe/Istanbul", "env:PAGE", "timezone"),
        ("sqlite:///data/ledger.db", "env:PAGE", "ledger"),
    ],
)
def test_a_secret_written_in_clear_is_refused_and_not_repeated(yaml: Path, old: str, new: str, place: str) -> None:
    yaml.write_text(changed((old, new)) if RIGHT.count(old) == 1 else RIGHT.replace(old, new, 1), "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(yaml, environ={**ENVIRON, "PAGE": HIDDEN}, secrets_needed=True)
    assert place in {problem.path for problem in caught.value.problems}
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + repr(caught.value.problems)
    assert HIDDEN not in told
    assert "hunter2" not in told


@pytest.mark.parametrize("value", [None, "", " \n"])
def test_a_variable_that_is_unset_or_empty_is_named(complaints: Complaints, value: str | None) -> None:
    environ = {name: text for name, text in {**ENVIRON, "PAGE": value}.items() if text is not None}
    sentence = "the environment variable 'PAGE' is not set: set it before starting"
    assert complaints(RIGHT, environ) == [(21, "accounts[1].credentials.page_token", sentence)]


def test_every_missing_secret_is_named_at_once(complaints: Complaints) -> None:
    assert [line for line, _, _ in complaints(RIGHT, {})] == [13, 14, 15, 16, 21]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read: there is no such file"),
        (b"", "is empty: write the secret into it"),
        (b" \n", "is empty: write the secret into it"),
        (HIDDEN.encode() + b"\xff", "cannot be read: it is not written in UTF-8"),
    ],
)
def test_a_secret_file_that_does_not_hold_one_is_named(
    yaml: Path, complaints: Complaints, content: bytes | None, sentence: str
) -> None:
    file = yaml.parent / "page"
    if content is not None:
        file.write_bytes(content)
    found = complaints(changed(("env:PAGE", "file:page")))
    assert found == [(21, "accounts[1].credentials.page_token", f"the secret's file {str(file)!r} {sentence}")]


def test_a_folder_is_no_secret_file(yaml: Path, complaints: Complaints) -> None:
    ((_, _, sentence),) = complaints(changed(("env:PAGE", f"file:{yaml.parent}")))
    assert sentence == f"the secret's file {str(yaml.parent)!r} cannot be read: it is a folder"


def test_a_session_file_that_is_not_there_is_a_mistake_of_check(yaml: Path, complaints: Complaints) -> None:
    (yaml.parent / "session.json").unlink()
    ((line, path, sentence),) = complaints(RIGHT)
    assert (line, path) == (28, "accounts[2].credentials.session_file")
    path = str(yaml.parent / "session.json")
    assert sentence == f"nobody has logged in here: run 'crossposter login izmir-instagram' (looked for {path!r})"


def test_a_secret_from_a_file_loses_the_end_of_its_line(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{HIDDEN}\r\n", "utf-8")
    assert SecretSource("file", str(tmp_path / "secret")).read({}).reveal() == HIDDEN


def test_a_secret_hides_itself() -> None:
    secret = Secret(HIDDEN)
    assert secret.reveal() == HIDDEN
    assert HIDDEN not in f"{secret} {secret!r} {[secret]}" + str(secret)
    assert not hasattr(secret, "__dict__")


def test_a_secret_that_fails_to_decode_is_not_carried_by_the_error(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(HIDDEN.encode() + b"\xff")
    with pytest.raises(MissingSecretError) as caught:
        SecretSource("file", str(tmp_path / "secret")).read({})
    error: BaseException | None = caught.value
    assert error is not None
    assert error.__cause__ is None
    assert error.__context__ is None
    assert HIDDEN not in "".join(traceback.format_exception(error))


def test_neither_the_configuration_nor_its_secrets_show_a_value(yaml: Path) -> None:
    yaml.write_text(RIGHT, "utf-8")
    environ = dict.fromkeys(ENVIRON, HIDDEN)
    config = load_config(yaml, environ=environ, secrets_needed=True)
    secrets = [read_secrets(account, environ) for account in config.accounts]
    assert [set(found) for found in secrets] == [
        {"api_key", "api_secret", "access_token", "access_secret"},
        {"page_token"},
        set(),
    ]
    assert secrets[1]["page_token"].reveal() == HIDDEN
    assert HIDDEN not in repr((config, secrets)) + str(config) + config.model_dump_json()
