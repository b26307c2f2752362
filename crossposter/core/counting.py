"""What X counts and links in a post.

The rules are those of X's own library, twitter-text 3.1.0, configuration v3
(https://github.com/twitter/twitter-text, read 2026-11-25). How long a post may be is the X adapter's business.

All classes of characters are written out: `re.IGNORECASE` with `[a-z]` also matches "ı", "İ", "ſ" and "K", and
`"İ".lower()` is two characters long. Time grows with the length of the text, whatever the text is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from crossposter.core import _x_names
from crossposter.core.text import lower

#: X replaces every link by one of its own of this length (`transformedURLLength`).
LINK_WEIGHT = 23
EMOJI_WEIGHT = 2
#: Code points of weight 1, all others weigh 2 (config/v3.json, `ranges`).
_LIGHT = re.compile("[\u0000-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]")

_INVALID = "\ufffe\ufeff\uffff"
_DIRECTIONAL = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_SPACE = "\t-\r \x85\xa0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_ACCENTED = (
    "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268\u026f\u0272\u0289"
    "\u028b\u02bb\u0300-\u036f\u1e00-\u1eff"
)
_CYRILLIC = "\u0400-\u04ff"

_ALNUM = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#: No link starts right after one of these.
_NOT_BEFORE_LINK = frozenset(_ALNUM + "@＠$#＃" + _INVALID)
#: Nor, when it has no scheme, after these.
_NOT_BEFORE_BARE_LINK = frozenset("-_./")
_NOT_AFTER_TLD = frozenset(_ALNUM + "@+-")

_LABEL = re.compile(rf"[^!'#%&()*+,\\./:;<=>?@\[\]^{{|}}~${_SPACE}{_INVALID}{_DIRECTIONAL}]+")
_LATIN_LABELS = re.compile(rf"(?:[a-zA-Z0-9\-{_ACCENTED}]++\.)+")
_ENCODED_TLD = re.compile(r"xn--[0-9a-z\-]+")
_PORT = re.compile(r":[0-9]+")
_PATH_CHARACTER = rf"[a-zA-Z0-9!*';:=+,.$/%#\[\]\-–_~@|&{_CYRILLIC}{_ACCENTED}]"
_PATH_PART = re.compile(
    rf"{_PATH_CHARACTER}++|\((?!\)){_PATH_CHARACTER}*+(?:\({_PATH_CHARACTER}++\){_PATH_CHARACTER}*+)?\)"
)
#: Path characters that belong to the sentence when nothing of the path follows.
_NOT_PATH_END = "!*';:,.$%[]–~@|&"
_QUERY = re.compile(r"\?[a-zA-Z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*[a-zA-Z0-9\-_&=#/]")
_SHORT_LINK = re.compile(r"[hH][tT][tT][pP][sS]?://[tT]\.[cC][oO]/([a-zA-Z0-9]+)")

#: Limits of twitter-text: MAX_URL_LENGTH, MAX_TCO_SLUG_LENGTH, and of DNS.
_MAX_LINK = 4096
_MAX_SLUG = 40
_MAX_LABEL = 63
_ENCODED_PREFIX = "xn--"


class Link(NamedTuple):
    """A part of a post that X turns into a link; offsets in code points of the NFC-normalised text."""

    text: str
    start: int
    end: int


def weighted_length(text: str) -> int:
    """Give the length of a post as X counts it, after NFC; compare with the 280 of X, not with `len`."""
    text = unicodedata.normalize("NFC", text)
    weight = position = 0
    for link in find_links(text):
        weight += prefix_weights(text[position : link.start])[-1] + LINK_WEIGHT
        position = link.end
    return weight + prefix_weights(text[position:])[-1]


def prefix_weights(text: str) -> list[int]:
    """Give, for each offset, the weight of what stands before it in an NFC-normalised text without links.

    Within an emoji the offsets have the weight of the whole.
    """
    weights = [0]
    weight = 0
    first_characters = _emoji()[1]
    for position, character in enumerate(text):
        if len(weights) > position + 1:
            continue  # within an emoji
        if character in first_characters and (emoji_end := _emoji_end(text, position)):
            weight += EMOJI_WEIGHT
            weights += [weight] * (emoji_end - position)
        else:
            weight += 1 if _LIGHT.match(character) else 2
            weights.append(weight)
    return weights


def has_invalid_characters(text: str) -> bool:
    """Tell whether the text holds a character X refuses: U+FEFF (a byte order mark), U+FFFE or U+FFFF."""
    return any(character in text for character in _INVALID)


def find_links(text: str) -> list[Link]:
    """Find what X turns into links, in order, also without a scheme: "tamamlandı.Ve" is one."""
    text = unicodedata.normalize("NFC", text)
    links: list[Link] = []
    position = 0
    for label in _labels(text):
        candidate = _first_candidate(text, label, position)
        if candidate:
            position = _tail_end(text, candidate.host_end)
            links += _links_in(text, candidate, position)
    return links


class _Label(NamedTuple):
    """A run of characters that a host name may be made of, and what follows it."""

    start: int
    end: int
    #: Of its last "_", -1 for none: X takes no name with "_" right before a TLD.
    underscore: int
    #: Where the TLD at its start ends, -1 when there is none, or no dot before it.
    tld_end: int
    #: Where the longest host ends that goes on after this label, the label being whole; -1 when none does.
    host_end: int
    #: The label after its dot.
    following: _Label | None

    def host_end_from(self, text: str, start: int) -> int:
        """Give where the longest host ends that starts in this label, at `start`; -1 when none does."""
        if self.following is None or text[start] in "-_" or text[self.end - 1] in "-_":
            return -1
        if self.following.host_end > 0 or self.underscore >= start:
            return self.following.host_end
        return self.following.tld_end


def _labels(text: str) -> list[_Label]:
    """Split the text into labels, from the right, so that each knows the host it begins in one step."""
    labels: list[_Label] = []
    following: _Label | None = None
    for match in reversed(list(_LABEL.finditer(text)) if "." in text else []):
        start, end = match.span()
        if following and (following.start != end + 1 or text[end] != "."):
            following = None
        tld_end = _tld_end(text, start) if text[start - 1 : start] == "." else -1
        label = _Label(start, end, text.rfind("_", start, end), tld_end, -1, following)
        following = label._replace(host_end=label.host_end_from(text, start)) if following else label
        labels.append(following)
    return labels[::-1]


class _Candidate(NamedTuple):
    start: int
    host_start: int
    host_end: int

    @property
    def has_scheme(self) -> bool:
        return self.host_start > self.start


def _first_candidate(text: str, label: _Label, position: int) -> _Candidate | None:
    """Find the first link whose host starts in the label; the text before `position` has been used up."""
    if label.following is None or max(label.following.host_end, label.following.tld_end) < 0:
        return None
    for scheme in ("https://", "http://") if text[max(label.start - 2, 0) : label.start] == "//" else ():
        start = label.start - len(scheme)
        if start >= 0 and lower(text[start : label.start], "en") == scheme and _may_start(text, start, position):
            host_end = label.host_end_from(text, label.start)
            if host_end > 0:
                return _Candidate(start, label.start, host_end)
    starts = list(range(max(label.start, position), label.end))
    if label.start == 0:
        # X's pattern tries the very start of a text last: "İzmir.bel.tr" alone becomes İ and "zmir.bel.tr".
        starts[:2] = reversed(starts[:2])
    for start in starts:
        if _may_start(text, start, position):
            host_end = label.host_end_from(text, start)
            if host_end > 0:
                return _Candidate(start, start, host_end)
    return None


def _may_start(text: str, start: int, position: int) -> bool:
    return start == 0 or (start > position and text[start - 1] not in _NOT_BEFORE_LINK)


def _links_in(text: str, candidate: _Candidate, end: int) -> Iterator[Link]:
    """Give what X links of a candidate that reaches to `end`: nothing, the whole, or parts of it."""
    start, host_start, host_end = candidate
    host = text[host_start:host_end]
    if not _is_valid_host(host) or end - start > _MAX_LINK:
        return
    if candidate.has_scheme:
        if short := _SHORT_LINK.match(text, start):
            if len(short[1]) > _MAX_SLUG:
                return
            end = _end_of(_QUERY, text, short.end())
        yield Link(text[start:end], start, end)
    elif text[start - 1 : start] not in _NOT_BEFORE_BARE_LINK:
        # Without a scheme X takes only the parts in Latin letters; a path or query belongs to the last of them,
        # a query only behind a path.
        has_path = text.startswith("/", _end_of(_PORT, text, host_end))
        parts = list(_latin_hosts(host))
        for number, (part_start, part_end) in enumerate(parts, start=1):
            part_end = end if has_path and number == len(parts) else host_start + part_end
            yield Link(text[host_start + part_start : part_end], host_start + part_start, part_end)


def _tail_end(text: str, host_end: int) -> int:
    """Give where the port, path and query behind a host end."""
    end = _end_of(_PORT, text, host_end)
    if text.startswith("/", end):
        end = _path_end(text, end)
    return _end_of(_QUERY, text, end)


def _end_of(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position


def _path_end(text: str, slash: int) -> int:
    """Give where the path that begins with the slash ends: without the sentence's own punctuation."""
    position = end = slash + 1
    while part := _PATH_PART.match(text, position):
        position = part.end()
        if part[0].startswith("("):
            end = position if part.start() == end else end
        elif kept := part[0].rstrip(_NOT_PATH_END):
            end = part.start() + len(kept)
    return end


def _is_valid_host(host: str) -> bool:
    if host.startswith(_ENCODED_PREFIX) and not any(_latin_hosts(host)):
        return False
    return all(_fits_into_dns(label) for label in host.split("."))


def _fits_into_dns(label: str) -> bool:
    # Punycode is never shorter than the label, takes at most seven characters for each of its, and is slow.
    if label.isascii() or len(label) > _MAX_LABEL or len(label) <= _MAX_LABEL // 8:
        return len(label) <= _MAX_LABEL
    return len(_ENCODED_PREFIX) + len(label.encode("punycode")) <= _MAX_LABEL


def _latin_hosts(host: str) -> Iterator[tuple[int, int]]:
    """Give the spans of those parts of a host that are written in ASCII or accented Latin letters."""
    position = 0
    while labels := _LATIN_LABELS.search(host, position):
        dots = [index for index in range(*labels.span()) if host[index] == "."]
        end = max(_tld_end(host, dot + 1) for dot in dots)
        if end > 0:
            yield labels.start(), end
        position = end if end > 0 else labels.end()


def _tld_end(text: str, start: int) -> int:
    """Give where the TLD ends that starts here and is followed by what may follow one; -1 when there is none."""
    if encoded := _ENCODED_TLD.match(text, start):
        return encoded.end()
    names, longest = _tlds()
    head = text[start : start + longest + 1].translate(_ASCII_LOWER)
    for length in range(min(len(head), longest), 1, -1):
        if head[:length] in names and head[length : length + 1] not in _NOT_AFTER_TLD:
            return start + length
    return -1


_ASCII_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def _emoji_end(text: str, start: int) -> int:
    """Give where the longest emoji sequence that starts here ends, 0 when none does."""
    sequences, _, longest = _emoji()
    for length in range(longest, 0, -1):
        sequence = text[start : start + length]
        if sequence in sequences:
            end = start + len(sequence)
            # "Show it as a picture" is part of the emoji even where Unicode's list has the sequence without.
            return end + 1 if sequence[-1] != "\ufe0f" and text.startswith("\ufe0f", end) else end
    return 0


# Split when first used: importing this module must stay cheap for a command that counts nothing.


@cache
def _tlds() -> tuple[frozenset[str], int]:
    names = frozenset(_x_names.TLDS.split())
    return names, max(map(len, names))


@cache
def _emoji() -> tuple[frozenset[str], frozenset[str], int]:
    sequences = frozenset(_x_names.EMOJI.split())
    return sequences, frozenset(sequence[0] for sequence in sequences), max(map(len, sequences))
