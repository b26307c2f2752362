"""Colours that can be read on each other, by WCAG 2.2 (https://www.w3.org/TR/WCAG22/#contrast-minimum, 2026-11-26)."""

from __future__ import annotations

Colour = tuple[int, int, int]

WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)
#: The contrast of level AA for text of any size.
READABLE = 4.5


def parsed(colour: str) -> Colour:
    """Read `#rrggbb`."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue


def luminance(colour: Colour) -> float:
    """Give the relative luminance: 0 for black, 1 for white."""
    red, green, blue = (_linear(channel / 255) for channel in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, other: Colour) -> float:
    """Give the contrast ratio of two colours, from 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """Put a share (0 to 1) of another colour into one."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def ink_on(ground: Colour) -> Colour:
    """Give a colour for text on a ground: white where it can be read, else nearly black in the ground's own hue.

    Always readable: no colour is far from both white and black.
    """
    if contrast(WHITE, ground) >= READABLE:
        return WHITE
    tint = mixed(ground, BLACK, 0.88)
    return tint if contrast(tint, ground) >= READABLE else BLACK


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
