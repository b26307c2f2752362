"""Draw the pictures of the sample news site: flat illustrations, the same on every run.

    python scripts/make_sample_pictures.py crossposter/sandbox/sample/pictures

Drawn, not photographed: nobody's rights, nobody's face. Lengths are pixels of the finished picture.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

_OVERSAMPLING = 2  # drawn twice as large, so that edges come out smooth
_QUALITY = 82

Point = tuple[float, float]


class Canvas:
    """A picture in the making: shapes in a colour "#rrggbb", or "#rrggbbaa" to let through what lies below."""

    def __init__(self, width: int, height: int, *sky: str) -> None:
        self.width, self.height = width, height
        self._image = Image.new("RGB", (width * _OVERSAMPLING, height * _OVERSAMPLING))
        self._draw = ImageDraw.Draw(self._image, "RGBA")
        self.gradient(0, height, *sky)

    def gradient(self, top: float, bottom: float, *colours: str) -> None:
        """Fill the whole width from top to bottom, from colour to colour."""
        steps = Image.new("RGB", (1, len(colours)))
        for row, colour in enumerate(colours):
            ImageDraw.Draw(steps).point((0, row), colour)
        size = (self._image.width, int((bottom - top) * _OVERSAMPLING))
        # The middle of the outermost pixels is where their colour is pure.
        band = steps.resize(size, Image.Resampling.BILINEAR, box=(0, 0.5, 1, len(colours) - 0.5))
        self._image.paste(band, (0, int(top * _OVERSAMPLING)))

    def polygon(self, points: Sequence[Point], colour: str) -> None:
        """Fill a polygon."""
        self._draw.polygon([(x * _OVERSAMPLING, y * _OVERSAMPLING) for x, y in points], fill=colour)

    def box(self, x: float, y: float, width: float, height: float, colour: str, *, radius: float = 0) -> None:
        """Fill a rectangle, with round corners if wanted."""
        corners = [value * _OVERSAMPLING for value in (x, y, x + width, y + height)]
        self._draw.rounded_rectangle(corners, radius * _OVERSAMPLING, fill=colour)

    def disc(self, x: float, y: float, radius: float, colour: str, *, squeeze: float = 1) -> None:
        """Fill a circle, or an ellipse `squeeze` times as high as it is wide."""
        corners = (x - radius, y - radius * squeeze, x + radius, y + radius * squeeze)
        self._draw.ellipse([value * _OVERSAMPLING for value in corners], fill=colour)

    def ring(self, x: float, y: float, radius: float, width: float, colour: str) -> None:
        """Draw a circle's line."""
        corners = [value * _OVERSAMPLING for value in (x - radius, y - radius, x + radius, y + radius)]
        self._draw.ellipse(corners, outline=colour, width=int(width * _OVERSAMPLING))

    def line(self, points: Sequence[Point], width: float, colour: str) -> None:
        """Draw a line with round ends."""
        scaled = [(x * _OVERSAMPLING, y * _OVERSAMPLING) for x, y in points]
        self._draw.line(scaled, fill=colour, width=max(1, int(width * _OVERSAMPLING)), joint="curve")
        for x, y in (points[0], points[-1]):
            self.disc(x, y, width / 2, colour)

    def glow(self, x: float, y: float, radius: float, colour: str) -> None:
        """Lay a soft light over what is there."""
        small = Image.new("L", (self.width // 4, self.height // 4))
        box = [value / 4 for value in (x - radius, y - radius, x + radius, y + radius)]
        ImageDraw.Draw(small).ellipse(box, fill=150)
        mask = small.filter(ImageFilter.GaussianBlur(radius / 9)).resize(self._image.size, Image.Resampling.BICUBIC)
        self._image.paste(Image.new("RGB", self._image.size, colour), (0, 0), mask)

    def ground(self, base: float, colour: str, *, waves: tuple[float, ...] = (), shift: float = 0) -> None:
        """Fill from a wavy line down to the lower edge; each wave is a height, the next one twice as fast."""
        points: list[Point] = [(self.width, self.height), (0, self.height)]
        for x in range(0, self.width + 8, 8):
            angle = 2 * math.pi * x / self.width + shift
            points.append((x, base - sum(h * math.sin(angle * 2**n + n) for n, h in enumerate(waves))))
        self.polygon(points, colour)

    def save(self, path: Path) -> None:
        """Write the picture as a JPEG without metadata."""
        self._image.resize((self.width, self.height), Image.Resampling.LANCZOS).save(
            path, "JPEG", quality=_QUALITY, optimize=True, progressive=True
        )


def tree(canvas: Canvas, x: float, y: float, size: float, colour: str, *, trunk: str = "#6d4c3d") -> None:
    """Draw a round tree that stands at (x, y)."""
    canvas.line([(x, y), (x, y - size * 0.6)], size * 0.09, trunk)
    for dx, dy, radius in ((-0.2, 0.62, 0.24), (0.2, 0.6, 0.25), (0, 0.85, 0.28), (0, 0.65, 0.26)):
        canvas.disc(x + dx * size, y - dy * size, radius * size, colour)
    canvas.disc(x - 0.1 * size, y - 0.88 * size, 0.13 * size, "#ffffff22")


def palm(canvas: Canvas, x: float, y: float, size: float, colour: str, *, trunk: str = "#7a5a43") -> None:
    """Draw a palm that stands at (x, y)."""
    top = (x + size * 0.06, y - size)
    canvas.line([(x, y), (x + size * 0.01, y - size * 0.5), top], size * 0.05, trunk)
    for degrees in (-178, -156, -128, -104, -76, -52, -24, -2):
        angle = math.radians(degrees)
        upper, lower = [], []
        for step in range(11):
            t = step / 10
            x_t = top[0] + size * 0.44 * t * math.cos(angle)
            y_t = top[1] + size * (0.3 * t * math.sin(angle) + 0.26 * t * t)
            upper.append((x_t, y_t - size * 0.04 * math.sin(math.pi * t)))
            lower.append((x_t, y_t + size * 0.03 * math.sin(math.pi * t)))
        canvas.polygon(upper + lower[::-1], colour)
    canvas.disc(*top, size * 0.035, trunk)


def cloud(canvas: Canvas, x: float, y: float, size: float, colour: str = "#f3fafc") -> None:
    """Draw a flat cloud in an opaque colour."""
    canvas.box(x - size, y - size * 0.16, size * 2, size * 0.32, colour, radius=size * 0.16)
    canvas.box(x - size * 0.6, y - size * 0.42, size * 1.1, size * 0.4, colour, radius=size * 0.2)


def gull(canvas: Canvas, x: float, y: float, size: float, colour: str = "#ffffff") -> None:
    """Draw a gull as two bent wings."""
    for side in (-1, 1):
        wing = [(x + side * size * t, y - size * 0.9 * math.sin(t * 2.2) * 0.5) for t in (0, 0.25, 0.5, 0.75, 1)]
        canvas.line(wing, size * 0.09, colour)


def person(canvas: Canvas, x: float, y: float, size: float, colour: str, *, arms_up: bool = False) -> None:
    """Draw a standing figure, feet at (x, y)."""
    canvas.disc(x, y - size * 0.88, size * 0.12, colour)
    canvas.box(x - size * 0.16, y - size * 0.74, size * 0.32, size * 0.74, colour, radius=size * 0.15)
    for side in (-1, 1) if arms_up else ():
        canvas.line([(x + side * size * 0.12, y - size * 0.65), (x + side * size * 0.3, y - size)], size * 0.09, colour)


def skyline(canvas: Canvas, base: float, colour: str, *, seed: int, tallest: float, windows: str = "") -> None:
    """Draw a row of buildings along the base line."""
    rng = random.Random(seed)  # noqa: S311 - a drawing, not a secret
    x = -20.0
    while x < canvas.width:
        width, height = rng.uniform(38, 96), rng.uniform(0.3, 1) * tallest
        canvas.box(x, base - height, width, height + 2, colour)
        if rng.random() < 0.25:
            canvas.box(x + width * 0.4, base - height - 22, 5, 24, colour)
        for row in range(int(height / 26)):
            for column in range(int(width / 20)):
                if windows and rng.random() < 0.42:
                    canvas.box(x + 9 + column * 20, base - height + 12 + row * 26, 8, 12, windows)
        x += width + rng.choice((0, 0, 6, 18))


def ripples(canvas: Canvas, top: float, bottom: float, colour: str, *, seed: int, count: int, around: float) -> None:
    """Strew short level lines over water, dense near the column `around`, longer towards the viewer."""
    rng = random.Random(seed)  # noqa: S311 - a drawing, not a secret
    for _ in range(count):
        depth = rng.random() ** 1.3
        length = 12 + 90 * depth * rng.random()
        x = around + rng.gauss(0, 1) * (60 + 190 * depth) - length / 2
        canvas.box(x, top + (bottom - top) * depth, length, 2 + 4 * depth, colour, radius=2)


def sunset_bay() -> Canvas:
    """Draw a bay at sunset, a city and a clock tower against the light."""
    c = Canvas(1600, 900, "#3b2a63", "#a23e6d", "#f0784f", "#ffc46b")
    c.glow(1010, 500, 260, "#ffe7a0")
    c.disc(1010, 505, 92, "#fff0bd")
    for x, y, size, colour in ((300, 190, 150, "#a14a72"), (1330, 260, 120, "#c4616c"), (720, 120, 100, "#7d3f70")):
        cloud(c, x, y, size, colour)
    c.ground(520, "#7d3a66", waves=(36, 24, 9), shift=0.6)
    skyline(c, 596, "#4f2a55", seed=4, tallest=120, windows="#ffd98a88")
    c.gradient(594, 900, "#f08d5c", "#93457a", "#2f2352")
    skyline(c, 598, "#35204699", seed=9, tallest=62)
    ripples(c, 600, 890, "#ffe3a5b0", seed=2, count=240, around=1010)
    ripples(c, 606, 890, "#ffffff22", seed=3, count=120, around=420)
    c.polygon([(0, 900), (0, 800), (620, 828), (740, 900)], "#221636")
    base = 812.0  # of the clock tower, on the quay
    for y, half, height in ((0, 92, 26), (26, 72, 90), (116, 50, 26), (142, 42, 150), (292, 52, 20), (312, 30, 64)):
        c.box(330 - half, base - y - height, half * 2, height + 2, "#221636")
    c.polygon([(296, base - 374), (330, base - 446), (364, base - 374)], "#221636")
    c.disc(330, base - 236, 27, "#ffd98a")
    c.line([(330, base - 236), (330, base - 254)], 4, "#221636")
    c.line([(330, base - 236), (343, base - 230)], 4, "#221636")
    for x in (294, 330, 366):
        c.box(x - 11, base - 92, 22, 66, "#f0784f", radius=11)
    palm(c, 96, 820, 250, "#1b112c", trunk="#1b112c")
    palm(c, 560, 836, 190, "#1b112c", trunk="#1b112c")
    for x, y in ((640, 300), (700, 270), (760, 320)):
        gull(c, x, y, 24, "#3b2a63")
    return c


def tram() -> Canvas:
    """Draw a tram on a green track along palms."""
    c = Canvas(1600, 900, "#6cc4ec", "#bfe8f5", "#f5f6e4")
    c.disc(1330, 150, 66, "#fff3b8")
    cloud(c, 330, 160, 130)
    cloud(c, 920, 110, 90)
    c.ground(470, "#a9d3c9", waves=(40, 26))
    skyline(c, 560, "#e3d3c0", seed=21, tallest=190, windows="#b59f8bcc")
    c.box(0, 556, 1600, 400, "#7fb069")
    for x in range(60, 1700, 250):
        palm(c, x, 640, 230, "#3f8f5f")
    c.box(0, 640, 1600, 300, "#8fbf72")
    c.box(0, 716, 1600, 14, "#b9a58a")
    c.polygon([(0, 806), (1600, 806), (1600, 900), (0, 900)], "#6f7a86")
    for x in range(20, 1700, 190):
        c.box(x, 846, 100, 8, "#f5f1e6")
    for x in range(0, 1600, 36):
        c.box(x, 724, 20, 12, "#7a6650")
    c.box(0, 718, 1600, 6, "#59626b")
    c.line([(0, 246), (1600, 246)], 3, "#4d5a66")
    for x in (180, 1460):
        c.box(x, 216, 10, 506, "#4d5a66")
        c.box(x - 4, 238, 90, 6, "#4d5a66")
    c.disc(800, 734, 560, "#00000022", squeeze=0.03)
    c.line([(760, 404), (800, 330), (850, 250)], 6, "#38424c")
    c.line([(780, 250), (900, 250)], 6, "#38424c")
    for x in (640, 1000):
        c.box(x - 70, 392, 140, 24, "#d8dde2", radius=8)
    for x in (360, 470, 720, 940, 1130, 1240):
        c.disc(x, 694, 26, "#333c44")
        c.disc(x, 700, 10, "#8a949d")
    c.polygon([(300, 412), (1300, 412), (1366, 560), (1372, 690), (228, 690), (234, 560)], "#f8f9fa")
    c.polygon([(233, 590), (1367, 590), (1372, 690), (228, 690)], "#0f7bb5")
    c.polygon([(232, 612), (1368, 612), (1369, 630), (231, 630)], "#f6b93b")
    c.polygon([(312, 440), (372, 440), (372, 560), (262, 560)], "#27475c")
    c.polygon([(1288, 440), (1228, 440), (1228, 560), (1338, 560)], "#27475c")
    for x in (398, 560, 720, 956, 1116):
        c.box(x, 440, 92, 120, "#2d5570", radius=10)
        c.polygon([(x + 20, 560), (x + 62, 440), (x + 82, 440), (x + 40, 560)], "#ffffff22")
    for x in (502, 664, 894, 1060):
        c.box(x, 436, 46, 238, "#dfe5ea", radius=6)
        c.box(x + 6, 446, 34, 150, "#3c6884", radius=5)
    c.box(830, 412, 40, 278, "#5b6670")
    for fold in range(830, 870, 10):
        c.box(fold, 412, 4, 278, "#454f58")
    for x in (246, 1336):
        c.disc(x + 9, 652, 12, "#fff6c9")
    return c


def bridge() -> Canvas:
    """Draw a bridge with arches between two river banks."""
    c = Canvas(1600, 900, "#8fd0e8", "#d9f0ee", "#fdeecb")
    c.glow(800, 330, 180, "#fff6cf")
    c.disc(800, 330, 70, "#fffbe0")
    cloud(c, 300, 150, 120)
    cloud(c, 1290, 190, 140)
    c.ground(470, "#a8cdb8", waves=(46, 20), shift=1.0)
    c.ground(520, "#7fb391", waves=(30, 22, 8), shift=2.4)
    c.gradient(560, 900, "#a9dbe2", "#4f9fbb", "#2b6f92")
    ripples(c, 570, 890, "#ffffff66", seed=6, count=230, around=800)
    for side in (0, 1600):
        c.disc(side, 690, 380, "#d9c08f", squeeze=0.3)
        c.disc(side, 640, 400, "#5f9c62", squeeze=0.32)
    for x, size, colour in (
        (60, 200, "#3f7f55"),
        (170, 150, "#4f9160"),
        (1530, 210, "#2f6f66"),
        (1420, 150, "#3f8570"),
    ):
        tree(c, x, 572, size, colour)
    for x, wall, roof in (
        (210, "#fbe9d0", "#cf5c3c"),
        (300, "#fff3df", "#b94f38"),
        (1240, "#f4f6f4", "#3d7c9c"),
        (1330, "#e8eff2", "#2f6685"),
    ):
        c.box(x, 452, 60, 96, wall)
        c.polygon([(x - 9, 454), (x + 30, 414), (x + 69, 454)], roof)
        c.box(x + 12, 472, 12, 16, "#7d97a3")
        c.box(x + 36, 472, 12, 16, "#7d97a3")
    c.box(-10, 560, 140, 56, "#d9b48a")
    c.box(1470, 560, 140, 56, "#d9b48a")
    deck = [(x, 560 - 150 * math.sin(math.pi * (x - 120) / 1360)) for x in range(120, 1481, 10)]
    c.polygon([*deck, *[(x, y + 56) for x, y in reversed(deck)]], "#d9b48a")
    for middle, half in ((420, 120), (800, 170), (1180, 120)):
        lift = 560 - 150 * math.sin(math.pi * (middle - 120) / 1360)
        spring, top = 668.0, lift + 66
        pier = half + 50
        arch = [
            (middle - half * math.cos(math.pi * t / 40), spring - (spring - top) * math.sin(math.pi * t / 40))
            for t in range(41)
        ]
        left = [(x, y + 50) for x, y in deck if middle - pier <= x <= middle + pier]
        c.polygon([(middle - pier, spring), *left, (middle + pier, spring), *reversed(arch)], "#c99f74")
        c.line(arch, 9, "#a87f58")
    for x in (270, 585, 1015, 1330):
        c.polygon([(x - 42, 640), (x + 42, 640), (x + 54, 706), (x - 54, 706)], "#b58d64")
        c.disc(x, 708, 62, "#1f587688", squeeze=0.16)
    c.line([(x, y - 34) for x, y in deck], 5, "#7a5a3c")
    for x, y in deck[::4]:
        c.line([(x, y), (x, y - 34)], 4, "#7a5a3c")
    c.line(deck, 10, "#8f6b48")
    for x, colour in ((690, "#b5363c"), (738, "#22577a"), (862, "#2f7d4f"), (910, "#e08e2b")):
        person(c, x, 560 - 150 * math.sin(math.pi * (x - 120) / 1360), 74, colour)
    person(c, 776, 412, 78, "#27364b")
    person(c, 824, 412, 78, "#7b2d3b")
    c.line([(780, 366), (800, 374)], 9, "#27364b")
    c.line([(800, 374), (820, 366)], 9, "#7b2d3b")
    for x, y in ((520, 250), (580, 220), (1080, 250)):
        gull(c, x, y, 24, "#5d7f8c")
    return c


def nursery() -> Canvas:
    """Draw a tree nursery: rows of saplings, a greenhouse, hills."""
    c = Canvas(1600, 900, "#9ad7ee", "#dff3ea", "#fff7da")
    c.disc(240, 170, 70, "#fff0a8")
    cloud(c, 760, 150, 130)
    cloud(c, 1300, 220, 100)
    c.ground(430, "#a7cfa0", waves=(50, 28), shift=0.4)
    c.ground(490, "#85b97c", waves=(28, 24, 10), shift=2.0)
    for x in range(30, 1000, 66):
        tree(c, x, 540 + 8 * math.sin(x), 92 + 20 * math.sin(x * 1.7), "#4f8f57")
    c.ground(540, "#b98a5e")
    for row in range(-9, 10):
        near, far = 800 + row * 230, 800 + row * 92
        c.polygon([(far - 14, 542), (far + 14, 542), (near + 64, 900), (near - 64, 900)], "#9c7049")
    for step in range(9):  # far rows first
        depth = (step / 8) ** 1.6
        y, spread, size = 560 + 300 * depth, 92 + 118 * depth, 46 + 120 * depth
        for row in range(-9, 10):
            x = 800 + row * spread
            c.disc(x, y + 2, size * 0.24, "#6b4a2f66", squeeze=0.3)
            c.line([(x, y), (x, y - size * 0.7)], size * 0.05, "#6d4c3d")
            for side, lift in ((-1, 0.38), (1, 0.5), (-1, 0.66), (1, 0.78), (0, 0.9)):
                c.disc(x + side * size * 0.13, y - size * lift, size * 0.14, "#5fae5b", squeeze=0.62)
                c.disc(x + side * size * 0.1, y - size * (lift + 0.03), size * 0.07, "#8ccf78", squeeze=0.6)
    c.box(1060, 400, 440, 150, "#e9f6f3")
    c.polygon([(1040, 404), (1280, 312), (1520, 404)], "#d5ece8")
    for x in range(1060, 1501, 55):
        c.line([(x, 402), (x, 548)], 4, "#8fb7b3")
        c.line([(1280, 312), (x, 402)], 3, "#8fb7b3")
    c.line([(1060, 470), (1500, 470)], 4, "#8fb7b3")
    c.line([(1040, 404), (1280, 312), (1520, 404)], 6, "#7aa5a1")
    for x in range(1090, 1480, 44):
        c.disc(x, 536, 22, "#5fae5b")
    return c


def concert() -> Canvas:
    """Draw an open-air stage at night with a crowd before it."""
    c = Canvas(1600, 900, "#140f2e", "#2c1c57", "#5b2a74")
    rng = random.Random(12)  # noqa: S311 - a drawing, not a secret
    for _ in range(90):
        c.disc(rng.uniform(0, 1600), rng.uniform(0, 320), rng.uniform(0.8, 2.4), "#ffffffaa")
    c.disc(1390, 130, 50, "#fdf3cf")
    c.disc(1412, 118, 44, "#1d1540")
    c.polygon([(250, 650), (320, 170), (1280, 170), (1350, 650)], "#1c1238")
    c.glow(800, 470, 300, "#ff8f6b")
    for x, reach, colour in (
        (420, -190, "#ff5d8f55"),
        (600, 60, "#ffc14d4d"),
        (800, 0, "#7bdff255"),
        (1000, -60, "#ffc14d4d"),
        (1180, 190, "#ff5d8f55"),
    ):
        c.polygon([(x - 10, 196), (x + 10, 196), (x + reach + 150, 640), (x + reach - 150, 640)], colour)
    c.box(270, 150, 1060, 34, "#3d3260", radius=6)
    for x in range(280, 1320, 52):
        c.line([(x, 182), (x + 26, 152), (x + 52, 182)], 4, "#6a5c99")
    for x in (272, 1300):
        c.box(x, 160, 30, 500, "#3d3260")
        for y in range(180, 640, 40):
            c.line([(x, y), (x + 30, y + 40)], 4, "#6a5c99")
    for x in (420, 600, 800, 1000, 1180):
        c.box(x - 20, 182, 40, 26, "#0e0a22", radius=6)
        c.disc(x, 206, 14, "#fff4cf")
    c.box(230, 620, 1140, 90, "#2a1b4d")
    c.box(230, 612, 1140, 14, "#ffb26b")
    for x in (300, 1210):
        for y in (440, 530):
            c.box(x, y, 90, 84, "#0e0a22", radius=6)
            c.disc(x + 45, y + 42, 28, "#2c2452")
            c.disc(x + 45, y + 42, 12, "#0e0a22")
    figure = "#140c2b"
    for x, size in ((560, 170), (800, 190), (1040, 170)):
        person(c, x, 614, size, figure)
    c.line([(840, 614), (840, 474)], 4, figure)
    c.line([(826, 470), (848, 476)], 9, figure)
    c.line([(500, 560), (640, 500)], 10, figure)
    c.disc(540, 545, 32, figure, squeeze=0.75)
    c.box(990, 520, 120, 14, figure)
    c.line([(1000, 614), (1090, 530)], 5, figure)
    c.line([(1100, 614), (1010, 530)], 5, figure)
    for row, colour in ((0, "#25163f"), (1, "#1a0f30"), (2, "#0e081e")):
        y = 760 + row * 72
        for column in range(-1, 30 - row * 5):
            place = column * (58 + row * 14) + rng.uniform(-8, 8)
            person(c, place, y + 150, 170 + row * 26 + rng.uniform(-18, 14), colour, arms_up=rng.random() < 0.3)
    for _ in range(28):
        c.disc(rng.uniform(80, 1520), rng.uniform(700, 860), 4, "#ffe9a8")
    return c


def playground() -> Canvas:
    """Draw a playground with a slide, swings and trees."""
    c = Canvas(1600, 900, "#86d0f0", "#d2f0f2", "#f4f9e2")
    c.disc(1380, 150, 72, "#fff0a8")
    cloud(c, 260, 150, 120)
    cloud(c, 940, 120, 140)
    skyline(c, 520, "#cfdfe6", seed=33, tallest=180, windows="#ffffffaa")
    c.ground(500, "#8fca7c", waves=(18, 10), shift=1.2)
    for x, size, colour in (
        (90, 270, "#4c9a5b"),
        (300, 210, "#66b06a"),
        (1500, 290, "#43905a"),
        (1290, 200, "#66b06a"),
    ):
        tree(c, x, 590, size, colour)
    c.ground(600, "#7dbd6c", waves=(8,))
    c.polygon([(160, 760), (420, 660), (1240, 660), (1500, 760), (1320, 870), (300, 870)], "#f2d49b")
    c.polygon([(160, 760), (420, 660), (1240, 660), (1500, 760), (1240, 690), (420, 690)], "#e6c285")
    for x in (420, 540):  # the tower
        c.box(x, 410, 16, 380, "#d9483b")
    c.box(404, 560, 170, 18, "#b4362b")
    c.polygon([(392, 420), (488, 330), (586, 420)], "#f6b93b")
    for y in range(600, 780, 36):
        c.line([(428, y), (548, y)], 9, "#f6b93b")
    c.box(428, 500, 118, 12, "#f6b93b")
    slide = [(556.0, 566.0), (620.0, 590.0), (700.0, 680.0), (760.0, 760.0), (850.0, 790.0)]
    c.line(slide, 42, "#1f7fb8")
    c.line([(x, y - 8) for x, y in slide], 20, "#4fb0df")
    for x in (960, 1340):  # the swings
        c.line([(x, 430), (x - 60, 800)], 14, "#2f8f83")
        c.line([(x, 430), (x + 60, 800)], 14, "#2f8f83")
    c.line([(950, 430), (1350, 430)], 16, "#257268")
    for x, lean, colour in ((1070, 0, "#d9483b"), (1230, 70, "#f6b93b")):
        c.line([(x - 30, 436), (x - 30 + lean, 690)], 4, "#5b6670")
        c.line([(x + 30, 436), (x + 30 + lean, 690 - lean * 0.3)], 4, "#5b6670")
        c.line([(x - 40 + lean, 692), (x + 40 + lean, 692 - lean * 0.35)], 14, colour)
    person(c, 1300, 686, 100, "#7b4fa3")
    person(c, 480, 562, 96, "#27647b", arms_up=True)
    person(c, 700, 840, 106, "#e0663a", arms_up=True)
    person(c, 800, 850, 92, "#2f7d4f")
    c.disc(752, 842, 17, "#ffffff")
    c.disc(752, 842, 9, "#d9483b")
    for x in range(0, 1600, 24):
        c.polygon([(x, 900), (x + 10, 866 + 10 * math.sin(x)), (x + 22, 900)], "#5fa458")
    return c


def ferry() -> Canvas:
    """Draw a ferry on the gulf with gulls."""
    c = Canvas(1600, 900, "#5fb8e6", "#b4e1f2", "#eef7ee")
    c.disc(250, 160, 64, "#fff6c4")
    cloud(c, 620, 140, 130)
    cloud(c, 1260, 110, 110)
    c.ground(470, "#a3c6cf", waves=(40, 30, 8), shift=0.2)
    c.ground(500, "#87b3b5", waves=(24, 18, 9), shift=2.6)
    skyline(c, 532, "#e9dccb", seed=41, tallest=96, windows="#b8a89688")
    c.gradient(530, 900, "#5cb3cf", "#2a86b0", "#175a86")
    ripples(c, 540, 890, "#ffffff55", seed=8, count=260, around=800)
    c.polygon([(250, 600), (1390, 600), (1300, 730), (330, 730)], "#f7f9fa")
    c.polygon([(282, 660), (1350, 660), (1300, 730), (330, 730)], "#12548a")
    c.polygon([(276, 648), (1357, 648), (1350, 662), (282, 662)], "#e8a33d")
    c.box(340, 500, 900, 102, "#fbfcfc", radius=10)
    c.box(420, 410, 700, 92, "#f1f4f5", radius=10)
    c.box(330, 594, 980, 8, "#cfd8dc")
    c.box(410, 494, 730, 8, "#cfd8dc")
    c.polygon([(990, 412), (1010, 330), (1150, 330), (1180, 412)], "#fbfcfc")
    c.polygon([(1030, 348), (1148, 348), (1164, 392), (1022, 392)], "#24506b")
    for x in range(372, 1200, 62):
        c.box(x, 526, 44, 44, "#2c6486", radius=8)
    for x in range(450, 980, 62):
        c.box(x, 434, 44, 40, "#2c6486", radius=8)
    c.polygon([(640, 412), (660, 300), (760, 300), (770, 412)], "#12548a")
    c.polygon([(650, 350), (655, 322), (762, 322), (765, 350)], "#e8a33d")
    c.line([(1080, 330), (1080, 240)], 6, "#58666e")
    c.polygon([(1084, 244), (1150, 252), (1084, 288)], "#d92f3a")
    for x in range(430, 640, 34):
        person(c, x, 412, 52, ("#d9703b", "#35607a", "#6d4f8a", "#3f8a62")[x // 34 % 4])
    c.line([(424, 392), (640, 392)], 4, "#9fb0b8")
    for x in (480, 760, 1040):
        c.ring(x, 626, 16, 7, "#e2563b")
    for x, y, radius in (
        (330, 734, 60),
        (440, 742, 80),
        (640, 744, 90),
        (860, 746, 90),
        (1080, 742, 90),
        (1270, 736, 76),
    ):
        c.disc(x, y, radius, "#eaf7fbcc", squeeze=0.16)
    c.polygon([(300, 742), (0, 800), (0, 850), (560, 752)], "#ffffff40")
    for x, y, size in (
        (260, 330, 52),
        (360, 260, 36),
        (180, 430, 40),
        (1330, 300, 44),
        (1450, 380, 32),
        (1240, 220, 26),
    ):
        gull(c, x, y, size)
    return c


def cycle_path() -> Canvas:
    """Draw, upright, a bicycle on a path along the sea."""
    c = Canvas(1200, 1500, "#ffd9a0", "#ffc9b0", "#bfe3ec")
    c.glow(820, 520, 240, "#fff4cf")
    c.disc(820, 520, 100, "#fffbe6")
    cloud(c, 300, 260, 150, "#ffeeda")
    cloud(c, 900, 180, 110, "#ffe8cc")
    c.ground(640, "#8fb9c2", waves=(50, 34), shift=0.5)
    c.ground(680, "#76a5af", waves=(26, 20, 8), shift=2.2)
    c.gradient(700, 1100, "#8fd3dc", "#3d9ab8")
    ripples(c, 705, 1060, "#fffbe6aa", seed=5, count=170, around=820)
    c.polygon([(300, 846), (440, 846), (412, 880), (326, 880)], "#ffffff")
    c.polygon([(366, 700), (366, 838), (450, 838)], "#fff6e6")
    c.polygon([(358, 720), (358, 838), (290, 838)], "#ef7b5a")
    c.ground(1030, "#e9d7b5")
    c.box(0, 1018, 1200, 20, "#cdb78f")
    c.ground(1110, "#c65a46")
    c.box(0, 1104, 1200, 12, "#f4e9d2")
    c.ground(1376, "#7fb069")
    c.box(0, 1368, 1200, 14, "#f4e9d2")
    for x in range(30, 1200, 260):
        c.box(x, 1236, 140, 10, "#f4e9d2")
    palm(c, 130, 1104, 620, "#2f7f5c")
    palm(c, 1080, 1104, 520, "#3b8f66")
    c.disc(590, 1336, 330, "#00000026", squeeze=0.05)
    rear, front, pedal = (400.0, 1200.0), (790.0, 1200.0), (560.0, 1206.0)
    seat, head = (506.0, 1010.0), (726.0, 1000.0)
    for hub_x, hub_y in (rear, front):
        c.ring(hub_x, hub_y, 132, 13, "#26323b")
        for degrees in range(0, 180, 20):
            dx, dy = 124 * math.cos(math.radians(degrees)), 124 * math.sin(math.radians(degrees))
            c.line([(hub_x - dx, hub_y - dy), (hub_x + dx, hub_y + dy)], 2, "#5b6a75")
        c.disc(hub_x, hub_y, 13, "#26323b")
    for frame in ([rear, pedal, head], [rear, (512, 1040), (722, 1030)], [pedal, seat], [front, (716, 962)]):
        c.line(frame, 15, "#0f7bb5")
    c.line([(690, 948), (716, 950), (760, 930)], 12, "#26323b")
    c.box(446, 988, 120, 24, "#26323b", radius=12)
    c.disc(*pedal, 28, "#26323b")
    c.line([pedal, (596, 1262)], 9, "#26323b")
    c.box(570, 1258, 54, 12, "#26323b", radius=5)
    c.polygon([(740, 966), (860, 966), (842, 1058), (758, 1058)], "#d8a45c")
    for stem, colour in ((762, "#e2563b"), (792, "#f6c945"), (822, "#d94f7e"), (846, "#f6c945")):
        c.line([(stem, 968), (stem, 930)], 5, "#3f8f5f")
        c.disc(stem, 922, 20, colour)
        c.disc(stem, 922, 8, "#fff3c9")
    for x, y, size in ((420, 420, 44), (520, 480, 32), (600, 420, 28)):
        gull(c, x, y, size)
    return c


PICTURES: dict[str, Callable[[], Canvas]] = {
    "sunset-bay": sunset_bay,
    "tram": tram,
    "bridge": bridge,
    "nursery": nursery,
    "concert": concert,
    "playground": playground,
    "ferry": ferry,
    "cycle-path": cycle_path,
}


def main() -> None:
    """Draw every picture into the folder given."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in PICTURES.items():
        draw().save(folder / f"{name}.jpg")


if __name__ == "__main__":
    main()
