"""Pictures for one platform: fetched and prepared, or drawn."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from crossposter.core.cutting import shorten_to
from crossposter.core.model import Brand, Fit, Limits, Picture, PictureLimits, PictureRef
from crossposter.errors import PictureError
from crossposter.recent import Recent
from crossposter.web import WebClient, WebError
from crossposter.wording import say

MAX_BYTES = 20 * 1024 * 1024
#: Results that are kept a moment: the accounts of one news item want the same ones, at the same time.
_KEPT = 8
_KEPT_S = 60.0

Prepared = tuple[bytes, tuple[int, int]]


def recently_prepared() -> Recent[Prepared]:
    """Make the memory of what was just prepared."""
    return Recent(kept=_KEPT, seconds=_KEPT_S)


class WebPictureSource:
    """Reads pictures over http(s) and draws cards. Safe to use from several threads."""

    def __init__(self, web: WebClient, *, brand: Brand | None = None, prepared: Recent[Prepared] | None = None) -> None:
        """Take a city's way to the web and its brand; cities may share what was just prepared, and so its memory."""
        self._web = web
        self._brand = brand
        self._prepared = prepared or recently_prepared()

    def prepare(self, ref: PictureRef, *, limits: Limits, alt: str, fit: Fit = Fit.PAD) -> Picture:
        """Give the picture as the platform accepts it; padded with the brand's colour, where there is a brand.

        Raises:
            PictureError: It cannot be had, or is no picture.
        """
        ground = _ground(self._brand)

        def make() -> Prepared:
            # Loaded here: most rounds have no picture to prepare.
            from crossposter.media.preparing import prepare

            return prepare(self._fetched(ref.url), limits.picture, url=ref.url, fit=fit, ground=ground)

        # Of one way to the web: what is open to a city is not open to all of them.
        key = (self._web, ref.url, _shape(limits.picture), fit, ground)
        return _picture(self._prepared.give(key, make, lambda made, _: _fits(made, limits)), url=ref.url, alt=alt)

    def card(self, headline: str, *, date: str, limits: Limits) -> Picture:
        """Draw the picture of news that has none; its alt text is the headline, its address is empty.

        `date` is shown as it is; empty for none.

        Raises:
            PictureError: There is no brand to draw it in, or its logo cannot be read.
        """
        brand = self._brand
        if brand is None:
            sentence = say("a card cannot be drawn without `brand`: say there how the city looks")
            raise PictureError(sentence, is_permanent=True)

        def make() -> Prepared:
            from crossposter.media.card import draw_card

            return draw_card(headline, date=date, brand=brand, limits=limits.picture)

        key = (brand, headline, date, _shape(limits.picture))
        made = self._prepared.give(key, make, lambda made, _: _fits(made, limits))
        return _picture(made, url="", alt=shorten_to(headline, limits.max_alt_length))

    def _fetched(self, url: str) -> bytes:
        try:
            return self._web.get(url, max_bytes=MAX_BYTES).body
        except WebError as error:
            raise PictureError(error.message, is_permanent=error.is_permanent) from error


def _picture(prepared: Prepared, *, url: str, alt: str) -> Picture:
    content, (width, height) = prepared
    sha256 = hashlib.sha256(content).hexdigest()
    return Picture(url=url, content=content, sha256=sha256, width=width, height=height, alt=alt)


def _ground(brand: Brand | None) -> str | None:
    """Give the colour around padded pictures."""
    if brand is None:
        return None
    return "#000000" if brand.mourning else brand.colour


def _shape(limits: PictureLimits) -> PictureLimits:
    """Give the rules that shape a picture: platforms that differ in the size of the file alone share it."""
    return replace(limits, max_bytes=0)


def _fits(prepared: Prepared, limits: Limits) -> bool:
    return len(prepared[0]) <= limits.picture.max_bytes
