"""A folder of configurations: what each file is called, what they share, and what becomes of mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from crossposter.bootstrap import accounts_of, feeds_of
from crossposter.config import Cities, Wanted, load, reload
from crossposter.errors import ConfigError, Problem
from crossposter.private_files import make_private_folder, write_private
from tests.config.conftest import ENVIRON

CITY = """\
timezone: Europe/Istanbul
language: LANGUAGE
feeds:
  - id: news
    url: https://www.CITY.bel.tr/RSS
    language: tr
    accounts: [x, page]
accounts:
  - id: x
    platform: twitter
    approval: none
    expect: {id: "1NUMBER", handle: CITYbld}
    credentials: {api_key: env:KEY, api_secret: env:KEY, access_token: env:TOKEN, access_secret: env:TOKEN}
  - id: page
    platform: facebook
    approval: none
    expect: {id: "2NUMBER"}
    credentials: {page_token: env:PAGE}
"""
WANTED = Wanted(environ={**ENVIRON, "LANG": "C"}, secrets_needed=True)


def a_city(city: str, number: int = 0, language: str = "tr") -> str:
    text = CITY.replace("CITY", city).replace("NUMBER", str(number or len(city)))
    return text.replace("LANGUAGE", language)


class Folder:
    """A folder of files, read again and again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()

    def write(self, city: str, text: str | None = None, suffix: str = ".yaml") -> Path:
        file = self.path / f"{city}{suffix}"
        file.write_text(a_city(city) if text is None else text, "utf-8")
        return file

    def load(self, wanted: Wanted = WANTED) -> Cities:
        found, problems = load(self.path, wanted)
        assert isinstance(found, Cities)
        assert problems == []
        return found

    def problems(self, wanted: Wanted = WANTED) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            load(self.path, wanted)
        return self.told(caught.value.problems)

    def reload(self, before: Cities) -> tuple[Cities, list[str]]:
        found, problems = reload(self.path, WANTED, before=before)
        assert isinstance(found, Cities)
        return found, self.told(problems)

    def told(self, problems: list[Problem] | tuple[Problem, ...]) -> list[str]:
        return [str(problem).replace(f"{self.path}/", "") for problem in sorted(problems)]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "cities")


def test_names_are_the_city_s_outside_its_file(folder: Folder) -> None:
    folder.write("izmir")
    folder.write("bodrum", suffix=".yml")
    cities = folder.load()
    assert [config.city for config in cities.cities] == ["bodrum", "izmir"]
    assert [*accounts_of(cities)] == ["bodrum.x", "bodrum.page", "izmir.x", "izmir.page"]
    assert [(feed.id, feed.site, feed.accounts) for feed in feeds_of(cities)] == [
        ("bodrum.news", "bodrum.news", ("bodrum.x", "bodrum.page")),
        ("izmir.news", "izmir.news", ("izmir.x", "izmir.page")),
    ]


def test_feeds_of_a_site_stay_the_city_s_own(folder: Folder) -> None:
    for city in ("izmir", "bodrum"):
        folder.write(city, a_city(city).replace("    language: tr\n", "    language: tr\n    site: all\n"))
    assert [feed.site for feed in feeds_of(folder.load())] == ["bodrum.all", "izmir.all"]


def test_only_the_folder_s_own_yaml_files_count_and_no_hidden_one(folder: Folder) -> None:
    folder.write("izmir")
    folder.write("izmir", "a backup", suffix=".yaml~")
    folder.write(".izmir.yaml", "an editor's", suffix=".swp")
    folder.write(".hidden", "nothing")
    folder.write("README", "for people", suffix=".md")
    (folder.path / "old").mkdir()
    (folder.path / "old" / "bodrum.yaml").write_text("left out", "utf-8")
    assert [config.city for config in folder.load().cities] == ["izmir"]


def test_an_empty_folder_is_told(folder: Folder) -> None:
    assert folder.problems() == [
        f"{folder.path}: no file in this folder ends with .yaml: each city has one here, like izmir.yaml"
    ]


@pytest.mark.parametrize("name", ["İzmir", "izmir.eski", "izmir bel", "-izmir"])
def test_a_file_that_is_not_named_like_a_city_is_told(folder: Folder, name: str) -> None:
    folder.write("bodrum")
    folder.write(name)
    (told,) = folder.problems()
    assert told.startswith(f"{name}.yaml: a file is named after its city")


def test_two_files_of_a_city_are_told(folder: Folder) -> None:
    folder.write("izmir")
    folder.write("izmir", suffix=".yml")
    (told,) = folder.problems()
    assert told == "izmir.yml: izmir.yaml is of this city already: keep one of both"


def test_the_mistakes_of_all_files_are_told_at_once_each_with_its_place(folder: Folder) -> None:
    folder.write("ankara", a_city("ankara").replace("timezone: Europe/Istanbul", "timezone: Nowhere"))
    folder.write("bodrum", "feeds: [")
    folder.write("izmir")
    (folder.path / "van.yaml").write_bytes(b"\xff")
    assert folder.problems() == [
        "ankara.yaml:1: timezone: this is no time zone: write it like Europe/Istanbul",
        "bodrum.yaml:1: a bracket opens here and never closes, or a comma is missing inside it",
        "van.yaml:1: the file is not written in UTF-8: save it as UTF-8 in your editor",
    ]


def test_another_engine_is_told_and_takes_a_restart(folder: Folder) -> None:
    shared, engine = "ledger: postgresql://city@db/ledger\n", "engine: procrastinate\n"
    for city in ("bodrum", "izmir"):
        folder.write(city, a_city(city) + shared + engine)
    before = folder.load()
    folder.write("izmir", a_city("izmir") + shared)
    folder.write("van", a_city("van") + shared)
    place = "this engine is another one than in bodrum.yaml: all files of a folder name the same"
    assert folder.problems() == [f"izmir.yaml: engine: {place}", f"van.yaml: engine: {place}"]
    folder.write("bodrum", a_city("bodrum") + shared)
    takes = "another engine takes a restart: it cannot be changed while the daemon runs"
    with pytest.raises(ConfigError) as caught:
        folder.reload(before)
    assert [str(problem.message) for problem in caught.value.problems] == [takes] * 3


def test_mistakes_are_told_in_the_language_of_all_files_where_there_is_one(folder: Folder) -> None:
    folder.write("izmir")
    folder.write("bodrum", a_city("bodrum").replace("Europe/Istanbul", "Nowhere"))
    with pytest.raises(ConfigError) as caught:
        load(folder.path, WANTED)
    assert caught.value.language == "tr"
    folder.write("bodrum", a_city("bodrum", language="en").replace("Europe/Istanbul", "Nowhere"))
    with pytest.raises(ConfigError) as caught:
        load(folder.path, WANTED)
    assert caught.value.language is None


def test_commands_speak_the_language_of_all_files_or_of_the_terminal(folder: Folder) -> None:
    folder.write("izmir")
    assert folder.load().language == "tr"
    folder.write("bodrum", a_city("bodrum", language="en"))
    assert folder.load().language == "en"
    turkish: Mapping[str, str] = {**WANTED.environ, "LANG": "tr_TR.UTF-8"}
    assert folder.load(Wanted(environ=turkish, secrets_needed=True)).language == "tr"


def test_another_ledger_is_told_with_both_places(folder: Folder) -> None:
    folder.write("bodrum", a_city("bodrum") + "ledger: sqlite:///../data/ledger.db\n")  # that of who says nothing
    folder.write("izmir")
    folder.write("van", a_city("van") + "ledger: sqlite:///van.db\n")
    assert folder.problems() == [
        "van.yaml:19: ledger: this ledger is another one than in bodrum.yaml:19: all files of a folder name the same"
    ]


def test_an_account_of_two_cities_is_told(folder: Folder) -> None:
    folder.write("bodrum", a_city("bodrum", 7))
    folder.write("izmir", a_city("izmir", 7).replace("platform: facebook", "platform: nowhere"))
    told = folder.problems()
    twice = "bodrum.yaml:12 names this id already: every news item would stand there twice"
    assert f"izmir.yaml:12: accounts[0].expect.id: {twice}" in told
    assert len(told) == 2, "a mistake of the file itself hides none between files"


def test_an_account_of_two_cities_by_two_backends_is_told(folder: Folder) -> None:
    by_app = "backend: instagrapi, i_accept_account_risk: true, expect: {id: '1', handle: Ege}"
    by_graph = "backend: graph, picture_by: feed, expect: {id: '2', handle: '@ege'}"
    by_app, by_graph = (
        f"  - {{id: ig, platform: instagram, approval: none, credentials: {{}}, {keys}}}\n"
        for keys in (by_app, by_graph)
    )
    folder.write("bodrum", a_city("bodrum") + by_app)
    folder.write("izmir", a_city("izmir") + by_graph)
    (told,) = folder.problems(Wanted(environ=ENVIRON, secrets_needed=False))
    assert told.startswith("izmir.yaml:19: accounts[2].expect.handle: ")
    assert "bodrum.yaml:19 names this account already, for another backend" in told


def test_accounts_that_nobody_has_logged_in_to_are_each_a_stranger(folder: Folder) -> None:
    for city in ("bodrum", "izmir"):
        lines = [line for line in a_city(city).splitlines() if "expect" not in line]
        folder.write(city, "\n".join(lines))
    wanted = Wanted(environ=ENVIRON, secrets_needed=False, pins_needed=False)
    assert len(folder.load(wanted).cities) == 2


def test_logins_of_two_cities_are_kept_apart(folder: Folder) -> None:
    named = "    credentials: {page_token: env:PAGE}\n"
    for city in ("bodrum", "izmir"):
        folder.write(city, a_city(city).replace(named, ""))
    credentials = folder.path.parent / "data" / "credentials"
    make_private_folder(credentials)
    write_private(credentials / "izmir.page.json", {"page_token": "kept"})
    (told,) = folder.problems()
    assert told == (
        "bodrum.yaml:14: accounts[1].credentials: nobody has logged in here: run 'crossposter login bodrum.page' "
        "(looked for '../data/credentials/bodrum.page.json')"
    )


# -- again -------------------------------------------------------------------------------------------------------------


def test_a_file_that_is_broken_keeps_its_city_and_no_other(folder: Folder) -> None:
    for city in ("bodrum", "izmir"):
        folder.write(city)
    before = folder.load()
    folder.write("bodrum", "feeds: [")
    folder.write("izmir", a_city("izmir").replace("Europe/Istanbul", "Europe/Berlin"))
    folder.write("van")
    found, problems = folder.reload(before)
    assert [(config.city, config.timezone) for config in found.cities] == [
        ("bodrum", "Europe/Istanbul"),
        ("izmir", "Europe/Berlin"),
        ("van", "Europe/Istanbul"),
    ]
    assert [problem.partition(":")[0] for problem in problems] == ["bodrum.yaml"]
    again, _ = folder.reload(found)
    assert again.cities[0] is before.cities[0]


def test_a_new_file_with_mistakes_is_left_out_and_one_that_is_gone_ends(folder: Folder) -> None:
    for city in ("bodrum", "izmir"):
        folder.write(city)
    before = folder.load()
    (folder.path / "bodrum.yaml").unlink()
    folder.write("van", "feeds: [")
    found, problems = folder.reload(before)
    assert [config.city for config in found.cities] == ["izmir"]
    assert len(problems) == 1


def test_where_nothing_can_be_taken_nothing_changes(folder: Folder) -> None:
    folder.write("izmir")
    before = folder.load()
    (folder.path / "izmir.yaml").write_text("feeds: [", "utf-8")
    with pytest.raises(ConfigError):
        reload(folder.path, WANTED, before=before)
    (folder.path / "izmir.yaml").unlink()
    with pytest.raises(ConfigError):
        reload(folder.path, WANTED, before=before)


def test_another_ledger_or_network_takes_a_restart_and_keeps_the_city(folder: Folder) -> None:
    for city in ("bodrum", "izmir"):
        folder.write(city)
    before = folder.load()
    folder.write("bodrum", a_city("bodrum") + "network: {contact: it@bodrum.bel.tr}\n")
    folder.write("van", a_city("van") + "network: {contact: it@van.bel.tr}\n")
    folder.write("urla", a_city("urla") + "ledger: sqlite:///urla.db\n")
    found, problems = folder.reload(before)
    assert [config.city for config in found.cities] == ["bodrum", "izmir", "van"]
    assert problems == [
        "bodrum.yaml: network: another network takes a restart: it cannot be changed while the daemon runs",
        "urla.yaml: ledger: another ledger takes a restart: it cannot be changed while the daemon runs",
    ]


def test_the_account_of_a_city_that_is_kept_goes_to_no_other(folder: Folder) -> None:
    folder.write("bodrum", a_city("bodrum", 1))
    folder.write("izmir", a_city("izmir", 2))
    before = folder.load()
    folder.write("izmir", "feeds: [")
    folder.write("aydin", a_city("aydin", 2))  # izmir's accounts
    folder.write("bodrum", a_city("bodrum", 3))
    folder.write("van", a_city("van", 1))  # those that bodrum has given up
    found, problems = folder.reload(before)
    assert [(config.city, config.accounts[0].expect.id) for config in found.cities] == [
        ("bodrum", "13"),
        ("izmir", "12"),
        ("van", "11"),
    ]
    assert {problem.partition(":")[0] for problem in problems} == {"izmir.yaml", "aydin.yaml"}


def test_who_takes_an_account_that_another_keeps_pulls_down_those_that_build_on_it(folder: Folder) -> None:
    folder.write("aydin", a_city("aydin", 1))
    folder.write("bodrum", a_city("bodrum", 2))
    folder.write("izmir", a_city("izmir", 3))
    before = folder.load()
    folder.write("aydin", "feeds: [")  # keeps 1
    folder.write("bodrum", a_city("bodrum", 1))  # wants aydin's: keeps 2
    folder.write("izmir", a_city("izmir", 2))  # wants bodrum's: keeps 3
    folder.write("van", a_city("van", 4))
    found, problems = folder.reload(before)
    assert [config.accounts[0].expect.id for config in found.cities] == ["11", "12", "13", "14"]
    assert {problem.partition(":")[0] for problem in problems} == {"aydin.yaml", "bodrum.yaml", "izmir.yaml"}
