"""Pictures under a public address, for platforms that fetch them themselves (Instagram's official interface).

Either in a folder that the city's web server shows, under a name that nobody can guess, for as long as the post is
being made; or where the feed has it, if that needs no preparation.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import secrets
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from crossposter.core.model import Picture, PictureLimits
from crossposter.errors import AccountError, PictureError, RejectedError, TransientError
from crossposter.web import Response, WebClient, WebError, shown
from crossposter.wording import say

#: Far above any picture; what a web server answers in place of one may be anything.
_MAX_BYTES = 20 * 1024 * 1024
_NAME = re.compile(r"crossposter-[0-9a-f]{32}\.jpg")
#: A post is made within minutes; what is older was left behind by a stop or a lost answer.
_LEFT_BEHIND = timedelta(days=1)
#: What stands in an address as it is; letters of a language are written as UTF-8.
_AS_IT_IS = "%/:=&?~#+!$,;'@()*[]"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicFolder:
    """A folder and the address under which the city's web server shows it."""

    path: Path
    base_url: str


class WebPublicPictures:
    """Writes, looks with its own eyes, and removes. Safe to use from several threads and processes."""

    def __init__(self, web: WebClient, *, folder: PublicFolder | None, now: Callable[[], datetime]) -> None:
        self._web = web
        self._folder = folder
        self._now = now

    def offer(self, picture: Picture) -> str:
        """Write a picture into the folder, and give the address under which it was seen; each time another one.

        Raises:
            AccountError: There is no folder, it cannot be written, or the address shows something else.
            TransientError: It cannot be looked at at the moment.
        """
        if self._folder is None:
            raise AccountError(say("pictures need a public folder: set media.public_dir and media.public_base_url"))
        return self._in_folder(picture, self._folder)

    def of_feed(self, picture: Picture, *, limits: PictureLimits) -> str:
        """Give the feed's own address, if the platform takes what stands there, and it looks like the prepared one.

        Raises:
            RejectedError: It is not, or the picture is drawn.
            TransientError: It cannot be looked at at the moment.
        """
        if picture.is_card:
            raise RejectedError(_NO_ADDRESS)
        try:
            answer = self._web.get(picture.url, max_bytes=_MAX_BYTES)
        except WebError as error:
            if error.is_permanent:
                raise RejectedError(_NO_ADDRESS) from error
            raise TransientError(error.message) from error
        if not _is_jpeg(answer, picture.url) or not _is_ready(answer.body, limits, picture):
            raise RejectedError(_NO_ADDRESS)
        return quote(picture.url, safe=_AS_IT_IS)

    def withdraw(self, url: str) -> None:
        """Remove the file behind an address; nothing happens where it is not one of ours."""
        name = url.rpartition("/")[2]
        if self._folder and _NAME.fullmatch(name):
            # One that cannot be removed now is old tomorrow.
            with suppress(OSError):
                (self._folder.path / name).unlink(missing_ok=True)

    def probe(self) -> None:
        """Offer a grey pixel, look at it as Instagram will, and withdraw it.

        Raises:
            AccountError: There is no folder, it cannot be written, or the address shows something else.
            TransientError: It cannot be looked at at the moment.
        """
        # Loaded here: a daemon that has no news does without it.
        from PIL import Image

        pixel = io.BytesIO()
        Image.new("L", (1, 1), 128).save(pixel, "JPEG")
        content = pixel.getvalue()
        digest = hashlib.sha256(content).hexdigest()
        self.withdraw(self.offer(Picture(url="", content=content, sha256=digest, width=1, height=1, alt="")))

    def sweep(self) -> None:
        """Remove what was left behind more than a day ago."""
        if self._folder is None:
            return
        with suppress(OSError):  # it may not be there yet; `offer` says so when it matters
            for path in list(self._folder.path.iterdir()):
                if _NAME.fullmatch(path.name) and self._is_old(path):
                    path.unlink(missing_ok=True)

    def _is_old(self, path: Path) -> bool:
        return datetime.fromtimestamp(path.lstat().st_mtime, UTC) < self._now() - _LEFT_BEHIND

    def _in_folder(self, picture: Picture, folder: PublicFolder) -> str:
        self.sweep()
        name = f"crossposter-{secrets.token_hex(16)}.jpg"
        try:
            _write(folder.path / name, picture.content)
        except OSError as error:
            raise AccountError(
                say(
                    "media.public_dir {path!r} cannot be written ({cause}): the program's user needs the right to",
                    path=str(folder.path),
                    cause=error.strerror or type(error).__name__,
                )
            ) from error
        url = f"{folder.base_url.rstrip('/')}/{name}"
        try:
            self._look(url, picture)
        except (AccountError, TransientError):
            self.withdraw(url)
            raise
        return url

    def _look(self, url: str, picture: Picture) -> None:
        """Fetch what was just written, as Instagram will."""
        try:
            answer = self._web.get(url, max_bytes=_MAX_BYTES)
        except WebError as error:
            if not error.is_permanent:
                raise TransientError(error.message) from error
            raise AccountError(
                say(
                    "media.public_base_url does not show what is written into media.public_dir: {cause}",
                    cause=error.message,
                )
            ) from error
        if not _is_jpeg(answer, url) or answer.body != picture.content:
            raise AccountError(
                say(
                    "{url!r} does not show the picture that was written there: it must come unchanged, as image/jpeg "
                    "and without a redirect",
                    url=shown(url),
                )
            )


_NO_ADDRESS = say(
    "Instagram fetches pictures itself, and where this one comes from it is none that Instagram takes as it is: "
    "only picture_by: folder serves for all"
)


def _is_ready(content: bytes, limits: PictureLimits, picture: Picture) -> bool:
    # Loaded here: most rounds have no picture.
    from crossposter.media.preparing import is_ready

    try:
        return is_ready(content, limits, shape=(picture.width, picture.height))
    except PictureError:
        return False


def _is_jpeg(answer: Response, url: str) -> bool:
    """Tell whether it came from there, without a redirect, and says that it is a JPEG."""
    media_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    return answer.url == url and media_type == "image/jpeg"


def _write(path: Path, content: bytes) -> None:
    """Write beside the place and move there, so that a reader finds the whole or nothing."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".crossposter-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(name).chmod(0o644)  # the web server is another user
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)
