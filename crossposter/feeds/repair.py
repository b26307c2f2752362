"""What is merely untidy about XML is tidied before it is read; what nobody may do is refused.

Untidy: something before the declaration, a DOCTYPE that only names one, HTML's entities, a bare `&`, characters that
XML does not have. Refused: entities of the document's own, which are how XML is made to explode.
"""

from __future__ import annotations

import re
from html.entities import html5

from crossposter.errors import FeedError
from crossposter.wording import say

#: How far before the declaration something else may stand: a warning of the site's PHP.
_PROLOGUE = 4096
_START = re.compile(r"<\?xml\s|<!DOCTYPE\s|<(?:rss|rdf:RDF|feed)\b", re.IGNORECASE)
_DECLARATION = re.compile(r"<\?xml\s[^>]*>")
_BETWEEN = re.compile(r"\s+|<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)", re.DOTALL)
_DOCTYPE = re.compile(r"""<!DOCTYPE\b(?:[^\[<>"']|"[^"]*"|'[^']*')*>""", re.IGNORECASE)
#: What XML 1.0 does not have.
_IMPOSSIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
#: Sections whose text is no markup, and every `&` outside of them but XML's own five.
_REFERENCE = re.compile(
    r"<!\[CDATA\[[^\]]*+(?:\](?!\]>)[^\]]*+)*+(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)"
    r"|&(?!(?:amp|lt|gt|quot|apos);)(?:\#(?P<decimal>[0-9]{1,12});|\#[xX](?P<hex>[0-9a-fA-F]{1,12});"
    r"|(?P<name>[A-Za-z][A-Za-z0-9]{1,31});)?",
    re.DOTALL,
)
#: An entity that means one of these must stay one.
_MARKUP = re.compile("[<>&\"']")
#: Takes the place of what cannot be: a space of a text, and the end of an address.
_UNSEEN = "\x7f"
_LOST = "\ufffd"


def tidied(text: str, *, url: str) -> str:
    """Give the document as XML that can be read, in UTF-8 when it is encoded.

    Raises:
        FeedError: It declares entities.
    """
    begin = _START.search(text, 0, _PROLOGUE)
    if begin and "<!ENTITY" in text[: begin.start()]:
        raise _declares(url)
    text = text[begin.start() :] if begin else text.lstrip()
    declaration = _DECLARATION.match(text)
    rest = _without_doctype(text[declaration.end() :] if declaration else text, url)
    rest = _REFERENCE.sub(_resolved, _IMPOSSIBLE.sub(_UNSEEN, rest))
    return f'<?xml version="1.0" encoding="utf-8"?>\n{rest}'


def _without_doctype(text: str, url: str) -> str:
    """Drop the DOCTYPE and all else before the root."""
    place = 0
    while True:
        while between := _BETWEEN.match(text, place):
            place = between.end()
        if doctype := _DOCTYPE.match(text, place):
            place = doctype.end()
        elif text.startswith("<!", place):
            raise _declares(url)
        else:
            return text[place:]


def _declares(url: str) -> FeedError:
    return FeedError(say("{url!r} declares XML entities: a feed needs none, and they are not resolved", url=url))


def _resolved(found: re.Match[str]) -> str:
    if found[0][0] == "<":
        return found[0]
    if found["name"]:
        meant = html5.get(f"{found['name']};")
        return _MARKUP.sub(_escaped, meant) if meant else f"&amp;{found['name']};"
    digits, base = (found["decimal"], 10) if found["decimal"] else (found["hex"], 16)
    return _character(int(digits, base)) if digits else "&amp;"


def _escaped(sign: re.Match[str]) -> str:
    return f"&#{ord(sign[0])};"


def _character(number: int) -> str:
    """Give what a number stands for; one that is no character is a letter lost, not the end of the document."""
    if 0x80 <= number <= 0x9F:  # windows-1252, as browsers read it
        return bytes([number]).decode("cp1252", "ignore")
    if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:
        return _LOST
    character = chr(number)
    return _UNSEEN if _IMPOSSIBLE.match(character) else _escaped_if_needed(character)


def _escaped_if_needed(character: str) -> str:
    return f"&#{ord(character)};" if _MARKUP.match(character) or character in "\t\n\r" else character
