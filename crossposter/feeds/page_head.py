"""What the head of an article's page says of it: its picture (https://ogp.me), its title, its text for search engines.

Not with `html.parser`: it takes quadratic time for `<a <a <a`, and raises AssertionError for `<![x]]>` (see
feeds/html.py). Only `<meta>` tags of the head are of interest; the patterns below look at each character once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from itertools import islice
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from crossposter.core.text import clean_line

#: Characters of a page that are read at most: the head stands in front.
_MAX_HEAD = 256 * 1024
#: Characters of an address.
_MAX_ADDRESS = 2000
#: Comments, and elements whose content is no HTML; never closed, they reach to the end.
_SKIPPED = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style|noscript|title)\b.*?(?:</\1|\Z)", re.DOTALL | re.IGNORECASE)
_TITLE = re.compile(r"<title\b[^<>]{0,300}>([^<]{1,1000})", re.IGNORECASE)
_JSON_LD = re.compile(
    r"""<script\b[^<>]{0,300}type\s*=\s*["']?application/ld\+json\b[^<>]{0,300}>([^<]*(?:<(?!/script)[^<]*)*+)""",
    re.IGNORECASE,
)
#: Scripts of a page, characters of one, and parts of a list in it that are looked at.
_MAX_SCRIPTS, _MAX_JSON, _MAX_NODES = 20, 300_000, 100
_HEAD_END = re.compile(r"</head\b|<body\b", re.IGNORECASE)
_META = re.compile(r"""<meta\b((?:[^<>"']+|"[^"]*"|'[^']*')*+)>""", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""(?<![\w:-])([a-z][\w:-]*+)\s*+=\s*+(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_PICTURES = ("og:image", "og:image:secure_url", "og:image:url", "twitter:image", "twitter:image:src")
_ALTS = ("og:image:alt", "twitter:image:alt")
#: Words of a file's or a folder's name that say: this is the site's furniture.
_FURNITURE = re.compile(
    r"""(?<![^\W\d_])
        (?: \w*logo(?:s|su|lar)? | (?:fav)?icons? | ikon(?:lar)? | avatars? | sprites?
          | defaults? | varsay[ıi]lan | place-?holders? | no-?image | blank | weather | shar(?:e|ing) )
        (?![^\W\d_])
      | hava-?durumu""",
    re.VERBOSE,
)
#: In a folder's name these say nothing (`/sites/default/files/` is where Drupal keeps everything).
_USUAL_FOLDERS = frozenset(("default", "share"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a page tells search engines of its article (schema.org, JSON-LD).

    Attributes:
        text: Plain, or HTML; empty where it tells none.
        picture: Its absolute address; None where there is none that can be used.
    """

    text: str
    picture: str | None


def picture_of(page: str, *, address: str) -> tuple[str, str | None] | None:
    """Find the picture of an article in its page, with its description; None for none, or the site's furniture only."""
    found: str | None = None
    alt: str | None = None
    for name, content in _metas(_head(page)):
        if found is None and name in _PICTURES:
            found = _usable(content, address)
        elif found is not None and name in _ALTS:
            alt = alt or clean_line(content) or None
    return None if found is None else (found, alt)


def title_of(page: str) -> str:
    """Give the page's title; empty where it has none."""
    found = _TITLE.search(page, 0, _MAX_HEAD)
    return clean_line(unescape(found[1])) if found else ""


def told_by(page: str, *, address: str) -> Told:
    """Give what the page tells search engines."""
    texts, pictures = [""], []
    for found in _articles(page):
        texts.append(found["articleBody"] if isinstance(found.get("articleBody"), str) else "")
        pictures += [url for written in _pictures_in(found.get("image")) if (url := _usable(written, address))]
    return Told(text=max(texts, key=len), picture=pictures[0] if pictures else None)


def _articles(page: str) -> Iterator[Mapping[str, Any]]:
    """Give the objects of the page's JSON-LD that have a headline or a text of an article."""
    for script in islice(_JSON_LD.finditer(page), _MAX_SCRIPTS):
        if len(script[1]) > _MAX_JSON:
            continue
        try:
            # Editors leave line breaks in strings, which JSON does not allow.
            waiting = [json.loads(script[1], strict=False)]
        except (ValueError, RecursionError):
            continue
        while waiting:
            value = waiting.pop(0)
            if isinstance(value, list):
                waiting += value[:_MAX_NODES]
            elif isinstance(value, dict):
                if "articleBody" in value or "headline" in value:
                    yield value
                waiting += [inner for name, inner in value.items() if name in ("@graph", "mainEntity")]


def _pictures_in(value: Any) -> list[str]:
    """Give the addresses in an `image`: a text, an object, or a list of either."""
    found = []
    for one in value[:_MAX_NODES] if isinstance(value, list) else [value]:
        written = one.get("url") if isinstance(one, dict) else one
        if isinstance(written, str):
            found.append(written)
    return found


def is_furniture(url: str) -> bool:
    """Tell whether an address looks like a logo, an icon, a stand-in: no picture of any news."""
    *folders, name = unquote(urlsplit(url).path).split("/")
    words = [_split(folder) for folder in folders]
    return name.lower().endswith(".svg") or any(
        _FURNITURE.search(part) for part in (_split(name), *(word for word in words if word not in _USUAL_FOLDERS))
    )


def _split(name: str) -> str:
    """Write `siteLogo_v2.png` as `site-logo-v2-png`."""
    return re.sub(r"[\W_]+", "-", re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name)).lower()


def _head(page: str) -> str:
    text = _SKIPPED.sub("", page[:_MAX_HEAD])
    end = _HEAD_END.search(text)
    return text[: end.start()] if end else text


def _metas(head: str) -> Iterator[tuple[str, str]]:
    for tag in _META.finditer(head):
        found = {
            match[1].lower(): unescape(match[2] or match[3] or match[4] or "") for match in _ATTRIBUTE.finditer(tag[1])
        }
        name = found.get("property") or found.get("name") or ""
        if "content" in found:
            yield name.strip().lower(), found["content"].strip()


def _usable(content: str, address: str) -> str | None:
    try:
        url = urljoin(address, content)
        parts = urlsplit(url)
        is_web = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        return None
    is_other = urldefrag(url)[0] != urldefrag(address)[0]  # "" and "https://" are the page itself
    return url if is_other and is_web and len(url) <= _MAX_ADDRESS and not is_furniture(url) else None
