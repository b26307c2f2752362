"""Bytes of an article's page become its main text and its picture: decoded, told from a page that is none, cleaned.

Runs in the child (`child.py`), where time and memory have hard limits. The text needs the extra `article`.
"""

from __future__ import annotations

import re

from crossposter.core.cutting import shorten_to
from crossposter.core.text import clean, match_key
from crossposter.feeds.boilerplate import without_chrome
from crossposter.feeds.decoding import charset_of_page, decode, unpacked
from crossposter.feeds.document import Page, PageTask
from crossposter.feeds.html import lines_of
from crossposter.feeds.page_head import picture_of, title_of, told_by
from crossposter.feeds.page_labels import without_labels_around

#: Bytes, unpacked.
MAX_BYTES = 5 * 1024 * 1024
#: Characters that are kept: far more than any platform takes.
_MAX_TEXT = 100_000
#: A server that says "found" and shows that nothing was; in the page's title, at its beginning or end, or alone.
_NOT_FOUND = re.compile(
    r"\b(?:sayfa|içerik|haber|kayıt|page|content|file|document|article)\s+(?:could\s+not\s+be\s+|was\s+|is\s+)?"
    r"(?:bulunamadı|mevcut değil|yok|not found|gone|no longer available)\b|^\W*(?:hata\s+|error\s+|http\s+)?40[34]\b"
    r"|\bnot found\W*$|\b(?:bakım çalışması|under maintenance)\b",
    re.IGNORECASE,
)
#: How much longer than the page's own text the one for search engines must be, to be taken in its place.
_FULLER = 1.3
_CUT = re.compile(r"(?:\.\.\.|…|\[…\])\s*$")
_TEXTS = ("html", "xml", "text/plain")


def read_page(content: bytes, task: PageTask) -> Page:
    """Read a page; one that is too large, no HTML, or says that nothing was found, has no text and no picture."""
    content = unpacked(content, MAX_BYTES + 1)
    if len(content) > MAX_BYTES or (task.content_type and not any(kind in task.content_type for kind in _TEXTS)):
        return Page(text="", picture=None)
    html = decode(
        content,
        content_type=task.content_type,
        fallback=charset_of_page(content) or task.encoding_fallback,
        language=task.language,
    ).text
    title = title_of(html)
    if _NOT_FOUND.search(title) and not _NOT_FOUND.search(task.title):
        return Page(text="", picture=None)
    told = told_by(html, address=task.address)
    picture = picture_of(html, address=task.address) or (told.picture and (told.picture, None)) or None
    return Page(text=_text(html, told.text, title=task.title) if task.wants_text else "", picture=picture)


def _text(html: str, told: str, *, title: str) -> str:
    """Give the text that stands on the page; the one for search engines where scripts make the page."""
    from crossposter.feeds.extracting import main_lines  # loads trafilatura

    shown = _news(main_lines(html, title=title), title=title)
    other = _news(_told_lines(told), title=title)
    return other if len(other) > _FULLER * len(shown) and not _CUT.search(other) else shown


def _told_lines(text: str) -> list[str]:
    """Give the lines of a text that may be HTML, or plain with a line for each paragraph."""
    return lines_of(text.replace("\r\n", "\n").replace("\n", "<br><br>") if "</" not in text else text)


def _news(lines: list[str], *, title: str) -> str:
    """Give the lines that are news, an empty line between them."""
    paragraphs = [clean(line) for line in lines]
    kept = without_labels_around(without_chrome([line for line in paragraphs if line], title=title))
    if kept and match_key(kept[0].strip(" .:")) == match_key(title.strip(" .:")):
        kept = without_labels_around(kept[1:])
    return shorten_to("\n\n".join(kept), _MAX_TEXT) if kept else ""
