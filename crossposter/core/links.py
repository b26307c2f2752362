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

_CAPITAL = "A-ZÇĞİÖŞÜÂÎÛ"
_SMALL = "a-zçğıöşüâîû"
#: Two sentences without the space between them, wherever they stand; not two parts of an address or of a name.
_GLUED = re.compile(rf"(?<![\w./@=&%#-])[^\W\d_]+[{_SMALL}][.!?](?=[{_CAPITAL}][{_SMALL}]+\b(?![.@]))")
#: In what X would link, also two words in capitals, and a number and a word ("3.km"). One letter is no word
#: ("T.C.Sağlık"), and digits behind a letter are a name's ("fuar2026.com").
_GLUED_IN_LINK = re.compile(rf"[^\W\d_]{{2}}\.(?=[{_CAPITAL}])|(?<![\w-])\d+\.(?=[^\W\d_])")
#: A host that was meant as one: with "www.", or more than one capital behind full stops ("ESHOT.GOV.TR").
_HOST = re.compile(rf"^[wW]{{3}}\.|^(?:[{_CAPITAL}][\w-]*\.){{2,}}[{_CAPITAL}]")
#: Mentions, hashtags, cashtags. A name in front of the @ makes it an e-mail address.
_SIGNS = re.compile(r"(?<![A-Za-z0-9_.+-])[@＠](?=[A-Za-z0-9_])|[#＃](?=\w)|\$(?=[A-Za-z])|(?<=RT)@(?=[A-Za-z0-9_])")
#: Every finding can hide another one behind it; hostile texts must end all the same.
_MOST_ROUNDS = 4


def harmless(text: str, *, breaks_links: bool) -> str:
    """Break mentions, hashtags and cashtags, and put the spaces that were forgotten behind full stops.

    With `breaks_links` whatever X would still link is broken as well: an address that the news itself names stays
    readable, and is not billed.
    """
    text = _GLUED.sub(_with_space, _SIGNS.sub(lambda sign: sign[0] + BREAK, text))
    found = find_links(text)
    if not found:
        return text
    text = _replaced(text, found, _spaced)
    return _without_links(text) if breaks_links else text


def _spaced(link: str) -> str:
    # Of "https://..." only the scheme stands before the slash.
    host, slash, path = link.partition("/")
    return link if _HOST.search(host) else _GLUED_IN_LINK.sub(_with_space, host) + slash + path


def _with_space(word: re.Match[str]) -> str:
    return word[0] + " "


def _without_links(text: str) -> str:
    rounds = 0
    while (found := find_links(text)) and rounds < _MOST_ROUNDS:
        text = _replaced(text, found, _broken)
        rounds += 1
    return _broken(text) if found else text


def _broken(link: str) -> str:
    return link.replace(".", "." + BREAK)


def _replaced(text: str, links: Sequence[Link], change: Callable[[str], str]) -> str:
    parts: list[str] = []
    end = 0
    for link in links:
        parts += (text[end : link.start], change(link.text))
        end = link.end
    return "".join((*parts, text[end:]))
