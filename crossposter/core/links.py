"""What a platform would link, mention or tag by itself in the words of the news is made harmless, unseen by a reader.

X makes links of `Sok.No:59` and `tamamlandı.Ve` (measured, twitter-text 3.1.0): dead ones, and each is billed. A
mention in a feed would speak to people in the city's name, and a broken-in site could write any.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from crossposter.core.counting import Link, find_links

#: WORD JOINER: invisible, breaks no line, and browsers drop it from an address that is copied (UTS 46, "ignored").
BREAK = "\u2060"

#: A full stop between words: the space behind it was forgotten.
_MISSING_SPACE = re.compile(r"(?<=[^\W\d_])\.(?=[A-ZÇĞİÖŞÜÂÎÛ])|(?<=\d)\.(?=[^\W\d_])")
#: What only an address has.
_ADDRESS = re.compile(r"/|^www\.", re.IGNORECASE)
#: Mentions, hashtags, cashtags. A name in front of the @ makes it an e-mail address.
_SIGNS = re.compile(r"(?<![A-Za-z0-9_.+-])[@＠](?=[A-Za-z0-9_])|[#＃](?=\w)|\$(?=[A-Za-z])|(?<=RT)@(?=[A-Za-z0-9_])")
#: Every finding can hide another one behind it; hostile texts must end all the same.
_MOST_ROUNDS = 4


def harmless(text: str, *, breaks_links: bool) -> str:
    """Break mentions, hashtags and cashtags, and put the spaces that were forgotten behind full stops.

    With `breaks_links` whatever X would still link is broken as well: an address that the news itself names stays
    readable, and is not billed.
    """
    text = _SIGNS.sub(lambda sign: sign[0] + BREAK, text)
    found = find_links(text)
    if not found:
        return text
    text = _replaced(text, found, lambda link: link if _ADDRESS.search(link) else _MISSING_SPACE.sub(". ", link))
    return _without_links(text) if breaks_links else text


def _without_links(text: str) -> str:
    for _ in range(_MOST_ROUNDS):
        found = find_links(text)
        if not found:
            return text
        text = _replaced(text, found, _broken)
    return text.replace(".", "." + BREAK)


def _broken(link: str) -> str:
    scheme, separator, rest = link.rpartition("://")
    return scheme + separator + rest.replace(".", "." + BREAK)


def _replaced(text: str, links: Sequence[Link], change: Callable[[str], str]) -> str:
    parts: list[str] = []
    end = 0
    for link in links:
        parts += (text[end : link.start], change(link.text))
        end = link.end
    return "".join((*parts, text[end:]))
