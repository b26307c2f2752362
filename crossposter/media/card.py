"""The picture for news that has none: headline, date and the city's mark, in its colour.

Two fields: the upper one in the brand's colour carries the words, the lower one is white and carries the logo, since
that is the ground that logos are made for. Same words, same bytes: nothing here asks the network, the clock or chance.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache, lru_cache, partial

from PIL import Image, ImageStat

from crossposter.core.cutting import shorten_to
from crossposter.core.model import Brand, PictureLimits
from crossposter.errors import PictureError
from crossposter.media.colours import BLACK, WHITE, Colour, contrast, ink_on, mixed, parsed
from crossposter.media.lines import balanced, parts
from crossposter.media.preparing import FORMATS, MAX_PIXELS, encoded
from crossposter.media.typesetting import Face, headline_face, text_face, typographic
from crossposter.wording import say

#: Pixels: the tallest that Instagram shows whole.
WIDTH, HEIGHT = 1080, 1350
#: All measures below belong to a card of that width.
_MARGIN = 96
_FOOTER = 238
_RULE, _BAR = (88, 10), (10, 96)
_LOGO_AREA, _LOGO_HEIGHT = 46_000, 142
_DATE_SIZE, _DATE_GAP, _HEADLINE_GAP = 38, 36, 64
_NAME_SIZES, _NAME_GAP = (46, 40, 34, 28, 22), 30
_NAME_LINES, _NAME_LEADING = 2, 1.2
_HEADLINE_SIZES = (124, 112, 100, 90, 80, 72, 64, 57, 51, 46)
#: Characters; no card holds more.
_MOST_LETTERS = 800
#: Below this size a headline rather breaks a word than shrinks on.
_WHOLE_WORDS_FROM = 57
#: How much a well filled column counts beside the size.
_FULLNESS = 0.6
#: Lines of a headline apart, and the height of a capital letter, in sizes.
_LEADING, _LEADING_OF_CAPITALS, _CAPITAL = 1.16, 1.3, 0.728
#: A logo that is narrower than this (width by height) is an emblem: the name stands beside it.
_EMBLEM = 1.4
#: Contrast at which a logo is seen at all, and at which two fields are told apart.
_SEEN, _APART = 1.5, 1.25


def draw_card(headline: str, *, date: str, brand: Brand, limits: PictureLimits) -> tuple[bytes, tuple[int, int]]:
    """Draw the card.

    `date` is shown as it is; empty for none. What the font has no letters for (emoji, Arabic) is left out.

    Returns:
        The JPEG and its (width, height) in pixels.

    Raises:
        PictureError: The logo cannot be read.
    """
    sheet = _Sheet.of(limits)
    colour = BLACK if brand.mourning else parsed(brand.colour)
    image = Image.new("RGB", sheet.size, colour)
    _draw_words(image, sheet, headline, date=date, name=brand.name, ink=ink_on(colour))
    mark = _Mark.of(brand, sheet, colour)
    _draw_foot(image, sheet, colour, mark.ground)
    _draw_mark(image, sheet, mark, colour)
    return encoded(image, limits, url=headline, subsampling="4:4:4"), image.size


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A card's measures in pixels."""

    size: tuple[int, int]
    scale: float

    @classmethod
    def of(cls, limits: PictureLimits) -> _Sheet:
        """Give the usual card, as near to it as the limits allow."""
        width = min(max(WIDTH, limits.min_width), limits.max_width)
        height = round(width * HEIGHT / WIDTH)
        if limits.ratio:
            height = min(max(height, -int(-width // limits.ratio[1])), int(width / limits.ratio[0]))
        return cls((width, height), min(width, height) / WIDTH)

    def px(self, measure: float) -> int:
        """Scale a measure."""
        return round(measure * self.scale)

    @property
    def horizon(self) -> int:
        """Give where the upper field ends."""
        return self.size[1] - self.px(_FOOTER)

    @property
    def column(self) -> int:
        """Give the width between the margins."""
        return self.size[0] - 2 * self.px(_MARGIN)


def _draw_words(image: Image.Image, sheet: _Sheet, headline: str, *, date: str, name: str, ink: Colour) -> None:
    left = top = sheet.px(_MARGIN)
    image.paste(ink, (left, top, left + sheet.px(_RULE[0]), top + sheet.px(_RULE[1])))
    small = text_face()
    if date := small.drawable(date):
        top += sheet.px(_RULE[1] + _DATE_GAP + _DATE_SIZE * _CAPITAL)
        small.draw(image, (left, top), [date], sheet.px(_DATE_SIZE), step=0, ink=ink)
    top += sheet.px(_HEADLINE_GAP)
    face = headline_face()
    text = typographic(face.drawable(headline) or face.drawable(name))
    baseline = sheet.horizon - sheet.px(_MARGIN)
    setting = _set(face, text, sheet, baseline - top)
    baseline -= setting.step * (len(setting.lines) - 1)
    face.draw(image, (left, baseline), setting.lines, setting.size, step=setting.step, ink=ink)


@dataclass(frozen=True, slots=True)
class _Setting:
    """Lines, their size, and the way from one to the next, in pixels."""

    lines: list[str]
    size: int
    step: int


_NOTHING = _Setting([], 1, 1)


def _set(face: Face, text: str, sheet: _Sheet, height: int) -> _Setting:
    """Break a text into lines as large as it can be; what fits at no size is shortened."""
    fitting = partial(_fitting, face, sheet=sheet, height=height)
    if found := fitting(text):
        return found
    # How many letters fit depends on the letters: the longest beginning is sought, among those that could fit at all.
    text = shorten_to(text, _MOST_LETTERS)
    longest = bisect_right(range(1, len(text)), False, key=lambda length: fitting(shorten_to(text, length)) is None)
    return fitting(shorten_to(text, longest)) or _NOTHING


def _fitting(face: Face, text: str, *, sheet: _Sheet, height: int) -> _Setting | None:
    """Choose the size: large, and with lines that fill the column; None where nothing fits, or nothing is there."""
    words, measured = text.split(), cache(face.width)
    leading = _LEADING_OF_CAPITALS if text.isupper() else _LEADING
    for may_break in (False, True) if words else ():
        best, found = 0.0, None
        for measure in _HEADLINE_SIZES:
            if measure <= best or (not may_break and measure < _WHOLE_WORDS_FROM):
                break
            size = max(sheet.px(measure), 1)
            width, most_lines = sheet.column / size, int((height / size - _CAPITAL) / leading) + 1
            if measured(text) > width * most_lines:
                continue  # too long for this size, however it is broken
            pieces = [part for word in words for part in parts(word, measured, width)] if may_break else words
            lines = balanced(pieces, measured, width)
            if lines is None or len(lines) > most_lines:
                continue
            filled = sum(map(measured, lines)) / width / len(lines)
            if measure * filled**_FULLNESS > best:
                best, found = measure * filled**_FULLNESS, _Setting(lines, size, round(size * leading))
        if found:
            return found
    return None


@dataclass(frozen=True, slots=True)
class _Mark:
    """How the city signs: its logo, its name, or an emblem and the name beside it; and on which ground."""

    logo: Image.Image | None
    name: str
    ground: Colour

    @classmethod
    def of(cls, brand: Brand, sheet: _Sheet, colour: Colour) -> _Mark:
        """Read the logo where there is one."""
        name = headline_face().drawable(brand.name)
        if not brand.logo:
            return cls(None, name, WHITE)
        logo = _logo(brand.logo, sheet, is_grey=brand.mourning)
        return cls(logo, name if logo.width < logo.height * _EMBLEM else "", _ground(logo, colour))


def _ground(logo: Image.Image, colour: Colour) -> Colour:
    """Give the ground on which a logo is seen: white, unless the logo is made for a dark one."""
    mean = ImageStat.Stat(logo.convert("RGB"), logo.getchannel("A").point(lambda alpha: alpha // 128 * 255)).mean
    seen = (round(mean[0]), round(mean[1]), round(mean[2]))
    if contrast(seen, WHITE) >= _SEEN:
        return WHITE
    return colour if contrast(seen, colour) >= _SEEN else mixed(colour, BLACK, 0.88)


def _draw_foot(image: Image.Image, sheet: _Sheet, colour: Colour, ground: Colour) -> None:
    image.paste(ground, (0, sheet.horizon, *sheet.size))
    if contrast(colour, ground) < _APART:  # a line where the colours do not part the fields
        left, line = sheet.px(_MARGIN), mixed(ground, ink_on(ground), 0.25)
        image.paste(line, (left, sheet.horizon - 1, left + sheet.column, sheet.horizon + 1))


def _draw_mark(image: Image.Image, sheet: _Sheet, mark: _Mark, colour: Colour) -> None:
    left, middle = sheet.px(_MARGIN), (sheet.horizon + sheet.size[1]) // 2
    if mark.logo:
        image.paste(mark.logo, (left, middle - mark.logo.height // 2), mark.logo)
        left += mark.logo.width + sheet.px(_NAME_GAP)
    else:
        half = sheet.px(_BAR[1]) // 2
        image.paste(colour, (left, middle - half, left + sheet.px(_BAR[0]), middle + half))
        left += sheet.px(_BAR[0] + _NAME_GAP)
    room = sheet.size[0] - sheet.px(_MARGIN) - left
    lines, size = _set_name(mark.name, sheet, room)
    step = round(size * _NAME_LEADING)
    baseline = middle + round(size * _CAPITAL / 2 - step * (len(lines) - 1) / 2)
    headline_face().draw(image, (left, baseline), lines, size, step=step, ink=ink_on(mark.ground))


def _set_name(name: str, sheet: _Sheet, room: int) -> tuple[list[str], int]:
    measure = headline_face().width
    for name_size in _NAME_SIZES:
        size = max(sheet.px(name_size), 1)
        lines = balanced(name.split(), measure, room / size)
        if lines is not None and len(lines) <= _NAME_LINES:
            return lines, size
    return [], 1


def _logo(path: str, sheet: _Sheet, *, is_grey: bool) -> Image.Image:
    """Read a logo as large as it stands on the card.

    Raises:
        PictureError: It cannot be read.
    """
    try:
        state = os.stat(path)
        return _scaled_logo(path, sheet, is_grey, (state.st_mtime_ns, state.st_size))
    except Exception as error:  # Pillow lets anything through
        cause = str(error) or type(error).__name__
        sentence = say(
            "the logo {path!r} cannot be used ({cause}): correct `brand.logo`, or remove it to show the name instead",
            path=path,
            cause=cause,
        )
        raise PictureError(sentence, is_permanent=True) from error


@lru_cache(maxsize=4)
def _scaled_logo(path: str, sheet: _Sheet, is_grey: bool, _state: tuple[int, int]) -> Image.Image:
    """Read and scale a logo, without the empty edge around it; once, as long as the file's state is the same."""
    with Image.open(path, formats=FORMATS) as opened:
        if opened.width * opened.height > MAX_PIXELS:
            raise ValueError(f"more than {MAX_PIXELS} pixels")
        logo = opened.convert("RGBA")
    logo = logo.crop(logo.getchannel("A").getbbox())
    if is_grey:
        logo = logo.convert("LA").convert("RGBA")
    # Alike in area, so that a wide logo does not look smaller than a tall one.
    ratio = logo.width / logo.height
    height = min((_LOGO_AREA / ratio) ** 0.5, _LOGO_HEIGHT) * sheet.scale
    width = min(height * ratio, sheet.column)
    size = (max(round(width), 1), max(round(width / ratio), 1))
    return logo.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
