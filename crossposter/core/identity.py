"""Which entries are the same news item: several strong keys, seen if any of them was seen.

Dates and texts are no keys: an edited item is still the same item.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit, urlunsplit

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
