"""Any picture of a news site becomes a JPEG that a platform shows unchanged. Metadata (GPS!) does not survive."""

from __future__ import annotations

import io

from PIL import Image, ImageCms, ImageFilter, ImageOps, UnidentifiedImageError

from crossposter.core.model import PictureLimits
from crossposter.errors import PictureError
from crossposter.wording import say

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
#: Checked on the header: a 17 kB file of 12,000 x 12,000 pixels was measured to take 701 MB.
MAX_PIXELS = 40_000_000
# Pillow's own guard only warns up to twice its limit, and a warning cannot be made an error safely among threads.
Image.MAX_IMAGE_PIXELS = None
_QUALITIES = (90, 85, 80, 70, 60)


def prepare(content: bytes, limits: PictureLimits, *, url: str) -> tuple[bytes, tuple[int, int]]:
    """Turn upright, convert to sRGB, bring into the platform's ratio by padding, scale down, encode.

    Returns:
        The JPEG and its (width, height) in pixels.

    Raises:
        PictureError: This is no picture that can be used.
    """
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise PictureError(
                    say("the picture {url!r} has more than {limit} pixels", url=url, limit=MAX_PIXELS),
                    is_permanent=True,
                )
            image = _scaled(_in_ratio(_upright_srgb(opened, limits.max_width), limits), limits)
            return _encoded(image, limits, url=url), image.size
    except (UnidentifiedImageError, OSError, ValueError) as error:
        raise PictureError(
            say("{url!r} is no picture that can be used: {cause}", url=url, cause=error), is_permanent=True
        ) from error


def _upright_srgb(image: Image.Image, max_width: int) -> Image.Image:
    # Lets the decoder skip detail that scaling would throw away; does nothing for other formats.
    image.draft("RGB", (max_width * 2, max_width * 2))
    profile = image.info.get("icc_profile")
    image = ImageOps.exif_transpose(image)
    if profile and image.mode in ("RGB", "CMYK", "L"):
        image = _in_srgb(image, profile)
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
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


def _in_ratio(image: Image.Image, limits: PictureLimits) -> Image.Image:
    """Pad, never crop: a crop may cut off a face or a text. The padding is the picture's own blur."""
    if limits.ratio is None:
        return image
    narrowest, widest = limits.ratio
    ratio = image.width / image.height
    if narrowest <= ratio <= widest:
        return image
    if ratio < narrowest:
        size = (round(image.height * narrowest), image.height)
    else:
        size = (image.width, round(image.width / widest))
    small = (max(size[0] // 8, 1), max(size[1] // 8, 1))
    padded = ImageOps.fit(image, small).filter(ImageFilter.GaussianBlur(12)).resize(size, Image.Resampling.BICUBIC)
    padded.paste(image, ((size[0] - image.width) // 2, (size[1] - image.height) // 2))
    return padded


def _scaled(image: Image.Image, limits: PictureLimits) -> Image.Image:
    width = min(max(image.width, limits.min_width), limits.max_width)
    height = max(round(width * image.height / image.width), 1)
    if limits.ratio:  # rounding must not step over the border
        narrowest, widest = limits.ratio
        height = min(max(height, -int(-width // widest)), int(width / narrowest))
    return image if image.size == (width, height) else image.resize((width, height), Image.Resampling.LANCZOS)


def _encoded(image: Image.Image, limits: PictureLimits, *, url: str) -> bytes:
    image.info.clear()  # Pillow would write a comment that the source held
    for quality in _QUALITIES:
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=quality, optimize=True, subsampling="4:2:0")
        if buffer.tell() <= limits.max_bytes:
            return buffer.getvalue()
    raise PictureError(
        say("the picture {url!r} stays above {limit} bytes", url=url, limit=limits.max_bytes), is_permanent=True
    )
