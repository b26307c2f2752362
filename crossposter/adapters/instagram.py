"""Instagram: one picture with a caption, by a saved session of instagrapi."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator

from crossposter.adapters.options import Connection, Credentials
from crossposter.adapters.options import Options as BaseOptions
from crossposter.core.model import Body, Identity, Limits, LinkPlace, PictureLimits, Post, Receipt
from crossposter.errors import AccountError, UncertainError
from crossposter.ports import Staged
from crossposter.references import FileRef, mistake
from crossposter.wording import say

if TYPE_CHECKING:
    from crossposter.adapters._instagrapi import InstagramClient

#: How many of the newest posts `find` reads.
_RECENT = 10


def _accepted(value: bool) -> bool:
    if not value:
        raise mistake(
            say("instagrapi imitates the Instagram app, and Instagram may lock the account: say true to accept that")
        )
    return value


class InstagramCredentials(Credentials):
    """The session that logging in left behind."""

    #: Holds cookies and keys; rewritten with mode 0600 whenever Instagram renews something in it.
    session_file: FileRef


class InstagramOptions(BaseOptions):
    """What Instagram adds to an account."""

    credentials: InstagramCredentials
    backend: Literal["instagrapi"]
    i_accept_account_risk: Annotated[bool, AfterValidator(_accepted)]


class InstagramAdapter:
    """One account on Instagram."""

    Options: ClassVar[type[BaseOptions]] = InstagramOptions

    limits: ClassVar[Limits] = Limits(
        # Characters of a caption (Instagram content publishing, 2026-06).
        max_length=2200,
        measure=len,
        link=LinkPlace.NONE,
        body=Body.TEXT,
        max_pictures=1,
        needs_picture=True,
        # Since 2025-03-24 (Instagram content publishing, changelog).
        max_alt_length=1000,
        # JPEG, 8 MB, 4:5 to 1.91:1, 320 to 1080 pixels wide (Instagram content publishing, 2026-06).
        picture=PictureLimits(max_bytes=8_000_000, max_width=1080, min_width=320, ratio=(4 / 5, 1.91)),
    )

    def __init__(self, connection: Connection, options: InstagramOptions) -> None:
        self._connection = connection
        self._session_file = options.credentials.session_file

    @cached_property
    def _client(self) -> InstagramClient:
        from crossposter.adapters._instagrapi import InstagramClient

        return InstagramClient(self._connection, _read_session(self._session_file))

    def verify(self) -> Identity:
        """Ask whose session this is."""
        with self._session_kept():
            user = self._client.private_request("accounts/current_user/?edit=true").get("user") or {}
        return Identity(id=str(user.get("pk", "")), handle=str(user.get("username", "")))

    def stage(self, post: Post) -> Staged:
        """Upload the picture; only `publish` makes it public."""
        with self._session_kept():
            return Staged(
                post=post, media_ids=tuple(self._client.upload_jpeg(picture.content) for picture in post.pictures)
            )

    def publish(self, staged: Staged) -> Receipt:
        """Make the post: one request."""
        picture = staged.post.pictures[0]
        with self._session_kept():
            answer = self._client.photo_configure(
                staged.media_ids[0],
                picture.width,
                picture.height,
                staged.post.text,
                extra_data={"custom_accessibility_caption": picture.alt} if picture.alt else {},
            )
        media = answer.get("media") or {}
        if not media.get("pk"):
            # Measured: the post may stand behind an empty success.
            raise UncertainError(say("Instagram gave no usable answer"))
        return _receipt(media)

    def find(self, post: Post, *, since: datetime) -> Receipt | None:
        """Look among the account's newest posts: one request."""
        with self._session_kept():
            answer = self._client.private_request(
                f"feed/user/{self._connection.remote_id}/", params={"count": str(_RECENT)}
            )
        for media in answer.get("items") or []:
            caption = (media.get("caption") or {}).get("text", "")
            if caption == post.text and datetime.fromtimestamp(media["taken_at"], UTC) >= since:
                return _receipt(media)
        return None

    def retract(self, remote_id: str) -> None:
        """Delete a post: one request."""
        media_id = f"{remote_id}_{self._connection.remote_id}"  # the bare number would cost a look-up
        with self._session_kept():
            self._client.private_request(
                f"media/{media_id}/delete/", self._client.with_default_data({"media_id": media_id})
            )

    @contextmanager
    def _session_kept(self) -> Iterator[None]:
        """Write the session back when Instagram renewed something in it, also when the request failed."""
        before = self._client.get_settings()
        try:
            yield
        finally:
            after = self._client.get_settings()
            if after != before:
                from crossposter.adapters._instagrapi import save_settings

                save_settings(self._session_file, after)


def _read_session(path: Path) -> dict[str, Any]:
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise AccountError(
            say("the session file {path!r} cannot be read: {cause}", path=str(path), cause=error)
        ) from error
    if not isinstance(settings, dict) or not settings.get("authorization_data"):
        raise AccountError(say("the session file {path!r} holds no login", path=str(path)))
    return settings


def _receipt(media: dict[str, Any]) -> Receipt:
    return Receipt(remote_id=str(media["pk"]), url=f"https://www.instagram.com/p/{media.get('code', '')}/")
