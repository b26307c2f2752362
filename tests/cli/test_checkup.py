"""`check --online` by the whole program, fault by fault; what it prints stands in `golden/checkup`.

After a change on purpose: CROSSPOSTER_GOLDEN=write pytest tests/cli/test_checkup.py, and read the difference.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from crossposter import cli
from crossposter.adapters import _graph_examination
from crossposter.clock import SystemClock
from crossposter.errors import LedgerError
from crossposter.ledger.place import LedgerPlace
from crossposter.wording import say
from tests.city import City, a_city
from tests.web_server import folder_server

GOLDEN = Path(__file__).with_name("golden") / "checkup"
LANGUAGES = ("en", "tr")
YAML = """\
timezone: Europe/Istanbul
language: LANGUAGE
ledger: sqlite:///data/ledger.db
network: {allow: [127.0.0.1]}
media: {public_dir: public, public_base_url: "PUBLIC"}
apps:
  x: {api_key: env:API_KEY, api_secret: env:API_SECRET}
  meta: {app_id: "APP_ID", app_secret: env:APP_SECRET}
feeds:
  - {id: izmir-tr, url: "FEED", language: tr, accounts: [izmir-x, izmir-facebook, izmir-instagram]}
accounts:
  - id: izmir-x
    platform: twitter
    approval: none
    expect: {id: "1281000000000000001", handle: izmirbld}
    credentials: {access_token: env:X_TOKEN, access_secret: env:X_SECRET}
    endpoint: {url: "URL/twitter"}
  - id: izmir-facebook
    platform: facebook
    approval: none
    expect: {id: "100200300400501", handle: izmirbld}
    credentials: {page_token: env:PAGE_TOKEN}
    endpoint: {url: "URL/graph"}
  - id: izmir-instagram
    platform: instagram
    approval: none
    backend: graph
    expect: {id: "17841400000000001", handle: izmirbld}
    credentials: {access_token: env:IG_TOKEN}
    endpoint: {url: "URL/instagram"}
"""


class Office:
    """A city's configuration for the sandbox, and what is made of it in a test."""

    def __init__(self, city: City, folder: Path, public_url: str, patch: pytest.MonkeyPatch) -> None:
        self.sandbox = city.sandbox
        self.patch = patch
        self.yaml = folder / "crossposter.yaml"
        (folder / "public").mkdir()
        self.text = YAML.replace("FEED", city.environ["DEMO_FEED_TR"]).replace("URL/", f"{city.sandbox.url}/")
        self.text = self.text.replace("APP_ID", city.sandbox.graph.app_id).replace("PUBLIC", public_url)
        self.use_tokens_of("izmirbld")

    def use_tokens_of(self, handle: str) -> None:
        """Take X's tokens from an account, and the rest from the right one."""
        x, page = self.sandbox.account("twitter", handle), self.sandbox.account("facebook", "izmirbld")
        token = self.sandbox.professional("izmirbld").credentials["access_token"]
        named = {
            "API_KEY": x.credentials["api_key"],
            "API_SECRET": x.credentials["api_secret"],
            "X_TOKEN": x.credentials["access_token"],
            "X_SECRET": x.credentials["access_secret"],
            "APP_SECRET": page.credentials["app_secret"],
            "PAGE_TOKEN": page.credentials["page_token"],
            "IG_TOKEN": token,
        }
        for name, value in named.items():
            self.patch.setenv(name, value)

    def change(self, old: str, new: str) -> None:
        """Change the YAML."""
        assert old in self.text
        self.text = self.text.replace(old, new)

    def token(self, platform: str, **said: object) -> None:
        """Let Meta say something else of a token."""
        self.sandbox.inject(platform, "login", "amend", body={"data": said})

    def write(self, language: str) -> None:
        """Write the YAML."""
        self.yaml.write_text(self.text.replace("LANGUAGE", language), "utf-8")


def in_days(days: float) -> int:
    return int(time.time() + days * 86_400)  # noqa: TID251 - what Meta's clock says


def a_date(seconds: float) -> dict[str, str]:
    return {"date": format_datetime(SystemClock().now() + timedelta(seconds=seconds), usegmt=True)}


def expired_token(office: Office) -> None:
    error = {"message": "Error validating access token: Session has expired", "code": 190, "error_subcode": 463}
    for platform in ("facebook", "instagram"):
        office.sandbox.inject(platform, "verify", "status:400", times=9, body={"error": error})
        office.token(platform, is_valid=False, expires_at=in_days(-2), scopes=[])


def tokens_that_end(office: Office) -> None:
    office.token("facebook", expires_at=in_days(13.5), data_access_expires_at=in_days(6.5))
    office.token("instagram", expires_at=in_days(2.5), data_access_expires_at=in_days(0.5))


def another_account(office: Office) -> None:
    office.use_tokens_of("izmirenglish")


def x_refuses_the_keys(office: Office) -> None:
    office.sandbox.inject("twitter", "verify", "status:401", times=2)


def x_app_that_only_reads(office: Office) -> None:
    office.sandbox.inject("twitter", "verify", "amend", headers={"x-access-level": "read"})


def x_app_that_only_reads_after_login(office: Office) -> None:
    """The same, where the tokens are those of `login`: the way to new ones is another."""
    from crossposter.private_files import make_private_folder, write_private

    folder = office.yaml.parent / "data" / "credentials"
    make_private_folder(folder)
    tokens = {"access_token": os.environ["X_TOKEN"], "access_secret": os.environ["X_SECRET"]}
    write_private(folder / "izmir-x.json", tokens)
    office.change("    credentials: {access_token: env:X_TOKEN, access_secret: env:X_SECRET}\n", "")
    x_app_that_only_reads(office)


def page_task_missing(office: Office) -> None:
    office.sandbox.inject("facebook", "verify", "amend", skip=1, body={"tasks": ["ANALYZE", "MODERATE"]})


def permissions_missing(office: Office) -> None:
    office.token("facebook", scopes=["pages_manage_posts", "pages_show_list"])
    office.token("instagram", scopes=["instagram_basic", "pages_show_list", "pages_read_engagement"])


def permission_for_another_page(office: Office) -> None:
    office.token("facebook", granular_scopes=[{"scope": "pages_manage_posts", "target_ids": ["1"]}])


def quota_used_up(office: Office) -> None:
    used = {"data": [{"quota_usage": 50, "config": {"quota_total": 50}}]}
    office.sandbox.inject("instagram", "quota", "amend", body=used)


def clock_far_off(office: Office) -> None:
    office.sandbox.inject("twitter", "verify", "status:401", times=2, headers=a_date(600))
    office.sandbox.inject("facebook", "verify", "amend", headers=a_date(600))
    office.sandbox.inject("instagram", "verify", "amend", headers=a_date(600))


def clock_a_little_off(office: Office) -> None:
    office.sandbox.inject("twitter", "verify", "amend", headers=a_date(-120))


def version_moved(office: Office) -> None:
    office.sandbox.inject("facebook", "verify", "amend", headers={"facebook-api-version": "v27.0"})
    office.change("    backend: graph\n", "    backend: graph\n    graph_version: v21.0\n")


def version_retires(office: Office) -> None:
    soon = datetime.fromtimestamp(in_days(30.5), UTC)
    office.patch.setitem(_graph_examination._ENDS, "v25.0", soon)
    office.change("    platform: facebook\n", "    platform: facebook\n    graph_version: v25.0\n")


def app_unknown(office: Office) -> None:
    office.change(f'  meta: {{app_id: "{office.sandbox.graph.app_id}", app_secret: env:APP_SECRET}}\n', "")


def platforms_silent(office: Office) -> None:
    office.sandbox.inject("twitter", "verify", "status:503")
    office.sandbox.inject("facebook", "verify", "reset")
    office.sandbox.inject("instagram", "verify", "html")


def feed_gone(office: Office) -> None:
    office.change("/rss/tr.xml", "/rss/gone.xml")


def pictures_hidden(office: Office) -> None:
    office.change("public_dir: public", "public_dir: data")
    (office.yaml.parent / "data").mkdir()
    office.patch.setattr("secrets.token_hex", lambda _: "0" * 32)  # the name of the file


def disk_full(office: Office) -> None:
    def refuse(_: LedgerPlace) -> None:
        raise LedgerError(say("the ledger {path!r} cannot be written: {cause}", path="l.db", cause="disk is full"))

    office.patch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=3_000_000))
    office.patch.setattr(LedgerPlace, "try_writing", refuse)


def disk_nearly_full(office: Office) -> None:
    office.patch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=300_000_000))


def all_well(_: Office) -> None:
    pass


#: Each fault, and the exit code.
FAULTS: dict[Callable[[Office], None], int] = {
    all_well: 0,
    another_account: 1,
    app_unknown: 0,
    clock_a_little_off: 0,
    clock_far_off: 1,
    disk_full: 1,
    disk_nearly_full: 0,
    expired_token: 1,
    feed_gone: 1,
    page_task_missing: 1,
    permission_for_another_page: 1,
    permissions_missing: 1,
    pictures_hidden: 1,
    platforms_silent: 1,
    quota_used_up: 0,
    tokens_that_end: 1,
    version_moved: 0,
    version_retires: 0,
    x_app_that_only_reads: 1,
    x_app_that_only_reads_after_login: 1,
    x_refuses_the_keys: 1,
}


@pytest.fixture(scope="module")
def running_city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with a_city(tmp_path_factory.mktemp("city")) as found:
        yield found


@pytest.fixture
def office(running_city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    running_city.sandbox.reset()
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=80_000_000_000))
    monkeypatch.setenv("COLUMNS", "120")
    with folder_server(tmp_path) as url:
        made = Office(running_city, tmp_path, f"{url}/public", monkeypatch)
        monkeypatch.setenv("CROSSPOSTER_CONFIG", str(made.yaml))
        yield made


def normalised(printed: str) -> str:
    """Take out what differs from day to day and run to run, without changing a line's length."""
    printed = re.sub(r"127\.0\.0\.1:\d{5}", "127.0.0.1:PORT5", printed)
    # The numbers by which a platform's support finds a call.
    printed = re.sub(r"\b[0-9a-f]{16}\b", "0123456789abcdef", printed)
    printed = re.sub(r"\b[0-9a-f]{12}\b", "0123456789ab", printed)
    # On a busy machine seconds pass between the fault and the question.
    for off, seconds in ((r"1[0-3]\d", 120), (r"(?:5[6-9]|6[0-3])\d", 600)):
        printed = re.sub(rf"\b{off} (seconds|saniye)", rf"{seconds} \1", printed)
    return re.sub(r"\b20\d\d-\d\d-\d\d\b", "YYYY-MM-DD", printed)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_each_fault_is_told_with_what_to_do(
    office: Office, fault: Callable[[Office], None], language: str, call: Callable[..., tuple[int, str]]
) -> None:
    fault(office)
    office.write(language)
    code, printed = call("check", "--online")
    found = normalised(printed)
    golden = GOLDEN / f"{fault.__name__}.{language}.txt"
    if os.environ.get("CROSSPOSTER_GOLDEN") == "write":
        golden.write_text(found, "utf-8")
    assert found == golden.read_text("utf-8")
    assert code == FAULTS[fault]
    assert office.sandbox.posts() == []
    assert sorted(path.name for path in (office.yaml.parent / "public").iterdir()) == []


def test_no_golden_file_is_left_over() -> None:
    wanted = {f"{fault.__name__}.{language}.txt" for fault in FAULTS for language in LANGUAGES}
    assert {path.name for path in GOLDEN.iterdir()} == wanted


def test_json_has_the_documented_shape(office: Office, call_json: Callable[..., Any]) -> None:
    tokens_that_end(office)
    office.write("tr")
    found = call_json("check", "--online")
    assert found.keys() == {"colour", "checks"}
    assert found["colour"] == "red"
    for check in found["checks"]:
        assert check.keys() == {"subject", "check", "colour", "message", "action", "until"}
        assert check["colour"] in ("green", "yellow", "red")
        assert (check["action"] is None) == (check["colour"] == "green")
    (token,) = (one for one in found["checks"] if (one["subject"], one["check"]) == ("izmir-facebook", "token"))
    assert datetime.fromisoformat(token["until"]) > SystemClock().now()
    assert "erişim anahtarı" in token["message"]
    assert token["colour"] == "yellow"


def test_the_daemon_s_ledger_is_left_alone_and_none_is_made(
    office: Office, call: Callable[..., tuple[int, str]]
) -> None:
    office.write("en")
    assert call("check", "--online")[0] == 0
    assert not (office.yaml.parent / "data").exists()


def test_mistakes_of_the_yaml_come_first(office: Office, call: Callable[..., tuple[int, str]]) -> None:
    office.change("feeds:", "fields:")
    office.write("en")
    assert call("check", "--online")[0] == 2
    assert office.sandbox.requests() == []


def test_two_kinds_of_check_are_not_made_at_once() -> None:
    assert cli.main(["check", "--online", "--health"]) == 2
