"""Where the ledger is: a file, or a database whose password nobody sees."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from crossposter.config import load_config
from crossposter.config.models import ConfigModel
from crossposter.errors import ConfigError
from crossposter.references import DatabaseAddress
from tests.config.conftest import ENVIRON, RIGHT, Complaints, changed

SQLITE = "sqlite:///data/ledger.db"
ADDRESS = "postgresql+psycopg://city:hunter%2F2@db.internal:5433/ledger?sslmode=require"
WRITTEN = "the ledger is written as sqlite:///PATH or postgresql+psycopg://USER@HOST:PORT/NAME"
NEVER = "a password is never written here: name the whole address by env:NAME or file:PATH"


def loaded(yaml: Path, ledger: str, *more: tuple[str, str], address: str = ADDRESS) -> ConfigModel:
    """Load with another ledger."""
    yaml.write_text(changed((SQLITE, ledger), *more), "utf-8")
    return load_config(yaml, environ={**ENVIRON, "LEDGER": address}, secrets_needed=True)


@pytest.mark.parametrize("named", ["env:LEDGER", "file:secrets/ledger"])
def test_the_address_of_a_database_is_named_as_a_secret_is(yaml: Path, named: str) -> None:
    (yaml.parent / "secrets").mkdir(exist_ok=True)
    (yaml.parent / "secrets" / "ledger").write_text(f"{ADDRESS}\n", "utf-8")
    assert loaded(yaml, named).ledger == DatabaseAddress(ADDRESS)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("postgresql+psycopg://city@db:5433/ledger", "postgresql://city@db:5433/ledger"),
        ("postgresql://city@db/ledger?sslmode=verify-full", "postgresql://city@db/ledger"),
        ("postgresql+psycopg:///ledger", "postgresql:///ledger"),
        ("postgresql://[::1]:5432/ledger", "postgresql://[::1]:5432/ledger"),
    ],
)
def test_an_address_without_a_password_may_stand_in_the_yaml(yaml: Path, written: str, shown: str) -> None:
    found = loaded(yaml, written).ledger
    assert (found, str(found)) == (DatabaseAddress(written), shown)
    assert isinstance(found, DatabaseAddress)
    assert (found.password, found.secrets()) == (None, [])


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        (ADDRESS, NEVER),
        ("postgresql+psycopg://city:hunter/2@db/ledger", WRITTEN),
        ("postgresql+psycopg://city:hunter@2@db/ledger", WRITTEN),
        ("postgresql+psycopg://city@db/ledger?password=hunter2", WRITTEN),
        ("postgresql+psycopg://city@db/", WRITTEN),
        ("postgresql+asyncpg://city@db/ledger", WRITTEN),
        ("mysql://city@db/ledger", WRITTEN),
    ],
)
def test_a_password_in_the_yaml_and_what_is_no_address_are_refused(
    complaints: Complaints, address: str, sentence: str
) -> None:
    assert complaints(changed((SQLITE, address))) == [(2, "ledger", sentence)]


@pytest.mark.parametrize("address", ["postgresql+psycopg://city:hun#ter2@db/ledger", "hunter2", "sqlite:///"])
def test_what_is_no_address_is_not_repeated(yaml: Path, address: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(yaml, "env:LEDGER", address=address)
    assert [str(problem.message) for problem in caught.value.problems] == [WRITTEN]
    told = "".join(traceback.format_exception(caught.value))
    assert "ter2" not in told


def test_an_address_that_is_nowhere_is_named(complaints: Complaints, yaml: Path) -> None:
    ((line, path, sentence),) = complaints(changed((SQLITE, "file:nowhere")))
    assert (line, path) == (2, "ledger")
    assert sentence.startswith(f"the secret's file {str(yaml.parent / 'nowhere')!r} cannot be read")


def test_nothing_shows_the_password(yaml: Path) -> None:
    config = loaded(yaml, "env:LEDGER")
    assert str(config.ledger) == "postgresql://city@db.internal:5433/ledger"
    told = repr(config) + str(config) + config.model_dump_json() + str(config.model_dump())
    assert "hunter" not in told
    assert isinstance(config.ledger, DatabaseAddress)
    assert {secret.reveal() for secret in config.ledger.secrets()} == {"hunter%2F2", "hunter/2"}
    assert config.ledger.password == "hunter%2F2"


def test_pictures_and_logins_stand_beside_a_file_and_in_a_folder_of_their_own_beside_a_database(yaml: Path) -> None:
    yaml.write_text(RIGHT, "utf-8")
    assert load_config(yaml, environ=ENVIRON, secrets_needed=True).data == yaml.parent / "data"
    assert loaded(yaml, "env:LEDGER").data.resolve() == yaml.parent.parent / "data"
    named = ("accounts:\n", "data: env:HERE\naccounts:\n")
    yaml.write_text(changed(named), "utf-8")
    assert load_config(yaml, environ={**ENVIRON, "HERE": "/here"}, secrets_needed=True).data == Path("/here")


def test_a_login_is_looked_for_in_the_data_folder(yaml: Path, complaints: Complaints) -> None:
    text = changed((SQLITE, "postgresql://city@db/ledger"), ("    credentials: {session_file: session.json}\n", ""))
    ((line, path, sentence),) = complaints(
        text.replace("accounts:\n  - id: izmir-x", "data: here\n\naccounts:\n  - id: izmir-x")
    )
    assert (line, path) == (25, "accounts[2].credentials")
    assert str(yaml.parent / "here" / "credentials" / "izmir-instagram.json") in sentence


def test_workers_need_a_ledger_that_they_can_share(yaml: Path, complaints: Complaints) -> None:
    wants = (SQLITE, f"{SQLITE}\nengine: procrastinate")
    sentence = "workers need a ledger that they can share: write `ledger: postgresql+psycopg://...`"
    assert complaints(changed(wants)) == [(3, "engine", sentence)]
    assert loaded(yaml, "env:LEDGER\nengine: procrastinate").engine == "procrastinate"
    assert loaded(yaml, "env:LEDGER").engine == "threads"
