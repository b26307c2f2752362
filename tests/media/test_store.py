from __future__ import annotations

import errno
import hashlib
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from crossposter.errors import LedgerError
from crossposter.media.store import FilePictureStore

CONTENT = b"\xff\xd8 a picture"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def test_a_picture_is_kept_under_its_hash_and_given_back(tmp_path: Path) -> None:
    store = FilePictureStore(tmp_path / "data" / "pictures")
    assert store.get(SHA256) is None
    assert store.put(CONTENT) == SHA256
    assert FilePictureStore(tmp_path / "data" / "pictures").get(SHA256) == CONTENT


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    FilePictureStore(tmp_path / "pictures").put(CONTENT)
    assert stat.S_IMODE((tmp_path / "pictures" / SHA256).stat().st_mode) == 0o600


def test_keeping_it_again_writes_nothing(tmp_path: Path) -> None:
    store = FilePictureStore(tmp_path)
    store.put(CONTENT)
    before = (tmp_path / SHA256).stat()
    assert store.put(CONTENT) == SHA256
    after = (tmp_path / SHA256).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_picture_that_was_damaged_is_not_given_and_is_mended_by_the_next(tmp_path: Path) -> None:
    store = FilePictureStore(tmp_path)
    store.put(CONTENT)
    (tmp_path / SHA256).write_bytes(CONTENT[:-1])
    assert store.get(SHA256) is None
    store.put(CONTENT)
    assert store.get(SHA256) == CONTENT


@pytest.mark.parametrize("name", ["", "../secret", "a" * 63, "A" * 64, "a" * 65, f"{SHA256}/x"])
def test_what_is_no_hash_names_no_picture(tmp_path: Path, name: str) -> None:
    assert FilePictureStore(tmp_path).get(name) is None


def test_many_may_keep_the_same_picture_at_once(tmp_path: Path) -> None:
    contents = [bytes([number]) * 50_000 for number in range(4)]
    with ThreadPoolExecutor(16) as pool:
        names = list(pool.map(lambda number: FilePictureStore(tmp_path).put(contents[number % 4]), range(64)))
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(set(names))
    assert all(FilePictureStore(tmp_path).get(name) == contents[number % 4] for number, name in enumerate(names))


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_full_disk_leaves_nothing_behind_and_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, step, full)
        with pytest.raises(LedgerError, match="No space left on device") as caught:
            FilePictureStore(tmp_path).put(CONTENT)
    assert isinstance(caught.value.__cause__, OSError)
    assert list(tmp_path.iterdir()) == []
    assert FilePictureStore(tmp_path).put(CONTENT) == SHA256


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(LedgerError, match="file/pictures"):
        FilePictureStore(tmp_path / "file" / "pictures").put(CONTENT)
    (tmp_path / SHA256).mkdir()
    with pytest.raises(LedgerError, match="look at the disk"):
        FilePictureStore(tmp_path).get(SHA256)
