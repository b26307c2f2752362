"""A site's feeds: those that its page names, else those at the usual places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import urljoin, urlsplit

from crossposter.feeds.addresses import web_address

#: Where municipal sites have one, most often first (76 Turkish and 40 other sites, 2026-09).
USUAL_PATHS = (
    "/rss", "/feed/", "/rss.xml", "/feed", "/rss/", "/index.php/feed/", "/atom.xml", "/feed.xml", "/RSS", "/tr/rss",
    "/haberler/rss", "/rss/haberler", "/Rss.aspx", "/RSSFeed.aspx?ModID=1&CID=All-newsflash.xml",
)  # fmt: skip
_LINK = re.compile(r"<(?:link|a)\b[^<>]{0,1000}>", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"""\b(rel|type|href)\s*=\s*(?:"([^"]{0,600})"|'([^']{0,600})'|([^\s"'>]{1,600}))""", re.IGNORECASE
)
_POINTS_AT_FEED = re.compile(r"(?:^|[/.=?])(?:rss|feed|atom)\b", re.IGNORECASE)
_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml")
#: Characters of a page that are looked at.
_MAX_PAGE = 400_000


def named_feeds(page: str, base: str) -> list[str]:
    """Give the addresses of the feeds that a page names, in its order, each once."""
    return list(dict.fromkeys(_named(page[:_MAX_PAGE], base)))


def usual_feeds(address: str) -> list[str]:
    """Give the addresses where the site of a page may have a feed."""
    parts = urlsplit(address)
    return [urljoin(f"{parts.scheme}://{parts.netloc}", path) for path in USUAL_PATHS]


def _named(page: str, base: str) -> Iterator[str]:
    for tag in _LINK.finditer(page):
        found = {name.casefold(): unescape(a or b or c) for name, a, b, c in _ATTRIBUTE.findall(tag[0])}
        is_named = found.get("type", "").partition(";")[0].strip() in _TYPES and "alternate" in found.get("rel", "")
        is_pointed_at = tag[0][1:2] in "aA" and _POINTS_AT_FEED.search(found.get("href", ""))
        if (is_named or is_pointed_at) and (address := web_address(found.get("href", ""), base)):
            yield address
