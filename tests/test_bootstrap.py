from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from crossposter import bootstrap
from crossposter.audience import pings_of, secrets_of
from crossposter.bootstrap import accounts_of, open_office
from crossposter.clock import SystemClock
from crossposter.config import ConfigModel, Configuration, Wanted, load, load_config, reload
from crossposter.core.model import Picture, PictureLimits
from crossposter.errors import ConfigError
from crossposter.ledger.lock import Role
from crossposter.media.source import WebPictureSource
from crossposter.private_files import make_private_folder, write_private
from crossposter.references import SecretMemory
from crossposter.web import WebClient
from tests.city import DEMO_CONFIG, City, a_city
from tests.folder import CITIES, a_folder, yaml_of

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
    wanted = Wanted(environ=city.environ, secrets_needed=True)
    assert reload(path, wanted, before=other) == (other, [])
    another = {"ledger": tmp_path / "data" / "another.db", "data": tmp_path / "data"}
    with pytest.raises(ConfigError, match="another folder takes a restart"):
        reload(path, wanted, before=other.model_copy(update={"data": tmp_path / "data"}))
    with pytest.raises(ConfigError) as caught:
        reload(path, wanted, before=config.model_copy(update=another))
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
        bootstrap._adapter(account, config.network.network(), NoPublicPictures(), city.environ, SystemClock())
    assert found["izmir-x"].proxy == PROXY
    assert found["izmir-facebook"].proxy is None


# -- a folder ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(city: City, tmp_path: Path) -> Path:
    return a_folder(city, tmp_path / "cities")


def loaded(city: City, folder: Path) -> Configuration:
    return load(folder, Wanted(environ=city.environ, secrets_needed=True))[0]


def test_each_city_s_cards_are_drawn_in_its_own_brand(city: City, folder: Path) -> None:
    config = loaded(city, folder)
    limits = accounts_of(config)["izmir.ig"].limits
    with open_office(config, city.environ, role=Role.DAEMON) as office:
        service = office.service(config)
        drawn = {name: service._pictures(f"{name}.ig").card("Haber", date="", limits=limits) for name in CITIES}
    with closing(WebClient()) as web:
        for one in config.cities:
            assert one.brand
            alone = WebPictureSource(web, brand=one.brand.brand()).card("Haber", date="", limits=limits)
            assert drawn[one.city].content == alone.content
    assert drawn["izmir"].content != drawn["smyrna"].content


def test_each_city_goes_its_own_way_to_the_web_and_equal_ways_are_one(city: City, folder: Path) -> None:
    third = yaml_of("izmir").replace("handle: izmirbld", "handle: else")
    for number in ("1281000000000000001", "100200300400501", "5551234561"):
        third = third.replace(number, f"9{number}")
    (folder / "urla.yaml").write_text(third, "utf-8")
    config = loaded(city, folder)
    ways = {one.city: one.network.network() for one in config.cities}
    assert ways["izmir"].contact == ways["urla"].contact != ways["smyrna"].contact
    with open_office(config, city.environ, role=Role.DAEMON) as office:
        office.service(config)
        clients = {name: office.ways.of(network) for name, network in ways.items()}
    assert clients["izmir"] is clients["urla"] is not clients["smyrna"]


def test_a_city_that_works_is_healthy_whatever_ails_another(city: City, folder: Path) -> None:
    for name in CITIES:
        (folder / f"{name}.yaml").write_text(f"{yaml_of(name)}alerts: [{{ping: env:PING_{name.upper()}}}]\n", "utf-8")
    environ = {**city.environ, "PING_IZMIR": "http://127.0.0.1/1", "PING_SMYRNA": "http://127.0.0.1/2"}
    config, _ = load(folder, Wanted(environ=environ, secrets_needed=True))
    with open_office(config, environ, role=Role.DAEMON) as office:
        now = office.clock.now()
        office.heartbeat.start(now=now - timedelta(minutes=1, seconds=30))
        service = office.service(config)
        service.poll(next(feed for feed in service.feeds if feed.id == "izmir.news"))
        office.heartbeat.beat(now=now)
        assert [task.is_healthy() for task in office.pings(config)] == [True, False]


def test_a_ping_of_several_cities_is_one(city: City, folder: Path) -> None:
    for name in CITIES:
        (folder / f"{name}.yaml").write_text(f"{yaml_of(name)}alerts: [{{ping: env:PING}}]\n", "utf-8")
    environ = {**city.environ, "PING": "http://127.0.0.1/1"}
    (ping,) = pings_of(load(folder, Wanted(environ=environ, secrets_needed=True))[0], SecretMemory(environ))
    assert [one.city for one in ping.cities] == [*CITIES]


def test_no_secret_of_any_city_is_shown(city: City, folder: Path) -> None:
    hidden = {secret.reveal() for secret in secrets_of(loaded(city, folder), SecretMemory(city.environ))}
    for handle in ("IZMIRBLD", "IZMIRENGLISH"):
        assert city.environ[f"SANDBOX_FACEBOOK_{handle}_PAGE_TOKEN"] in hidden


def test_an_office_forgets_once_a_day_and_only_by_a_clock_that_is_right(city: City, tmp_path: Path) -> None:
    config = configured(city, tmp_path / "one.yaml", (OPEN, f"{OPEN}\nretention: {{pictures: 1y}}"))
    silent = configured(city, tmp_path / "two.yaml")
    asked: list[bool] = []

    def says(is_right: bool) -> Callable[[], bool]:
        def is_clock_right() -> bool:
            asked.append(is_right)
            return is_right

        return is_clock_right

    old = config.data / "pictures" / ("a" * 64)
    with open_office(config, city.environ, role=Role.DAEMON) as office:
        make_private_folder(old.parent)
        old.write_bytes(b"x")
        os.utime(old, times=(0, 0))
        office.forget(silent, says(True))
        office.forget(config, says(False))
        office.forget(config, says(True))  # not within an hour
        assert (asked, old.exists()) == ([False], True)
        soon = replace(office, clock=SystemClock(ahead=timedelta(hours=2)))
        soon.forget(config, says(True))  # nobody has had the day's turn
        assert (asked, old.exists()) == ([False, True], False)
        later = replace(office, clock=SystemClock(ahead=timedelta(hours=10)))
        later.forget(config, says(True))
        assert asked == [False, True]
        tomorrow = replace(office, clock=SystemClock(ahead=timedelta(days=1)))
        tomorrow.forget(config, says(True))
        assert asked == [False, True, True]
