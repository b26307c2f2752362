"""The JSON body of a request to X: how it is read and what X refuses in a post's text."""

from __future__ import annotations

import json
from typing import Any

from crossposter.core.counting import has_invalid_characters, weighted_length
from crossposter.sandbox.exchange import Request
from crossposter.sandbox.twitter_errors import invalid

_MAX_TEXT = 280
_TOO_LONG = (
    "Your Tweet text is too long. For more information on how Twitter determines text length see "
    "https://github.com/twitter/twitter-text."
)
_TWEET_FIELDS = frozenset(
    (
        "card_uri",
        "community_id",
        "direct_message_deep_link",
        "edit_options",
        "for_super_followers_only",
        "geo",
        "made_with_ai",
        "media",
        "nullcast",
        "paid_partnership",
        "poll",
        "quote_tweet_id",
        "reply",
        "reply_settings",
        "share_with_followers",
        "text",
    )
)


def json_object(request: Request) -> dict[str, Any]:
    """Give the body.

    Raises:
        XError: it is no JSON object.
    """
    try:
        body = json.loads(request.body)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise invalid("body", "", "Request body must be a JSON object.")
    return body


def inner(body: dict[str, Any], name: str) -> dict[str, Any]:
    """Give an object inside the body, an empty one where there is none.

    Raises:
        XError: it is something else.
    """
    value = body.get(name) or {}
    if not isinstance(value, dict):
        raise invalid(name, str(value)[:60], f"$.{name}: is not an object")
    return value


def refuse_unknown_fields(body: dict[str, Any]) -> None:
    """Refuse fields that the schema of a post does not know (`additionalProperties: false`)."""
    for name in body:
        if name not in _TWEET_FIELDS:
            message = f"$.{name}: is not defined in the schema and the schema does not allow additional properties"
            raise invalid(name, str(body[name])[:60], message)


def check_text(text: object, *, has_media: bool) -> None:
    """Refuse a text that X would not take."""
    if not isinstance(text, str):
        raise invalid("text", str(text)[:40], "$.text: is not a string")
    if not text and not has_media:
        raise invalid("text", "", "Text or media is required.")
    if weighted_length(text) > _MAX_TEXT:
        raise invalid("text", text[:40], _TOO_LONG)
    if has_invalid_characters(text):
        raise invalid("text", text[:40], "The Tweet contains invalid characters.")
