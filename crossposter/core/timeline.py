"""What stands on an account, as a reading of it shows, and what that says of a post whose answer was lost.

A post that is missing from a reading is absent only if the same reading shows one that surely stood there before: an
empty, stale or shortened list proves nothing. A post that is there is ours by the pictures that we uploaded for it, or
by its words and its time.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from crossposter.core.identity import canonical_link
from crossposter.core.links import BREAK
from crossposter.core.model import Attempt, Entry, Post, Receipt
from crossposter.core.text import match_key

#: So far a platform's clock may be behind ours before a checkup says so (core/checkup.py), and what it rounds.
_SKEW = timedelta(minutes=5)
#: A headline of fewer letters may stand in another post by chance.
_TELLING = 15
_SCHEME = re.compile("https?://", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A post that stands on an account.

    Attributes:
        text: As its author wrote it, as far as the platform tells.
        links: Where it leads: addresses in its text and on its card.
        media_ids: The platform's ids of what was uploaded for it; empty where it does not tell them.
        published: Aware UTC; None where the platform's answer cannot be read.
    """

    remote_id: str
    url: str
    text: str
    links: tuple[str, ...] = ()
    media_ids: tuple[str, ...] = ()
    published: datetime | None = None

    @property
    def receipt(self) -> Receipt:
        """Give what confirms it."""
        return Receipt(remote_id=self.remote_id, url=self.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """An account's newest posts, newest first.

    Attributes:
        is_out: Whether the post that was asked about is public, by the platform's own record of it (Instagram's
            container); None where it keeps none.
    """

    posts: tuple[Standing, ...]
    is_out: bool | None = None


class Sight(Enum):
    """What a reading says of a post."""

    STANDS = auto()
    ABSENT = auto()
    #: It was published, and is not shown: not yet, or not any more.
    UNSEEN = auto()
    #: Nothing.
    UNCLEAR = auto()


def look_for(timeline: Timeline, sent: Post, attempt: Attempt, *, theirs: Collection[str]) -> Standing | None:
    """Find the post of an attempt; None when the reading does not show it.

    Args:
        timeline: The reading.
        sent: What was sent.
        attempt: When, and with which uploads.
        theirs: The platform's ids of posts that are another delivery's.
    """
    free = [one for one in timeline.posts if one.remote_id not in theirs]
    by_media = (one for one in free if not set(attempt.media_ids).isdisjoint(one.media_ids))
    by_words = (one for one in free if says(one, sent) and _is_since(one, attempt.first_at or attempt.started_at))
    return next(by_media, None) or next(by_words, None)


def sight(timeline: Timeline, found: Standing | None, *, control: Collection[str]) -> Sight:
    """Say what a reading means; `control` holds the ids of posts of which it must show one to mean anything."""
    if found:
        return Sight.STANDS
    if timeline.is_out is not None:
        # Out and not in the list: it will be; nobody knows its number yet.
        return Sight.UNSEEN if timeline.is_out else Sight.ABSENT
    shows_a_known_one = any(one.remote_id in control for one in timeline.posts)
    return Sight.ABSENT if shows_a_known_one else Sight.UNCLEAR


def made_by_hand(
    posts: Iterable[Standing], entry: Entry, post: Post, *, ours: Collection[str], since: datetime
) -> Standing | None:
    """Find a post about this news that no delivery of ours has made; None where there is none.

    It has the news' own link; or says word for word what would be sent, or, where the platform makes no links of them,
    has the headline, and is not from before `since`: some headlines come every week.
    """
    headline = match_key(entry.title)
    for one in posts:
        if one.remote_id in ours:
            continue
        if leads_to(one, entry):
            return one
        if one.published and one.published < since:
            continue
        if says(one, post):
            return one
        if not one.links and len(headline) >= _TELLING and headline in match_key(one.text):
            return one
    return None


def made_before(posts: Iterable[Standing], entry: Entry, words: Post | None) -> Standing | None:
    """Find the post about this news that a later state of the ledger has made; None where none surely is.

    It has the news' own link, or says word for word what would be sent.
    """
    return next((one for one in posts if leads_to(one, entry) or (words and says(one, words))), None)


def leads_to(standing: Standing, entry: Entry) -> bool:
    """Tell whether a post has the link by which this news is known."""
    whole = (link if "://" in link else f"https://{link}" for link in standing.links)
    keys = {f"link:{canonical_link(link)}" for link in whole}
    return not keys.isdisjoint(entry.keys)


def says(standing: Standing, post: Post) -> bool:
    """Tell whether a post has the words of another, as far as platforms keep them."""
    return bool(post.text.strip()) and _comparable(standing.text) == _comparable(post.text)


def _is_since(standing: Standing, started_at: datetime) -> bool:
    return standing.published is None or standing.published >= started_at - _SKEW


def _comparable(text: str) -> str:
    """Drop what platforms add or take without being asked: `http://` of a bare address, what cannot be seen, spaces."""
    return " ".join(_SCHEME.sub("", text).replace(BREAK, "").split())
