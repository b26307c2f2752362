from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crossposter import bootstrap
from crossposter.bootstrap import open_office
from crossposter.clock import SystemClock
from crossposter.config import ConfigModel, load_config
from crossposter.core.model import Picture, PictureLimits
from crossposter.errors import ConfigError
from crossposter.ledger.lock import Role
from crossposter.private_files import make_private_folder, write_private
from tests.city import DEMO_CONFIG, City, a_city

OPEN = "network: {allow: [127.0.0.1]}"
PROXY = "http://127.0.0.1:9"


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    with a_city(tmp_path) as made:
        yield made


class NoPublicPictures:
    """Nobody asks."""

    def offer(self, picture: Picture) -> str:
        raise NotImplementedError

    def of_feed(self, picture: Picture, *, limits: PictureLimits) -> str:
        raise NotImplementedError

    def withdraw(self, url: str) -> None:
        raise NotImplementedError

    def probe(self) -> None:
        raise NotImplementedError


def configured(city: City, path: Path, *changes: tuple[str, str]) -> ConfigModel:
    text = DEMO_CONFIG.read_text("utf-8")
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    path.write_text(text, "utf-8")
    return load_config(path, environ=city.environ, secrets_needed=True)


def test_another_network_and_another_ledger_take_a_restart(city: City, tmp_path: Path) -> None:
    path = tmp_path / "two.yaml"
    config = configured(city, tmp_path / "one.yaml")
    other = configured(city, path, (OPEN, f"network: {{proxy: {PROXY}}}"))
    another = other.model_copy(update={"ledger": tmp_path / "data" / "another.db", "data": tmp_path / "data"})
    elsewhere = config.model_copy(update={"data": tmp_path / "data"})
    with open_office(config, city.environ, role=Role.DAEMON) as office:
        office.reloaded(config, instead_of=config, path=path)
        with pytest.raises(ConfigError) as caught:
            office.reloaded(another, instead_of=config, path=path)
        with pytest.raises(ConfigError, match="another folder takes a restart"):
            office.reloaded(elsewhere, instead_of=config, path=path)
    assert [(problem.file, problem.path) for problem in caught.value.problems] == [
        (str(path), "ledger"),
        (str(path), "network"),
    ]
    assert "another network takes a restart" in str(caught.value)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("env:SANDBOX_FACEBOOK_IZMIRBLD_PAGE_TOKEN", "and restart crossposter"),
        ("file:page", "and then: crossposter run --reload"),
        (None, "crossposter login izmir-facebook, and then: crossposter run --reload"),
    ],
)
def test_the_way_to_a_new_token_is_that_by_which_the_old_one_came(
    city: City, tmp_path: Path, source: str | None, words: str
) -> None:
    (tmp_path / "page").write_text(city.environ["SANDBOX_FACEBOOK_IZMIRBLD_PAGE_TOKEN"], "utf-8")
    make_private_folder(city.ledger.parent / "credentials")
    write_private(city.ledger.parent / "credentials" / "izmir-facebook.json", {"page_token": "kept"})
    named = "      page_token: env:SANDBOX_FACEBOOK_IZMIRBLD_PAGE_TOKEN\n"
    config = configured(city, tmp_path / "c.yaml", (named, f"      page_token: {source}\n" if source else ""))
    with bootstrap.open_checkup(config, city.environ) as checkup:
        renewal = str(checkup.renewals["izmir-facebook"])
    assert words in renewal
    assert source is None or source.partition(":")[2] in renewal


def test_the_proxy_is_also_the_platforms_unless_the_account_has_an_endpoint(
    city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: dict[str, Any] = {}
    monkeypatch.setattr(
        bootstrap, "adapter_class", lambda _: lambda connection, _: found.update({connection.account_id: connection})
    )
    endpoint = "    endpoint: {url: env:SANDBOX_TWITTER_IZMIRBLD_URL}\n"
    config = configured(city, tmp_path / "c.yaml", (OPEN, f"network: {{proxy: {PROXY}}}"), (endpoint, ""))
    for account in config.accounts[:2]:
        bootstrap._adapter(account, bootstrap.network_of(config), NoPublicPictures(), city.environ, SystemClock())
    assert found["izmir-x"].proxy == PROXY
    assert found["izmir-facebook"].proxy is None
