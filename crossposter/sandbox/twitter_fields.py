"""Which fields of a post X gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from crossposter.sandbox.twitter_media import Media
from crossposter.sandbox.twitter_text import Shown
from crossposter.sandbox.world import Post


@dataclass(frozen=True, slots=True, kw_only=True)
class Tweet:
    """What X keeps of a post beyond what every platform keeps."""

    shown: Shown
    reply_to: str | None
    conversation_id: str
    media: tuple[Media, ...]


def page_as_json(page: list[tuple[Post, Tweet]], query: Mapping[str, str]) -> dict[str, Any]:
    """Give a page of a timeline, newest first; there is no "data" when nothing was found."""
    meta: dict[str, Any] = {"result_count": len(page)}
    if not page:
        return {"meta": meta}
    meta |= {"newest_id": page[0][0].id, "oldest_id": page[-1][0].id}
    fields = _names(query, "tweet.fields")
    answer: dict[str, Any] = {"data": [_as_json(post, tweet, fields) for post, tweet in page], "meta": meta}
    media = [each for _, tweet in page for each in tweet.media]
    if media and "attachments.media_keys" in _names(query, "expansions"):
        media_fields = _names(query, "media.fields")
        answer["includes"] = {"media": [_media_as_json(each, media_fields) for each in media]}
    return answer


def one_as_json(post: Post, tweet: Tweet, query: Mapping[str, str]) -> dict[str, Any]:
    """Give one post."""
    return {"data": _as_json(post, tweet, _names(query, "tweet.fields"))}


def created_at(post: Post) -> str:
    """Give a post's time as X writes it."""
    return datetime.fromtimestamp(post.created_at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _as_json(post: Post, tweet: Tweet, fields: set[str]) -> dict[str, Any]:
    optional: dict[str, Any] = {
        "created_at": created_at(post),
        "author_id": post.account.id,
        "conversation_id": tweet.conversation_id,
    }
    if tweet.shown.urls:
        optional["entities"] = {"urls": list(tweet.shown.urls)}
    if tweet.reply_to:
        optional["referenced_tweets"] = [{"type": "replied_to", "id": tweet.reply_to}]
    if tweet.media:
        optional["attachments"] = {"media_keys": [each.key for each in tweet.media]}
    always = {"id": post.id, "text": tweet.shown.text, "edit_history_tweet_ids": [post.id]}
    return always | {name: value for name, value in optional.items() if name in fields}


def _media_as_json(media: Media, fields: set[str]) -> dict[str, str]:
    alt = {"alt_text": media.alt} if media.alt and "alt_text" in fields else {}
    return {"media_key": media.key, "type": "photo", **alt}


def _names(query: Mapping[str, str], parameter: str) -> set[str]:
    return set(query.get(parameter, "").split(","))
