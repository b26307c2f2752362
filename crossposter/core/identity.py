"""Which entries are the same news item: several strong keys, seen if any of them was seen.

Dates are no keys, and words are a weak one that can only hold: an edited item is still the same item.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence, Set
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit, urlunsplit

from crossposter.core.model import Entry
from crossposter.core.text import match_key

#: How the key begins that is made of an entry's words; and all that say nothing about who an entry is.
WORDS = "words:"
MAKESHIFT = (WORDS, "conflict:")
#: Fewer letters than this say nothing about an item: "Su kesintisi" is news every week.
_FEW_LETTERS = 40
#: Parameters that say how a reader came, never what is read. All others stay: `?id=58041` is an article.
TRACKING = frozenset({"fbclid", "gclid", "igshid", "mc_cid", "mc_eid", "yclid"})
TRACKING_PREFIX = "utm_"


def keys_of(*, guid: str | None, link: str | None, id_pattern: str | None) -> tuple[str, ...]:
    """Give the strong keys of an entry, most telling first; empty when it has none."""
    keys = []
    if id_pattern and link and (match := re.search(id_pattern, link)):
        parts = [part or "" for part in match.groups()]
        # An empty place stays, so that ("12", None) and (None, "12") are two; all empty would be everybody's key.
        if any(parts):
            keys.append("id:" + "/".join(parts))
    if guid:
        keys.append(f"guid:{guid}")
    if link and (canonical := canonical_link(link)):
        keys.append(f"link:{canonical}")
    return tuple(keys)


def told_apart(entries: Sequence[Entry]) -> list[Entry]:
    """Take from the entries of one answer the guids that several different ones share: "N/A" is nobody's id.

    These lose their mark as well: what their bytes say depends on the others.
    """
    links: defaultdict[str, set[str]] = defaultdict(set)
    for entry in entries:
        for key in entry.keys:
            if key.startswith("guid:"):
                links[key].add(next((other for other in entry.keys if not other.startswith("guid:")), entry.title))
    shared = {guid for guid, named in links.items() if len(named) > 1}
    if not shared:
        return list(entries)
    return [entry if shared.isdisjoint(entry.keys) else _without(entry, shared) for entry in entries]


def _without(entry: Entry, keys: Set[str]) -> Entry:
    return replace(entry, keys=tuple(key for key in entry.keys if key not in keys), mark=None)


def words_key(entry: Entry) -> str | None:
    """Give the weak key: what the entry says, however it is spelt; None for too few words to say anything."""
    return _words_key(entry.title, entry.summary, entry.text)


@lru_cache(maxsize=128)  # a poll asks twice: to look it up, and to decide
def _words_key(title: str, summary: str, text: str) -> str | None:
    words = " ".join(match_key(f"{title} {summary} {text}").split())
    if len(words) < len(match_key(title)) + _FEW_LETTERS:
        return None
    return f"{WORDS}{_digest(words)}"


def conflict_key(keys: Sequence[str]) -> str:
    """Give the key of an entry whose own keys belong to others."""
    return f"conflict:{_digest(*sorted(keys))}"


def content_of(entry: Entry) -> str:
    """Give a short form of all that a reader sees of an entry: another one means that it was edited."""
    pictures = (picture.url.partition("?")[0] for picture in entry.pictures)
    return _digest(entry.title, entry.summary, entry.text, entry.link or "", *pictures)


def all_keys(entry: Entry) -> tuple[str, ...]:
    """Give every key under which the ledger may know an entry: its own, then those that say nothing about who it is."""
    words = words_key(entry)
    return (*entry.keys, conflict_key(entry.keys or (entry.title,)), *((words,) if words else ()))


def _digest(*parts: str) -> str:
    return sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def canonical_link(link: str) -> str | None:
    """Give one form for the spellings of one address: scheme, `www.`, fragment and tracking parameters dropped.

    None for what cannot be parsed: `https://x.tr:8o80/`.
    """
    try:
        return _canonical(urlsplit(link))
    except ValueError:
        return None


def _canonical(parts: SplitResult) -> str:
    host = (parts.hostname or "").removeprefix("www.")
    port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    query = urlencode(
        [
            (name, value)
            for name, value in parse_qsl(parts.query, keep_blank_values=True)
            if name not in TRACKING and not name.startswith(TRACKING_PREFIX)
        ]
    )
    return urlunsplit(("", host + port, parts.path.rstrip("/"), query, ""))
