"""Any picture of a news site becomes a JPEG that a platform shows unchanged. Metadata (GPS!) does not survive."""

from __future__ import annotations

import io

from PIL import Image, ImageCms, ImageFilter, ImageOps

from crossposter.core.model import PictureLimits
from crossposter.errors import PictureError
from crossposter.web import shown
from crossposter.wording import say

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
#: Checked on the header: a 17 kB file of 12,000 x 12,000 pixels was measured to take 701 MB.
MAX_PIXELS = 40_000_000
#: Tracking pixels and icons are shorter than this on a side.
MIN_SIDE = 64
# Pillow's own guard only warns up to twice its limit, and a warning cannot be made an error safely among threads.
Image.MAX_IMAGE_PIXELS = None
_QUALITIES = (90, 85, 80, 70, 60)


def prepare(content: bytes, limits: PictureLimits, *, url: str) -> tuple[bytes, tuple[int, int]]:
    """Turn upright, scale, convert to sRGB, bring into the platform's ratio by padding, encode.

    Returns:
        The JPEG and its (width, height) in pixels.

    Raises:
        PictureError: This is no picture that can be used.
    """
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
            _check_size(opened, url=url)
            image = _on_canvas(_upright(opened, limits.max_width), limits)
            return _encoded(image, limits, url=url), image.size
    except PictureError:
        raise
    except Exception as error:  # Pillow lets SyntaxError, struct.error, MemoryError and more through
        cause = str(error) or type(error).__name__
        sentence = say("{url!r} is no picture that can be used: {cause}", url=shown(url), cause=cause)
        raise PictureError(sentence, is_permanent=True) from error


def _check_size(image: Image.Image, *, url: str) -> None:
    if image.width * image.height > MAX_PIXELS:
        sentence = say("the picture {url!r} has more than {limit} pixels", url=shown(url), limit=MAX_PIXELS)
        raise PictureError(sentence, is_permanent=True)
    if min(image.size) < MIN_SIDE:
        sentence = say(
            "the picture {url!r} is too small: a side is below {limit} pixels", url=shown(url), limit=MIN_SIDE
        )
        raise PictureError(sentence, is_permanent=True)


def _upright(image: Image.Image, max_width: int) -> Image.Image:
    """Decode into a mode that can be scaled, and turn."""
    # Lets the decoder skip detail that scaling would throw away; does nothing for other formats.
    image.draft("RGB", (max_width * 2, max_width * 2))
    ImageOps.exif_transpose(image, in_place=True)
    if image.mode == "I" or image.mode.startswith("I;16"):
        # Pillow clips at 255. The grey that tRNS names as transparent is lost: after this others look the same.
        grey = image.point(lambda value: value * (1 / 257) + 0).convert("L")
        grey.info.pop("transparency", None)
        return grey
    if "transparency" in image.info or image.mode == "PA":
        return image.convert("RGBA")
    return image.convert("RGB") if image.mode == "P" else image.convert("L") if image.mode == "1" else image


def _on_canvas(image: Image.Image, limits: PictureLimits) -> Image.Image:
    """Scale first: padding 65,000 x 600 pixels into a ratio took gigabytes."""
    canvas = _canvas(image.size, limits)
    scale = min(canvas[0] / image.width, canvas[1] / image.height)
    inner = (max(round(image.width * scale), 1), max(round(image.height * scale), 1))
    if abs(inner[0] - canvas[0]) <= 1 and abs(inner[1] - canvas[1]) <= 1:
        inner = canvas  # rounding is no reason for a border
    profile = image.info.get("icc_profile")
    if image.size != inner:
        image = image.resize(inner, Image.Resampling.LANCZOS, reducing_gap=3.0)
    return _padded(_flat_srgb(image, profile), canvas)


def _canvas(size: tuple[int, int], limits: PictureLimits) -> tuple[int, int]:
    """Give the size of what is sent: the picture's, padded into the ratio and scaled into the limits."""
    ratio = size[0] / size[1]
    full_width = float(size[0])
    if limits.ratio:
        full_width = max(full_width, size[1] * limits.ratio[0])
        ratio = min(max(ratio, limits.ratio[0]), limits.ratio[1])
    width = min(max(round(full_width), limits.min_width), limits.max_width)
    height = max(round(width / ratio), 1)
    if limits.ratio:  # rounding must not step over the border
        return width, min(max(height, -int(-width // limits.ratio[1])), int(width / limits.ratio[0]))
    # A strip as wide as allowed may still be endlessly tall.
    longest = limits.max_width * 2
    return (width, height) if height <= longest else (max(round(longest * ratio), 1), longest)


def _flat_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if profile and image.mode in ("RGB", "CMYK", "L"):
        image = _in_srgb(image, profile)
    if image.mode in ("RGBA", "LA"):
        layered = image.convert("RGBA")
        image = Image.new("RGB", layered.size, "white")
        image.paste(layered, mask=layered.getchannel("A"))
    return image.convert("RGB")


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return image  # a broken profile; the colours are what they are
    return converted or image


def _padded(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Pad, never crop: a crop may cut off a face or a text. The padding is the picture's own blur."""
    if image.size == size:
        return image
    small = (max(size[0] // 8, 1), max(size[1] // 8, 1))
    padded = ImageOps.fit(image, small).filter(ImageFilter.GaussianBlur(12)).resize(size, Image.Resampling.BICUBIC)
    padded.paste(image, ((size[0] - image.width) // 2, (size[1] - image.height) // 2))
    return padded


def _encoded(image: Image.Image, limits: PictureLimits, *, url: str) -> bytes:
    image.info.clear()  # Pillow would write a comment that the source held
    for quality in _QUALITIES:
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=quality, optimize=True, subsampling="4:2:0")
        if buffer.tell() <= limits.max_bytes:
            return buffer.getvalue()
    raise PictureError(
        say("the picture {url!r} stays above {limit} bytes", url=shown(url), limit=limits.max_bytes), is_permanent=True
    )
