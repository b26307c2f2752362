"""Feed mutated documents to everything that reads what others wrote (`make fuzz`), and fail on what it must not do.

Guided by coverage (atheris, libFuzzer). Only FeedError may come out, and no input may take longer than the child has.
The seeds are the pages and feeds of tests/feeds. FUZZ_SECONDS says for how long (600 by default).
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import atheris

with atheris.instrument_imports(include=["crossposter"]):
    from crossposter.core.chrome import Chrome, trace_of_chrome, without_chrome
    from crossposter.core.dates import read_date
    from crossposter.core.gate import examine
    from crossposter.core.links import harmless
    from crossposter.core.teaser import is_teaser, with_article
    from crossposter.core.text import clean, clean_line
    from crossposter.errors import FeedError
    from crossposter.feeds import boilerplate, html
    from crossposter.feeds.document import PageTask, Task
    from crossposter.feeds.page import read_page
    from crossposter.feeds.parsing import read_document
    from crossposter.feeds.prepass import walk
    from crossposter.testing import an_entry

ROOT = Path(__file__).parents[1]
#: Seconds of CPU for one input: what the child gives a document.
LIMIT_S = 4.0
#: Bytes of an input.
MAX_LENGTH = 20_000
_ADDRESS = "https://www.izmir.bel.tr/tr/Haberler/1/156"
_TASK = Task(name="fuzz", address=_ADDRESS, content_type="", language="tr", timezone="Europe/Istanbul")
_PAGE_TASK = PageTask(
    name="fuzz", address=_ADDRESS, content_type="", language="tr", title="Yeni gemi seferde", wants_text=True
)
_RULES = Chrome(strip=("Haber Merkezi",), start_after=("HABER METNİ:",), stop_before=("Etiketler:",))


def _feed(content: bytes, _text: str) -> None:
    read_document(content, _TASK)


def _walk(_content: bytes, text: str) -> None:
    walk(text.encode("utf-8", "replace"), text, url="fuzz")


def _page(content: bytes, _text: str) -> None:
    read_page(content, _PAGE_TASK)


def _html(_content: bytes, text: str) -> None:
    html.plain_text(text)
    html.images_of(text)


def _boilerplate(_content: bytes, text: str) -> None:
    boilerplate.without_chrome(html.lines_of(boilerplate.without_labels(text)), title=text[:40])


def _words(_content: bytes, text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned, "cleaning twice is not cleaning once"  # noqa: S101 - what it looks for
    news = without_chrome(cleaned, clean_line(text[:40]), _RULES)
    trace_of_chrome(news)
    harmless(cleaned, breaks_links=True)
    harmless(cleaned, breaks_links=False)
    entry = an_entry(title=clean_line(text[:60]) or "x", summary=cleaned[:200], text=news, link=text[:100])
    examine(entry, allowed_hosts=("izmir.bel.tr",))
    is_teaser(entry)
    with_article(replace(entry, text=""), cleaned, _RULES)


def _date(_content: bytes, text: str) -> None:
    read_date(text[:200], zone=ZoneInfo("Europe/Istanbul"))


#: The first byte of an input says which of them it is for.
TARGETS: tuple[Callable[[bytes, str], None], ...] = (_feed, _walk, _page, _html, _boilerplate, _words, _date)


def try_input(data: bytes) -> None:
    """Give one input to its target.

    Raises:
        TimeoutError: It takes too long.
    """
    if not data:
        return
    content = data[1:]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    with suppress(FeedError):
        TARGETS[data[0] % len(TARGETS)](content, content.decode("utf-8", "replace"))
    if resource.getrusage(resource.RUSAGE_SELF).ru_utime - before > LIMIT_S:
        raise TimeoutError(f"more than {LIMIT_S} s of CPU")


def seeds() -> Iterator[bytes]:
    """Give what the fuzzer begins with."""
    sys.path.insert(0, str(ROOT))
    from tests.feeds.test_hostile import HARMLESS, HOSTILE

    documents = [path.read_bytes() for path in sorted((ROOT / "tests" / "feeds" / "pages").glob("*.html"))]
    documents += [text[:4000].encode("utf-8", "replace") for text in (*HOSTILE.values(), *HARMLESS.values())]
    documents += [
        b"24 Eyl\xc3\xbcl 2026 Per\xc5\x9fembe 14:30",
        b"Thu, 24 Sep 2026 14:30:00 +0300",
        b"2026-09-24T14:30:00Z",
        b'{"version":"https://jsonfeed.org/version/1","items":[{"id":"1","title":"a","content_html":"<p>b</p>"}]}',
        b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id><title>a</title><content type="html">&lt;p&gt;b'
        b'&lt;/p&gt;</content><link href="/a"/><updated>2026-09-24T14:30:00Z</updated></entry></feed>',
    ]
    for document in documents:
        for target in range(len(TARGETS)):
            yield bytes([target]) + document[:MAX_LENGTH]


def main() -> None:
    """Fuzz; libFuzzer ends the process, with an exit code of its own where something was found."""
    seconds = os.environ.get("FUZZ_SECONDS", "600")
    with tempfile.TemporaryDirectory(prefix="crossposter-fuzz-") as folder:
        for number, seed in enumerate(seeds()):
            (Path(folder) / f"{number:04}").write_bytes(seed)
        options = [f"-max_total_time={seconds}", f"-max_len={MAX_LENGTH}", "-len_control=0", "-timeout=20"]
        options += ["-rss_limit_mb=1500", "-print_final_stats=1"]
        # A later option of the caller's holds: one finding is tried again by `scripts/fuzz.py FILE`.
        given = sys.argv[1:]
        where = [] if any(not option.startswith("-") for option in given) else [folder]
        atheris.Setup([sys.argv[0], *options, *given, *where], try_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
