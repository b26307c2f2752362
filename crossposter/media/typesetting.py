"""Letters onto a picture, the same on every machine.

Kerned by us: Pillow does that only where the system has a library for it (see fonts/README.md).
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from crossposter.media.colours import Colour

FONTS = Path(__file__).parent / "fonts"
#: Font units: advances measured at this size are exact.
_EM = 2048
#: Letters are drawn so many times larger first: FreeType moves stems to whole pixels, which tells at their size.
_FINER = 3
#: What a line's letters reach above and below the baseline, in sizes.
_ASCENT, _DESCENT = 1.0, 0.35
#: Pixels: large enough to tell an edge, small enough to tell letters.
_BEARING_AT, _MISSING_AT = 512, 16
#: Not assigned to a character: shows how the font says that it has none.
_NO_CHARACTER = "\uffff"
_EMPTY_BRACKETS = re.compile(r"[(\[{]\s*[)\]}]")
#: Control, format, private, unassigned; and marks, which a letter has taken up by then (NFC).
_UNDRAWABLE = frozenset(("Cc", "Cf", "Co", "Cn", "Cs", "Mn", "Me"))


class Face:
    """A font with its letter spacing, both in shares of the size."""

    def __init__(self, name: str, *, tracking: float = 0.0) -> None:
        self._path = FONTS / f"{name}.ttf"
        self._tracking = tracking
        self._kerning = _kerning(FONTS / f"{name}.kerning.json")
        self._advances: dict[str, float] = {}
        self._bearings: dict[str, float] = {}
        self._known: dict[str, bool] = {}
        self._sized: dict[int, ImageFont.FreeTypeFont] = {}
        self._missing = self.at(_MISSING_AT).getmask(_NO_CHARACTER)

    def at(self, size: int) -> ImageFont.FreeTypeFont:
        """Give the font at a size in pixels."""
        if size not in self._sized:
            self._sized[size] = ImageFont.truetype(self._path, size, layout_engine=ImageFont.Layout.BASIC)
        return self._sized[size]

    def width(self, text: str) -> float:
        """Measure a line at size 1."""
        return sum(self._steps(text)) - self._tracking if text else 0.0

    def draw(
        self, image: Image.Image, place: tuple[int, int], lines: Sequence[str], size: int, *, step: int, ink: Colour
    ) -> None:
        """Draw lines, `step` pixels apart; `place` is where the first baseline and the edge of its letter begin."""
        large, (left, baseline) = size * _FINER, place
        above, below = round(size * _ASCENT), round(size * _DESCENT)
        glyph = cache(partial(self._glyph, size=large))
        for line in lines:
            fine = Image.new("L", (math.ceil(self.width(line) + 0.2) * large, (above + below) * _FINER))
            pen = _FINER - self._bearing(line[0]) * large  # an edge may be soft: a pixel for it
            for character, advance in zip(line, self._steps(line), strict=True):
                if character != " ":
                    (right, down), letter = glyph(character)
                    fine.paste(255, (round(pen) + right, above * _FINER + down), letter)
                pen += advance * large
            image.paste(ink, (left - 1, baseline - above), fine.reduce(_FINER))
            baseline += step

    def _glyph(self, character: str, size: int) -> tuple[tuple[int, int], Image.Image]:
        """Draw a letter, and tell where it stands from the beginning of its baseline."""
        font = self.at(size)
        left, top, right, bottom = map(int, font.getbbox(character, anchor="ls"))
        letter = Image.new("L", (right - left, bottom - top))
        ImageDraw.Draw(letter).text((-left, -top), character, 255, font, anchor="ls")
        return (left, top), letter

    def drawable(self, text: str) -> str:
        """Give what the font has letters for: "𝗔" becomes "A", emoji and other scripts are left out."""
        composed = unicodedata.normalize("NFC", text)
        left = _EMPTY_BRACKETS.sub("", "".join(map(self._nearest, composed)))
        return " ".join(left.split())

    def _nearest(self, character: str) -> str:
        if character.isspace() or self._has(character):
            return " " if character.isspace() else character
        plain = unicodedata.normalize("NFKC", character)
        return "".join(letter for letter in plain if self._has(letter))

    def _has(self, character: str) -> bool:
        if character not in self._known:
            self._known[character] = self._is_drawn(character)
        return self._known[character]

    def _is_drawn(self, character: str) -> bool:
        if unicodedata.category(character) in _UNDRAWABLE:
            return False
        found = self.at(_MISSING_AT).getmask(character)
        return found.size != self._missing.size or bytes(found) != bytes(self._missing)

    def _steps(self, text: str) -> list[float]:
        """Give the way from each letter to the next."""
        return [
            self._advance(character) + self._kerning.get(character + following, 0.0) + self._tracking
            for character, following in zip(text, [*text[1:], ""], strict=True)
        ]

    def _bearing(self, character: str) -> float:
        """Give the empty space in front of a letter."""
        if character not in self._bearings:
            (left, _), letter = self._glyph(character, _BEARING_AT)
            box = letter.getbbox()
            self._bearings[character] = (left + box[0]) / _BEARING_AT if box else 0.0
        return self._bearings[character]

    def _advance(self, character: str) -> float:
        if character not in self._advances:
            self._advances[character] = self.at(_EM).getlength(character) / _EM
        return self._advances[character]


_QUOTES = (
    (re.compile(r"(?<=\w)'"), "’"),
    (re.compile(r"(?<!\S)'|(?<=[(\[“])'"), "‘"),
    (re.compile(r"'"), "’"),
    (re.compile(r'(?<!\S)"|(?<=[(\[‘])"'), "“"),
    (re.compile(r'"'), "”"),
    (re.compile(r"(?<=\s)-(?=\s)"), "–"),
)


def typographic(text: str) -> str:
    """Write quotes and dashes as a printer does: İzmir'in -> İzmir’in."""
    for pattern, sign in _QUOTES:
        text = pattern.sub(sign, text)
    return text


def _kerning(path: Path) -> dict[str, float]:
    """Read the pairs that are not as wide as their letters."""
    if not path.exists():
        return {}
    return {
        first + second: kern / 1000
        for firsts, row in json.loads(path.read_text("utf-8"))
        for seconds, kern in row.items()
        for first in firsts
        for second in seconds
    }


@cache
def headline_face() -> Face:
    """Give the face of headlines and names."""
    return Face("InterDisplay-Bold", tracking=-0.012)


@cache
def text_face() -> Face:
    """Give the face of small print."""
    return Face("Inter-Medium")
