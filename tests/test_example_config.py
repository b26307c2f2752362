"""config/crossposter.example.yaml is right, whole, and explains what it shows."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from crossposter.cli import main
from crossposter.config import load_config
from crossposter.config.models import config_model
from crossposter.private_files import write_private
from tests.config.conftest import SESSION

EXAMPLE = Path(__file__).parents[1] / "config" / "crossposter.example.yaml"
TEXT = EXAMPLE.read_text("utf-8")
LINES = TEXT.splitlines()

#: A key at the beginning of a line or in braces, commented out or not.
_KEY = re.compile(r"(?:^ *(?:- )?(?:# +)?|\{|, )([a-z_]+):(?= |$)")


def keys_of(kind: Any) -> Iterator[str]:
    """Name every key of a model, and of the models inside it."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        for name, field in kind.model_fields.items():
            yield name
            yield from keys_of(field.annotation)
    elif get_origin(kind) in (list, Annotated, Union, UnionType):
        for inner in get_args(kind):
            yield from keys_of(inner)


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copy it as README says, with all that it names in place."""
    config, sessions, secrets = tmp_path / "config", tmp_path / "data" / "credentials", tmp_path / "secrets"
    public = tmp_path / "public"
    for folder in (config, sessions, secrets, public):
        folder.mkdir(parents=True)
    for name in re.findall(r": env:(\w+)", TEXT):
        monkeypatch.setenv(name, f"the-{name}")
    for account in load_config(EXAMPLE, environ={}, secrets_needed=False).accounts:
        model = type(account.credentials)
        write_private(sessions / f"{account.id}.json", dict.fromkeys(model.login_keys, "a-token") or SESSION)
    for name in re.findall(r": file:/run/secrets/(\w+)", TEXT):
        (secrets / name).write_text(f"the-{name}\n", "utf-8")
    path = config / "crossposter.yaml"
    text = TEXT.replace("file:/run/secrets/", f"file:{secrets}/").replace("/var/www/crossposter", str(public))
    path.write_text(text, "utf-8")
    for name in ("CROSSPOSTER_CONFIG", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return path


def test_it_can_be_read_before_any_secret_is_there() -> None:
    config = load_config(EXAMPLE, environ={}, secrets_needed=False)
    assert [feed.language for feed in config.feeds] == ["tr", "en"]
    assert {feed.site for feed in config.feeds} == {"izmir"}
    assert [account.platform for account in config.accounts] == ["twitter", "facebook", "instagram"] * 2
    assert sorted(name for feed in config.feeds for name in feed.accounts) == sorted(a.id for a in config.accounts)
    assert all(account.endpoint is None for account in config.accounts)


def test_with_its_secrets_in_place_check_finds_it_right(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    assert capsys.readouterr().out == "config/crossposter.yaml: yapılandırma doğru; 2 akış, 6 hesap\n"


def test_without_its_secrets_check_names_each_of_them(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(copy.parents[1] / "secrets")
    shutil.rmtree(copy.parents[1] / "data")
    with pytest.MonkeyPatch.context() as patch:
        for name in re.findall(r": env:(\w+)", TEXT):
            patch.delenv(name, raising=False)
        assert main(["check", "--json"]) == 2
    problems = json.loads(capsys.readouterr().out)["problems"]
    logins = [problem for problem in problems if "crossposter login" in problem["message"]]
    assert len(logins) == 6
    named = re.findall(r"^ +(?:- )?[a-z_]+: (?:env|file):[\w/]+$", TEXT, flags=re.M)
    assert len(problems) == len(logins) + len(named)


def test_every_key_is_shown() -> None:
    shown = {key for line in LINES for key in _KEY.findall(line)}
    assert set(keys_of(config_model())) - shown == set()


def test_no_key_is_shown_that_does_not_exist() -> None:
    """Also none that is commented out; the rest is refused when the file is read."""
    commented = {found[1] for line in LINES if (found := re.match(r" +# +([a-z_]+):(?: +\S+)?(?: {2,}.*)?$", line))}
    assert commented
    assert commented - set(keys_of(config_model())) == set()


def test_a_key_is_explained_where_it_stands_first() -> None:
    first: dict[str, int] = {}
    for number, line in enumerate(LINES):
        for key in _KEY.findall(line):
            first.setdefault(key, number)
    unexplained = {
        key
        for key in set(keys_of(config_model())) - {"feeds", "accounts", "expect", "credentials", "endpoint"}
        if not any("#" in line for line in LINES[max(0, first[key] - 2) : first[key] + 1])
    }
    assert unexplained == set()


@pytest.mark.parametrize("version", ["v26.0"])
def test_what_is_commented_out_is_right_when_it_is_switched_on(copy: Path, version: str) -> None:
    (copy.parent / "sandbox-ca.pem").write_text("", "utf-8")
    block = re.search(r"^    # endpoint:\n(?:    #   .*\n)+", TEXT, flags=re.M)
    assert block
    endpoint = re.sub(r" {2,}where .*| {2,}its .*", "", block[0].replace("    # ", "    "))
    text = copy.read_text("utf-8").replace(block[0], endpoint).replace("# graph_version", "graph_version")
    copy.write_text(text, "utf-8")
    config = load_config(copy, environ={}, secrets_needed=False)
    assert config.accounts[0].endpoint
    assert config.accounts[0].endpoint.ca_file == copy.parent / "sandbox-ca.pem"
    assert config.accounts[1].graph_version == version


def test_it_says_what_a_press_office_must_know() -> None:
    comments = " ".join(line.strip(" #") for line in LINES)
    for told in (
        "UNCONFIRMED",
        "never stand in this file",
        "suspend it",
        "ds_user_id",
        "credits",
        "docs/platforms/",
        "THE RIGHT ONE FOR A PUBLIC INSTITUTION",
    ):
        assert told in comments, told
    assert re.search(r"apps:\n(?: +#.*\n)* +x:\n(?: +#.*\n)* +api_key: env:", TEXT)
    assert re.search(r"page_token: file:", TEXT)
    assert "crossposter login izmir-x" in comments


def test_its_lines_fit_on_a_screen() -> None:
    assert [number for number, line in enumerate(LINES, start=1) if len(line) > 120 or "\t" in line] == []


def test_the_retention_is_right_when_it_is_switched_on(copy: Path) -> None:
    block = re.search(r"^# retention:\n(?:#   .*\n)+", TEXT, flags=re.M)
    assert block
    text = copy.read_text("utf-8").replace(block[0], re.sub(r"^# ", "", block[0], flags=re.M))
    copy.write_text(text, "utf-8")
    retention = load_config(copy, environ={}, secrets_needed=False).retention
    assert (str(retention.texts), str(retention.pictures)) == ("2y", "1y")


def test_the_alerts_are_right_when_they_are_switched_on(copy: Path) -> None:
    block = re.search(r"^# alerts:\n(?:#   .*\n)+", TEXT, flags=re.M)
    assert block
    text = copy.read_text("utf-8").replace(block[0], re.sub(r"^# ", "", block[0], flags=re.M))
    copy.write_text(text, "utf-8")
    config = load_config(copy, environ={}, secrets_needed=False)
    assert [(str(alert.url or alert.ping), alert.level) for alert in config.alerts] == [
        ("env:ALERT_URL", "warning"),
        ("env:PING_URL", "warning"),
    ]
