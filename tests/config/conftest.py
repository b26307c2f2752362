"""A small right configuration, and ways to get it wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from crossposter.config import load_config
from crossposter.errors import ConfigError
from crossposter.private_files import write_private

#: What the file below names by `env:`.
ENVIRON = {"KEY": "kkk", "KEY_SECRET": "sss", "TOKEN": "ttt", "TOKEN_SECRET": "uuu", "PAGE": "ppp"}

RIGHT = """\
timezone: Europe/Istanbul
ledger: sqlite:///data/ledger.db
feeds:
  - id: izmir-tr
    url: https://www.izmir.bel.tr/RSS
    language: tr
    accounts: [izmir-x, izmir-facebook, izmir-instagram]
accounts:
  - id: izmir-x
    platform: twitter
    expect: {id: "123", handle: izmirbld}
    credentials:
      api_key: env:KEY
      api_secret: env:KEY_SECRET
      access_token: env:TOKEN
      access_secret: env:TOKEN_SECRET
    approval: none
  - id: izmir-facebook
    platform: facebook
    expect: {id: "456"}
    credentials: {page_token: env:PAGE}
    approval: none
  - id: izmir-instagram
    platform: instagram
    backend: instagrapi
    i_accept_account_risk: true
    expect: {id: "789"}
    credentials: {session_file: session.json}
    approval: none
"""

#: What an Instagram login leaves behind, as far as it is looked at.
SESSION = {"authorization_data": {"sessionid": "123%3Aabc", "ds_user_id": "123"}}

#: Each problem as (line, path, sentence).
Found = list[tuple[int, str, str]]
Complaints = Callable[..., Found]


def changed(*changes: tuple[str, str]) -> str:
    """Give the right file with parts of its text replaced; each must stand there once."""
    text = RIGHT
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


@pytest.fixture
def yaml(tmp_path: Path) -> Path:
    """Give the path of a YAML in a folder that has the session file beside it."""
    write_private(tmp_path / "session.json", SESSION)
    return tmp_path / "crossposter.yaml"


@pytest.fixture
def complaints(yaml: Path) -> Complaints:
    """Read a YAML text (or bytes) and give what is wrong with it."""

    def read(text: str | bytes, environ: Mapping[str, str] = ENVIRON, *, secrets_needed: bool = True) -> Found:
        yaml.write_bytes(text.encode() if isinstance(text, str) else text)
        try:
            load_config(yaml, environ=environ, secrets_needed=secrets_needed)
        except ConfigError as error:
            problems = error.problems
        else:
            return []
        assert {problem.file for problem in problems} == {str(yaml)}
        return [(problem.line, problem.path, str(problem.message)) for problem in problems]

    return read
