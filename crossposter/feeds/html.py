"""HTML of a feed's item becomes plain text with paragraphs, and gives its pictures.

Not with `html.parser`: it takes quadratic time for `<a <a <a`, and raises AssertionError for `<![x]]>`. Here every
pattern matches what it has looked at, so that nothing is looked at twice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape

from crossposter.core.text import clean

#: Elements that begin a line of their own.
BLOCKS = frozenset(
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
#: Their words must not run into those beside them.
_CELLS = frozenset({"td", "th", "img", "option", "button"})
_SILENT = frozenset(("script", "style", "noscript", "template", "iframe", "figcaption"))

#: Characters of one item's HTML that are read.
_MAX_HTML = 256 * 1024
#: A comment, a declaration, or a tag: (slash, name, its end). What is never closed reaches to the end, as in a browser;
#: a tag reaches to the next `<` and, without its `>`, is text.
_MARKUP = re.compile(
    r"""<!--.*?(?:-->|\Z)
      | <[!?][^>]*>?
      | <(?P<slash>/?)(?P<name>[a-z][^\s/<>]*)(?:[^<>=]+|=\s*(?:"[^"]*"|'[^']*')?)*(?P<end>>?)""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
#: Their content is no HTML: it ends at their end tag, whatever stands in it.
_RAW_END = {name: re.compile(rf"</{name}\b", re.IGNORECASE) for name in ("script", "style")}


#: An attribute of a tag; what is not quoted ends at white space.
_ATTRIBUTE = re.compile(
    r"""(?<![^\s"'/])([a-z][a-z0-9-]*+)\s*+=\s*+(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))""", re.IGNORECASE
)
#: Markup, or an entity, that was escaped once more than it should: text of it stands in the text.
_ESCAPED_TAG = re.compile(
    r"</?(?:p|br|div|span|b|strong|i|em|a|img|ul|ol|li|h[1-6]|table|tr|td|font)\b[^<>]*>", re.IGNORECASE
)
_ESCAPED_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8}[1-4]?);", re.IGNORECASE)
#: So often something may have been escaped.
_ROUNDS = 3


def plain_text(html: str) -> str:
    """Give the text, an empty line between paragraphs; entities resolved, scripts and styles dropped."""
    return clean("\n".join(lines_of(html)))


def plain_line(html: str) -> str:
    """Give the text of what has one line, like a title."""
    return " ".join(plain_text(html).split())


def lines_of(html: str) -> list[str]:
    """Give the text line by line, as a reader sees it, with empty lines between paragraphs; not yet cleaned."""
    text = html[:_MAX_HTML]
    for _ in range(_ROUNDS):
        if not _MARKUP.search(text):
            text = unescape(text)
            if not _ESCAPED_TAG.search(text) and not _ESCAPED_ENTITY.search(text):
                break
            continue
        text = "".join(_Reader(text).parts())
        if not _ESCAPED_TAG.search(text) and not _ESCAPED_ENTITY.search(text):
            break
    return text.split("\n")


def images_of(html: str) -> list[Mapping[str, str]]:
    """Give the attributes of each `<img>`, in order, with their names in lower case."""
    tags = (found[0] for found in _MARKUP.finditer(html[:_MAX_HTML]) if (found["name"] or "").lower() == "img")
    return [_attributes(tag) for tag in tags]


def _attributes(tag: str) -> dict[str, str]:
    return {name.lower(): unescape(double or single or bare) for name, double, single, bare in _ATTRIBUTE.findall(tag)}


class _Reader:
    def __init__(self, html: str) -> None:
        self._html = html
        self._parts: list[str] = []
        self._silenced = 0

    def parts(self) -> list[str]:
        place = 0
        while match := _MARKUP.search(self._html, place):
            self._text(self._html[place : match.start()])
            place = match.end()
            if match["name"] and not match["end"]:
                self._text(match[0])
            elif match["name"]:
                name, is_empty = match["name"].lower(), match[0].endswith("/>")
                self._tag(name, is_end=bool(match["slash"]), is_empty=is_empty)
                if name in _RAW_END and not match["slash"] and not is_empty:
                    end = _RAW_END[name].search(self._html, place)
                    place = end.start() if end else len(self._html)
        self._text(self._html[place:])
        return self._parts

    def _tag(self, name: str, *, is_end: bool, is_empty: bool) -> None:
        if name in _SILENT:
            if is_end:
                self._silenced = max(self._silenced - 1, 0)
            elif not is_empty:
                self._silenced += 1
        elif not self._silenced and name in BLOCKS:
            self._parts.append("\n\n")
        elif not self._silenced and name == "br":
            self._parts.append("\n")
        elif not self._silenced and name in _CELLS:
            self._parts.append(" ")

    def _text(self, text: str) -> None:
        if not self._silenced:
            # A line break inside a paragraph of HTML is a space.
            self._parts.append(unescape(text).replace("\n", " "))
