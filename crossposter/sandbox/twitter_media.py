"""X's media: upload, alternative text, owner and expiry."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from crossposter.sandbox.exchange import Request
from crossposter.sandbox.twitter_errors import invalid
from crossposter.sandbox.world import Picture, SandboxAccount, World

_MAX_PICTURE_BYTES = 5 * 1024 * 1024
_MAX_ALT_TEXT = 1000
_MAX_PICTURES = 4
_LIFETIME_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """An uploaded picture."""

    id: str
    owner: SandboxAccount
    picture: Picture
    #: Seconds since the epoch.
    expires_at: float
    alt: str | None = None

    @property
    def key(self) -> str:
        """Give the media key; 3 is X's number for photos."""
        return f"3_{self.id}"

    def as_json(self) -> dict[str, Any]:
        """Give the answer to an upload."""
        picture = self.picture
        return {
            "id": self.id,
            "media_key": self.key,
            "size": len(picture.content),
            "expires_after_secs": _LIFETIME_S,
            "image": {"image_type": picture.media_type, "w": picture.width, "h": picture.height},
        }


class MediaShelf:
    """Keeps uploaded pictures until they expire."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._media: dict[str, Media] = {}

    def clear(self) -> None:
        """Forget all of them."""
        self._media.clear()

    def add(self, request: Request, *, owner: SandboxAccount, media_id: str) -> Media:
        """Take an upload.

        Raises:
            XError: no category, too large, or no picture.
        """
        if not request.form.get("media_category"):
            raise invalid("media_category", "", "$.media_category: is missing but it is required")
        content = request.files.get("media", b"")
        if len(content) > _MAX_PICTURE_BYTES:
            raise invalid("media", str(len(content)), f"File size exceeds {_MAX_PICTURE_BYTES} bytes.")
        picture = self._world.keep_picture(content)
        if picture is None:
            raise invalid("media", "", "The type of the file is not supported.")
        expires_at = self._world.clock() + _LIFETIME_S
        media = Media(id=media_id, owner=owner, picture=picture, expires_at=expires_at)
        self._media[media_id] = media
        return media

    def check_alt_text(self, text: object) -> str:
        """Give the text back if X would take it.

        Raises:
            XError: it is empty, too long, or no text.
        """
        if not isinstance(text, str) or not 0 < len(text) <= _MAX_ALT_TEXT:
            raise invalid("metadata.alt_text.text", str(text)[:20], f"must be 1 to {_MAX_ALT_TEXT} characters long")
        return text

    def describe(self, media: Media, alt: str) -> None:
        """Set the alternative text."""
        self._media[media.id] = replace(media, alt=alt)

    def owned(self, media_id: str, owner: SandboxAccount, *, parameter: str) -> Media:
        """Look up media that this account may use.

        Raises:
            XError: unknown, of somebody else, or expired.
        """
        media = self._media.get(media_id)
        if media is None or media.owner != owner or media.expires_at < self._world.clock():
            raise invalid(parameter, media_id, "Your media IDs are invalid.")
        return media

    def attached(self, media_ids: list[object], owner: SandboxAccount) -> tuple[Media, ...]:
        """Look up the media of a post.

        Raises:
            XError: one of them cannot be used, or there are too many.
        """
        parameter = "media.media_ids"
        if len(media_ids) > _MAX_PICTURES:
            raise invalid(parameter, str(media_ids), "Your media IDs are invalid.")
        return tuple(self.owned(str(each), owner, parameter=parameter) for each in media_ids)
