from __future__ import annotations

import getpass
import os
import pwd
import socket
from pathlib import Path

import pytest

from crossposter.stop_file import NAMES, StopFile

FILE = Path("ledger.db")


@pytest.mark.parametrize("name", NAMES)
def test_the_file_is_found_as_people_name_it_and_its_first_line_is_why(tmp_path: Path, name: str) -> None:
    stop = StopFile(tmp_path, ledger=FILE)
    assert (stop.is_up(), stop.read()) == (False, None)
    (tmp_path / name).write_text("\nSayın Başkan\trica etti\x1b\nve başka şeyler", "utf-8")
    read = stop.read()
    assert stop.is_up()
    assert read
    assert (read.place, read.words) == (str(tmp_path / "PAUSE"), "Sayın Başkan rica etti")
    assert read.owner == getpass.getuser()


def test_where_several_machines_have_one_it_is_that_of_its_machine(tmp_path: Path) -> None:
    """A container has another name each time; one alone would not know its own file again."""
    assert StopFile(tmp_path, ledger="postgresql+psycopg://...").place == f"{socket.gethostname()}:{tmp_path / 'PAUSE'}"


def test_whatever_is_in_it_it_stops(tmp_path: Path) -> None:
    (tmp_path / "PAUSE").write_bytes(b"\xff\xfe" * 10_000)
    read = StopFile(tmp_path, ledger=FILE).read()
    assert read
    assert len(read.words) <= 200


def test_also_a_folder_or_a_link_to_nowhere_stops(tmp_path: Path) -> None:
    (tmp_path / "PAUSE").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "PAUSE").symlink_to(tmp_path / "nowhere")
    for folder in (tmp_path, tmp_path / "other"):
        read = StopFile(folder, ledger=FILE).read()
        assert read
        assert read.words == ""


def test_a_folder_that_is_not_there_stops_nothing_and_one_that_cannot_be_looked_into_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not StopFile(tmp_path / "nowhere", ledger=FILE).is_up()

    def refused(_path: object) -> os.stat_result:
        raise PermissionError

    # Not chmod: the tests may run as root, whom it does not stop.
    monkeypatch.setattr(os, "lstat", refused)
    assert StopFile(tmp_path, ledger=FILE).is_up()


def test_an_owner_whom_the_system_does_not_know_has_a_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(_number: int) -> object:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    (tmp_path / "PAUSE").touch()
    read = StopFile(tmp_path, ledger=FILE).read()
    assert read
    assert read.owner == str(os.getuid())
