"""Fetch a picture and prepare it for one platform."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from dataclasses import replace

from crossposter.core.model import Limits, Picture, PictureLimits, PictureRef
from crossposter.errors import PictureError
from crossposter.web import WebClient, WebError

MAX_BYTES = 20 * 1024 * 1024
#: Prepared pictures that are kept a moment: the accounts of one news item want the same ones, at the same time.
_KEPT = 8
_KEPT_S = 60.0

_Prepared = tuple[bytes, tuple[int, int]]


class WebPictureSource:
    """Reads pictures over http(s). Safe to use from several threads."""

    def __init__(self, web: WebClient) -> None:
        self._web = web
        self._kept: OrderedDict[tuple[str, PictureLimits], tuple[float, _Prepared]] = OrderedDict()
        self._lock = threading.Lock()

    def prepare(self, ref: PictureRef, *, limits: Limits, alt: str) -> Picture:
        """Give the picture as the platform accepts it.

        Raises:
            PictureError: It cannot be had, or is no picture.
        """
        prepared = self._recent(ref.url, limits.picture) or self._prepared(ref.url, limits.picture)
        content, (width, height) = prepared
        return Picture(
            url=ref.url,
            content=content,
            sha256=hashlib.sha256(content).hexdigest(),
            width=width,
            height=height,
            alt=alt,
        )

    def _prepared(self, url: str, limits: PictureLimits) -> _Prepared:
        # Loaded here: most rounds have no picture to prepare.
        from crossposter.media.preparing import prepare

        try:
            response = self._web.get(url, max_bytes=MAX_BYTES)
        except WebError as error:
            is_permanent = error.status is not None and 400 <= error.status < 500
            raise PictureError(error.message, is_permanent=is_permanent) from error
        prepared = prepare(response.body, limits, url=url)
        with self._lock:
            self._kept[_shared(url, limits)] = (time.monotonic(), prepared)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return prepared

    def _recent(self, url: str, limits: PictureLimits) -> _Prepared | None:
        """Give a picture that was prepared a moment ago by the same rules."""
        with self._lock:
            prepared_at, prepared = self._kept.get(_shared(url, limits), (0.0, None))
        is_recent = time.monotonic() - prepared_at < _KEPT_S
        return prepared if prepared and is_recent and len(prepared[0]) <= limits.max_bytes else None


def _shared(url: str, limits: PictureLimits) -> tuple[str, PictureLimits]:
    """Name a picture and the rules that shape it: platforms that differ in the size of the file alone share it."""
    return url, replace(limits, max_bytes=0)
