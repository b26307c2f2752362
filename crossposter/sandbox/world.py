"""What the sandbox remembers: accounts, posts, pictures and requests.

Holds no rule of any platform; those are in twitter.py, graph.py and instagram.py.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import itertools
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from PIL import Image, UnidentifiedImageError

from crossposter.sandbox.exchange import RecordedRequest, Request

_MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "GIF": "image/gif",
    "WEBP": "image/webp",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxAccount:
    """An account of the sandbox and what a client needs to use it."""

    platform: str
    #: The platform's own account id.
    id: str
    handle: str
    name: str
    #: Named as in the YAML. Instagram's is the path of a saved session.
    credentials: Mapping[str, str]
    #: What `crossposter login` asks for: the app's keys, what a person types.
    login: Mapping[str, str]
    #: Where the platform is to be found, as under `endpoint:` in the YAML.
    endpoint: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Picture bytes as a platform received them."""

    sha256: str
    media_type: str
    width: int
    height: int
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PostImage:
    """A picture of a post, with its alternative text."""

    picture: Picture
    alt: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A post that the public could see."""

    account: SandboxAccount
    id: str
    url: str
    #: As the author wrote it: no t.co addresses, nothing escaped.
    text: str
    link: str | None
    images: tuple[PostImage, ...]
    #: Seconds since the epoch.
    created_at: float
    deleted: bool = False

    def as_json(self) -> dict[str, Any]:
        """Give the shape of `GET /_sandbox/posts`."""
        return {
            "platform": self.account.platform,
            "account": self.account.id,
            "handle": self.account.handle,
            "id": self.id,
            "url": self.url,
            "text": self.text,
            "link": self.link,
            "images": [
                {
                    "sha256": image.picture.sha256,
                    "width": image.picture.width,
                    "height": image.picture.height,
                    "alt": image.alt,
                }
                for image in self.images
            ],
            "created_at": datetime.fromtimestamp(self.created_at, UTC).isoformat().replace("+00:00", "Z"),
            "deleted": self.deleted,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What stood on the platforms at one time."""

    posts: Mapping[tuple[str, str], Post]
    pictures: Mapping[str, Picture]


class World:
    """Everything the platforms share. Callers hold `lock` while they read or change it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.accounts: tuple[SandboxAccount, ...] = ()
        self.pictures: dict[str, Picture] = {}
        self.requests: list[RecordedRequest] = []
        #: Hosts a client wanted to reach through the proxy and was not allowed to.
        self.refused_hosts: list[str] = []
        self._posts: dict[tuple[str, str], Post] = {}
        self._is_lagging = False
        # Never starts over, so that an id from before a reset() is not given twice.
        self._numbers = itertools.count(1)

    def reset(self) -> None:
        """Forget posts, pictures and requests; accounts stay."""
        self._posts.clear()
        self.pictures.clear()
        self.requests.clear()
        self.refused_hosts.clear()

    def moment(self) -> Moment:
        """Give what stands on the platforms, to go back to."""
        return Moment(posts=dict(self._posts), pictures=dict(self.pictures))

    def go_back(self, moment: Moment) -> None:
        """Let the platforms be as they were, and forget the requests since."""
        self._posts, self.pictures = dict(moment.posts), dict(moment.pictures)
        self.requests.clear()
        self.refused_hosts.clear()

    @contextmanager
    def lagging(self) -> Iterator[None]:
        """Leave the newest post out of each timeline, for the length of the block."""
        self._is_lagging = True
        try:
            yield
        finally:
            self._is_lagging = False

    def next_number(self) -> int:
        """Give a number never given before."""
        return next(self._numbers)

    def record(self, request: Request, *, platform: str, operation: str) -> None:
        """Add a request to the log."""
        values = {each.name: getattr(request, each.name) for each in dataclasses.fields(request)}
        self.requests.append(RecordedRequest(**values, platform=platform, operation=operation))

    def accounts_of(self, platform: str) -> tuple[SandboxAccount, ...]:
        """List the accounts of a platform."""
        return tuple(account for account in self.accounts if account.platform == platform)

    def keep_picture(self, content: bytes) -> Picture | None:
        """Store a picture; None when the bytes are no JPEG, PNG, GIF or WebP."""
        try:
            with Image.open(io.BytesIO(content)) as image:
                media_type = _MEDIA_TYPES.get(image.format or "")
                width, height = image.size
        except (UnidentifiedImageError, OSError):
            return None
        if media_type is None:
            return None
        picture = Picture(
            sha256=hashlib.sha256(content).hexdigest(),
            media_type=media_type,
            width=width,
            height=height,
            content=content,
        )
        self.pictures[picture.sha256] = picture
        return picture

    def publish(self, post: Post) -> None:
        """Add a post."""
        self._posts[post.account.platform, post.id] = post

    def change(self, post: Post, **changes: Any) -> None:
        """Replace fields of a post that was published before."""
        self._posts[post.account.platform, post.id] = dataclasses.replace(post, **changes)

    def post(self, platform: str, post_id: str) -> Post | None:
        """Look a post up; None when there is none or it was deleted."""
        post = self._posts.get((platform, post_id))
        return None if post is None or post.deleted else post

    def all_posts(self) -> list[Post]:
        """List every post, deleted ones too, oldest first."""
        return list(self._posts.values())

    def timeline(self, account: SandboxAccount) -> list[Post]:
        """List what the public sees of an account, newest first."""
        shown = [post for post in reversed(self._posts.values()) if post.account == account and not post.deleted]
        return shown[1:] if self._is_lagging else shown
