"""Write down how close the letters of the headline font stand: crossposter/media/fonts/InterDisplay-Bold.kerning.json.

    python scripts/make_kerning.py

Needs a Pillow with Raqm, as the wheels are on a machine with FriBiDi. Letters that stand alike share a class.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from PIL import ImageFont, features

FONT = Path(__file__).parents[1] / "crossposter" / "media" / "fonts" / "InterDisplay-Bold.ttf"
KERNING = FONT.with_suffix(".kerning.json")
CHARACTERS = "".join(
    [
        "".join(map(chr, range(0x21, 0x7F))),
        "ÂÇĞÎİÖŞÛÜâçğîıöşûü",
        "ÀÁÄÅÆÈÉÊËÌÍÏÑÒÓÔØÙÚßàáäåæèéêëìíïñòóôøùú",
        "«»‘’“”–—…·₺€°%",
    ]
)
#: In font units of 1/2048: what the text engine is asked at.
_EM = 2048
#: Thousandths that nobody sees.
_UNSEEN = 4


def pairs() -> dict[str, dict[str, int]]:
    """Give the correction of every pair that has one, by its first and second letter."""
    font = ImageFont.truetype(FONT, _EM, layout_engine=ImageFont.Layout.RAQM)
    plain = ["-calt", "-liga", "-clig", "-ccmp", "-locl"]

    def length(text: str) -> float:
        return font.getlength(text, features=plain)

    alone = {character: length(character) for character in CHARACTERS}
    found: dict[str, dict[str, int]] = {}
    for first in CHARACTERS:
        row = {
            second: round((length(first + second) - alone[first] - alone[second]) * 1000 / _EM) for second in CHARACTERS
        }
        found[first] = {second: kern for second, kern in row.items() if abs(kern) >= _UNSEEN}
    return found


def classes(found: dict[str, dict[str, int]]) -> list[list[object]]:
    """Group first letters that stand alike, and for each group second letters of the same correction."""
    rows: dict[str, list[str]] = {}
    for first, row in found.items():
        by_kern: dict[int, str] = {}
        for second, kern in row.items():
            by_kern[kern] = by_kern.get(kern, "") + second
        if by_kern:
            rows.setdefault(json.dumps(sorted(by_kern.items()), ensure_ascii=False), []).append(first)
    return [["".join(firsts), {seconds: kern for kern, seconds in json.loads(row)}] for row, firsts in rows.items()]


def text() -> str:
    """Write the file, in memory."""
    lines = (json.dumps(group, ensure_ascii=False) for group in classes(pairs()))
    return "[\n" + ",\n".join(lines) + "\n]\n"


if __name__ == "__main__":
    if not features.check("raqm"):
        sys.exit("this Pillow has no Raqm: install FriBiDi (libfribidi0)")
    KERNING.write_text(text(), "utf-8")
    print(f"{KERNING}: {KERNING.stat().st_size} bytes")
