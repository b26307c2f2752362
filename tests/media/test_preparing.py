from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from crossposter.adapters import adapter_class
from crossposter.core.model import PictureLimits
from crossposter.errors import PictureError
from crossposter.media.preparing import prepare

LIMITS = PictureLimits(max_bytes=1_000_000, max_width=1000)
INSTAGRAM = adapter_class("instagram").limits.picture


def encoded(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def test_a_large_picture_is_scaled_down_and_its_size_told() -> None:
    content, size = prepare(encoded(Image.new("RGB", (4000, 3000), "navy")), LIMITS, url="a")
    assert size == opened(content).size == (1000, 750)


def test_a_small_picture_is_not_blown_up() -> None:
    assert prepare(encoded(Image.new("RGB", (300, 200))), LIMITS, url="a")[1] == (300, 200)


def test_a_picture_taken_upright_stays_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned
    content, size = prepare(encoded(Image.new("RGB", (400, 300)), exif=exif), LIMITS, url="a")
    assert size == (300, 400)
    assert opened(content).getexif().get(0x0112) is None


def test_where_it_was_taken_is_nobodys_business() -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8825)[2] = (38.4, 27.1, 0.0)
    exif[0x010F] = "a camera"
    source = encoded(Image.new("RGB", (80, 70)), exif=exif, comment=b"private")
    assert Image.open(io.BytesIO(source)).getexif()
    found = opened(prepare(source, LIMITS, url="a")[0])
    assert not found.getexif()
    assert "comment" not in found.info


@pytest.mark.parametrize(
    ("mode", "kind"), [("RGBA", "PNG"), ("LA", "PNG"), ("P", "GIF"), ("L", "JPEG"), ("CMYK", "JPEG"), ("RGB", "WEBP")]
)
def test_every_usual_kind_becomes_an_rgb_jpeg(mode: str, kind: str) -> None:
    found = opened(prepare(encoded(Image.new(mode, (120, 80)), kind), LIMITS, url="a")[0])
    assert (found.format, found.mode) == ("JPEG", "RGB")


def test_what_is_transparent_becomes_white() -> None:
    found = opened(prepare(encoded(Image.new("RGBA", (120, 80), (0, 0, 0, 0)), "PNG"), LIMITS, url="a")[0])
    assert found.getpixel((30, 20)) == pytest.approx((255, 255, 255), abs=3)


def test_another_colour_space_becomes_srgb() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    content = encoded(Image.new("RGB", (120, 80), "red"), icc_profile=profile)
    assert "icc_profile" not in opened(prepare(content, LIMITS, url="a")[0]).info


@given(st.integers(min_value=64, max_value=900), st.integers(min_value=64, max_value=900))
def test_instagram_always_gets_a_ratio_and_width_that_it_accepts(width: int, height: int) -> None:
    assert INSTAGRAM.ratio is not None
    content, (prepared_width, prepared_height) = prepare(
        encoded(Image.new("L", (width, height)), "PNG"), INSTAGRAM, url="a"
    )
    assert INSTAGRAM.ratio[0] <= prepared_width / prepared_height <= INSTAGRAM.ratio[1]
    assert 320 <= prepared_width <= 1080
    assert opened(content).size == (prepared_width, prepared_height)


def test_a_tall_picture_is_padded_and_never_cropped() -> None:
    image = Image.new("RGB", (200, 1000), "white")
    image.paste("red", (0, 0, 200, 20))
    image.paste("red", (0, 980, 200, 1000))
    found = opened(prepare(encoded(image, quality=95), INSTAGRAM, url="a")[0])
    middle = found.width // 2
    for row in (4, found.height - 5):
        pixel = found.crop((middle, row, middle + 1, row + 1)).tobytes()
        assert pixel[0] > 180 > pixel[1]


def test_a_picture_is_made_small_enough() -> None:
    noise = Image.effect_noise((800, 800), 90).convert("RGB")
    limits = PictureLimits(max_bytes=300_000, max_width=800)
    assert len(prepare(encoded(noise, quality=100), limits, url="a")[0]) <= 300_000


def test_a_picture_that_cannot_be_made_small_enough_is_refused() -> None:
    noise = Image.effect_noise((800, 800), 90).convert("RGB")
    with pytest.raises(PictureError, match="stays above 1000 bytes"):
        prepare(encoded(noise), PictureLimits(max_bytes=1000, max_width=800), url="a")


def bomb() -> bytes:
    """Make a small file that says it is 12,000 pixels square."""
    header = struct.pack(">IIBBBBB", 12_000, 12_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", 13)
        + chunk
        + struct.pack(">I", zlib.crc32(chunk))
        + struct.pack(">I", 0)
        + b"IDAT"
        + struct.pack(">I", zlib.crc32(b"IDAT"))
    )


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%!PS-Adobe-3.0 EPSF-3.0\n", bomb()],
    ids=["empty", "html", "svg", "eps", "bomb"],
)
def test_what_cannot_be_used_is_refused_for_good(content: bytes) -> None:
    with pytest.raises(PictureError) as caught:
        prepare(content, LIMITS, url="https://izmir.bel.tr/a.jpg")
    assert caught.value.is_permanent
    assert "https://izmir.bel.tr/a.jpg" in str(caught.value)


@pytest.mark.parametrize("size", [(1, 1), (63, 400), (400, 63)])
def test_a_tracking_pixel_is_no_picture(size: tuple[int, int]) -> None:
    with pytest.raises(PictureError, match="too small") as caught:
        prepare(encoded(Image.new("P", size), "GIF"), LIMITS, url="a")
    assert caught.value.is_permanent


def test_sixteen_bits_of_grey_stay_grey() -> None:
    source = Image.new("I;16", (100, 100), 20_000)
    for options in ({}, {"transparency": 20_000}):
        found = opened(prepare(encoded(source, "PNG", **options), LIMITS, url="a")[0])
        assert found.getpixel((50, 50)) == pytest.approx((78, 78, 78), abs=2)


@pytest.mark.parametrize("size", [(600, 20_000), (64, 60_000), (65_000, 600), (60_000, 64)])
def test_a_strip_is_scaled_before_it_is_padded(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    resize = Image.Image.resize

    def noted(self: Image.Image, size: tuple[int, int], *args: object, **options: object) -> Image.Image:
        made.append(size[0] * size[1])
        return resize(self, size, *args, **options)  # type: ignore[arg-type]

    source = encoded(Image.new("RGB", size, "navy"), "PNG")
    monkeypatch.setattr(Image.Image, "resize", noted)
    _, (width, height) = prepare(source, INSTAGRAM, url="a")
    assert 0.8 <= width / height <= 1.91
    assert max(made) <= 1080 * 1350


def test_a_tall_strip_stays_within_bounds_where_any_ratio_is_accepted() -> None:
    assert prepare(encoded(Image.new("RGB", (100, 10_000)), "PNG"), LIMITS, url="a")[1] == (20, 2000)


@pytest.mark.parametrize("error", [SyntaxError("broken PNG chunk"), MemoryError(), struct.error("x"), TypeError("x")])
def test_whatever_pillow_raises_is_said_of_the_picture(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(Image, "open", broken)
    with pytest.raises(PictureError, match="no picture that can be used") as caught:
        prepare(b"", LIMITS, url="https://user:geheim@x.tr/a.png")
    assert caught.value.is_permanent
    assert "geheim" not in str(caught.value)


def test_half_a_picture_is_refused() -> None:
    whole = encoded(Image.effect_noise((300, 300), 90))
    with pytest.raises(PictureError):
        prepare(whole[: len(whole) // 2], LIMITS, url="a")
