from __future__ import annotations

import hashlib
import io
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest
from PIL import Image

from crossposter.core.model import Brand, Fit, PictureRef
from crossposter.errors import PictureError
from crossposter.media.source import WebPictureSource
from crossposter.testing import LIMITS
from crossposter.web import Network, WebClient
from tests.web_server import WebServer


@pytest.fixture
def source() -> Iterator[WebPictureSource]:
    web = WebClient(Network(allowed=("127.0.0.1",)))
    yield WebPictureSource(web)
    web.close()


def test_a_picture_is_fetched_prepared_and_named_by_its_hash(source: WebPictureSource, web_server: WebServer) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (90, 70), "navy").save(buffer, "PNG")
    web_server.serve("/a.png", buffer.getvalue())
    picture = source.prepare(PictureRef(url=web_server.url + "/a.png"), limits=LIMITS, alt="Deniz")
    assert picture.sha256 == hashlib.sha256(picture.content).hexdigest()
    assert (picture.width, picture.height, picture.alt) == (90, 70, "Deniz")


@pytest.mark.parametrize(
    ("status", "is_permanent"), [(404, True), (403, True), (429, False), (408, False), (500, False), (503, False)]
)
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


BRAND = Brand(name="İzmir Büyükşehir Belediyesi", colour="#0a5ea8")
SQUARE = replace(LIMITS, picture=replace(LIMITS.picture, ratio=(1.0, 1.0)))


def corner(content: bytes) -> object:
    return Image.open(io.BytesIO(content)).convert("RGB").getpixel((3, 3))


def test_a_picture_is_padded_with_the_brands_colour_and_black_in_mourning(web_server: WebServer) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (400, 200), "white").save(buffer, "PNG")
    web_server.serve("/a.png", buffer.getvalue())
    ref, web = PictureRef(url=web_server.url + "/a.png"), WebClient(Network(allowed=("127.0.0.1",)))
    grounds = []
    for brand in (BRAND, replace(BRAND, mourning=True), None):
        source = WebPictureSource(web, brand=brand)
        grounds.append(corner(source.prepare(ref, limits=SQUARE, alt="").content))
    assert grounds[0] == pytest.approx((0x0A, 0x5E, 0xA8), abs=3)
    assert grounds[1:] == [(0, 0, 0), (255, 255, 255)]
    web.close()


def test_a_picture_that_is_cropped_is_another_than_the_padded_one(
    source: WebPictureSource, web_server: WebServer
) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (400, 200), "navy").save(buffer, "PNG")
    web_server.serve("/a.png", buffer.getvalue())
    ref = PictureRef(url=web_server.url + "/a.png")
    padded = source.prepare(ref, limits=SQUARE, alt="")
    cropped = source.prepare(ref, limits=SQUARE, alt="", fit=Fit.CROP)
    assert ((padded.width, padded.height), (cropped.width, cropped.height)) == ((400, 400), (200, 200))


def test_a_card_is_described_by_its_headline_and_has_no_address() -> None:
    source = WebPictureSource(WebClient(Network(allowed=("127.0.0.1",))), brand=BRAND)
    limits = replace(LIMITS, max_alt_length=20)
    picture = source.card("Körfezde yüzme yarışı var", date="24 Eylül 2026", limits=limits)
    assert (picture.url, picture.alt) == ("", "Körfezde yüzme…")
    assert (picture.width, picture.height) == (1000, 1250)
    assert picture.sha256 == hashlib.sha256(picture.content).hexdigest()


def test_a_card_that_was_just_drawn_is_not_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    source = WebPictureSource(WebClient(Network(allowed=("127.0.0.1",))), brand=BRAND)
    first = source.card("Tramvay", date="", limits=LIMITS)
    monkeypatch.setattr("crossposter.media.card.draw_card", None)
    assert source.card("Tramvay", date="", limits=LIMITS) == first
    with pytest.raises(TypeError):
        source.card("Tramvay", date="24 Eylül 2026", limits=LIMITS)


def test_without_a_brand_there_is_no_card_and_the_error_says_what_to_do(source: WebPictureSource) -> None:
    with pytest.raises(PictureError, match="without `brand`") as caught:
        source.card("Tramvay", date="", limits=LIMITS)
    assert caught.value.is_permanent


def test_pillow_waits_for_the_first_picture() -> None:
    look = "import sys, crossposter.media; sys.exit('PIL' in sys.modules)"
    subprocess.run([sys.executable, "-c", look], check=True)
