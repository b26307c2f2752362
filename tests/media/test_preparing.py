from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from crossposter.adapters import adapter_class
from crossposter.core.model import Fit, PictureLimits
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


#: What each orientation of EXIF asks a viewer to do; how the picture must have been stored.
STORED = {
    1: (),
    2: (Image.Transpose.FLIP_LEFT_RIGHT,),
    3: (Image.Transpose.ROTATE_180,),
    4: (Image.Transpose.FLIP_TOP_BOTTOM,),
    5: (Image.Transpose.TRANSPOSE,),
    6: (Image.Transpose.ROTATE_90,),
    7: (Image.Transpose.TRANSVERSE,),
    8: (Image.Transpose.ROTATE_270,),
}


def quarters(size: tuple[int, int]) -> Image.Image:
    """Make a picture whose four quarters differ."""
    image = Image.new("RGB", (2, 2))
    image.putdata([(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)])
    return image.resize(size, Image.Resampling.NEAREST)


def quarters_of(content: bytes) -> str:
    """Name the quarters of a picture, as they are read."""
    image = opened(content).resize((2, 2), Image.Resampling.BOX)
    names = {(True, False, False): "r", (False, True, False): "g", (False, False, True): "b", (True, True, False): "y"}
    pixels = image.tobytes()
    return "".join(names[pixels[at] > 128, pixels[at + 1] > 128, pixels[at + 2] > 128] for at in range(0, 12, 3))


@pytest.mark.parametrize("fit", Fit)
@pytest.mark.parametrize("size", [(600, 400), (2400, 1800)])
@pytest.mark.parametrize("orientation", STORED)
def test_a_picture_stands_as_the_camera_was_held(orientation: int, size: tuple[int, int], fit: Fit) -> None:
    stored = quarters(size)
    for turn in STORED[orientation]:
        stored = stored.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    content, (width, height) = prepare(encoded(stored, exif=exif), INSTAGRAM, url="a", fit=fit)
    assert quarters_of(content) == "rgby"
    assert width / height == pytest.approx(size[0] / size[1], abs=0.01)


@pytest.mark.filterwarnings("ignore")  # Pillow complains, and goes on
@pytest.mark.parametrize(
    "exif", [b"nonsense", b"II*\0\x08\0\0\0\xff\xff\x12\x01\x03\0\xff\xff", b"II*\0\x08\0\0\0\x01"]
)
def test_broken_metadata_does_not_spoil_a_picture(exif: bytes) -> None:
    assert prepare(encoded(Image.new("RGB", (90, 80)), exif=b"Exif\0\0" + exif), LIMITS, url="a")[1] == (90, 80)


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


def wide_gamut() -> bytes:
    """Make a colour profile with the primaries of Adobe RGB (1998)."""

    def numbers(*values: float) -> bytes:
        return struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))

    def primary(*values: float) -> bytes:
        return b"XYZ \0\0\0\0" + numbers(*values)

    curve = b"curv\0\0\0\0" + struct.pack(">IHH", 1, round(563 / 256 * 256), 0)
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", 2) + b"x\0" + bytes(80),
        b"wtpt": primary(0.9505, 1, 1.0891),
        b"rXYZ": primary(0.60974, 0.31111, 0.01947),
        b"gXYZ": primary(0.20528, 0.62567, 0.06087),
        b"bXYZ": primary(0.14919, 0.06322, 0.74457),
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
        b"cprt": b"text\0\0\0\0x\0\0\0",
    }
    table, body, begin = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for name, value in tags.items():
        padded = value + bytes(-len(value) % 4)
        table += name + struct.pack(">II", begin + len(body), len(padded))
        body += padded
    header = struct.pack(">I4sI4s4s4s12x4s", begin + len(body), b"lcms", 0x02100000, b"mntr", b"RGB ", b"XYZ ", b"acsp")
    return header + bytes(28) + numbers(0.9642, 1, 0.8249) + bytes(48) + table + body


@pytest.mark.parametrize(("mode", "kind"), [("RGB", "PNG"), ("RGBA", "PNG"), ("RGB", "JPEG"), ("RGB", "WEBP")])
def test_colours_of_a_wide_space_look_as_they_were_meant(mode: str, kind: str) -> None:
    source = encoded(Image.new(mode, (100, 100), (200, 60, 60)), kind, icc_profile=wide_gamut())
    found = opened(prepare(source, LIMITS, url="a")[0])
    assert found.getpixel((50, 50)) == pytest.approx((231, 57, 57), abs=4)
    assert "icc_profile" not in found.info


def test_a_print_file_keeps_its_colours() -> None:
    found = opened(prepare(encoded(Image.new("CMYK", (100, 100), (0, 255, 255, 0))), LIMITS, url="a")[0])
    assert found.getpixel((50, 50)) == pytest.approx((255, 0, 0), abs=4)


def test_a_transparent_palette_becomes_white_where_it_is_transparent() -> None:
    image = Image.new("P", (100, 100), 1)
    image.putpalette([0, 0, 0, 10, 200, 30])
    for transparency, colour in ((None, (10, 200, 30)), (1, (255, 255, 255)), (bytes([255, 128]), (132, 227, 142))):
        options = {} if transparency is None else {"transparency": transparency}
        found = opened(prepare(encoded(image, "PNG", **options), LIMITS, url="a")[0])
        assert found.getpixel((50, 50)) == pytest.approx(colour, abs=4)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "MPO"])
def test_of_several_pictures_in_a_file_the_first_is_taken(kind: str) -> None:
    source = encoded(quarters((300, 200)), kind, save_all=True, append_images=[Image.new("RGB", (300, 200), "white")])
    content, size = prepare(source, LIMITS, url="a")
    assert (quarters_of(content), size) == ("rgby", (300, 200))


SIDE = st.integers(min_value=64, max_value=900)


@given(SIDE, SIDE, st.sampled_from(["PNG", "JPEG"]), st.sampled_from(Fit), st.sampled_from([None, "#0a5ea8"]))
def test_instagram_always_gets_a_ratio_and_width_that_it_accepts(
    width: int, height: int, kind: str, fit: Fit, ground: str | None
) -> None:
    assert INSTAGRAM.ratio is not None
    source = encoded(Image.new("L", (width, height)), kind)
    content, (prepared_width, prepared_height) = prepare(source, INSTAGRAM, url="a", fit=fit, ground=ground)
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


def test_padding_has_the_colour_that_was_asked_for() -> None:
    found = opened(prepare(encoded(Image.new("RGB", (200, 1000), "white")), INSTAGRAM, url="a", ground="#0a5ea8")[0])
    for column in (5, found.width - 6):
        assert found.getpixel((column, 500)) == pytest.approx((0x0A, 0x5E, 0xA8), abs=3)
    assert found.getpixel((found.width // 2, 500)) == pytest.approx((255, 255, 255), abs=3)


@pytest.mark.parametrize(("size", "ratio"), [((400, 1200), 0.8), ((1200, 400), 1.91), ((600, 500), 1.2)])
def test_a_cropped_picture_keeps_its_middle_and_has_no_padding(size: tuple[int, int], ratio: float) -> None:
    content, (width, height) = prepare(encoded(quarters(size)), INSTAGRAM, url="a", fit=Fit.CROP, ground="#ffffff")
    assert quarters_of(content) == "rgby"
    assert width / height == pytest.approx(ratio, abs=0.01)
    corner = opened(content).getpixel((2, 2))
    assert corner == pytest.approx((255, 0, 0), abs=30)


def test_nothing_is_cropped_where_any_ratio_is_accepted() -> None:
    assert prepare(encoded(quarters((300, 900))), LIMITS, url="a", fit=Fit.CROP)[1] == (300, 900)


def test_of_a_large_picture_no_more_is_decoded_than_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[tuple[int, int]] = []
    resize = Image.Image.resize

    def noted(self: Image.Image, *args: object, **options: object) -> Image.Image:
        sizes.append(self.size)
        return resize(self, *args, **options)  # type: ignore[arg-type]  # passed on as they came

    source = encoded(Image.new("RGB", (4000, 3000)))
    monkeypatch.setattr(Image.Image, "resize", noted)
    assert prepare(source, INSTAGRAM, url="a")[1] == (1080, 810)
    assert sizes[0] == (2000, 1500)


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
        return resize(self, size, *args, **options)  # type: ignore[arg-type]  # passed on as they came

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
