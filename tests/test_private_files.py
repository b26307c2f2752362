"""What `login` obtained is for one user, and is never half there."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from crossposter.private_files import can_be_written, exposed, make_private_folder, write_private


def test_a_file_and_its_new_folders_are_for_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "credentials" / "izmir-x.json"
    before = os.umask(0)
    try:
        make_private_folder(path.parent)
        write_private(path, {"token": "ş"})
    finally:
        os.umask(before)
    assert json.loads(path.read_text("utf-8")) == {"token": "ş"}
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [found.name for found in path.parent.iterdir()] == ["izmir-x.json"]


def test_what_cannot_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "izmir-x.json"
    write_private(path, {"token": "old"})
    with pytest.raises(TypeError):
        write_private(path, {"token": object()})
    assert json.loads(path.read_text("utf-8")) == {"token": "old"}
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
def test_a_file_that_others_can_open_is_told_with_the_command_that_closes_it(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "izmir x.json"
    write_private(path, {})
    assert exposed(path) is None
    path.chmod(mode)
    assert str(exposed(path)).endswith(f"run: chmod 600 '{path}'")
    assert exposed(tmp_path / "gone") is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_root_writes_belongs_to_whom_it_belonged(tmp_path: Path) -> None:
    os.chown(tmp_path, 10001, 10002)
    path = tmp_path / "credentials" / "izmir-x.json"
    make_private_folder(path.parent)
    write_private(path, {})
    owner = path.stat()
    assert (owner.st_uid, owner.st_gid) == (10001, 10002)
    os.chown(path, 10003, 10003)
    write_private(path, {})
    assert path.stat().st_uid == 10003


def test_whether_there_is_a_place_is_known_before_anything_is_asked(tmp_path: Path) -> None:
    assert can_be_written(tmp_path / "new" / "folder" / "izmir-x.json")
    assert not can_be_written(tmp_path)
    (tmp_path / "file").write_text("")
    assert not can_be_written(tmp_path / "file" / "izmir-x.json")
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]
