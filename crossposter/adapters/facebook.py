"""Facebook: posts of a Page, with a link card or with pictures, by the Graph API."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from crossposter.adapters._answers import identifier, mapping, mappings, moment, numbered, short, text
from crossposter.adapters._meta_app import BESIDE, META, TASK, TO_POST
from crossposter.adapters._rules import unusable
from crossposter.adapters.logins import Login, Person
from crossposter.adapters.options import GRAPH_VERSION, AppBlock, Connection, Credentials, GraphVersion
from crossposter.adapters.options import Options as BaseOptions
from crossposter.core.counting import find_links
from crossposter.core.examination import Examination, Lack
from crossposter.core.kinds import Kind
from crossposter.core.model import Identity, Limits, LinkPlace, Picture, PictureLimits, Post, Receipt
from crossposter.core.timeline import Standing, Timeline
from crossposter.errors import MissingError, PublishError, RejectedError, TransientError, UncertainError
from crossposter.ports import Staged, Steps
from crossposter.references import NumberRef, SecretRef
from crossposter.wording import say

if TYPE_CHECKING:
    from crossposter.adapters._graph import GraphClient

_UNUSABLE = say("Facebook has answered something that crossposter does not know")


class FacebookCredentials(Credentials):
    """The Page's token, which `login` obtains, and the app's secret, with which calls are signed."""

    app: ClassVar[AppBlock | None] = META
    login_keys: ClassVar[tuple[str, ...]] = ("page_token",)

    page_token: SecretRef | None = None
    #: With the secret, what Meta may be asked of the token: its permissions and its end.
    app_id: NumberRef | None = None
    app_secret: SecretRef | None = None


class FacebookOptions(BaseOptions):
    """What Facebook adds to an account."""

    #: An edit changes the words alone, and only of posts that this app has made (Meta, Page posts, 2026-06).
    can: ClassVar[frozenset[Kind]] = frozenset({Kind.EDIT, Kind.DELETE, Kind.REPOST})

    credentials: FacebookCredentials = Field(default_factory=FacebookCredentials)
    graph_version: GraphVersion = GRAPH_VERSION


class FacebookAdapter:
    """One Page."""

    name: ClassVar[str] = "Facebook"
    Options: ClassVar[type[BaseOptions]] = FacebookOptions

    limits: ClassVar[Limits] = Limits(
        # Characters; by the field's experience (2026-11), no page of Meta's says it.
        max_length=63_206,
        measure=len,
        link=LinkPlace.CARD,
        template="{{ title }}\n\n{{ text }}\n\n{{ link }}\n\n{{ hashtags }}",
        max_pictures=10,
        needs_picture=False,
        max_alt_length=1000,
        # Error 1366046 says "smaller than 4 MB and saved as JPG, PNG" (2026-11); 2048 px is the largest Facebook keeps.
        picture=PictureLimits(max_bytes=4_000_000, max_width=2048),
        # A guess, as for every platform; that a Page's list may leave posts out says Meta (Page feed, 2026-06).
        seen_within=timedelta(minutes=3),
        lists_all=False,
    )

    @staticmethod
    def remote_id_of(url: str, account: Identity) -> str | None:
        """Read the address of a post. Facebook has many forms: of one without numbers, what stands behind the host."""
        found = _PERMALINK.fullmatch(url)
        if not found:
            return None
        numbers = _NUMBERED.match(found[1])
        if not numbers:
            return found[1].partition("?")[0] if "/posts/" in found[1] else found[1]
        page, post = (number for number in numbers.groups() if number)
        return f"{account.id}_{post}" if page == account.id else None

    def __init__(self, connection: Connection, options: FacebookOptions) -> None:
        self._connection = connection
        self._options = options

    @staticmethod
    def login(
        connection: Connection,
        options: FacebookOptions,
        person: Person,
        *,
        pinned: Identity | None,
        saved: Mapping[str, Any],
    ) -> Login:
        """Obtain the Page's token, from a pasted one of a person or of a system user."""
        from crossposter.adapters._facebook_login import login

        return login(connection, person, version=options.graph_version, pinned=pinned.id if pinned else None)

    @cached_property
    def _client(self) -> GraphClient:
        from crossposter.adapters._graph import GraphClient
        from crossposter.adapters._graph_errors import FACEBOOK

        token = self._connection.secrets["page_token"]
        return GraphClient(self._connection, token=token, version=self._options.graph_version, dialect=FACEBOOK)

    @property
    def _page(self) -> str:
        return self._connection.remote_id

    def verify(self) -> Identity:
        """Ask whose token this is."""
        page = self._client.get_object("me", fields="id,name,username")
        page_id = identifier(page.get("id"))
        if not page_id:
            raise unusable(TransientError, _UNUSABLE, page, self._client.secrets())
        return Identity(id=page_id, handle=text(page.get("username")) or text(page.get("name")))

    def examine(self) -> Examination:
        """Ask whose token this is, what it may do, and until when: three requests."""
        from crossposter.adapters._graph_errors import FACEBOOK
        from crossposter.adapters._graph_examination import GraphExaminer, Needs

        examiner = GraphExaminer(
            connection=self._connection,
            client=self._client,
            token=self._connection.secrets["page_token"],
            dialect=FACEBOOK,
            needs=Needs(to_post=(TO_POST,), beside=BESIDE, here=(TO_POST,)),
        )
        seen = examiner.examine(self.verify)
        tasks = self._tasks() if seen.identity else None
        if tasks is None:
            return seen
        lacks = () if TASK in tasks else (_NO_TASK,)
        return replace(seen, lacks=(*(seen.lacks or ()), *lacks))

    def _tasks(self) -> list[object] | None:
        """Ask what the token's holder may do on the Page; None where Meta does not tell.

        That a Page's own token may ask this stands on no page of Meta's (2026-11), so a refusal means nothing.
        """
        try:
            tasks = self._client.get_object("me", fields="tasks").get("tasks")
        except PublishError:
            return None
        return tasks if isinstance(tasks, list) else None

    def stage(self, post: Post, steps: Steps) -> Staged:
        """Upload the pictures, unpublished: an upload that is lost is seen by nobody."""
        uploads = (
            steps.once(f"upload {position} {picture.sha256} {short(picture.alt)}", partial(self._upload, picture))
            for position, picture in enumerate(post.pictures)
        )
        return Staged(post=post, media_ids=tuple(uploads))

    def _upload(self, picture: Picture) -> str:
        file = ("picture.jpg", io.BytesIO(picture.content), picture.media_type)
        answer = self._client.put_photo(
            file, album_path=f"{self._page}/photos", published=False, alt_text_custom=picture.alt or None
        )
        media_id = identifier(answer.get("id"))
        if not media_id:
            raise unusable(TransientError, _UNUSABLE, answer, self._client.secrets())
        return media_id

    def publish(self, staged: Staged) -> Receipt:
        """Make the post: one request."""
        attached = {
            f"attached_media[{number}]": {"media_fbid": media_id} for number, media_id in enumerate(staged.media_ids)
        }
        answer = self._client.put_object(
            self._page, "feed", message=staged.post.text, link=staged.post.link, **attached
        )
        remote_id = identifier(answer.get("id"))
        if not remote_id:
            raise unusable(UncertainError, _UNUSABLE, answer, self._client.secrets())
        return replace(_receipt(remote_id), rests_until=self._client.used_up_until())

    def edit(self, remote_id: str, post: Post) -> None:
        """Give a post other words: one request. Its link and its pictures stay as they are."""
        if self._client.edit(remote_id, message=post.text).get("success") is not True:
            raise UncertainError(_UNUSABLE)

    def reply(self, staged: Staged, remote_id: str) -> Receipt:
        """Say that this is not done; sends nothing."""
        raise RejectedError(say("on Facebook a post is edited where it stands"))

    def timeline(self, *, limit: int, of: Sequence[str] = (), replies: bool = False) -> Timeline:
        """Read the Page's newest posts, 100 at most: one request. Meta may leave posts out of this list."""
        answer = self._client.get_connections(
            self._page,
            "published_posts",
            limit=min(limit, 100),
            fields=_FIELDS,
        )
        return Timeline(posts=tuple(map(_standing, mappings(answer.get("data"), otherwise=_UNUSABLE))))

    def look_up(self, remote_id: str) -> Standing | None:
        """Read one post: one request."""
        try:
            return _standing(self._client.get_object(remote_id, fields=_FIELDS))
        except MissingError:
            return None

    def retract(self, remote_id: str) -> None:
        """Delete a post: one request."""
        if self._client.delete_object(remote_id).get("success") is not True:
            raise UncertainError(_UNUSABLE)


#: What is asked of a post that is read.
_FIELDS = "id,message,created_time,attachments{unshimmed_url}"
#: 100_200, 100/posts/200
_NUMBERED = re.compile(r"(\d+)_(\d+)(?!\w)|(\d+)/posts/(\d+)(?!\w)")
_PERMALINK = re.compile(r"https://(?:[a-z-]+\.)?facebook\.com/(.*\d.*?)/?")
_NO_TASK = Lack(
    what=say("whoever made this token may not post on the Page any more"),
    mend=say(
        "give them full control or the task 'Content' again: business.facebook.com, Settings, Pages, the Page, Assign "
        "people"
    ),
    stops=True,
    takes_new_token=False,
)


def _standing(post: Mapping[str, Any]) -> Standing:
    remote_id = numbered(post.get("id"), otherwise=_UNUSABLE)
    message = text(post.get("message"))
    cards = mapping(post.get("attachments")).get("data")
    on_cards = (text(mapping(card).get("unshimmed_url")) for card in (cards if isinstance(cards, list) else []))
    in_text = (link.text for link in find_links(message))
    return Standing(
        remote_id=remote_id,
        url=_receipt(remote_id).url,
        text=message,
        links=(*filter(None, on_cards), *in_text),
        published=moment(post.get("created_time")),
    )


def _receipt(remote_id: str) -> Receipt:
    return Receipt(remote_id=remote_id, url=f"https://www.facebook.com/{remote_id}")
