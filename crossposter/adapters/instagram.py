"""Instagram: a picture or an album with a caption, by the official Graph API or by a saved session of the app."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from crossposter.adapters._instagram_graph import GraphBackend
from crossposter.adapters._instagram_session import SessionBackend, holds_login
from crossposter.adapters._meta_app import META
from crossposter.adapters.logins import Login, Person
from crossposter.adapters.options import GRAPH_VERSION, AppBlock, Connection, Credentials, GraphVersion
from crossposter.adapters.options import Options as BaseOptions
from crossposter.core.examination import Examination
from crossposter.core.kinds import Kind
from crossposter.core.model import Identity, Limits, LinkPlace, PictureLimits, Post, Receipt
from crossposter.core.text import same_handle
from crossposter.core.timeline import Standing, Timeline
from crossposter.ports import Adapter, Staged, Steps
from crossposter.references import LoginFile, LoginSecretRef, NumberRef, SecretRef, mistake
from crossposter.wording import say


def _accepted(value: bool) -> bool:
    if not value:
        raise mistake(
            say("instagrapi imitates the Instagram app, and Instagram may lock the account: say true to accept that")
        )
    return value


class InstagramOptions(BaseOptions):
    """What Instagram adds to an account."""

    backend: str

    @classmethod
    def variants(cls) -> tuple[type[BaseOptions], ...]:
        """Give the keys of the official way, then those of the other."""
        return GraphOptions, SessionOptions


class GraphCredentials(Credentials):
    """The token that `login` keeps, and the app's secret where the app insists on signed calls."""

    app: ClassVar[AppBlock | None] = META
    login_needs_app: ClassVar[bool] = False
    login_keys: ClassVar[tuple[str, ...]] = ("access_token",)

    access_token: SecretRef | None = None
    #: With the secret, what Meta may be asked of the token: its permissions and its end.
    app_id: NumberRef | None = None
    app_secret: SecretRef | None = None


class GraphOptions(InstagramOptions):
    """The official way (`backend: graph`), which neither edits nor deletes (content publishing, 2026-06)."""

    credentials: GraphCredentials = Field(default_factory=GraphCredentials)
    backend: Annotated[Literal["graph"], Field(examples=["graph"])]
    graph_version: GraphVersion = GRAPH_VERSION
    #: Where Instagram, which fetches pictures itself, finds them: in a folder that the city's web server shows, where
    #: the feed has them, or as an unpublished photo of the linked Page.
    picture_by: Literal["folder", "feed", "page"] = "folder"

    @property
    def needs_public_folder(self) -> bool:
        """Tell whether pictures go by the folder."""
        return self.picture_by == "folder"


class SessionCredentials(Credentials):
    """The session that `login` left behind."""

    file_keys: ClassVar[tuple[str, ...]] = ("file", "session_file")

    only_for_login: ClassVar[tuple[str, ...]] = ("password",)

    #: Asked for where it is not named; nobody reads it but `login`.
    password: LoginSecretRef | None = None
    #: The older name of `file`. Holds cookies and keys; rewritten whenever Instagram renews something in it.
    session_file: LoginFile | None = None

    @classmethod
    def holds_login(cls, content: Mapping[str, Any]) -> bool:
        """Tell whether somebody is logged in in it: a device alone is not."""
        return holds_login(content)

    @property
    def login_file(self) -> Path | None:
        """Give the file that the YAML names for `login`."""
        return self.session_file or self.file


class SessionOptions(InstagramOptions):
    """The unofficial way (`backend: instagrapi`)."""

    can: ClassVar[frozenset[Kind]] = frozenset({Kind.EDIT, Kind.DELETE, Kind.REPOST})

    credentials: SessionCredentials = Field(default_factory=SessionCredentials)
    backend: Annotated[Literal["instagrapi"], Field(examples=["instagrapi"])]
    i_accept_account_risk: Annotated[
        bool,
        AfterValidator(_accepted),
        Field(examples=[True], description="it imitates the app; Instagram may lock the account"),
    ]


class InstagramAdapter:
    """One account on Instagram, by the backend that the YAML names."""

    name: ClassVar[str] = "Instagram"
    Options: ClassVar[type[BaseOptions]] = InstagramOptions

    limits: ClassVar[Limits] = Limits(
        # Characters of a caption (Instagram content publishing, 2026-06).
        max_length=2200,
        measure=len,
        link=LinkPlace.NONE,
        template="{{ title }}\n\n{{ text }}\n\n{{ hashtags }}",
        # Instagram content publishing, 2026-06.
        max_hashtags=30,
        # The app takes 20, the official interface 10 (Instagram content publishing, 2026-06).
        max_pictures=10,
        needs_picture=True,
        # Since 2025-03-24 (Instagram content publishing, changelog).
        max_alt_length=1000,
        # JPEG, 8 MB, 4:5 to 1.91:1, 320 to 1440 pixels wide (Instagram content publishing, 2026-06); made 1080 wide,
        # which is what the app makes of a picture, so that both ways show the same.
        picture=PictureLimits(max_bytes=8_000_000, max_width=1080, min_width=320, ratio=(4 / 5, 1.91)),
        # A guess, as for every platform.
        seen_within=timedelta(minutes=5),
    )

    @staticmethod
    def remote_id_of(url: str, account: Identity) -> str | None:
        """Read an address like https://www.instagram.com/izmirbld/p/DRk3xyz/: the short name is a number in base 64."""
        found = _PERMALINK.match(url)
        if not found or (found[1] and account.handle and not same_handle(found[1], account.handle)):
            return None
        number = 0
        for letter in found[2]:
            number = number * len(_DIGITS) + _DIGITS.index(letter)
        return str(number)

    def __init__(self, connection: Connection, options: GraphOptions | SessionOptions) -> None:
        self._backend = _backend(connection, options)

    @staticmethod
    def login(
        connection: Connection,
        options: GraphOptions | SessionOptions,
        person: Person,
        *,
        pinned: Identity | None,
        saved: Mapping[str, Any],
    ) -> Login:
        """Keep a pasted token of the official interface; or obtain a session with the account's password."""
        if isinstance(options, GraphOptions):
            from crossposter.adapters._instagram_graph_login import login as graph_login

            account_id = pinned.id if pinned else None
            version, picture_by = options.graph_version, options.picture_by
            return graph_login(connection, person, version=version, picture_by=picture_by, account_id=account_id)
        from crossposter.adapters._instagram_login import login

        handle = pinned.handle if pinned else None
        return login(connection, person, handle=handle, saved=saved, holds_login=holds_login(saved))

    def verify(self) -> Identity:
        """Ask whose account this is."""
        return self._backend.verify()

    def examine(self) -> Examination:
        """Ask for all that the backend can learn of the account."""
        return self._backend.examine()

    def stage(self, post: Post, steps: Steps) -> Staged:
        """Hand over the pictures; only `publish` makes them public."""
        return self._backend.stage(post, steps)

    def publish(self, staged: Staged) -> Receipt:
        """Make the post: one request."""
        return self._backend.publish(staged)

    def timeline(self, *, limit: int, of: Sequence[str] = (), replies: bool = False) -> Timeline:
        """Read the account's newest posts, and where it keeps one the record of the post that is asked for."""
        return self._backend.timeline(limit=limit, of=of, replies=replies)

    def look_up(self, remote_id: str) -> Standing | None:
        """Read one post."""
        return self._backend.look_up(remote_id)

    def edit(self, remote_id: str, post: Post) -> None:
        """Give a post another caption, where the backend can."""
        self._backend.edit(remote_id, post)

    def reply(self, staged: Staged, remote_id: str) -> Receipt:
        """Say that this is not done."""
        return self._backend.reply(staged, remote_id)

    def retract(self, remote_id: str) -> None:
        """Delete a post, where the backend can."""
        self._backend.retract(remote_id)


_PERMALINK = re.compile(r"https://(?:www\.)?instagram\.com/(?:([\w.]+)/)?(?:p|reel)/([A-Za-z0-9_-]{1,40})(?![\w-])")
#: Of a short name; as in instagrapi's `InstagramIdCodec`.
_DIGITS = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"


def _backend(connection: Connection, options: GraphOptions | SessionOptions) -> Adapter:
    if isinstance(options, SessionOptions):
        assert options.credentials.login_file  # noqa: S101 - the configuration fills it in
        return SessionBackend(connection, session_file=options.credentials.login_file)
    return GraphBackend(connection, version=options.graph_version, picture_by=options.picture_by)
