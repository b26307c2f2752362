"""Fakes that behave: for tests of everything above the ports, ours and those of whoever builds on crossposter."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from threading import Lock

from crossposter.core.counting import find_links
from crossposter.core.examination import Examination
from crossposter.core.model import (
    Account,
    Article,
    Entry,
    Feed,
    Fit,
    Identity,
    Limits,
    LinkPlace,
    Picture,
    PictureLimits,
    PictureRef,
    Post,
    Receipt,
    Validators,
)
from crossposter.core.timeline import Standing, Timeline
from crossposter.core.window import Shown
from crossposter.errors import ArticleError, CrossposterError, FeedError, PictureError, PublishError
from crossposter.ports import Fetched, Staged, Steps, no_window
from crossposter.wording import say

LIMITS = Limits(
    max_length=280,
    measure=len,
    link=LinkPlace.TEXT,
    template="{{ title }}\n\n{{ summary }}\n\n{{ hashtags }}\n\n{{ link }}",
    max_pictures=4,
    needs_picture=False,
    max_alt_length=1000,
    picture=PictureLimits(max_bytes=1_000_000, max_width=1000),
)


def an_entry(number: int = 1, **changes: object) -> Entry:
    """Make an entry; the same number is the same entry."""
    entry = Entry(
        keys=(f"guid:{number}", f"link://izmir.bel.tr/tr/Haberler/{number}"),
        title=f"Haber {number}",
        link=f"https://www.izmir.bel.tr/tr/Haberler/{number}",
        summary=f"Özet {number}.",
        text="",
        language="tr",
        published=None,
    )
    return replace(entry, **changes)  # type: ignore[arg-type]  # a wrong name raises


def an_account(name: str = "izmir-x", **limits: object) -> Account:
    """Make an account; keywords change its platform's limits."""
    changed = replace(LIMITS, **limits)  # type: ignore[arg-type]  # a wrong name raises
    return Account(id=name, platform="fake", limits=changed, pinned=Identity(id=f"id-of-{name}", handle=None))


def a_feed(name: str = "izmir-tr", accounts: Sequence[str] = ("izmir-x",), **changes: object) -> Feed:
    """Make a feed."""
    feed = Feed(
        id=name,
        url=f"https://www.izmir.bel.tr/{name}.xml",
        language="tr",
        site="izmir",
        accounts=tuple(accounts),
        id_pattern=None,
        timezone="Europe/Istanbul",
        every=timedelta(minutes=5),
    )
    return replace(feed, **changes)  # type: ignore[arg-type]  # a wrong name raises


@dataclass
class FrozenClock:
    """A clock that stands still until it is told to move."""

    time: datetime

    def now(self) -> datetime:
        """Give the time."""
        return self.time

    def elapsed(self) -> float:
        """Give the seconds since 1970."""
        return self.time.timestamp()

    def forward(self, **duration: float) -> None:
        """Move on: `forward(minutes=5)`."""
        self.time += timedelta(**duration)


@dataclass
class FakeFeedSource:
    """Serves what `entries` holds for a feed, newest first; None answers "not modified"."""

    entries: dict[str, Sequence[Entry] | FeedError | None] = field(default_factory=dict)

    def fetch(self, feed: Feed, validators: Validators, window: Callable[[], Sequence[Shown]] = no_window) -> Fetched:
        """Give the entries, or raise the error; an entry with a mark of the window is left unread."""
        found = self.entries.get(feed.id, ())
        if isinstance(found, FeedError):
            raise found
        if found == ():
            raise FeedError(say("feed {feed} is empty: look at its address in a browser", feed=feed.id))
        if found is None:
            return Fetched(entries=None, validators=Validators(etag='"1"'))
        known = {shown.mark: shown for shown in window()}
        return Fetched(
            entries=tuple(entry for entry in found if entry.mark not in known),
            validators=Validators(etag='"1"'),
            unread=tuple(known[entry.mark] for entry in found if entry.mark in known),
        )


@dataclass
class FakePictureSource:
    """Prepares any picture, except those whose error it was given."""

    errors: dict[str, PictureError] = field(default_factory=dict)

    def prepare(self, ref: PictureRef, *, limits: Limits, alt: str, fit: Fit = Fit.PAD) -> Picture:
        """Give ten bytes that depend on the address."""
        if ref.url in self.errors:
            raise self.errors[ref.url]
        content = hashlib.sha256(ref.url.encode()).digest()[:10]
        digest = hashlib.sha256(content).hexdigest()
        return Picture(url=ref.url, content=content, sha256=digest, width=800, height=600, alt=alt)

    def card(self, headline: str, *, date: str, limits: Limits) -> Picture:
        """Give bytes that depend on the words."""
        content = f"{headline}\n{date}".encode()
        digest = hashlib.sha256(content).hexdigest()
        return Picture(url="", content=content, sha256=digest, width=1080, height=1350, alt=headline)


@dataclass
class FakeArticleSource:
    """Reads the articles that it was given, by the address of their page."""

    articles: dict[str, Article | ArticleError] = field(default_factory=dict)
    #: The addresses that were asked for.
    asked: list[str] = field(default_factory=list)

    def read(self, entry: Entry, feed: Feed, *, wants_text: bool) -> Article | None:
        """Give the article, without its text where that is not wanted; or raise the error."""
        if entry.link is None:
            return None
        self.asked.append(entry.link)
        found = self.articles.get(entry.link)
        if isinstance(found, ArticleError):
            raise found
        return found if found is None or wants_text else replace(found, text="")


@dataclass
class MemoryPictureStore:
    """Keeps pictures in memory."""

    contents: dict[str, bytes] = field(default_factory=dict)

    def put(self, content: bytes) -> str:
        """Keep some bytes."""
        digest = hashlib.sha256(content).hexdigest()
        self.contents[digest] = content
        return digest

    def get(self, sha256: str) -> bytes | None:
        """Give the bytes."""
        return self.contents.get(sha256)


class NoSteps:
    """Remembers nothing."""

    def once(self, name: str, do: Callable[[], str]) -> str:
        """Do it."""
        return do()


@dataclass
class FakeAdapter:
    """An account on a platform that does what the script says: the next of `answers`, else success.

    An answer is an error to raise, or a function to call first (to die in, to look at the world).
    """

    account: Account
    answers: dict[str, list[CrossposterError | Callable[[], None]]] = field(default_factory=dict)
    identity: Identity | None = None
    examination: Examination | None = None
    posts: dict[str, Post] = field(default_factory=dict)
    #: Posts that stand, and that no reading shows.
    unseen: set[str] = field(default_factory=set)
    #: When posts were published, where a reading tells.
    published: dict[str, datetime] = field(default_factory=dict)
    #: Which of the posts are answers, and to which.
    replies: dict[str, str] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    _made: int = 0
    _lock: Lock = field(default_factory=Lock)

    def verify(self) -> Identity:
        """Give the identity that was set, else the pinned one."""
        self._called("verify")
        return self.identity or self.account.pinned

    def examine(self) -> Examination:
        """Give what was set, else the identity alone; or what was refused."""
        self.calls.append("examine")
        if self.examination:
            return self.examination
        try:
            return Examination(identity=self.verify())
        except PublishError as error:
            return Examination(error=error)

    def stage(self, post: Post, steps: Steps) -> Staged:
        """Give each picture an id, once."""
        self._called("stage")
        uploads = (
            steps.once(f"{position} {picture.sha256}", partial(self._upload, picture))
            for position, picture in enumerate(post.pictures)
        )
        return Staged(post=post, media_ids=tuple(uploads))

    def _upload(self, picture: Picture) -> str:
        self._called("upload")
        return picture.sha256[:8]

    def publish(self, staged: Staged) -> Receipt:
        """Let the post stand."""
        self._called("publish")
        return self.stand(staged.post)

    def stand(self, post: Post) -> Receipt:
        """Put a post on the platform, whoever asks."""
        with self._lock:
            self._made = max(self._made, len(self.posts)) + 1
            remote_id = str(self._made)
            self.posts[remote_id] = post
        return Receipt(remote_id=remote_id, url=self._url(remote_id))

    def reply(self, staged: Staged, remote_id: str) -> Receipt:
        """Let an answer stand."""
        self._called("reply")
        receipt = self.stand(staged.post)
        self.replies[receipt.remote_id] = remote_id
        return receipt

    def edit(self, remote_id: str, post: Post) -> None:
        """Change a post's words."""
        self._called("edit")
        self.posts[remote_id] = replace(self.posts[remote_id], text=post.text)

    def look_up(self, remote_id: str) -> Standing | None:
        """Give a post; None where there is none."""
        self._called("look_up")
        post = self.posts.get(remote_id)
        return self._standing(remote_id, post) if post else None

    def timeline(self, *, limit: int, of: Sequence[str] = (), replies: bool = False) -> Timeline:
        """Give the newest posts; those in `unseen` are not shown."""
        self._called("timeline")
        hidden = self.unseen if replies else self.unseen | self.replies.keys()
        shown = [(remote_id, post) for remote_id, post in self.posts.items() if remote_id not in hidden]
        return Timeline(posts=tuple(self._standing(*one) for one in reversed(shown[-limit:])))

    def _standing(self, remote_id: str, post: Post) -> Standing:
        in_text = tuple(link.text for link in find_links(post.text))
        return Standing(
            remote_id=remote_id,
            url=self._url(remote_id),
            text=post.text,
            links=(*filter(None, [post.link]), *in_text),
            published=self.published.get(remote_id),
        )

    def _url(self, remote_id: str) -> str:
        return f"https://fake.example/{self.account.id}/{remote_id}"

    def retract(self, remote_id: str) -> None:
        """Take a post away."""
        self._called("retract")
        del self.posts[remote_id]

    def _called(self, verb: str) -> None:
        self.calls.append(verb)
        if self.answers.get(verb):
            answer = self.answers[verb].pop(0)
            if isinstance(answer, CrossposterError):
                raise answer
            answer()


def unreachable(name: str = "feed") -> FeedError:
    """Make the error of a feed that cannot be reached."""
    return FeedError(say("{name} cannot be reached", name=name))
