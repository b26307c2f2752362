"""`login` at a terminal, with the whole program: what is shown, what is written, and what is left alone."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from urllib.request import urlopen

import pytest

from crossposter.cli import main
from crossposter.private_files import write_private
from crossposter.sandbox import Sandbox
from tests.terminal import Terminal, at_a_terminal

APPS = """\
apps:
  x: {api_key: env:X_KEY, api_secret: env:X_SECRET}
  meta: {app_id: APP_ID, app_secret: file:app_secret}
"""
YAML = """\
timezone: Europe/Istanbul
language: LANGUAGE
ledger: sqlite:///data/ledger.db
APPS
feeds:
  - {id: news, url: https://www.izmir.bel.tr/RSS, language: tr, accounts: [izmir-x, izmir-facebook, izmir-instagram]}
accounts:
  - id: izmir-x
    platform: twitter
    approval: none
    PIN_X
    endpoint: {url: "URL_X"}
  - id: izmir-facebook
    platform: facebook
    approval: none
    PIN_FACEBOOK
    endpoint: {url: "URL_FACEBOOK"}
  - id: izmir-instagram
    platform: instagram
    approval: none
    backend: instagrapi
    i_accept_account_risk: true
    PIN_INSTAGRAM
    endpoint: {proxy: "PROXY", ca_file: "CA_FILE"}
"""
Open = Callable[..., AbstractContextManager[Terminal]]


class City:
    """A configuration for the sandbox, and where its logins are kept."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.yaml = folder / "crossposter.yaml"
        self.kept = folder / "data" / "credentials"
        keys = sandbox.account("twitter", "izmirbld").login
        self.environ = {"X_KEY": keys["api_key"], "X_SECRET": keys["api_secret"]}
        (folder / "app_secret").write_text(sandbox.graph.app_secret)
        self.write()

    def write(self, *, language: str = "en", apps: str = APPS, **pins: str) -> None:
        """Write the YAML; `pins` are the accounts' `expect`, which are else left out."""
        x, facebook, instagram = (
            self.sandbox.account(platform, "izmirbld").endpoint for platform in ("twitter", "facebook", "instagram")
        )
        text = YAML.replace("LANGUAGE", language).replace("APPS\n", apps)
        for name in ("x", "facebook", "instagram"):
            text = text.replace(f"    PIN_{name.upper()}\n", f"    {pins[name]}\n" if name in pins else "")
        text = text.replace("URL_X", x["url"]).replace("URL_FACEBOOK", facebook["url"])
        text = text.replace("PROXY", instagram["proxy"]).replace("CA_FILE", instagram["ca_file"])
        self.yaml.write_text(text.replace("APP_ID", self.sandbox.graph.app_id), "utf-8")

    def content(self, account: str) -> Any:
        """Read what is kept of an account."""
        return json.loads((self.kept / f"{account}.json").read_text("utf-8"))

    def allowed(self, shown: str, handle: str = "izmirbld") -> str:
        """Open the address that is shown, as an account, and give the PIN."""
        address = urlsplit(re.findall(r"http://\S+", shown)[-1])
        form = urlencode({**dict(parse_qsl(address.query)), "account": handle}).encode()
        with urlopen(address._replace(query="").geturl(), data=form) as page:
            found = re.search(r"<code>(\d+)</code>", page.read().decode())
        assert found
        return found[1]


@pytest.fixture(scope="module")
def running_sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def city(running_sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> City:
    running_sandbox.reset()
    made = City(running_sandbox, tmp_path)
    for name, value in {**made.environ, "LANG": "C", "CROSSPOSTER_CONFIG": str(made.yaml)}.items():
        monkeypatch.setenv(name, value)
    return made


@pytest.fixture
def terminal(city: City) -> Open:
    return lambda account: at_a_terminal("login", account, environ=os.environ)


def test_x_asks_for_a_pin_and_keeps_the_tokens(city: City, terminal: Open) -> None:
    with terminal("izmir-x") as shown:
        shown.wait_for("The PIN that X shows: ")
        shown.type(city.allowed(shown.shown))
        assert shown.end() == 0
    account = city.sandbox.account("twitter", "izmirbld")
    assert set(city.content("izmir-x")) == {"access_token", "access_secret"}
    assert (city.kept / "izmir-x.json").stat().st_mode & 0o777 == 0o600
    assert city.kept.stat().st_mode & 0o777 == 0o700
    assert f'    expect:\n      id: "{account.id}"\n      handle: "izmirbld"\n' in shown.shown
    for secret in (*city.content("izmir-x").values(), *city.environ.values()):
        assert secret not in shown.shown


def test_a_page_is_chosen_and_the_token_is_never_shown(city: City, terminal: Open) -> None:
    page = city.sandbox.account("facebook", "izmirenglish")
    with terminal("izmir-facebook") as shown:
        shown.wait_for("The token (it is not shown): ")
        shown.type(city.sandbox.graph.user_token)
        shown.wait_for("Which Page?: ")
        shown.type("7")
        shown.wait_for("a number from 1 to 2 is wanted here\nWhich Page?: ")
        shown.type("2")
        assert shown.end() == 0
    assert city.content("izmir-facebook") == {"page_token": page.credentials["page_token"]}
    assert "2. İzmir Metropolitan Municipality (id 100200300400502)" in shown.shown
    assert f'id: "{page.id}"' in shown.shown
    for secret in (city.sandbox.graph.user_token, page.credentials["page_token"], city.sandbox.graph.app_secret):
        assert secret not in shown.shown


def test_a_password_and_a_code_make_a_session(city: City, terminal: Open) -> None:
    door = city.sandbox.instagram.logins.doors["izmirbld"]
    door.asks = "totp"
    city.write(language="tr", instagram='expect: {id: "5551234561", handle: izmirbld}')
    with terminal("izmir-instagram") as shown:
        shown.wait_for("'izmirbld'")
        shown.wait_for(": ")
        shown.type(door.password)
        shown.wait_for(": ")
        shown.type(door.code)
        assert shown.end() == 0
    assert city.content("izmir-instagram")["authorization_data"]["ds_user_id"] == "5551234561"
    assert door.password not in shown.shown
    # What `check` and the daemon say to it.
    assert main(["check", "--json"]) == 2


def test_the_official_way_to_instagram_asks_for_a_token_and_works_with_it(city: City, terminal: Open) -> None:
    professional = city.sandbox.professional("izmirbld")
    apps = APPS.replace("APP_ID", city.sandbox.graph.app_id)
    text = city.yaml.read_text("utf-8").split("  - id: izmir-x\n")[0].replace("izmir-x, izmir-facebook, ", "")
    account = "{id: izmir-instagram, platform: instagram, approval: none, backend: graph, picture_by: feed, PIN"
    account = f"  - {account}endpoint: {{url: '{professional.endpoint['url']}'}}}}\n"
    for written in (text, text.replace(apps, "")):  # with the app's secret, and without
        city.yaml.write_text(written + account.replace("PIN", ""), "utf-8")
        with terminal("izmir-instagram") as shown:
            shown.wait_for("The account's number there, which begins with 17841 (the Page's login prints it): ")
            shown.type(professional.id)
            shown.wait_for("The token (it is not shown): ")
            shown.type(professional.login["access_token"])
            assert shown.end() == 0
        assert city.content("izmir-instagram") == {"access_token": professional.login["access_token"]}
        assert professional.login["access_token"] not in shown.shown
        assert f'      id: "{professional.id}"\n      handle: "izmirbld"\n' in shown.shown
        city.yaml.write_text(written + account.replace("PIN", f"expect: {{id: '{professional.id}'}}, "), "utf-8")
        assert main(["check"]) == 0


def test_what_was_logged_in_is_what_the_program_works_with(
    city: City, terminal: Open, capsys: pytest.CaptureFixture[str]
) -> None:
    pins = {"x": 'expect: {id: "1281000000000000001"}', "facebook": 'expect: {id: "100200300400501"}'}
    city.write(**pins, instagram='expect: {id: "5551234561", handle: izmirbld}')
    assert main(["check"]) == 2
    told = capsys.readouterr().err
    for account in ("izmir-x", "izmir-facebook", "izmir-instagram"):
        assert f"run 'crossposter login {account}'" in told
    with terminal("izmir-x") as shown:
        shown.wait_for("X shows: ")
        shown.type(city.allowed(shown.shown))
        assert shown.end() == 0
        assert "That is the account which the YAML expects:" in shown.shown
    with terminal("izmir-facebook") as shown:
        shown.wait_for("shown): ")
        shown.type(city.sandbox.graph.system_user_token)
        shown.wait_for("Which Page? [1]: ")
        shown.type("")
        assert shown.end() == 0
    with terminal("izmir-instagram") as shown:
        shown.wait_for("shown): ")
        shown.type(city.sandbox.instagram.logins.doors["izmirbld"].password)
        assert shown.end() == 0
    assert main(["check"]) == 0


@pytest.mark.parametrize("platform", ["x", "facebook"])
def test_another_account_than_the_pinned_one_is_refused_and_nothing_is_written(
    city: City, terminal: Open, platform: str
) -> None:
    city.write(x='expect: {id: "1281000000000000002", handle: izmirenglish}', facebook='expect: {id: "7"}')
    city.kept.mkdir(parents=True)
    write_private(city.kept / f"izmir-{platform}.json", {"before": "1"})
    with terminal(f"izmir-{platform}") as shown:
        shown.wait_for("shows: " if platform == "x" else "shown): ")
        if platform == "x":
            shown.type(city.allowed(shown.shown))
        else:
            shown.type(city.sandbox.account("facebook", "izmirbld").credentials["page_token"])
        assert shown.end() == 1
    assert "'izmirbld'" in shown.shown
    assert "nothing was written" in shown.shown
    expected = "1281000000000000002" if platform == "x" else "7"
    assert f"the YAML expects id {expected}" in shown.shown
    assert city.content(f"izmir-{platform}") == {"before": "1"}


@pytest.mark.parametrize("key", ["c", "d"])
@pytest.mark.parametrize("account", ["izmir-x", "izmir-facebook", "izmir-instagram"])
def test_who_gives_up_changes_nothing(city: City, terminal: Open, account: str, key: str) -> None:
    before = sorted(city.yaml.parent.rglob("*"))
    with terminal(account) as shown:
        shown.wait_for({"izmir-x": "shows: ", "izmir-facebook": "shown): "}.get(account, "on Instagram: "))
        shown.give_up(key)
        assert shown.end() == 1
    assert "given up: nothing was changed" in shown.shown
    assert "Traceback" not in shown.shown
    assert sorted(city.yaml.parent.rglob("*")) == before


def test_a_refused_password_overwrites_nothing_and_is_asked_for_three_times(city: City, terminal: Open) -> None:
    city.write(instagram='expect: {id: "5551234561", handle: izmirbld}')
    city.kept.mkdir(parents=True)
    write_private(city.kept / "izmir-instagram.json", {"uuids": {"phone_id": "mine"}})
    with terminal("izmir-instagram") as shown:
        for _ in range(3):
            shown.wait_for("shown): ")
            shown.type("yanlış")
        assert shown.end() == 1
    assert city.content("izmir-instagram") == {"uuids": {"phone_id": "mine"}}


def test_an_unfinished_login_leaves_its_device_where_there_was_none(city: City, terminal: Open) -> None:
    door = city.sandbox.instagram.logins.doors["izmirbld"]
    door.asks = "app"
    city.write(instagram='expect: {id: "5551234561", handle: izmirbld}')
    devices = []
    for _ in range(2):
        with terminal("izmir-instagram") as shown:
            shown.wait_for("shown): ")
            shown.type(door.password)
            assert shown.end() == 1
        assert "open the Instagram app with this account" in shown.shown
        devices.append(city.content("izmir-instagram"))
    assert devices[0] == devices[1]
    assert "authorization_data" not in devices[0]
    seen = {request.headers.get("x-ig-android-id") for request in city.sandbox.requests("instagram")}
    assert seen - {None} == {devices[0]["uuids"]["android_device_id"]}


def test_without_a_terminal_there_is_no_login(city: City) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "crossposter", "login", "izmir-x"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith("login asks questions: run it in a terminal")
    assert city.sandbox.requests() == []


# -- what is found before anything is asked ----------------------------------------------------------------------------


@pytest.fixture
def refused(city: City, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Give a function that logs in, which is refused before a question; gives what was said."""
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)

    def refused(account: str) -> str:
        assert main(["login", account]) == 2
        assert city.sandbox.requests() == []
        return capsys.readouterr().err

    return refused


def test_an_account_that_does_not_exist_is_told(refused: Callable[..., str]) -> None:
    assert "there is no account 'izmir-y': the accounts are izmir-x, izmir-facebook" in refused("izmir-y")


def test_an_app_that_is_not_named_is_told(city: City, refused: Callable[..., str]) -> None:
    city.write(apps="")
    assert "write api_key, api_secret into the YAML once, under 'apps:', block 'x:'" in refused("izmir-x")
    assert "write app_id, app_secret into the YAML once" in refused("izmir-facebook")


def test_a_secret_of_the_app_that_is_not_there_is_told(
    refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("X_SECRET")
    assert "the environment variable 'X_SECRET' is not set" in refused("izmir-x")


def test_an_account_that_names_its_own_tokens_is_told(city: City, refused: Callable[..., str]) -> None:
    credentials = "credentials: {page_token: env:PAGE}"
    city.write(facebook=f"expect: {{id: '1'}}\n    {credentials}")
    assert "the YAML names 'page_token' of 'izmir-facebook' itself" in refused("izmir-facebook")


def test_a_file_that_others_can_read_is_told(city: City, refused: Callable[..., str]) -> None:
    city.kept.mkdir(parents=True)
    path = city.kept / "izmir-x.json"
    path.write_text("{}")
    path.chmod(0o644)
    assert refused("izmir-x").endswith(f"run: chmod 600 {path}\n")


def test_a_place_that_cannot_be_written_is_told_before_anything_is_asked(
    city: City, refused: Callable[..., str]
) -> None:
    city.write(x="credentials: {file: crossposter.yaml/x.json}")
    assert "cannot be written by this user" in refused("izmir-x")
    city.write(instagram="credentials: {session_file: env:NOWHERE}")
    assert "the environment variable 'NOWHERE' is not set" in refused("izmir-instagram")
