"""What an account is used with: its own keys, those of its app, or what `login` has kept; and what is missing of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crossposter.config import is_pinned, load_config, login_secrets, read_secrets
from crossposter.errors import ConfigError
from crossposter.private_files import make_private_folder, write_private
from crossposter.references import MissingSecretError
from tests.config.conftest import ENVIRON, SESSION, Complaints, changed

APPS = """\
apps:
  x: {api_key: env:KEY, api_secret: env:KEY_SECRET}
  meta: {app_id: 900, app_secret: env:META}
"""
OWN_KEYS = """\
    credentials:
      api_key: env:KEY
      api_secret: env:KEY_SECRET
      access_token: env:TOKEN
      access_secret: env:TOKEN_SECRET
"""
OWN_TOKEN = "    credentials: {page_token: env:PAGE}\n"
OWN_SESSION = "    credentials: {session_file: session.json}\n"
#: Nothing but the apps: each account is left to its login.
LEFT = APPS + changed((OWN_KEYS, ""), (OWN_TOKEN, ""), (OWN_SESSION, ""))
TOKENS = {"access_token": "from-login", "access_secret": "from-login-too"}
META = {**ENVIRON, "META": "mmm"}


def revealed(yaml: Path, text: str, place: int) -> dict[str, str]:
    yaml.write_text(text, "utf-8")
    config = load_config(yaml, environ=META, secrets_needed=True)
    return {name: secret.reveal() for name, secret in read_secrets(config.accounts[place], META).items()}


@pytest.fixture
def kept(yaml: Path) -> Path:
    """The folder of the logins, with one for each account."""
    folder = yaml.parent / "data" / "credentials"
    make_private_folder(folder)
    write_private(folder / "izmir-x.json", TOKENS)
    write_private(folder / "izmir-facebook.json", {"page_token": "the-page"})
    write_private(folder / "izmir-instagram.json", SESSION)
    return folder


def test_what_is_left_out_comes_from_the_app_and_the_login(yaml: Path, kept: Path) -> None:
    assert revealed(yaml, LEFT, 0) == {"api_key": "kkk", "api_secret": "sss", **TOKENS}
    assert revealed(yaml, LEFT, 1) == {"page_token": "the-page", "app_id": "900", "app_secret": "mmm"}
    assert revealed(yaml, LEFT, 2) == {}
    config = load_config(yaml, environ=META, secrets_needed=True)
    assert config.accounts[2].credentials.session_file.resolve() == kept / "izmir-instagram.json"


def test_what_the_yaml_names_wins(yaml: Path, kept: Path) -> None:
    text = APPS + changed(("api_key: env:KEY\n", "api_key: env:PAGE\n"))
    assert revealed(yaml, text, 0) == {
        "api_key": "ppp",
        "api_secret": "sss",
        "access_token": "ttt",
        "access_secret": "uuu",
    }
    assert revealed(yaml, text, 1) == {"page_token": "ppp", "app_id": "900", "app_secret": "mmm"}


def test_keys_of_its_own_do_not_keep_an_account_from_its_login(yaml: Path, kept: Path) -> None:
    text = changed(("      access_token: env:TOKEN\n      access_secret: env:TOKEN_SECRET\n", ""))
    assert revealed(yaml, text, 0) == {"api_key": "kkk", "api_secret": "sss", **TOKENS}


def test_the_login_may_be_kept_elsewhere(yaml: Path, kept: Path) -> None:
    write_private(yaml.parent / "x.json", {name: f"{value}!" for name, value in TOKENS.items()})
    text = LEFT.replace("platform: twitter\n", "platform: twitter\n    credentials: {file: x.json}\n")
    assert revealed(yaml, text, 0)["access_token"] == "from-login!"
    (yaml.parent / "x.json").rename(yaml.parent / "y.json")
    named = text.replace("x.json", "env:ELSEWHERE")
    yaml.write_text(named, "utf-8")
    assert load_config(yaml, environ={**META, "ELSEWHERE": "y.json"}, secrets_needed=True)
    assert load_config(yaml, environ=META, secrets_needed=False)


def test_a_dry_run_needs_no_login_and_no_app(yaml: Path) -> None:
    yaml.write_text(LEFT.removeprefix(APPS), "utf-8")
    assert load_config(yaml, environ={}, secrets_needed=False).accounts


def test_every_login_that_is_missing_is_named_with_its_command(complaints: Complaints) -> None:
    found = complaints(LEFT, META)
    assert [path for _, path, _ in found] == [f"accounts[{place}].credentials" for place in range(3)]
    for (_, _, sentence), account in zip(found, ("izmir-x", "izmir-facebook", "izmir-instagram"), strict=True):
        assert f"run 'crossposter login {account}'" in sentence


@pytest.mark.parametrize(
    "content", ["", "[]", "{", "{}", '{"access_token": "t"}', '{"access_token": "t", "access_secret": 1}', "\xff"]
)
def test_a_file_without_a_login_is_as_none(yaml: Path, kept: Path, complaints: Complaints, content: str) -> None:
    (kept / "izmir-x.json").write_bytes(content.encode("latin-1"))
    ((_, path, sentence),) = complaints(LEFT, META)
    assert path == "accounts[0].credentials"
    assert "crossposter login" in sentence


def test_a_device_alone_is_no_login(kept: Path, complaints: Complaints) -> None:
    write_private(kept / "izmir-instagram.json", {"uuids": {"phone_id": "1"}})
    ((_, path, sentence),) = complaints(LEFT, META)
    assert path == "accounts[2].credentials"
    assert "run 'crossposter login izmir-instagram'" in sentence


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_login_that_others_can_read_is_refused_with_the_command_that_mends_it(
    yaml: Path, kept: Path, complaints: Complaints, mode: int
) -> None:
    (kept / "izmir-x.json").chmod(mode)
    ((_, path, sentence),) = complaints(LEFT, META)
    assert path == "accounts[0].credentials"
    assert sentence.endswith(f"run: chmod 600 {kept / 'izmir-x.json'}")
    (kept / "izmir-x.json").chmod(0o600)
    config = load_config(yaml, environ=META, secrets_needed=True)
    (kept / "izmir-x.json").chmod(mode)
    with pytest.raises(MissingSecretError, match="chmod 600"):
        read_secrets(config.accounts[0], META)


def test_a_session_file_that_others_can_read_is_refused_as_well(yaml: Path, complaints: Complaints) -> None:
    (yaml.parent / "session.json").chmod(0o644)
    ((_, path, sentence),) = complaints(changed())
    assert path == "accounts[2].credentials.session_file"
    assert "chmod 600" in sentence


def test_a_login_that_is_gone_later_is_told_without_what_it_held(yaml: Path, kept: Path) -> None:
    yaml.write_text(LEFT, "utf-8")
    config = load_config(yaml, environ=META, secrets_needed=True)
    (kept / "izmir-x.json").unlink()
    with pytest.raises(MissingSecretError, match="holds no login"):
        read_secrets(config.accounts[0], META)
    write_private(kept / "izmir-x.json", {"access_token": ""})
    with pytest.raises(MissingSecretError, match="holds no login"):
        read_secrets(config.accounts[0], META)


MISSING_OF_APP = "this is missing: add it, here or once for all accounts under 'apps:'"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            LEFT.replace("  x: {api_key: env:KEY, api_secret: env:KEY_SECRET}\n", ""),
            {
                ("accounts[0].credentials.api_key", MISSING_OF_APP),
                ("accounts[0].credentials.api_secret", MISSING_OF_APP),
            },
        ),
        (LEFT.replace(", api_secret: env:KEY_SECRET", ""), {("apps.x.api_secret", "this is missing: add it")}),
        (LEFT.replace("env:META", "the-secret"), {("apps.meta.app_secret", "a secret is named here")}),
        (LEFT.replace("  meta:", "  mata:"), {("apps.mata", "unknown key 'mata': did you mean 'meta'?")}),
        (LEFT.replace("app_id: 900", "app_id: nine"), {("apps.meta.app_id", "a secret is named here")}),
        (
            APPS + changed(("      access_secret: env:TOKEN_SECRET\n", "")),
            {("accounts[0].credentials.access_secret", "this is missing: add it")},
        ),
        (changed(("page_token: env:PAGE", "page_token: ")), {("accounts[1].credentials.page_token", "this is empty")}),
        (
            changed(("session_file: session.json", "file: ")),
            {("accounts[2].credentials.file", "the path of a file is wanted here")},
        ),
    ],
)
def test_what_stands_nowhere_is_told_where_it_belongs(
    kept: Path, complaints: Complaints, text: str, expected: set[tuple[str, str]]
) -> None:
    found = complaints(text, META)
    assert {path for _, path, _ in found} >= {path for path, _ in expected}
    for path, words in expected:
        assert any(place == path and sentence.startswith(words) for _, place, sentence in found), (path, found)


def test_nothing_is_said_of_logins_where_the_ledger_s_place_is_not_known(complaints: Complaints) -> None:
    found = complaints(LEFT.replace("sqlite:///data/ledger.db", "somewhere"), META)
    assert [path for _, path, _ in found] == ["ledger"]


# -- what a login starts from ----------------------------------------------------------------------------------------


def starts(yaml: Path, text: str, place: int, environ: dict[str, str] = META) -> dict[str, str]:
    yaml.write_text(text, "utf-8")
    config: Any = load_config(yaml, environ=environ, secrets_needed=False, pins_needed=False)
    return {name: one.reveal() for name, one in login_secrets(config, config.accounts[place], environ).items()}


def test_a_login_starts_from_the_keys_of_the_app_and_no_tokens(yaml: Path) -> None:
    assert starts(yaml, LEFT, 0) == {"api_key": "kkk", "api_secret": "sss"}
    assert starts(yaml, LEFT, 1) == {"app_id": "900", "app_secret": "mmm"}
    assert starts(yaml, LEFT, 2) == {}
    own = APPS + changed((OWN_TOKEN, "    credentials: {app_secret: env:PAGE}\n"))
    assert starts(yaml, own, 1) == {"app_id": "900", "app_secret": "ppp"}
    assert starts(yaml, changed(), 0) == {"api_key": "kkk", "api_secret": "sss"}


def test_a_password_is_read_by_a_login_alone(yaml: Path) -> None:
    text = changed(("{session_file: session.json}", "{session_file: session.json, password: env:PASSWORD}"))
    assert starts(yaml, text, 2, {**META, "PASSWORD": "parola"}) == {"password": "parola"}
    config = load_config(yaml, environ=ENVIRON, secrets_needed=True)
    assert read_secrets(config.accounts[2], ENVIRON) == {}


def test_an_account_without_a_pin_can_be_logged_in_to_and_nothing_else(yaml: Path) -> None:
    yaml.write_text(changed(('    expect: {id: "456"}\n', "")), "utf-8")
    config = load_config(yaml, environ=ENVIRON, secrets_needed=False, pins_needed=False)
    assert [is_pinned(account) for account in config.accounts] == [True, False, True]
    with pytest.raises(ConfigError, match="'crossposter login' prints what to write"):
        load_config(yaml, environ=ENVIRON, secrets_needed=False)
