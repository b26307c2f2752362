"""What pictures cost: a photograph of 12 megapixels made ready for Instagram, and a drawn card.

The photograph's floor is a plain full decode with Pillow to the same size and quality. Each runs in a process of its
own, in turns; CPU and peak memory are those of the whole process, imports included. A card's floor is the encoding of
the same picture as JPEG.
"""

from __future__ import annotations

import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

RUNS = 9
CARDS = 20
#: 12 megapixels with the detail of a photograph; made elsewhere too, since a child's peak begins at its parent's.
PHOTOGRAPH = """
import sys
from PIL import Image
shapes = Image.effect_mandelbrot((4000, 3000), (-2, -1.5, 1, 1.5), 60)
channels = [Image.blend(shapes, Image.effect_noise((4000, 3000), spread), 0.25) for spread in (20, 40, 60)]
Image.merge("RGB", channels).save(sys.argv[1], quality=88)
"""
PLAIN = """
import sys
from PIL import Image
with Image.open(sys.argv[1]) as opened:
    image = opened.convert("RGB").resize((1080, 810), Image.Resampling.LANCZOS)
image.save(sys.argv[2], quality=90, optimize=True, subsampling="4:2:0")
"""
PREPARED = """
import sys
from pathlib import Path
from crossposter.core.model import PictureLimits
from crossposter.media.preparing import prepare
limits = PictureLimits(max_bytes=8_000_000, max_width=1080, min_width=320, ratio=(4 / 5, 1.91))
content, size = prepare(Path(sys.argv[1]).read_bytes(), limits, url=sys.argv[1])
assert size == (1080, 810)
Path(sys.argv[2]).write_bytes(content)
"""
PILLOW_ALONE = "from PIL import Image, JpegImagePlugin"
PREPARING_ALONE = "import crossposter.media.preparing; from PIL import JpegImagePlugin"
HEADLINE = "Karşıyaka'da çocuk festivali bu hafta sonu başlıyor"


def cost(code: str, *arguments: str) -> tuple[float, float]:
    """Give the CPU seconds and the peak memory in MiB of a process."""
    process = subprocess.Popen([sys.executable, "-c", code, *arguments])
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, code
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def photograph_costs() -> dict[str, dict[str, float]]:
    """Measure both ways, and what of it is loading the libraries."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = str(Path(folder, "photo.jpg")), str(Path(folder, "out.jpg"))
        cost(PHOTOGRAPH, source)
        ways = {
            "plain": PLAIN,
            "prepare": PREPARED,
            "plain, imports": PILLOW_ALONE,
            "prepare, imports": PREPARING_ALONE,
        }
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
        for _ in range(RUNS + 1):
            for name, code in ways.items():
                taken[name].append(cost(code, source, target))
    return {
        name: {
            "cpu_ms": statistics.median(cpu for cpu, _ in costs[1:]) * 1000,
            "peak_mib": statistics.median(peak for _, peak in costs[1:]),
        }
        for name, costs in taken.items()
    }


def worked(photo: dict[str, dict[str, float]], way: str) -> float:
    """Give the CPU milliseconds of a way without those of loading its libraries."""
    return photo[way]["cpu_ms"] - photo[f"{way}, imports"]["cpu_ms"]


def cpu_ms(work: Callable[[], object]) -> float:
    """Give the median CPU milliseconds of a piece of work, after the first time."""
    work()
    taken = []
    for _ in range(CARDS):
        start = time.process_time()
        work()
        taken.append((time.process_time() - start) * 1000)
    return statistics.median(taken)


def card_costs() -> dict[str, float]:
    """Measure drawing a card with a logo, and encoding the same picture."""
    from PIL import Image, ImageDraw

    from crossposter.core.model import Brand, PictureLimits
    from crossposter.media.card import draw_card
    from crossposter.media.preparing import encoded

    limits = PictureLimits(max_bytes=8_000_000, max_width=1080, min_width=320, ratio=(4 / 5, 1.91))
    with tempfile.TemporaryDirectory() as folder:
        logo = Image.new("RGBA", (1200, 400))
        ImageDraw.Draw(logo).ellipse((20, 20, 380, 380), "#c8102e")
        logo.save(Path(folder, "logo.png"))
        brand = Brand(name="İzmir Büyükşehir Belediyesi", colour="#0a5ea8", logo=str(Path(folder, "logo.png")))

        def draw() -> bytes:
            return draw_card(HEADLINE, date="24 Eylül 2026", brand=brand, limits=limits)[0]

        start = time.process_time()
        content = draw()
        first = (time.process_time() - start) * 1000
        image = Image.open(io.BytesIO(content))
        image.load()
        later = cpu_ms(draw)
    encoding = cpu_ms(lambda: encoded(image, limits, url="", subsampling="4:4:4"))
    return {"first_ms": first, "later_ms": later, "encoding_ms": encoding}


def main() -> None:
    """Print the figures as JSON."""
    photo, card = photograph_costs(), card_costs()
    found = {
        "photograph": photo,
        "card": card,
        "ratio": {
            "cpu": photo["prepare"]["cpu_ms"] / photo["plain"]["cpu_ms"],
            "cpu without imports": worked(photo, "prepare") / worked(photo, "plain"),
            "peak": photo["prepare"]["peak_mib"] / photo["plain"]["peak_mib"],
            "card": card["later_ms"] / card["encoding_ms"],
        },
    }
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
