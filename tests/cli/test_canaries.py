"""No secret comes out, whatever the platforms do: in no log at DEBUG, traceback, output of a command, or ledger."""

from __future__ import annotations

import base64
import json
import logging
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from crossposter import logs
from crossposter.cli import main
from tests.city import DEMO_CONFIG, City, a_city

_DOINGS = (
    "status:400", "status:401", "status:403", "status:500", "html", "garbage", "reset", "truncate", "empty",
    "commit_then_reset", "commit_then_status:500",
)  # fmt: skip
_OPERATIONS = ("verify", "upload", "publish")
_COMMANDS = (
    ("check",),
    ("dry-run", "--json"),
    ("accounts", "--json"),
    ("queue", "--json"),
    ("ledger", "list", "--json"),
    ("ledger", "show", "8", "--json"),
    ("check", "--health"),
    ("check", "--online"),
    ("check", "--online", "--json"),
)


def secrets_of(city: City) -> set[str]:
    """Give every secret of the city: keys, tokens, what the session files hold."""
    named = {value for name, value in city.environ.items() if name.endswith(("KEY", "SECRET", "TOKEN"))}
    for name, path in city.environ.items():
        if name.endswith("SESSION_FILE"):
            login = json.loads(Path(path).read_text("utf-8"))["authorization_data"]
            named |= {str(value) for value in login.values() if len(str(value)) > 12}
            # As instagrapi sends it: `Authorization: Bearer IGT:2:...`
            named.add(base64.b64encode(json.dumps(login, separators=(",", ":")).encode()).decode())
    return named


def everything_talks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every library say at DEBUG what it has to say, whatever the program sets."""
    configure = logs.configure

    def loud(**options: object) -> None:
        configure(**options)  # type: ignore[arg-type]  # passed on
        logging.getLogger().setLevel(logging.DEBUG)

    monkeypatch.setattr(logs, "configure", loud)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("number", range(len(_DOINGS)))
def test_no_secret_comes_out(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CROSSPOSTER_CONFIG", str(DEMO_CONFIG))
    everything_talks(monkeypatch)
    with a_city(tmp_path) as city:
        for name, value in city.environ.items():
            monkeypatch.setenv(name, value)
        secrets = secrets_of(city)
        assert len(secrets) >= 12
        main(["run", "--once"])
        city.site.publish("tr")
        for shift, platform in enumerate(("twitter", "facebook", "instagram")):
            operation = _OPERATIONS[(number + shift) % len(_OPERATIONS)]
            city.sandbox.inject(platform, operation, _DOINGS[number])
        main(["run", "--once"])
        for platform in ("twitter", "facebook", "instagram"):
            city.sandbox.inject(platform, "verify", _DOINGS[number], times=2)
        city.sandbox.inject("facebook", "login", _DOINGS[number])
        for command in _COMMANDS:
            main([*command])
        out, err = capfd.readouterr()
        with closing(sqlite3.connect(city.ledger)) as ledger, ledger:
            stored = "\n".join(ledger.iterdump())
        ledger.close()
    assert "DEBUG" in err.upper()
    assert [secret for secret in secrets if secret in out] == []
    assert [secret for secret in secrets if secret in err] == []
    assert [secret for secret in secrets if secret in stored] == []


def test_no_secret_is_an_argument(city: City) -> None:
    command_line = Path(f"/proc/{os.getpid()}/cmdline").read_text("utf-8", "replace")
    assert [secret for secret in secrets_of(city) if secret in command_line] == []
