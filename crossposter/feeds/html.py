"""HTML of a feed's item becomes plain text with paragraphs."""

from __future__ import annotations

from html.parser import HTMLParser

from crossposter.core.text import clean

_PARAGRAPHS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "dd",
        "div",
        "dl",
        "dt",
        "figure",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tr",
        "ul",
    ]
)
_SILENT = frozenset(("script", "style", "noscript", "template", "iframe", "figcaption"))


def plain_text(html: str) -> str:
    """Give the text, an empty line between paragraphs; entities resolved, scripts and styles dropped."""
    reader = _TextReader()
    reader.feed(html)
    reader.close()
    return clean("".join(reader.parts))


class _TextReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silenced = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silenced += 1
        elif tag in _PARAGRAPHS:
            self.parts.append("\n\n")
        elif tag == "br":
            self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silenced = max(self._silenced - 1, 0)
        elif tag in _PARAGRAPHS:
            self.parts.append("\n\n")

    def handle_data(self, data: str) -> None:
        if not self._silenced:
            # A line break inside a paragraph of HTML is a space.
            self.parts.append(" ".join(data.split("\n")))
