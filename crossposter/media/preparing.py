"""Any picture of a news site becomes a JPEG that a platform shows unchanged. Metadata (GPS!) does not survive."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass

from PIL import Image, ImageFilter, ImageOps

from crossposter.core.model import Fit, PictureLimits
from crossposter.errors import PictureError
from crossposter.wording import say

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
#: Checked on the header: a 17 kB file of 12,000 x 12,000 pixels was measured to take 701 MB.
MAX_PIXELS = 40_000_000
#: Tracking pixels and icons are shorter than this on a side.
MIN_SIDE = 64
# Pillow's own guard only warns up to twice its limit, and a warning cannot be made an error safely among threads.
Image.MAX_IMAGE_PIXELS = None
_QUALITIES = (90, 85, 80, 70, 60)
#: How many times larger than needed a JPEG is decoded at least: less would show, more is thrown away.
_SPARE = 1.5
_ORIENTATION = 0x0112
_LYING = (5, 6, 7, 8)


def prepare(
    content: bytes, limits: PictureLimits, *, url: str, fit: Fit = Fit.PAD, ground: str | None = None
) -> tuple[bytes, tuple[int, int]]:
    """Turn upright, scale, convert to sRGB, bring into the platform's ratio by padding or cropping, encode.

    `ground` is the colour of the padding, `#rrggbb`; None for the picture's own blurred edge.

    Returns:
        The JPEG and its (width, height) in pixels.

    Raises:
        PictureError: This is no picture that can be used.
    """
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
            _check_size(opened, url=url)
            image = _fitted(opened, limits, fit, ground)
            return encoded(image, limits, url=url), image.size
    except PictureError:
        raise
    except Exception as error:  # Pillow lets SyntaxError, struct.error, MemoryError and more through
        cause = str(error) or type(error).__name__
        sentence = say("{url!r} is no picture that can be used: {cause}", url=_shown(url), cause=cause)
        raise PictureError(sentence, is_permanent=True) from error


def is_ready(content: bytes, limits: PictureLimits, *, shape: tuple[int, int]) -> bool:
    """Tell whether a picture is already what a platform takes: an upright JPEG within the limits, of that shape.

    Raises:
        PictureError: This is no picture.
    """
    try:
        with Image.open(io.BytesIO(content)) as image:
            is_upright = image.getexif().get(_ORIENTATION, 1) == 1
            is_plain = image.format == "JPEG" and image.mode in ("RGB", "L")  # MPO and CMYK are JPEGs to many
            width, height = image.size
    except Exception as error:  # Pillow lets SyntaxError, struct.error, MemoryError and more through
        raise PictureError(say("this is no picture"), is_permanent=True) from error
    # As much as rounding makes of a ratio when the picture is scaled.
    has_shape = abs(width / height - shape[0] / shape[1]) < 2 / min(width, height, *shape)
    has_size = limits.min_width <= width <= limits.max_width and len(content) <= limits.max_bytes
    ratio = limits.ratio or (0, math.inf)
    return is_upright and is_plain and has_shape and has_size and ratio[0] <= width / height <= ratio[1]


def _check_size(image: Image.Image, *, url: str) -> None:
    if image.width * image.height > MAX_PIXELS:
        sentence = say("the picture {url!r} has more than {limit} pixels", url=_shown(url), limit=MAX_PIXELS)
        raise PictureError(sentence, is_permanent=True)
    if min(image.size) < MIN_SIDE:
        sentence = say(
            "the picture {url!r} is too small: a side is below {limit} pixels", url=_shown(url), limit=MIN_SIDE
        )
        raise PictureError(sentence, is_permanent=True)


@dataclass(frozen=True, slots=True)
class _Layout:
    """What of the upright picture is shown, how large, on which canvas; all in pixels."""

    box: tuple[float, float, float, float]
    inner: tuple[int, int]
    canvas: tuple[int, int]


def _fitted(image: Image.Image, limits: PictureLimits, fit: Fit, ground: str | None) -> Image.Image:
    is_lying = image.getexif().get(_ORIENTATION) in _LYING
    full = (image.height, image.width) if is_lying else image.size
    layout = _layout(full, limits, fit)
    upright = _upright(image, _needed(full, layout, is_lying=is_lying))
    # A drafted picture is smaller than the file says: the box shrinks with it.
    horizontal, vertical = upright.width / full[0], upright.height / full[1]
    left, top, right, bottom = layout.box
    box = (
        left * horizontal,
        top * vertical,
        min(right * horizontal, upright.width),  # a product may end a hair outside
        min(bottom * vertical, upright.height),
    )
    # Scaled before it is padded: padding 65,000 x 600 pixels into a ratio took gigabytes.
    if upright.size != layout.inner or box != (0, 0, *upright.size):
        profile = upright.info.get("icc_profile")
        upright = upright.resize(layout.inner, Image.Resampling.LANCZOS, box=box, reducing_gap=3.0)
        upright.info["icc_profile"] = profile
    return _padded(_flat_srgb(upright), layout.canvas, ground)


def _layout(size: tuple[int, int], limits: PictureLimits, fit: Fit) -> _Layout:
    whole = (0.0, 0.0, float(size[0]), float(size[1]))
    if fit is Fit.CROP and limits.ratio:
        ratio = min(max(size[0] / size[1], limits.ratio[0]), limits.ratio[1])
        shown_size = (min(size[0], size[1] * ratio), min(size[1], size[0] / ratio))
        left, top = (size[0] - shown_size[0]) / 2, (size[1] - shown_size[1]) / 2
        canvas = _canvas(shown_size, limits)
        return _Layout((left, top, left + shown_size[0], top + shown_size[1]), canvas, canvas)
    canvas = _canvas(size, limits)
    scale = min(canvas[0] / size[0], canvas[1] / size[1])
    inner = (max(round(size[0] * scale), 1), max(round(size[1] * scale), 1))
    if abs(inner[0] - canvas[0]) <= 1 and abs(inner[1] - canvas[1]) <= 1:
        inner = canvas  # rounding is no reason for a border
    return _Layout(whole, inner, canvas)


def _needed(full: tuple[int, int], layout: _Layout, *, is_lying: bool) -> tuple[int, int]:
    """Give the size, as the file lies, below which scaling would have too little to choose from."""
    left, top, right, bottom = layout.box
    width = math.ceil(full[0] * layout.inner[0] / (right - left) * _SPARE)
    height = math.ceil(full[1] * layout.inner[1] / (bottom - top) * _SPARE)
    return (height, width) if is_lying else (width, height)


def _upright(image: Image.Image, needed: tuple[int, int]) -> Image.Image:
    """Decode into a mode that can be scaled, and turn."""
    # Lets the decoder skip detail that scaling would throw away; does nothing for other formats.
    image.draft(None, needed)
    ImageOps.exif_transpose(image, in_place=True)
    if image.mode == "I" or image.mode.startswith("I;16"):
        # Pillow clips at 255. The grey that tRNS names as transparent is lost: after this others look the same.
        grey = image.point(lambda value: value * (1 / 257) + 0).convert("L")
        grey.info.pop("transparency", None)
        return grey
    if "transparency" in image.info or image.mode == "PA":
        return image.convert("RGBA")
    return image.convert("RGB") if image.mode == "P" else image.convert("L") if image.mode == "1" else image


def _canvas(size: tuple[float, float], limits: PictureLimits) -> tuple[int, int]:
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


def _flat_srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if image.mode in ("RGBA", "LA"):
        layered = image.convert("RGBA")
        image = Image.new("RGB", layered.size, "white")  # white is white in every profile
        image.paste(layered, mask=layered.getchannel("A"))
    if profile and image.mode in ("RGB", "CMYK", "L"):
        image = _in_srgb(image, profile)
    return image if image.mode == "RGB" else image.convert("RGB")


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    from PIL import ImageCms  # loaded here: most pictures of a web site have no profile

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return image  # a broken profile; the colours are what they are
    return converted or image


def _padded(image: Image.Image, size: tuple[int, int], ground: str | None) -> Image.Image:
    """Put the picture in the middle of a ground."""
    if image.size == size:
        return image
    padded = Image.new("RGB", size, ground) if ground else _blurred(image, size)
    padded.paste(image, ((size[0] - image.width) // 2, (size[1] - image.height) // 2))
    return padded


def _blurred(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    small = (max(size[0] // 8, 1), max(size[1] // 8, 1))
    return ImageOps.fit(image, small).filter(ImageFilter.GaussianBlur(12)).resize(size, Image.Resampling.BICUBIC)


def encoded(image: Image.Image, limits: PictureLimits, *, url: str, subsampling: str = "4:2:0") -> bytes:
    """Encode as JPEG, as well as the size of the file allows.

    Raises:
        PictureError: It stays too large.
    """
    image.info.clear()  # Pillow would write a comment that the source held
    for quality in _QUALITIES:
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=quality, optimize=True, subsampling=subsampling)
        if buffer.tell() <= limits.max_bytes:
            return buffer.getvalue()
    raise PictureError(
        say("the picture {url!r} stays above {limit} bytes", url=_shown(url), limit=limits.max_bytes), is_permanent=True
    )


def _shown(url: str) -> str:
    # Loaded here: a picture that is fine needs no HTTP client, which is heavier than Pillow.
    from crossposter.web import shown

    return shown(url)
