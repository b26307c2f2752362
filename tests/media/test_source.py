from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import replace

import pytest
from PIL import Image

from crossposter.core.model import PictureRef
from crossposter.errors import PictureError
from crossposter.media import WebPictureSource
from crossposter.testing import LIMITS
from crossposter.web import WebClient
from tests.web_server import WebServer


@pytest.fixture
def source() -> Iterator[WebPictureSource]:
    web = WebClient()
    yield WebPictureSource(web)
    web.close()


def test_a_picture_is_fetched_prepared_and_named_by_its_hash(source: WebPictureSource, web_server: WebServer) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (90, 70), "navy").save(buffer, "PNG")
    web_server.serve("/a.png", buffer.getvalue())
    picture = source.prepare(PictureRef(url=web_server.url + "/a.png"), limits=LIMITS, alt="Deniz")
    assert picture.sha256 == hashlib.sha256(picture.content).hexdigest()
    assert (picture.width, picture.height, picture.alt) == (90, 70, "Deniz")


@pytest.mark.parametrize(("status", "is_permanent"), [(404, True), (403, True), (500, False), (503, False)])
def test_a_picture_that_is_gone_is_told_from_one_that_is_late(
    source: WebPictureSource, web_server: WebServer, status: int, is_permanent: bool
) -> None:
    web_server.serve("/a.png", b"", status=status)
    with pytest.raises(PictureError) as caught:
        source.prepare(PictureRef(url=web_server.url + "/a.png"), limits=LIMITS, alt="")
    assert caught.value.is_permanent is is_permanent


def test_the_accounts_of_one_item_share_a_picture_that_was_just_prepared(
    source: WebPictureSource, web_server: WebServer
) -> None:
    buffer = io.BytesIO()
    Image.effect_noise((300, 200), 90).save(buffer, "PNG")
    web_server.serve("/a.png", buffer.getvalue())
    ref = PictureRef(url=web_server.url + "/a.png")
    first = source.prepare(ref, limits=LIMITS, alt="Deniz")
    larger = replace(LIMITS, picture=replace(LIMITS.picture, max_bytes=LIMITS.picture.max_bytes * 2))
    assert source.prepare(ref, limits=larger, alt="Körfez") == replace(first, alt="Körfez")
    assert len(web_server.requests) == 1
    smaller = replace(LIMITS, picture=replace(LIMITS.picture, max_bytes=len(first.content) - 1))
    assert len(source.prepare(ref, limits=smaller, alt="").content) < len(first.content)
    narrow = replace(LIMITS, picture=replace(LIMITS.picture, max_width=100))
    assert source.prepare(ref, limits=narrow, alt="").width == 100
