from __future__ import annotations

import errno
import hashlib
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crossposter.errors import LedgerError
from crossposter.media.store import FilePictureStore

CONTENT = b"\xff\xd8 a picture"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
LONG_AGO, YEAR_AGO = datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)


def test_a_picture_is_kept_under_its_hash_and_given_back(tmp_path: Path) -> None:
    store = FilePictureStore(tmp_path / "data" / "pictures")
    assert store.get(SHA256) is None
    assert store.put(CONTENT) == SHA256
    assert FilePictureStore(tmp_path / "data" / "pictures").get(SHA256) == CONTENT


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    FilePictureStore(tmp_path / "pictures").put(CONTENT)
    assert stat.S_IMODE((tmp_path / "pictures" / SHA256).stat().st_mode) == 0o600


def aged(folder: Path, *names: str) -> None:
    """Let pictures be as if they had been put there in 2024."""
    for name in names:
        os.utime(folder / name, times=(LONG_AGO.timestamp(), LONG_AGO.timestamp()))


def test_keeping_it_again_writes_nothing_but_makes_it_as_new(tmp_path: Path) -> None:
    store = FilePictureStore(tmp_path)
    store.put(CONTENT)
    before = (tmp_path / SHA256).stat()
    aged(tmp_path, SHA256)
    assert store.put(CONTENT) == SHA256
    assert (tmp_path / SHA256).stat().st_ino == before.st_ino
    assert store.older_than(YEAR_AGO) == set()


def test_old_pictures_are_removed_unless_they_were_used_meanwhile(tmp_path: Path) -> None:
    store = FilePictureStore(tmp_path / "pictures")
    assert store.older_than(YEAR_AGO) == set()
    names = [store.put(CONTENT), store.put(b"another"), store.put(b"new")]
    (tmp_path / "pictures" / "notes.txt").write_text("not ours")
    aged(tmp_path / "pictures", *names[:2], "notes.txt")
    old = store.older_than(YEAR_AGO)
    assert old == set(names[:2])
    store.put(b"another")
    store.remove({*old, "a" * 64}, before=YEAR_AGO)
    assert [store.get(name) is None for name in names] == [True, False, False]
    assert (tmp_path / "pictures" / "notes.txt").exists()


def test_a_folder_that_does_not_let_go_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerError, match="pictures cannot be kept"):
        FilePictureStore(tmp_path / "file").older_than(YEAR_AGO)
    with pytest.raises(LedgerError, match="pictures cannot be kept"):
        FilePictureStore(tmp_path / "file").remove([SHA256], before=YEAR_AGO)


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
