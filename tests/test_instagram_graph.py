"""Whole rounds on Instagram's official way, from the YAML to what stands on the platform."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from crossposter.bootstrap import open_office
from crossposter.config import load_config
from crossposter.core.model import Reason, Status
from crossposter.ledger.lock import Role
from crossposter.service import Round
from tests.city import DEMO_CONFIG, City, a_city
from tests.web_server import folder_server

_OFFICIAL = """\
  - id: izmir-instagram
    platform: instagram
    approval: none
    backend: graph
    {more}
    expect: {{id: "17841400000000001", handle: izmirbld}}
    credentials:
      access_token: env:SANDBOX_INSTAGRAM_IZMIRBLD_ACCESS_TOKEN
      app_secret: env:SANDBOX_INSTAGRAM_IZMIRBLD_APP_SECRET
    endpoint: {{url: env:SANDBOX_INSTAGRAM_IZMIRBLD_URL}}
"""


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    with a_city(tmp_path) as made:
        yield made


@pytest.fixture
def public(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    folder = tmp_path / "public"
    folder.mkdir()
    with folder_server(folder) as url:
        yield folder, url


def a_round(city: City, folder: Path, *, media: str = "", more: str = "") -> Round:
    """Do one round of the demo's city with Instagram's Turkish account on the official way."""
    block = re.compile(r"  - id: izmir-instagram\n(?:    .*\n)+")
    text, changed = block.subn(_OFFICIAL.format(more=more or "# nothing more"), DEMO_CONFIG.read_text("utf-8"), count=1)
    assert changed
    path = folder / "crossposter.yaml"
    path.write_text(f"{text}{media}\n", "utf-8")
    config = load_config(path, environ=city.environ, secrets_needed=True)
    with open_office(config, city.environ, role=Role.ROUND) as office:
        return office.service(config).run_once()


def on_instagram(city: City) -> list[str]:
    return [
        post["text"].partition("\n")[0]
        for post in city.sandbox.posts()
        if (post["platform"], post["handle"]) == ("instagram", "izmirbld")
    ]


def test_news_reaches_instagram_by_a_public_folder_once(city: City, tmp_path: Path, public: tuple[Path, str]) -> None:
    folder, url = public
    media = f"media: {{public_dir: {folder}, public_base_url: '{url}'}}"
    a_round(city, tmp_path, media=media)
    titles = [*city.site.publish("tr"), *city.site.publish("tr")]
    done = a_round(city, tmp_path, media=media)
    assert not done.has_failures
    assert sorted(on_instagram(city)) == sorted(titles)
    assert list(folder.iterdir()) == []
    assert a_round(city, tmp_path, media=media).delivered == ()
    assert len(city.sandbox.requests("instagram", "publish")) == 2


def test_news_reaches_instagram_by_the_page(city: City, tmp_path: Path) -> None:
    a_round(city, tmp_path, more="picture_by: page")
    titles = city.site.publish("tr")
    assert not a_round(city, tmp_path, more="picture_by: page").has_failures
    assert on_instagram(city) == titles


def test_a_lost_answer_is_uncertain_and_nothing_is_sent_again(
    city: City, tmp_path: Path, public: tuple[Path, str]
) -> None:
    folder, url = public
    media = f"media: {{public_dir: {folder}, public_base_url: '{url}'}}"
    a_round(city, tmp_path, media=media)
    city.site.publish("tr")
    city.sandbox.inject("instagram", "publish", "commit_then_reset")
    done = a_round(city, tmp_path, media=media)
    assert {one.outcome.status for one in done.delivered if one.account_id == "izmir-instagram" and one.outcome} == {
        Status.UNCERTAIN
    }
    assert a_round(city, tmp_path, media=media).delivered == ()
    assert len(on_instagram(city)) == 1


def test_a_web_server_that_shows_another_folder_leaves_the_news_waiting(
    city: City, tmp_path: Path, public: tuple[Path, str]
) -> None:
    media = f"media: {{public_dir: {public[0]}, public_base_url: '{public[1]}/elsewhere'}}"
    a_round(city, tmp_path, media=media)
    city.site.publish("tr")
    (outcome,) = (
        one.outcome for one in a_round(city, tmp_path, media=media).delivered if one.account_id == "izmir-instagram"
    )
    assert outcome
    assert (outcome.status, outcome.reason) == (Status.QUEUED, Reason.ACCOUNT)
    assert "media.public_base_url" in str(outcome.message)
    assert list(public[0].iterdir()) == []
