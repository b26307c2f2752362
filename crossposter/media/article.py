"""The picture that an article's page names for previews (https://ogp.me): for news whose feed names none.

Not with `html.parser`: it takes quadratic time for `<a <a <a`, and raises AssertionError for `<![x]]>` (see
feeds/html.py). Only `<meta>` tags of the head are of interest; the patterns below look at each character once.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from crossposter.core.model import PictureRef
from crossposter.core.text import clean_line

#: Bytes of a page that are read at most: the head stands in front.
_MAX_HEAD = 256 * 1024
#: Characters of an address.
_MAX_ADDRESS = 2000
#: Comments, and elements whose content is no HTML; never closed, they reach to the end.
_SKIPPED = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style|noscript|title)\b.*?(?:</\1|\Z)", re.DOTALL | re.IGNORECASE)
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


def picture_of(page: bytes, *, address: str) -> PictureRef | None:
    """Find the picture of an article in its page; None where it names none, or only the site's furniture."""
    found: str | None = None
    alt: str | None = None
    for name, content in _metas(_head(page)):
        if found is None and name in _PICTURES:
            found = _usable(content, address)
        elif found is not None and name in _ALTS:
            alt = alt or clean_line(content) or None
    return None if found is None else PictureRef(url=found, alt=alt)


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


def _head(page: bytes) -> str:
    begin = page[:_MAX_HEAD]
    try:
        # Not the end of the page: a letter that is cut in two there is none.
        text = codecs.getincrementaldecoder("utf-8")().decode(begin)
    except UnicodeDecodeError:
        text = begin.decode("windows-1254", "replace")
    text = _SKIPPED.sub("", text)
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
