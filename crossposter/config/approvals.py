"""What the YAML says of who lets an account's posts out: `approval:`."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from crossposter.core.approval import ApprovalRule
from crossposter.references import mistake
from crossposter.wording import say

#: The word among the categories that means: whatever was held.
_HOLDS = "holds"
_HOURS = {"m": 1 / 60, "h": 1, "d": 24}
_SCHEMA = {
    "anyOf": [
        {"enum": ["none", "required"]},
        {
            "type": "object",
            "properties": {
                "mode": {"const": "required"},
                "for": {"type": "array", "items": {"type": "string"}, "minItems": 1},
                "expires": {"type": "string", "pattern": r"^\d{1,4}\s*[mhd]$", "default": "24h"},
            },
            "required": ["mode"],
            "additionalProperties": False,
        },
    ]
}


def _approval(value: Any) -> ApprovalRule | None:
    """Give which posts wait for a person; None for none."""
    if value == "none":
        return None
    if value == "required":
        return ApprovalRule()
    if not isinstance(value, dict) or value.get("mode") != "required" or not value.keys() <= {"mode", "for", "expires"}:
        raise mistake(
            say(
                "write none, required, or a block: mode: required, and under it for: (a list of categories, or the word"
                " holds) and expires: (a span of time)"
            )
        )
    named = value.get("for", [])
    if not isinstance(named, list) or not all(isinstance(one, str) and one.strip() for one in named):
        raise mistake(say("for: is a list of categories, with the word holds for whatever was held: [Meclis, holds]"))
    if "for" in value and not named:
        raise mistake(say("for: names nothing: without it every post waits for a person; approval: none lets all go"))
    categories = tuple(one.strip() for one in named if one.strip() != _HOLDS)
    return ApprovalRule(
        categories=categories or None,
        of_holds=len(categories) < len(named),
        expires=_expires(value.get("expires", "24h")),
    )


def _expires(written: Any) -> timedelta:
    match = re.fullmatch(r"(\d{1,4})\s*([mhd])", written.strip()) if isinstance(written, str) else None
    if not match or not int(match[1]):
        raise mistake(say("expires: is a span of time: write it like 30m, 24h or 2d"))
    return timedelta(hours=int(match[1]) * _HOURS[match[2]])


#: Which posts of an account wait for a person; to be said, since nobody should find out by a post.
ApprovalRules = Annotated[ApprovalRule | None, BeforeValidator(_approval), WithJsonSchema(_SCHEMA)]
