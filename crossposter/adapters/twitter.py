"""X (Twitter): posts of 280 weighted characters with up to four pictures, by API v2 and OAuth 1.0a."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from crossposter.adapters._answers import identifier, mapping, mappings, moment, numbered, short, text
from crossposter.adapters._rules import revealed, unusable
from crossposter.adapters._x_errors import UNUSABLE
from crossposter.adapters.logins import Login, Person
from crossposter.adapters.options import AppBlock, AppKeys, Connection, Credentials
from crossposter.adapters.options import Options as BaseOptions
from crossposter.core.counting import find_links, prefix_weights, weighted_length
from crossposter.core.examination import Examination, Lack
from crossposter.core.kinds import Kind
from crossposter.core.model import Identity, Limits, LinkPlace, Picture, PictureLimits, Post, Receipt
from crossposter.core.text import same_handle
from crossposter.core.timeline import Standing, Timeline
from crossposter.errors import PublishError, RejectedError, TransientError, UncertainError
from crossposter.ports import Staged, Steps
from crossposter.references import SecretRef
from crossposter.wording import say

if TYPE_CHECKING:
    from crossposter.adapters._tweepy import XClient


class Prices(BaseModel):
    """What X asks, in US dollars (docs.x.com, pricing, read 2026-11, in force since 2026-04-20)."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    post: Annotated[float, Field(ge=0)] = 0.015
    #: Instead of `post`, where the text holds a link.
    post_with_link: Annotated[float, Field(ge=0)] = 0.200
    #: For each picture that has a description.
    alt_text: Annotated[float, Field(ge=0)] = 0.005
    #: For taking a post away.
    delete: Annotated[float, Field(ge=0)] = 0.010


class TwitterApp(AppKeys):
    """The app's keys, from the developer console."""

    api_key: Annotated[SecretRef, Field(examples=["env:X_API_KEY"])]
    api_secret: Annotated[SecretRef, Field(examples=["env:X_API_SECRET"])]


class TwitterCredentials(Credentials):
    """The app's keys, and the account's tokens, which `login` obtains."""

    app: ClassVar[AppBlock | None] = AppBlock("x", TwitterApp)
    needed_of_app: ClassVar[tuple[str, ...]] = ("api_key", "api_secret")
    login_keys: ClassVar[tuple[str, ...]] = ("access_token", "access_secret")

    api_key: SecretRef | None = None
    api_secret: SecretRef | None = None
    access_token: SecretRef | None = None
    access_secret: SecretRef | None = None


class TwitterOptions(BaseOptions):
    """What X adds to an account."""

    #: X lets nobody edit a post by its interface (docs.x.com, 2026-08).
    can: ClassVar[frozenset[Kind]] = frozenset({Kind.REPLY, Kind.DELETE, Kind.REPOST})

    credentials: TwitterCredentials = Field(default_factory=TwitterCredentials)
    prices: Prices = Prices()

    def price(self, post: Post) -> float:
        """Add up what X asks for a post."""
        described = sum(1 for picture in post.pictures if picture.alt)
        text = self.prices.post_with_link if find_links(post.text) else self.prices.post
        return text + described * self.prices.alt_text

    def price_of_deleting(self) -> float:
        """Give what X asks for taking a post away."""
        return self.prices.delete


class TwitterAdapter:
    """One account on X."""

    name: ClassVar[str] = "X"
    Options: ClassVar[type[BaseOptions]] = TwitterOptions

    limits: ClassVar[Limits] = Limits(
        # Weighted characters (twitter-text config v3); longer posts are promised to no API user (docs.x.com, 2026-08).
        max_length=280,
        measure=weighted_length,
        link=LinkPlace.TEXT,
        template="{{ title }}\n\n{{ summary }}\n\n{{ hashtags }}\n\n{{ link }}",
        # docs.x.com, create post: media_ids 1 to 4 (2026-08).
        max_pictures=4,
        needs_picture=False,
        # docs.x.com, media metadata: alt_text up to 1000 (2026-08).
        max_alt_length=1000,
        # docs.x.com, media best practices: images up to 5 MB (2026-08); 4096 px is the largest X keeps.
        picture=PictureLimits(max_bytes=5_000_000, max_width=2048),
        weigh=prefix_weights,
        find_links=find_links,
    )

    @staticmethod
    def remote_id_of(url: str, account: Identity) -> str | None:
        """Read an address like https://x.com/izmirbld/status/1234567890; `i` stands for whoever it is."""
        found = _PERMALINK.match(url)
        if not found or (found[1] != "i" and account.handle and not same_handle(found[1], account.handle)):
            return None
        return str(int(found[2]))

    def __init__(self, connection: Connection, options: TwitterOptions) -> None:
        self._connection = connection

    @staticmethod
    def login(
        connection: Connection,
        options: TwitterOptions,
        person: Person,
        *,
        pinned: Identity | None,
        saved: Mapping[str, Any],
    ) -> Login:
        """Obtain the account's tokens from X, by a PIN."""
        from crossposter.adapters._x_login import login

        return login(connection, person)

    @cached_property
    def _client(self) -> XClient:
        from crossposter.adapters._tweepy import XClient

        return XClient(self._connection)

    def verify(self) -> Identity:
        """Ask whose tokens these are."""
        return self._identity(self._client.get_me(user_auth=True))

    def examine(self) -> Examination:
        """Ask whose tokens these are; the answer's head says what they may do. They have no end."""
        client = self._client
        try:
            answer, access_level = client.me()
            identity = self._identity(answer)
        except PublishError as error:
            return Examination(error=error, skew=client.skew)
        is_told, may_write = bool(access_level), "write" in access_level
        lacks = (() if may_write else (_READS_ONLY,)) if is_told else None
        return Examination(identity=identity, lacks=lacks, skew=client.skew)

    def _identity(self, answer: Mapping[str, Any]) -> Identity:
        user = mapping(answer.get("data"))
        user_id = identifier(user.get("id"))
        if not user_id:
            raise unusable(TransientError, UNUSABLE, answer, revealed(self._connection))
        return Identity(id=user_id, handle=text(user.get("username")))

    def stage(self, post: Post, steps: Steps) -> Staged:
        """Upload the pictures with their alt texts."""
        return Staged(post=post, media_ids=tuple(self._uploaded(*each, steps) for each in enumerate(post.pictures)))

    def _uploaded(self, position: int, picture: Picture, steps: Steps) -> str:
        media_id = steps.once(f"upload {position} {picture.sha256}", lambda: self._upload(picture))
        if picture.alt:
            steps.once(f"describe {media_id} {short(picture.alt)}", lambda: self._describe(media_id, picture.alt))
        return media_id

    def _upload(self, picture: Picture) -> str:
        answer = self._client.upload_image(picture.content, picture.media_type)
        media_id = identifier(mapping(answer.get("data")).get("id"))
        if not media_id:
            raise unusable(TransientError, UNUSABLE, answer, revealed(self._connection))
        return media_id

    def _describe(self, media_id: str, alt: str) -> str:
        self._client.describe_image(media_id, alt)
        return media_id

    def publish(self, staged: Staged) -> Receipt:
        """Make the post: one request."""
        return self._created(staged, in_reply_to=None)

    def reply(self, staged: Staged, remote_id: str) -> Receipt:
        """Answer a post: one request. X lets everybody answer posts of their own (rule of 2026-02-23)."""
        return self._created(staged, in_reply_to=remote_id)

    def edit(self, remote_id: str, post: Post) -> None:
        """Say that this cannot be done; sends nothing."""
        raise RejectedError(say("X lets no program edit a post: answer it, or delete it and post anew"))

    def _created(self, staged: Staged, *, in_reply_to: str | None) -> Receipt:
        answer = self._client.create_tweet(
            text=staged.post.text,
            media_ids=list(staged.media_ids) or None,
            in_reply_to_tweet_id=in_reply_to,
            user_auth=True,
        )
        remote_id = identifier(mapping(answer.get("data")).get("id"))
        if not remote_id:
            raise unusable(UncertainError, UNUSABLE, answer, revealed(self._connection))
        return replace(self._receipt(remote_id), rests_until=self._client.used_up_until())

    def timeline(self, *, limit: int, of: Sequence[str] = (), replies: bool = False) -> Timeline:
        """Read the account's newest posts, 5 to 100 of them: one request, which X asks $0.001 a post for."""
        answer = self._client.get_users_tweets(
            self._connection.remote_id,
            max_results=min(max(limit, 5), 100),
            # Others' words, and unless asked for what no feed's reader takes for news.
            exclude=["retweets"] if replies else ["replies", "retweets"],
            tweet_fields=_FIELDS,
            user_auth=True,
        )
        # Without a post there is no "data", but "meta" says that there is none.
        tweets = answer.get("data", [] if "meta" in answer else None)
        return Timeline(posts=tuple(self._standing(tweet) for tweet in mappings(tweets, otherwise=UNUSABLE)))

    def look_up(self, remote_id: str) -> Standing | None:
        """Read one post: one request. Of one that is gone X says so in a success, with an error in it."""
        answer = self._client.get_tweet(remote_id, tweet_fields=_FIELDS, user_auth=True)
        if tweet := mapping(answer.get("data")):
            return self._standing(tweet)
        errors = answer.get("errors")
        kinds = [text(mapping(error).get("type")) for error in (errors if isinstance(errors, list) else [])]
        if any(kind.endswith("/resource-not-found") for kind in kinds):
            return None
        raise unusable(TransientError, UNUSABLE, answer, revealed(self._connection))

    def _standing(self, tweet: Mapping[str, Any]) -> Standing:
        remote_id = numbered(tweet.get("id"), otherwise=UNUSABLE)
        media_keys = mapping(tweet.get("attachments")).get("media_keys")
        keys = [text(key) for key in media_keys] if isinstance(media_keys, list) else []
        return Standing(
            remote_id=remote_id,
            url=self._receipt(remote_id).url,
            text=_as_written(tweet),
            links=tuple(_leads_to(tweet)),
            # "3_1880028106020515840": the kind of media, and the id that its upload was answered with.
            media_ids=tuple(key.partition("_")[2] for key in keys if "_" in key),
            published=moment(tweet.get("created_at")),
        )

    def retract(self, remote_id: str) -> None:
        """Delete a post: one request."""
        answer = self._client.delete_tweet(remote_id, user_auth=True)
        if mapping(answer.get("data")).get("deleted") is not True:
            raise unusable(UncertainError, UNUSABLE, answer, revealed(self._connection))

    def _receipt(self, remote_id: str) -> Receipt:
        return Receipt(remote_id=remote_id, url=f"https://x.com/i/status/{remote_id}")


_PERMALINK = re.compile(r"https://(?:www\.|mobile\.)?(?:x|twitter)\.com/([^/?#]+)(?:/web)?/status/(\d{1,20})(?!\d)")
#: What is asked of a post that is read.
_FIELDS = ["created_at", "entities", "attachments"]
_READS_ONLY = Lack(
    what=say("the X app may only read"),
    mend=say(
        "set it to 'Read and write': developer.x.com, the app, 'User authentication settings'; tokens that were made "
        "before still only read"
    ),
    stops=True,
    takes_new_token=True,
)
#: X's own link for the pictures, behind the text, and where it leads.
_PICTURES = re.compile(r"\s*https://t\.co/\w+$")
_TO_PICTURES = re.compile(r"/status/\d+/(photo|video)/\d+$")


def _as_written(tweet: Mapping[str, Any]) -> str:
    """Undo what X does to a text: `&amp;`, its own links in place of the author's, and the one for the pictures."""
    # First: an address holds `&copy=` as the author wrote it.
    written = html.unescape(text(tweet.get("text")))
    links = mapping(tweet.get("entities")).get("urls")
    for link in map(mapping, links if isinstance(links, list) else []):
        leads_to = str(link.get("expanded_url") or "")
        if link.get("url") and leads_to and not _TO_PICTURES.search(leads_to):
            written = written.replace(str(link["url"]), leads_to)
    return _PICTURES.sub("", written)


def _leads_to(tweet: Mapping[str, Any]) -> Iterator[str]:
    """Give where a post's links lead; of a shortened one also what is behind it, where X has looked."""
    links = mapping(tweet.get("entities")).get("urls")
    for link in map(mapping, links if isinstance(links, list) else []):
        found = (text(link.get(name)) for name in ("expanded_url", "unwound_url"))
        yield from (address for address in found if address and not _TO_PICTURES.search(address))
