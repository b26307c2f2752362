from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator

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
