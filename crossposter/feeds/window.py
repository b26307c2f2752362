"""Which items of a document stood there just so at the last poll: they are cut out of it before it is read.

One light walk finds where each item begins and ends, and marks it by its bytes. Only plain documents are cut, in which
an item means the same whatever stands beside it: well-formed RSS 2.0, RSS 1.0 or Atom in its usual form. It happens in
the child like all the reading: a walk is quick, but the program itself parses nothing that others wrote.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from xml.parsers import expat

from crossposter.feeds.prepass import ITEMS, MAX_ELEMENTS, MAX_ITEMS

#: Between a namespace and a name, as expat puts them together.
_OF = " "
_ATOM = f"http://www.w3.org/2005/Atom{_OF}"
#: By the outermost element, what the items are called, and how deep they stand.
_KINDS = {
    "rss": ("item", 3),
    f"http://www.w3.org/1999/02/22-rdf-syntax-ns#{_OF}RDF": (f"http://purl.org/rss/1.0/{_OF}item", 2),
    f"{_ATOM}feed": (f"{_ATOM}entry", 2),
}
_XHTML = "http://www.w3.org/1999/xhtml"
#: How an item's own tag is written; under another prefix our walks do not agree what it is.
_BEGIN = re.compile(rb"<(?:(?:rss:)?item|(?:atom:)?entry)[\s>]")
#: Bytes of a mark.
_SIZE = 12


@dataclass(frozen=True, slots=True)
class Window:
    """The items of a document.

    Attributes:
        document: In UTF-8.
        spans: Where each item begins and ends.
        marks: Of each item.
    """

    document: bytes
    spans: Sequence[tuple[int, int]]
    marks: Sequence[str]

    def without(self, known: Collection[str]) -> tuple[str, list[str]]:
        """Give the document without the items of some marks, and the marks of the others."""
        parts, place, left = [], 0, []
        for (begin, end), mark in zip(self.spans, self.marks, strict=True):
            if mark in known:
                parts.append(self.document[place:begin])
                place = end
            else:
                left.append(mark)
        return b"".join([*parts, self.document[place:]]).decode("utf-8"), left


def window_of(text: str, *, reading: str) -> Window | None:
    """Find the items of a document; None where it is not plain.

    Args:
        text: As it was decoded; not tidied, since what there is to tidy changes what an item says.
        reading: How it is read; in another reading the same bytes have another mark.
    """
    document = text.lstrip().encode("utf-8", "surrogatepass")
    try:
        around, spans = _walked(document)
    except (expat.ExpatError, _NotPlainError):
        return None
    key = blake2b(repr((reading, around)).encode("utf-8", "surrogatepass"), digest_size=32).digest()
    marks = [blake2b(document[begin:end], digest_size=_SIZE, key=key).hexdigest() for begin, end in spans]
    return Window(document, spans, marks)


class _NotPlainError(Exception):
    pass


def _walked(document: bytes) -> tuple[list[object], list[tuple[int, int]]]:
    """Walk over a document; give the elements and namespaces that each item stands in, and where the items are.

    Raises:
        _NotPlainError: There is something unusual in it.
        xml.parsers.expat.ExpatError: It is not well-formed.
    """
    if document.count(b"<") > MAX_ELEMENTS:  # there are no more elements than that
        raise _NotPlainError
    # The declaration names the encoding that the document came in.
    parser = expat.ParserCreate("utf-8", _OF)
    parser.ordered_attributes = True
    around: list[object] = []
    spans: list[tuple[int, int]] = []
    depth = begin = 0
    item, item_depth = "", 1

    # Two pairs: most elements stand in items, and cost nothing there but to see that they are none.
    def start(name: str, attributes: list[str]) -> None:
        nonlocal depth, begin, item, item_depth
        depth += 1
        if depth == 1:
            if name not in _KINDS:
                raise _NotPlainError
            item, item_depth = _KINDS[name]
        if depth < item_depth:
            around.append((name, attributes))
        elif depth == item_depth and name == item:
            begin = parser.CurrentByteIndex
            parser.StartElementHandler, parser.EndElementHandler = start_inside, end_inside

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    def start_inside(name: str, _: list[str]) -> None:
        if name[-1] in "myMY" and name.rpartition(_OF)[2].lower() in ITEMS:
            raise _NotPlainError

    def end_inside(name: str) -> None:
        nonlocal depth
        if name == item:
            depth -= 1
            if not _BEGIN.match(document, begin):
                raise _NotPlainError
            spans.append((begin, document.find(b">", parser.CurrentByteIndex) + 1))
            parser.StartElementHandler, parser.EndElementHandler = start, end

    def declare(prefix: str | None, uri: str) -> None:
        """Take a namespace: where each item has its own, feedparser may take those of one for those of the next."""
        if depth == 0 or depth + 1 < item_depth:
            around.append((prefix, uri))
        elif prefix is not None or uri != _XHTML:
            raise _NotPlainError

    def refuse(*_: object) -> None:
        raise _NotPlainError

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartNamespaceDeclHandler = declare
    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(document, True)
    if len(spans) > MAX_ITEMS:
        raise _NotPlainError
    return around, spans
