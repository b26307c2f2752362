"""Instagram by a saved session of instagrapi (`backend: instagrapi`), as its app speaks."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

from crossposter.adapters._answers import identifier, mapping, mappings, text
from crossposter.adapters._rules import unusable
from crossposter.adapters.options import Connection
from crossposter.core.examination import Examination
from crossposter.core.model import Identity, Picture, Post, Receipt
from crossposter.core.timeline import Standing, Timeline
from crossposter.errors import AccountError, MissingError, PublishError, RejectedError, TransientError, UncertainError
from crossposter.ports import Staged, Steps
from crossposter.private_files import write_private
from crossposter.wording import Message, say

if TYPE_CHECKING:
    from crossposter.adapters._instagrapi import InstagramClient

#: So many posts the app asks for at a time.
_PAGE = 33
#: Seconds since the epoch, in the year 2100: what is beyond is no time.
_FAR_OFF = 4_102_444_800
_UNUSABLE = say("Instagram has answered something that crossposter does not know")
#: The name of a post in its address.
_CODE = re.compile(r"[A-Za-z0-9_-]+")


class SessionBackend:
    """One account, by the session that logging in left behind."""

    def __init__(self, connection: Connection, *, session_file: Path) -> None:
        self._connection = connection
        self._session_file = session_file
        #: Held for each request but uploads, and for the file: the library is made for one thread.
        self._alone = threading.Lock()
        #: What the file holds, as far as the client cares.
        self._saved: dict[str, Any] | None = None

    @cached_property
    def _client(self) -> InstagramClient:
        from crossposter.adapters._instagrapi import InstagramClient

        settings = _read_session(self._session_file)
        try:
            return InstagramClient(self._connection, settings)
        except (AttributeError, KeyError, TypeError, ValueError):
            # Not `from error`: its text may hold a part of the session.
            raise AccountError(_no_login(self._session_file)) from None

    def verify(self) -> Identity:
        """Ask whose session this is."""
        with self._session_kept():
            answer = self._client.private_request("accounts/current_user/?edit=true")
        user = mapping(answer.get("user"))
        user_id = identifier(user.get("pk"))
        if not user_id:
            raise unusable(TransientError, _UNUSABLE, answer, self._client.secrets())
        return Identity(id=user_id, handle=text(user.get("username")))

    def examine(self) -> Examination:
        """Ask whose session this is; more the app does not tell."""
        try:
            return Examination(identity=self.verify(), skew=self._client.skew())
        except PublishError as error:
            return Examination(error=error, skew=self._client.skew())

    def stage(self, post: Post, steps: Steps) -> Staged:
        """Upload the pictures; only `publish` makes them public."""
        is_album = len(post.pictures) > 1
        kind = "for an album" if is_album else "alone"
        uploads = (
            steps.once(
                f"upload {position} {picture.sha256} {kind}",
                partial(self._client.upload_jpeg, picture.content, for_album=is_album),
            )
            for position, picture in enumerate(post.pictures)
        )
        return Staged(post=post, media_ids=tuple(uploads))

    def publish(self, staged: Staged) -> Receipt:
        """Make the post: one request."""
        pictures = staged.post.pictures
        with self._session_kept(is_publish=True):
            if len(pictures) == 1:
                answer = self._client.photo_configure(
                    staged.media_ids[0],
                    pictures[0].width,
                    pictures[0].height,
                    staged.post.text,
                    extra_data=_described(pictures[0]),
                )
            else:
                children = [_child(*pair) for pair in zip(staged.media_ids, pictures, strict=True)]
                answer = self._client.album_configure(children, staged.post.text)
        receipt = _receipt(mapping(answer.get("media")))
        if receipt is None:
            # Measured: the post may stand behind an empty success.
            raise unusable(UncertainError, _UNUSABLE, answer, self._client.secrets())
        return receipt

    def edit(self, remote_id: str, post: Post) -> None:
        """Give a post another caption: one request, that of the library's `media_edit`, which would read it before."""
        media_id = self._media_id(remote_id)
        changed = {
            "caption_text": post.text,
            "container_module": "edit_media_info",
            "feed_position": "0",
            "location": "{}",
            "usertags": json.dumps({"in": []}),
            "is_carousel_bumped_post": "false",
        }
        with self._session_kept(is_publish=True):
            answer = self._client.private_request(
                f"media/{media_id}/edit_media/", self._client.with_default_data(changed)
            )
        if _receipt(mapping(answer.get("media"))) is None:
            raise unusable(UncertainError, _UNUSABLE, answer, self._client.secrets())

    def reply(self, staged: Staged, remote_id: str) -> Receipt:
        """Say that this is not done; sends nothing."""
        raise RejectedError(say("on Instagram a caption is edited where it stands"))

    def look_up(self, remote_id: str) -> Standing | None:
        """Read one post: one request."""
        try:
            with self._session_kept():
                answer = self._client.private_request(f"media/{self._media_id(remote_id)}/info/")
        except MissingError:
            return None
        found = mappings(answer.get("items"), otherwise=_UNUSABLE)
        if not found:
            raise unusable(TransientError, _UNUSABLE, answer, self._client.secrets())
        return _standing(found[0])

    def _media_id(self, remote_id: str) -> str:
        return f"{remote_id}_{self._connection.remote_id}"  # the bare number would cost a look-up

    def timeline(self, *, limit: int, of: Sequence[str] = (), replies: bool = False) -> Timeline:
        """Read the account's newest posts, 33 at most (what the app asks for): one request."""
        with self._session_kept():
            answer = self._client.private_request(
                f"feed/user/{self._connection.remote_id}/", params={"count": str(min(limit, _PAGE))}
            )
        found = mappings(answer.get("items"), otherwise=_UNUSABLE)
        # Pinned posts stand first, however old they are: they do not show how far the list reaches.
        return Timeline(posts=tuple(_standing(media) for media in found if not media.get("timeline_pinned_user_ids")))

    def retract(self, remote_id: str) -> None:
        """Delete a post: one request."""
        media_id = self._media_id(remote_id)
        with self._session_kept(is_publish=True):
            answer = self._client.private_request(
                f"media/{media_id}/delete/", self._client.with_default_data({"media_id": media_id})
            )
        if answer.get("did_delete") is not True:
            raise unusable(UncertainError, _UNUSABLE, answer, self._client.secrets())

    @contextmanager
    def _session_kept(self, *, is_publish: bool = False) -> Iterator[None]:
        """Have the library alone; write the session back when Instagram renewed something, even where it refused.

        An upload waits for nobody: what its answer renews is written with the next request.

        Raises:
            AccountError: It cannot be written. Not after a publish: what became of the post matters more, and the next
                request tries again to write.
        """
        with self._alone:
            if self._saved is None:
                self._saved = self._client.get_settings()
            try:
                yield
            finally:
                try:
                    self._save_session()
                except OSError as error:
                    if not is_publish:
                        message = say(
                            "the session file {path!r} cannot be written: {cause}",
                            path=str(self._session_file),
                            cause=error,
                        )
                        raise AccountError(message) from error

    def _save_session(self) -> None:
        settings = self._client.get_settings()
        if settings != self._saved and self._is_still_ours():
            write_private(self._session_file, settings)
            self._saved = settings

    def _is_still_ours(self) -> bool:
        """Tell whether the file holds the login that we work with: somebody may have logged in anew meanwhile."""
        try:
            found = mapping(json.loads(self._session_file.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return True
        return _session_of(found) in ("", _session_of(mapping(self._saved)))


def holds_login(settings: Mapping[str, Any]) -> bool:
    """Tell whether somebody is logged in in a session's settings: a device alone is not."""
    login = mapping(settings.get("authorization_data"))
    return bool(login.get("sessionid") and login.get("ds_user_id"))


def _session_of(settings: Mapping[str, Any]) -> str:
    return text(mapping(settings.get("authorization_data")).get("sessionid"))


def _read_session(path: Path) -> dict[str, Any]:
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise AccountError(
            say("the session file {path!r} cannot be read: {cause}", path=str(path), cause=error)
        ) from error
    if not holds_login(mapping(settings)):
        raise AccountError(_no_login(path))
    return dict(settings)


def _described(picture: Picture) -> dict[str, str]:
    return {"custom_accessibility_caption": picture.alt} if picture.alt else {}


def _child(upload_id: str, picture: Picture) -> dict[str, str]:
    """Describe one picture of an album as the app does: whole, not cropped."""
    size = [float(picture.width), float(picture.height)]
    return {
        "upload_id": upload_id,
        "edits": json.dumps({"crop_original_size": size, "crop_center": [0.0, -0.0], "crop_zoom": 1.0}),
        "extra": json.dumps({"source_width": picture.width, "source_height": picture.height}),
        "scene_capture_type": "",
        **_described(picture),
    }


def _no_login(path: Path) -> Message:
    return say("the session file {path!r} holds no login: log in anew", path=str(path))


def _standing(media: Mapping[str, Any]) -> Standing:
    receipt, taken_at = _receipt(media), media.get("taken_at")
    if receipt is None:
        raise TransientError(_UNUSABLE)  # one is there: "not found" would be wrong
    return Standing(
        remote_id=receipt.remote_id,
        url=receipt.url,
        text=text(mapping(media.get("caption")).get("text")),
        published=datetime.fromtimestamp(taken_at, UTC) if _is_moment(taken_at) else None,
    )


def _is_moment(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < _FAR_OFF


def _receipt(media: Mapping[str, Any]) -> Receipt | None:
    """Read the post's number and address; None without a number."""
    remote_id, code = identifier(media.get("pk")), text(media.get("code"))
    address = f"https://www.instagram.com/p/{code}/" if _CODE.fullmatch(code) else "https://www.instagram.com/"
    return Receipt(remote_id=remote_id, url=address) if remote_id else None
