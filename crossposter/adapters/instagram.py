"""Instagram: a picture or an album with a caption, by the official Graph API or by a saved session of the app."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from crossposter.adapters._instagram_graph import GraphBackend
from crossposter.adapters._instagram_session import SessionBackend
from crossposter.adapters.options import GRAPH_VERSION, Connection, Credentials, GraphVersion
from crossposter.adapters.options import Options as BaseOptions
from crossposter.core.model import Identity, Limits, LinkPlace, PictureLimits, Post, Receipt
from crossposter.ports import Adapter, Staged
from crossposter.references import CredentialsFile, SecretRef, mistake
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
    """A token that may publish on the account, and the app's secret where the app insists on signed calls."""

    access_token: Annotated[SecretRef, Field(examples=["env:INSTAGRAM_ACCESS_TOKEN"])]
    app_secret: SecretRef | None = None


class GraphOptions(InstagramOptions):
    """The official way (`backend: graph`)."""

    credentials: GraphCredentials
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
    """The session that logging in left behind."""

    #: Holds cookies and keys; rewritten with mode 0600 whenever Instagram renews something in it.
    session_file: Annotated[CredentialsFile, Field(examples=["instagram-session.json"])]


class SessionOptions(InstagramOptions):
    """The unofficial way (`backend: instagrapi`)."""

    credentials: SessionCredentials
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
    )

    def __init__(self, connection: Connection, options: GraphOptions | SessionOptions) -> None:
        self._backend = _backend(connection, options)

    def verify(self) -> Identity:
        """Ask whose account this is."""
        return self._backend.verify()

    def stage(self, post: Post) -> Staged:
        """Hand over the pictures; only `publish` makes them public."""
        return self._backend.stage(post)

    def publish(self, staged: Staged) -> Receipt:
        """Make the post: one request."""
        return self._backend.publish(staged)

    def find(self, post: Post, *, since: datetime) -> Receipt | None:
        """Look among the account's newest posts: one request."""
        return self._backend.find(post, since=since)

    def retract(self, remote_id: str) -> None:
        """Delete a post, where the backend can."""
        self._backend.retract(remote_id)


def _backend(connection: Connection, options: GraphOptions | SessionOptions) -> Adapter:
    if isinstance(options, SessionOptions):
        return SessionBackend(connection, session_file=options.credentials.session_file)
    return GraphBackend(connection, version=options.graph_version, picture_by=options.picture_by)
