"""What writing posts costs, in runs of X's counter over the same texts, measured in the same run.

Cutting a text to a platform's limit against counting it once; rendering 1,000 entries for three accounts against
counting their words once for each account. The news are the sandbox's own; the hostile texts are 100 kB of one pattern.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from typing import Any

from crossposter.adapters import PLATFORMS, adapter_class
from crossposter.core.counting import weighted_length
from crossposter.core.cutting import shorten
from crossposter.core.model import Entry, Limits, Picture, Post
from crossposter.core.rendering import render
from crossposter.sandbox import site

RUNS = 5
ENTRIES = 1_000
HOSTILE_LENGTH = 100_000
HOSTILE = ("a ", "a\n\n", "“a ", "Dr. ", "1.250 ", "ı.Ve ", "a.com ", "( a ", "👨\u200d👩\u200d👧 ")
PICTURE = Picture(url="https://www.izmir.bel.tr/a.jpg", content=b"", sha256="", width=1, height=1, alt="")


def news(count: int) -> list[Entry]:
    """Make entries of the sandbox's sample news, no two the same."""
    return [
        Entry(
            keys=(f"guid:{number}",),
            title=f"{item['title']} ({number})",
            link=f"https://www.izmir.bel.tr/tr/Haberler/{item['slug']}/{number}/156",
            summary=f"{item['summary']} {number}.",
            text="\n\n".join((*item["paragraphs"], f"{number}.")),
            language=language,
            published=None,
            categories=tuple(item["categories"]),
        )
        for number, (language, item) in enumerate(islice(cycle(sample()), count))
    ]


def sample() -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the sandbox's items with their languages."""
    found = json.loads(site.SAMPLE.joinpath("news.json").read_text("utf-8"))
    for language in ("tr", "en"):
        for item in found[language]["items"]:
            yield language, item


def taken_s(work: Callable[[], object]) -> float:
    """Give the processor seconds of one run."""
    start = time.process_time()
    work()
    return time.process_time() - start


def ratio(work: Callable[[], object], floor: Callable[[], object]) -> tuple[float, float, float]:
    """Give the medians of both, which take turns, and their ratio."""
    both = [(taken_s(work), taken_s(floor)) for _ in range(RUNS)]
    medians = [statistics.median(column) for column in zip(*both, strict=True)]
    return medians[0], medians[1], medians[0] / medians[1]


def cut(text: str, limits: Limits, times: int) -> tuple[float, float, float]:
    """Measure cutting a text to a platform's limit against counting it as X does."""
    return ratio(
        lambda: [shorten(text, limits.max_length, limits.weigh) for _ in range(times)],
        lambda: [weighted_length(text) for _ in range(times)],
    )


def main() -> None:
    """Print the figures as JSON."""
    accounts = [adapter_class(platform).limits for platform in PLATFORMS]
    entries = news(ENTRIES)

    def render_all() -> None:
        for entry in entries:
            for limits in accounts:
                assert isinstance(render(entry, limits, [PICTURE]), Post)

    def count_all() -> None:
        for entry in entries:
            for _ in accounts:
                weighted_length(entry.title + entry.summary + entry.text)

    article = "\n\n".join(entry.text for entry in entries[:4])
    cuts = [cut(article, limits, 200) for limits in accounts]
    hostile = [cut((part * HOSTILE_LENGTH)[:HOSTILE_LENGTH], limits, 1) for part in HOSTILE for limits in accounts]
    rendering_s, counting_s, rendering = ratio(render_all, count_all)
    found = {
        "cpu_s": {
            "rendering": rendering_s,
            "counting": counting_s,
            "cutting 100 kB": max(seconds for seconds, _, _ in hostile),
        },
        "ratio": {
            "rendering": rendering,
            "cutting": max(found for _, _, found in cuts),
            "cutting 100 kB": max(found for _, _, found in hostile),
        },
    }
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
