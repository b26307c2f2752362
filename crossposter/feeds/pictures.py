"""Which pictures an item shows: of each way to name them the best, and only the first way that names any.

Two ways mostly name the same picture, in two sizes; both would stand side by side in one post.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit

from crossposter.feeds.addresses import web_address
from crossposter.feeds.html import images_of, plain_line
from crossposter.feeds.prepass import Facts, Medium

#: An address, and its description.
Found = tuple[str, str | None]

_EXTENSIONS = (".jpg", ".jpeg", ".png", ".webp", ".gif")
#: Pixels; what is smaller on both sides is an icon, on one side a line or a counter.
_ICON, _LINE = 32, 3
_COUNTER = re.compile(
    r"(?:^|[/.])(?:pixel|track(?:er|ing)?|beacon|counter|sayac|spacer|blank|transparent|1x1)(?:[/.]|$)"
    r"|/(?:smilies|emoji)/|^feeds\.feedburner\.com/~|^feeds\.wordpress\.com/|doubleclick\.net/|\.svg$",
    re.IGNORECASE,
)
#: How a size is written into an address: `haber-300x200.jpg`.
_SIZE = re.compile(r"[-_]?\d{2,4}x\d{2,4}")
_STYLED = re.compile(r"(width|height)\s*:\s*(\d+)\s*px")


def pictures_of(facts: Facts, html: Sequence[str], base: str) -> tuple[Found, ...]:
    """Give an item's pictures, each address once.

    Args:
        facts: What the item names.
        html: Its texts, where its first picture is looked for if it names none.
        base: Where relative addresses start.
    """
    alt = plain_line(facts.alt)
    for media in (facts.media, facts.enclosures):
        pictures = [(web_address(one.url, base), one) for one in media if _is_picture(one)]
        if found := _largest([(url, one) for url, one in pictures if url]):
            return tuple((url, plain_line(one.alt) or (alt if len(found) == 1 else None) or None) for url, one in found)
    for url in facts.images:
        if address := web_address(url, base):
            return ((address, alt or None),)
    if shown := _first_shown(html, base):
        return (shown,)
    thumbnails = _largest([(address, one) for one in facts.thumbnails if (address := web_address(one.url, base))])
    return tuple((url, alt or None) for url, _ in thumbnails[:1])


def origin_of(url: str, facts: Facts, base: str) -> str:
    """Say which way of naming pictures gave an address."""
    ways = (
        ("media:content", [one.url for one in facts.media]),
        ("enclosure", [one.url for one in facts.enclosures]),
        ("image", facts.images),
        ("media:thumbnail", [one.url for one in facts.thumbnails]),
    )
    return next((way for way, urls in ways if url in {web_address(one, base) for one in urls}), "img")


def _is_picture(medium: Medium) -> bool:
    kind = medium.kind.lower()
    if kind.startswith(("video", "audio")):
        return False
    return kind.startswith(("image", "jpg", "jpeg", "png")) or medium.url.lower().partition("?")[0].endswith(
        _EXTENSIONS
    )


def _largest(pictures: Sequence[tuple[str, Medium]]) -> list[tuple[str, Medium]]:
    """Give the largest of each picture that comes in several sizes, in the order in which they first appear."""
    best: dict[tuple[int, str], tuple[str, Medium]] = {}
    for url, medium in pictures:
        same = (medium.group, "" if medium.group else _without_size(url, medium))
        if same not in best or medium.width > best[same][1].width:
            best[same] = (url, medium)
    return list({url: (url, medium) for url, medium in best.values()}.values())


def _without_size(url: str, medium: Medium) -> str:
    """Give what the addresses of one picture in several sizes have in common."""
    if not medium.width:
        return url
    parts = urlsplit(url)
    path = _SIZE.sub("", parts.path)
    for number in filter(None, (medium.width, medium.height)):
        path = re.sub(rf"(?<!\d){number}(?!\d)", "", path)
    return parts.netloc + path


def _first_shown(texts: Iterable[str], base: str) -> Found | None:
    for html in texts:
        for image in images_of(html):
            sources = (image.get(name, "") for name in ("data-src", "data-lazy-src", "data-original", "src"))
            for source in sources:
                url = web_address(source, base)
                if url and not _is_counter(url, image):
                    return url, plain_line(image.get("alt", "")) or None
    return None


def _is_counter(url: str, image: Mapping[str, str]) -> bool:
    """Tell whether an image is there to count readers, to fill space, or to decorate."""
    parts = urlsplit(url)
    kind = image.get("class", "")
    if _COUNTER.search(f"{parts.netloc}{parts.path}") or "emoji" in kind or "smiley" in kind:
        return True
    sizes = {**dict(_STYLED.findall(image.get("style", ""))), **image}
    digits = [re.match(r"\s*(\d{1,5})", sizes.get(name, "")) for name in ("width", "height")]
    given = [int(one[1]) for one in digits if one]
    return any(size <= _LINE for size in given) or (len(given) == 2 and max(given) <= _ICON)
