"""The daemon over a folder of configurations: a file that is broken is that city's trouble, and nobody else's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.city import City, a_city
from tests.folder import a_folder, posts, yaml_of
from tests.test_daemon import Running, until

pytestmark = [pytest.mark.proof, pytest.mark.timeout(180)]

Reload = Callable[[], "subprocess.CompletedProcess[str]"]


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    with a_city(tmp_path) as found:
        yield found


@pytest.fixture
def folder(city: City, tmp_path: Path) -> Path:
    return a_folder(city, tmp_path / "cities")


@pytest.fixture
def daemon(city: City, folder: Path) -> Iterator[Running]:
    running = Running(city, folder)
    until(lambda: len(running.logged("feed read", first_poll=True)) == 2)
    yield running
    if running.process.poll() is None:
        running.stop(signal.SIGKILL)


@pytest.fixture
def reload(city: City, folder: Path) -> Reload:
    """Type `run --reload`."""
    command = [sys.executable, "-m", "crossposter", "run", "--reload", "--config", str(folder)]
    environ = {**os.environ, **city.environ, "LANG": "C"}
    return lambda: subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


def test_a_broken_file_keeps_its_city_as_it_was_and_the_others_change(
    city: City, folder: Path, daemon: Running, reload: Reload
) -> None:
    (folder / "izmir.yaml").write_text(yaml_of("izmir").replace("platform: twitter", "platform: twiter"), "utf-8")
    (folder / "smyrna.yaml").write_text(yaml_of("smyrna").replace("[x, page, ig]", "[page]"), "utf-8")
    told = reload()
    assert told.returncode == 2
    assert f"{folder}/izmir.yaml:10: accounts[0].platform: " in told.stderr
    assert "keeps the cities of these files as they are" in told.stderr
    until(lambda: daemon.logged("configuration read again"))
    (warning,) = daemon.logged(
        "these cities are as they were before, or left out: their files have mistakes", level="warning"
    )
    assert [problem.partition(": ")[0] for problem in warning["problems"]] == [f"{folder}/izmir.yaml:10"]
    city.site.publish("tr")
    city.site.publish("en")
    until(lambda: len(city.sandbox.posts()) == 4)
    assert posts(city) == [*[("izmirbld", "izmir")] * 3, ("izmirenglish", "smyrna")]
    assert daemon.stop() == 0


def test_a_city_that_comes_and_one_that_goes(city: City, folder: Path, daemon: Running, reload: Reload) -> None:
    (folder / "izmir.yaml").rename(folder / "izmir.yaml.off")
    assert reload().returncode == 0
    until(lambda: daemon.logged("configuration read again", feeds=["smyrna.news"]))
    city.site.publish("tr")
    city.site.publish("en")
    until(lambda: len(city.sandbox.posts()) == 3)
    (folder / "izmir.yaml.off").rename(folder / "izmir.yaml")
    reload()
    until(lambda: daemon.logged("configuration read again", feeds=["izmir.news", "smyrna.news"]))
    until(lambda: len(city.sandbox.posts()) == 6)  # what came while it was away is news for it
    assert posts(city) == sorted([("izmirbld", "izmir")] * 3 + [("izmirenglish", "smyrna")] * 3)


def test_where_no_file_is_right_the_daemon_is_not_disturbed(
    city: City, folder: Path, daemon: Running, reload: Reload
) -> None:
    for path in folder.iterdir():
        path.write_text("feeds: [", "utf-8")
    told = reload()
    assert (told.returncode, told.stderr.count("a bracket opens here")) == (2, 2)
    daemon.process.send_signal(signal.SIGHUP)  # by hand, without being asked first
    until(lambda: daemon.logged("configuration not changed: the file has mistakes"))
    city.site.publish("tr")
    until(lambda: len(city.sandbox.posts()) == 3)


def test_a_city_whose_secrets_are_gone_is_kept_with_its_people(
    city: City, folder: Path, daemon: Running, reload: Reload
) -> None:
    """Somebody empties the folder of secrets: who runs goes on as before, alerts included."""
    token, address = folder / "token", folder / "address"
    token.write_text(city.environ["SANDBOX_FACEBOOK_IZMIRBLD_PAGE_TOKEN"], "utf-8")
    address.write_text("json://127.0.0.1:1/nobody", "utf-8")
    named = yaml_of("izmir").replace("env:SANDBOX_FACEBOOK_IZMIRBLD_PAGE_TOKEN", "file:token")
    (folder / "izmir.yaml").write_text(f"{named}alerts: [{{url: file:address}}]\n", "utf-8")
    assert reload().returncode == 0
    until(lambda: len(daemon.logged("configuration read again")) == 1)
    token.unlink()
    address.unlink()
    daemon.process.send_signal(signal.SIGHUP)
    until(lambda: len(daemon.logged("configuration read again")) == 2)
    city.site.publish("tr")
    city.site.publish("en")
    until(lambda: len(city.sandbox.posts()) == 5)  # the page's token is asked for anew, and not there
    assert daemon.stop() == 0
