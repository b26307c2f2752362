"""Pictures under a public address: what is given to a platform was seen to be there."""

from __future__ import annotations

import hashlib
import io
import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from crossposter.clock import SystemClock
from crossposter.core.model import Picture, PictureLimits
from crossposter.errors import AccountError, PictureError, RejectedError, TransientError
from crossposter.media.preparing import is_ready
from crossposter.media.public import PublicFolder, WebPublicPictures
from crossposter.web import Network, WebClient
from tests.web_server import WebServer, folder_server, web_server

LIMITS = PictureLimits(max_bytes=8_000_000, max_width=1440, min_width=320, ratio=(4 / 5, 1.91))
DAY_S = 24 * 3600


def jpeg(size: tuple[int, int] = (1080, 810), kind: str = "JPEG", mode: str = "RGB", **options: object) -> bytes:
    file = io.BytesIO()
    Image.new(mode, size).save(file, kind, **options)
    return file.getvalue()


def a_picture(content: bytes, *, url: str = "", size: tuple[int, int] = (1080, 810)) -> Picture:
    sha256 = hashlib.sha256(content).hexdigest()
    return Picture(url=url, content=content, sha256=sha256, width=size[0], height=size[1], alt="")


@pytest.fixture
def web() -> Iterator[WebClient]:
    client = WebClient(Network(allowed=("127.0.0.1",)))
    yield client
    client.close()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[PublicFolder]:
    path = tmp_path / "public"
    path.mkdir()
    with folder_server(tmp_path) as url:
        yield PublicFolder(path=path, base_url=f"{url}/public")


@pytest.fixture
def pictures(web: WebClient, folder: PublicFolder) -> WebPublicPictures:
    return WebPublicPictures(web, folder=folder, now=SystemClock().now)


@pytest.fixture
def server() -> Iterator[WebServer]:
    with web_server() as running:
        yield running


@pytest.fixture
def of_feed(web: WebClient) -> WebPublicPictures:
    return WebPublicPictures(web, folder=None, now=SystemClock().now)


# -- the folder ------------------------------------------------------------------------------------------------------


def test_a_picture_is_to_be_had_under_the_address_that_is_given(
    web: WebClient, pictures: WebPublicPictures, folder: PublicFolder
) -> None:
    content = jpeg()
    url = pictures.offer(a_picture(content))
    assert web.get(url, max_bytes=10**6).body == content
    (file,) = folder.path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


def test_no_two_addresses_are_alike_and_one_picture_goes_without_the_other(
    pictures: WebPublicPictures, folder: PublicFolder
) -> None:
    first, second = (pictures.offer(a_picture(jpeg())) for _ in range(2))
    assert first != second
    assert len(first.rpartition("/")[2]) > 32
    pictures.withdraw(first)
    assert [file.name for file in folder.path.iterdir()] == [second.rpartition("/")[2]]
    pictures.withdraw(first)


def test_a_slash_behind_the_address_changes_nothing(web: WebClient, folder: PublicFolder) -> None:
    slashed = replace(folder, base_url=f"{folder.base_url}/")
    url = WebPublicPictures(web, folder=slashed, now=SystemClock().now).offer(a_picture(jpeg()))
    assert "//crossposter" not in url


@pytest.mark.parametrize("name", ["logo.jpg", "crossposter-.jpg", "../crossposter.yaml", ""])
def test_what_is_not_ours_is_not_removed(pictures: WebPublicPictures, folder: PublicFolder, name: str) -> None:
    for path in (folder.path / "logo.jpg", folder.path / "crossposter-.jpg", folder.path.parent / "crossposter.yaml"):
        path.write_text("the city's")
    pictures.withdraw(f"{folder.base_url}/{name}")
    assert len(list(folder.path.iterdir())) == 2
    assert (folder.path.parent / "crossposter.yaml").exists()


def test_what_was_left_behind_is_gone_after_a_day(pictures: WebPublicPictures, folder: PublicFolder) -> None:
    now = SystemClock().now().timestamp()
    ages = {"crossposter-" + "a" * 32 + ".jpg": DAY_S + 60, "crossposter-" + "b" * 32 + ".jpg": DAY_S - 60}
    ages |= {"logo.jpg": 9 * DAY_S}
    for name, age in ages.items():
        (folder.path / name).write_bytes(b"x")
        os.utime(folder.path / name, (now - age, now - age))
    pictures.sweep()
    assert {file.name[:13] for file in folder.path.iterdir()} == {"crossposter-b", "logo.jpg"}
    pictures.offer(a_picture(jpeg()))
    assert len(list(folder.path.iterdir())) == 3


def test_a_folder_that_cannot_be_written_is_named(web: WebClient, folder: PublicFolder) -> None:
    gone = replace(folder, path=folder.path / "gone")
    pictures = WebPublicPictures(web, folder=gone, now=SystemClock().now)
    pictures.sweep()
    with pytest.raises(AccountError, match=r"media.public_dir .*/gone'"):
        pictures.offer(a_picture(jpeg()))


def test_an_address_that_shows_another_folder_is_named(web: WebClient, folder: PublicFolder) -> None:
    other = replace(folder, base_url=f"{folder.base_url}/other")
    with pytest.raises(AccountError, match=r"media.public_base_url .* 404"):
        WebPublicPictures(web, folder=other, now=SystemClock().now).offer(a_picture(jpeg()))
    assert list(folder.path.iterdir()) == []


def test_an_address_that_cannot_be_reached_is_tried_again(web: WebClient, folder: PublicFolder) -> None:
    with folder_server(folder.path) as closed:
        pass
    silent = WebPublicPictures(web, folder=replace(folder, base_url=closed), now=SystemClock().now)
    with pytest.raises(TransientError, match="cannot be reached"):
        silent.offer(a_picture(jpeg()))
    assert list(folder.path.iterdir()) == []


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (None, {"Content_Type": "text/html"}),
        (None, {}),
        (b"<html>", {"Content_Type": "image/jpeg"}),
        (None, {"Content_Type": "image/jpeg", "status": 302, "Location": "/moved.jpg"}),
    ],
)
def test_a_web_server_that_changes_pictures_is_named(
    web: WebClient,
    folder: PublicFolder,
    server: WebServer,
    monkeypatch: pytest.MonkeyPatch,
    body: bytes | None,
    answer: dict[str, str],
) -> None:
    content = jpeg()
    monkeypatch.setattr("secrets.token_hex", lambda _: "a" * 32)
    server.serve("/crossposter-" + "a" * 32 + ".jpg", body or content, **answer)  # type: ignore[arg-type]  # a row of options
    server.serve("/moved.jpg", content, Content_Type="image/jpeg")
    pictures = WebPublicPictures(web, folder=replace(folder, base_url=server.url), now=SystemClock().now)
    with pytest.raises(AccountError, match="must come unchanged"):
        pictures.offer(a_picture(content))
    assert list(folder.path.iterdir()) == []


# -- the feed's own --------------------------------------------------------------------------------------------------


def test_without_a_folder_the_feed_s_own_jpeg_serves_where_it_needs_no_preparation(
    of_feed: WebPublicPictures, server: WebServer
) -> None:
    server.serve(
        "/ağaç.jpg".replace("ğ", "%C4%9F").replace("ç", "%C3%A7"), jpeg((1440, 1080)), Content_Type="image/jpeg"
    )
    picture = a_picture(jpeg(), url=f"{server.url}/ağaç.jpg")
    assert of_feed.of_feed(picture, limits=LIMITS) == f"{server.url}/a%C4%9Fa%C3%A7.jpg"
    of_feed.withdraw(picture.url)
    of_feed.sweep()


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (jpeg((1600, 1200)), "image/jpeg"),
        (jpeg((300, 225)), "image/jpeg"),
        (jpeg((1080, 1080)), "image/jpeg"),
        (jpeg(kind="PNG"), "image/jpeg"),
        (jpeg(mode="CMYK"), "image/jpeg"),
        (jpeg(), "application/octet-stream"),
        (jpeg()[:50], "image/jpeg"),
        (b"<html>", "image/jpeg"),
        (jpeg() + b"\0" * 8_000_000, "image/jpeg"),
    ],
    ids=["wide", "narrow", "square", "png", "cmyk", "unnamed", "torn", "html", "large"],
)
def test_a_picture_of_the_feed_that_needs_preparation_has_no_address(
    of_feed: WebPublicPictures, server: WebServer, content: bytes, media_type: str
) -> None:
    server.serve("/a.jpg", content, Content_Type=media_type)
    with pytest.raises(RejectedError, match="picture_by: folder"):
        of_feed.of_feed(a_picture(jpeg(), url=f"{server.url}/a.jpg"), limits=LIMITS)


def test_without_a_folder_nothing_is_made_public(of_feed: WebPublicPictures) -> None:
    with pytest.raises(AccountError, match=r"media\.public_dir"):
        of_feed.offer(a_picture(jpeg()))


def test_a_picture_that_lies_on_its_side_needs_preparation() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert not is_ready(jpeg(exif=exif), LIMITS, shape=(1080, 810))
    assert is_ready(jpeg(), LIMITS, shape=(1080, 810))
    assert is_ready(jpeg((1079, 809)), LIMITS, shape=(1080, 810))
    with pytest.raises(PictureError):
        is_ready(b"", LIMITS, shape=(1, 1))


def test_a_drawn_card_has_no_address_of_the_feed(of_feed: WebPublicPictures) -> None:
    with pytest.raises(RejectedError, match="picture_by: folder"):
        of_feed.of_feed(a_picture(jpeg()), limits=LIMITS)


@pytest.mark.parametrize(("status", "kind"), [(404, RejectedError), (503, TransientError), (429, TransientError)])
def test_a_picture_that_is_not_to_be_had_is_told_as_what_it_means(
    of_feed: WebPublicPictures, server: WebServer, status: int, kind: type[Exception]
) -> None:
    server.serve("/a.jpg", b"", status=status)
    with pytest.raises(kind):
        of_feed.of_feed(a_picture(jpeg(), url=f"{server.url}/a.jpg"), limits=LIMITS)


def test_a_probe_is_seen_and_leaves_nothing(pictures: WebPublicPictures, folder: PublicFolder) -> None:
    pictures.probe()
    assert list(folder.path.iterdir()) == []


def test_a_probe_says_what_a_post_would_meet(web: WebClient, folder: PublicFolder, server: WebServer) -> None:
    now = SystemClock().now
    with pytest.raises(AccountError, match=r"media\.public_dir"):
        WebPublicPictures(web, folder=None, now=now).probe()
    elsewhere = replace(folder, base_url=f"{server.url}/nothing-here")
    with pytest.raises(AccountError, match="does not show"):
        WebPublicPictures(web, folder=elsewhere, now=now).probe()
    assert list(folder.path.iterdir()) == []
