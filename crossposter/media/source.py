"""Fetch a picture and prepare it for one platform."""

from __future__ import annotations

import hashlib

from crossposter.core.model import Limits, Picture, PictureRef
from crossposter.errors import PictureError
from crossposter.media.preparing import prepare
from crossposter.web import WebClient, WebError

MAX_BYTES = 20 * 1024 * 1024


class WebPictureSource:
    """Reads pictures over http(s)."""

    def __init__(self, web: WebClient) -> None:
        self._web = web

    def prepare(self, ref: PictureRef, *, limits: Limits, alt: str) -> Picture:
        """Give the picture as the platform accepts it.

        Raises:
            PictureError: It cannot be had, or is no picture.
        """
        try:
            response = self._web.get(ref.url, max_bytes=MAX_BYTES)
        except WebError as error:
            is_permanent = error.status is not None and 400 <= error.status < 500
            raise PictureError(error.message, is_permanent=is_permanent) from error
        content, (width, height) = prepare(response.body, limits.picture, url=ref.url)
        return Picture(
            url=ref.url,
            content=content,
            sha256=hashlib.sha256(content).hexdigest(),
            width=width,
            height=height,
            alt=alt,
        )
