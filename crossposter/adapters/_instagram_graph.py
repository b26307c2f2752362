"""Instagram by the official Graph API (`backend: graph`): a container, its status, one publish.

A container is a post that is ready and not public. It holds for a day and can be published once, so its id, which the
ledger stores before `publish`, is the post's own key against being made twice.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from crossposter.adapters._answers import identifier, mapping, mappings, moment, numbered, short, text
from crossposter.adapters._meta_app import BESIDE, TO_POST, TO_POST_ON_INSTAGRAM
from crossposter.adapters._rules import kept, unusable
from crossposter.adapters.options import Connection
from crossposter.core.examination import Examination, Quota
from crossposter.core.model import Identity, Picture, PictureLimits, Post, Receipt
from crossposter.core.timeline import Standing, Timeline
from crossposter.errors import AccountError, MissingError, PublishError, RejectedError, TransientError, UncertainError
from crossposter.ports import Staged, Steps
from crossposter.wording import say

if TYPE_CHECKING:
    from crossposter.adapters._graph import GraphClient

#: What Instagram takes as it stands at an address: JPEG, 8 MB, 4:5 to 1.91:1; outside of 320 to 1440 pixels it scales
#: (Instagram content publishing, 2026-06).
_TAKEN = PictureLimits(max_bytes=8_000_000, max_width=1440, min_width=320, ratio=(4 / 5, 1.91))
#: Seconds between two looks at a container; Meta advises once a minute, five at most, but a picture is mostly ready
#: at once.
_PAUSES = (1.0, 2.0, 5.0, 12.0, 40.0, 60.0, 60.0, 60.0, 60.0)
#: The day of the quota is a rolling one: the next post may be free at any time.
_QUOTA_WAIT = timedelta(hours=2)
_HOME = "https://www.instagram.com/"
#: What is asked of a post that is read.
_FIELDS = "id,caption,timestamp,permalink"
_UNUSABLE = say("Instagram has answered something that crossposter does not know")
_ADDRESS = re.compile(r"https://www\.instagram\.com(/[A-Za-z0-9_.-]+)+/?")


class GraphBackend:
    """One professional account."""

    def __init__(self, connection: Connection, *, version: str, picture_by: str) -> None:
        self._connection = connection
        self._version = version
        self._picture_by = picture_by
        #: As Instagram said it last.
        self._handle = ""
        #: Addresses of pictures that were given to Instagram, by container.
        self._offered: dict[str, list[str]] = {}
        #: Whether the next post uses up the day's quota, as far as Instagram said before it.
        self._is_last_of_quota = False

    @cached_property
    def _client(self) -> GraphClient:
        from crossposter.adapters._graph import GraphClient
        from crossposter.adapters._graph_errors import INSTAGRAM

        token = self._connection.secrets["access_token"]
        return GraphClient(self._connection, token=token, version=self._version, dialect=INSTAGRAM)

    @property
    def _account(self) -> str:
        return self._connection.remote_id

    def verify(self) -> Identity:
        """Ask for the pinned account by this token; where pictures go by the Page, for the account of the token's Page.

        A token may serve several accounts (a system user's does), so the first question names the one that is meant.
        """
        if self._picture_by == "page":
            page = self._client.get_object("me", fields="instagram_business_account{id,username}")
            if "instagram_business_account" not in page:
                raise AccountError(
                    say("no Instagram account is linked to this token's Page: picture_by: page needs the Page's token")
                )
            found = mapping(page["instagram_business_account"])
        else:
            found = self._client.get_object(self._account, fields="id,username")
        account_id = identifier(found.get("id"))
        if not account_id:
            raise unusable(TransientError, _UNUSABLE, found, self._client.secrets())
        self._handle = text(found.get("username"))
        return Identity(id=account_id, handle=self._handle)

    def examine(self) -> Examination:
        """Ask for the account, what the token may do and until when, and how much of the quota is used."""
        from crossposter.adapters._graph_errors import INSTAGRAM
        from crossposter.adapters._graph_examination import GraphExaminer, Needs

        by_page = (TO_POST,) if self._picture_by == "page" else ()
        examiner = GraphExaminer(
            connection=self._connection,
            client=self._client,
            token=self._connection.secrets["access_token"],
            dialect=INSTAGRAM,
            # For which ids they hold is not asked: the account answers, and by which of its numbers Meta would name it
            # there stands nowhere.
            needs=Needs(to_post=(*TO_POST_ON_INSTAGRAM, *by_page), beside=BESIDE),
        )
        seen = examiner.examine(self.verify)
        if not seen.identity:
            return seen
        try:
            return replace(seen, quota=self._quota())
        except PublishError as error:  # it is asked for before each post: without it there is none
            return replace(seen, error=error)

    def stage(self, post: Post, steps: Steps) -> Staged:
        """Make the container and wait until it is ready: it is seen by nobody, and forgotten after a day."""
        self._check_quota()
        offered: list[str] = []
        try:
            container = steps.once(f"container {_name_of(post)}", lambda: self._container_of(post, offered))
            self._wait_for(container)
        except PublishError:
            self._withdraw(offered)
            raise
        self._offered[container] = offered
        return Staged(post=post, media_ids=(container,))

    def publish(self, staged: Staged) -> Receipt:
        """Make the post: one request."""
        container = staged.media_ids[-1]
        offered = self._offered.pop(container, [])
        try:
            answer = self._client.put_object(self._account, "media_publish", creation_id=container)
            remote_id = identifier(answer.get("id"))
            if not remote_id:
                raise unusable(UncertainError, _UNUSABLE, answer, self._client.secrets())
        except UncertainError:
            raise  # what it was made of is left a day, for whoever looks into it
        except PublishError as error:
            self._withdraw(offered)
            error.starts_over = True
            raise
        self._withdraw(offered)
        # Its own address would take another request.
        return Receipt(remote_id=remote_id, url=self._address(None), rests_until=self._rests_until())

    def _rests_until(self) -> datetime | None:
        """Give until when to leave the account alone: this post may have been the last of the day's quota."""
        quota = self._connection.now() + _QUOTA_WAIT if self._is_last_of_quota else None
        return max(filter(None, [quota, self._client.used_up_until()]), default=None)

    def timeline(self, *, limit: int, of: Sequence[str] = (), replies: bool = False) -> Timeline:
        """Read the account's newest posts, 100 at most; and of a container, which is published once, whether it was."""
        is_out = self._is_out(of[-1]) if of else None
        answer = self._client.get_connections(self._account, "media", limit=min(limit, 100), fields=_FIELDS)
        found = mappings(answer.get("data"), otherwise=_UNUSABLE)
        return Timeline(posts=tuple(map(self._standing, found)), is_out=is_out)

    def _is_out(self, container: str) -> bool | None:
        """Ask whether a container was published; None where Instagram does not say, or not any more (after a day)."""
        try:
            answer = self._client.get_object(container, fields="status_code")
        except RejectedError:
            return None
        match text(answer.get("status_code")):
            case "PUBLISHED":
                return True
            case "FINISHED":
                return False
        return None

    def _standing(self, media: Mapping[str, Any]) -> Standing:
        return Standing(
            remote_id=numbered(media.get("id"), otherwise=_UNUSABLE),
            url=self._address(media.get("permalink")),
            text=text(media.get("caption")),
            published=moment(media.get("timestamp")),
        )

    def look_up(self, remote_id: str) -> Standing | None:
        """Read one post: one request."""
        try:
            return self._standing(self._client.get_object(remote_id, fields=_FIELDS))
        except MissingError:
            return None

    def edit(self, remote_id: str, post: Post) -> None:
        """Say that this cannot be done; sends nothing."""
        raise RejectedError(
            say("Instagram's official interface edits no captions: edit {post!r} in the app", post=remote_id)
        )

    def reply(self, staged: Staged, remote_id: str) -> Receipt:
        """Say that this is not done; sends nothing."""
        raise RejectedError(say("on Instagram a caption is edited where it stands"))

    def retract(self, remote_id: str) -> None:
        """Say that this cannot be done; sends nothing."""
        raise RejectedError(
            say(
                "Instagram's official interface deletes no posts: delete {post!r} in the app or in Meta Business Suite",
                post=remote_id,
            )
        )

    def _check_quota(self) -> None:
        """Make sure that the day's quota has room.

        Raises:
            TransientError: All of it is used.
        """
        quota = self._quota()
        self._is_last_of_quota = quota is not None and quota.used + 1 >= quota.total
        if quota and quota.used >= quota.total:
            sentence = say(
                "the account's quota is used up: {used} of {total} posts in a day", used=quota.used, total=quota.total
            )
            raise TransientError(sentence, retry_at=self._connection.now() + _QUOTA_WAIT)

    def _quota(self) -> Quota | None:
        """Read how much of the day's quota is used: Meta's pages say 50 and 100, only the answer is right."""
        answer = self._client.get_connections(self._account, "content_publishing_limit", fields="quota_usage,config")
        for row in mappings(answer.get("data"), otherwise=_UNUSABLE):
            used, total = row.get("quota_usage"), mapping(row.get("config")).get("quota_total")
            if isinstance(used, int) and isinstance(total, int):
                return Quota(used=used, total=total)
        return None

    def _container_of(self, post: Post, offered: list[str]) -> str:
        if len(post.pictures) == 1:
            return self._container(**self._picture(post.pictures[0], offered), caption=post.text)
        children = [
            self._container(**self._picture(picture, offered), is_carousel_item=True) for picture in post.pictures
        ]
        return self._container(media_type="CAROUSEL", children=",".join(children), caption=post.text)

    def _container(self, **fields: Any) -> str:
        answer = self._client.put_object(self._account, "media", **fields)
        container = identifier(answer.get("id"))
        if not container:
            raise unusable(TransientError, _UNUSABLE, answer, self._client.secrets())
        return container

    def _picture(self, picture: Picture, offered: list[str]) -> dict[str, str | None]:
        match self._picture_by:
            case "page":
                url = self._photo_of_page(picture)
            case "feed":
                url = self._connection.pictures.of_feed(picture, limits=_TAKEN)
            case _:
                url = self._connection.pictures.offer(picture)
                offered.append(url)
        return {"image_url": url, "alt_text": picture.alt or None}

    def _photo_of_page(self, picture: Picture) -> str:
        """Upload it to the Page, unpublished, and give the address that Facebook keeps it under."""
        file = ("picture.jpg", io.BytesIO(picture.content), picture.media_type)
        photo_id = identifier(self._client.put_photo(file, album_path="me/photos", published=False).get("id"))
        if not photo_id:
            raise TransientError(_UNUSABLE)
        images = mappings(self._client.get_object(photo_id, fields="images").get("images"), otherwise=_UNUSABLE)
        widths = {text(image.get("source")): image.get("width") for image in images}
        usable = {url: width for url, width in widths.items() if url.startswith("http") and isinstance(width, int)}
        if not usable:
            raise TransientError(_UNUSABLE)
        return max(usable, key=lambda url: usable[url])

    def _wait_for(self, container: str) -> None:
        """Wait until the container is ready, five minutes at most.

        Raises:
            PublishError: It is not, or never will be.
        """
        for pause in (0.0, *_PAUSES):
            self._connection.sleep(pause)
            answer = self._client.get_object(container, fields="status_code,status")
            match text(answer.get("status_code")):
                case "FINISHED":
                    return
                case "IN_PROGRESS":
                    continue
                case "ERROR":
                    from crossposter.adapters._graph_errors import of_container

                    status = text(answer.get("status"))
                    raise of_container(status, now=self._connection.now(), record=kept(status, self._client.secrets()))
                case "PUBLISHED":
                    # One of an earlier try, whose answer was lost: another one would be a second post.
                    raise UncertainError(say("Instagram says that this post is public by now"))
            gone = unusable(TransientError, _UNUSABLE, answer, self._client.secrets())
            gone.starts_over = True  # EXPIRED, after a day
            raise gone
        raise TransientError(say("Instagram still works on the picture after five minutes"))

    def _withdraw(self, urls: list[str]) -> None:
        for url in urls:
            self._connection.pictures.withdraw(url)

    def _address(self, permalink: object) -> str:
        """Give a post's address; the account's where the post's is not known."""
        if _ADDRESS.fullmatch(text(permalink)):
            return text(permalink)
        profile = f"{_HOME}{self._handle}/"
        return profile if _ADDRESS.fullmatch(profile) else _HOME


def _name_of(post: Post) -> str:
    """Give a short form of all that a container is made of."""
    return short("\n".join([post.text, *(f"{picture.sha256} {picture.alt}" for picture in post.pictures)]))
