"""What an answer of X means: the table, X's own words, and what it tells of how much it still takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from crossposter.adapters._answers import plain_words
from crossposter.adapters._rules import Answer, Rule, kept
from crossposter.errors import AccountError, CreditError, RejectedError, TransientError, UncertainError
from crossposter.wording import say

#: What X counts: requests of 15 minutes; on capped tiers posts of a day as well, of the account and of the whole app.
_WINDOWS = ("x-rate-limit", "x-user-limit-24hour", "x-app-limit-24hour")
UNUSABLE = say("X has answered something that crossposter does not know")


def moment(headers: Mapping[str, str], name: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(headers.get(name, "")), UTC)
    except (ValueError, OverflowError, OSError):  # missing, no number, or no time that there is
        return None


def used_up_until(headers: Mapping[str, str]) -> datetime | None:
    """Give when X takes requests like this one again; None where one of its windows has room, or none is told of."""
    resets = [moment(headers, f"{name}-reset") for name in _WINDOWS if headers.get(f"{name}-remaining") == "0"]
    return max((reset for reset in resets if reset), default=None)


def words(answer: Answer, secrets: Iterable[str] = ()) -> str:
    """Give X's own words without secrets, the day of which they speak, and the number of the call for X's support."""
    messages = [str(error.get("message") or "") for error in _errors(answer)]
    said = "; ".join(filter(None, messages)) or str(answer.body.get("detail") or answer.body.get("title") or "-")
    hidden = list(secrets)
    said = plain_words(kept(said, hidden))
    for name, value in (
        ("reset_date", answer.body.get("reset_date")),
        ("x-transaction-id", answer.headers.get("x-transaction-id")),
    ):
        if isinstance(value, str) and value:
            said = f"{said} [{name} {plain_words(kept(value, hidden))}]"
    return said


def _errors(answer: Answer) -> list[Mapping[str, Any]]:
    errors = answer.body.get("errors")
    return [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []


def _has_code(answer: Answer, *codes: int) -> bool:
    """Tell whether X gives one of the numbers that only its older interface has."""
    return any(error.get("code") in codes for error in _errors(answer) if type(error.get("code")) is int)


def _kind(answer: Answer) -> str:
    return f"{answer.body.get('type', '')} {answer.body.get('title', '')}"


#: Says no to what was sent, not to who sent it; asking whose tokens these are sends nothing.
_OF_CONTENT = (400, 413, 422)
_DAY = timedelta(days=1)
_KEYS = say(
    "log in anew (crossposter login), or make new ones in the developer console and put them where the YAML names them;"
    " a wrong clock of this machine does it as well"
)
_REFUSES = say("X refuses this post for a reason that crossposter does not know")

#: Most specific first. Bodies: docs.x.com (OpenAPI 2.167, 2026-08) and public reports of 2026.
RULES = (
    Rule("429", lambda a: a.status == 429, TransientError, say("X asks to wait")),
    # The edge in front of X, not X: no permission is missing.
    Rule(
        "403 or 503 of Cloudflare, a web page",
        lambda a: a.status in (403, 503) and not a.body,
        UncertainError,
        say("not X has answered, but what stands in front of it"),
    ),
    Rule("5xx", lambda a: a.status >= 500, UncertainError, say("X failed while it worked")),
    Rule("408", lambda a: a.status == 408, UncertainError, say("X took too long")),
    Rule(
        "a success without the post's number, a redirect, no JSON",
        lambda a: not a.is_refusal,
        UncertainError,
        UNUSABLE,
        is_known=False,
    ),
    Rule(
        "code 32 (401)",
        lambda a: _has_code(a, 32),
        AccountError,
        say("X cannot check who signs: the keys do not belong together"),
        _KEYS,
    ),
    Rule(
        "code 89 (401)", lambda a: _has_code(a, 89), AccountError, say("X has ended the account's access token"), _KEYS
    ),
    Rule(
        "402 CreditsDepleted",
        lambda a: a.status == 402,
        CreditError,
        say("the X app has no credits left"),
        say("buy some in the developer console"),
    ),
    Rule(
        "403 SpendCapReached",
        lambda a: a.status == 403 and "SpendCapReached" in _kind(a),
        CreditError,
        say("the X app has reached its spending limit"),
        say("raise it in the developer console, or wait for the day on which X counts anew"),
    ),
    # A post with this text stands there already: made by hand, or by an attempt whose answer was lost.
    Rule(
        "403 duplicate content",
        lambda a: a.status == 403 and "duplicate content" in words(a),
        UncertainError,
        say("X says that this text was posted already"),
    ),
    Rule(
        "403 user-suspended, code 64",
        lambda a: _has_code(a, 64) or (a.status == 403 and "suspended" in _kind(a)),
        AccountError,
        say("X has suspended the account"),
        say("log in to X with it, and appeal there"),
        wait=_DAY,
    ),
    Rule(
        "code 326",
        lambda a: _has_code(a, 326),
        AccountError,
        say("X has locked the account"),
        say("log in to X with it, and do what X asks"),
        wait=_DAY,
    ),
    Rule(
        "code 226",
        lambda a: _has_code(a, 226),
        AccountError,
        say("X takes this for automated abuse"),
        say("look whether the account bears the label Automated, and whether somebody else posts with it; then wait"),
        wait=_DAY,
    ),
    Rule(
        "code 185",
        lambda a: _has_code(a, 185),
        TransientError,
        say("X takes no more posts of this account today"),
        wait=_DAY,
    ),
    Rule(
        "code 453 (403)",
        lambda a: _has_code(a, 453),
        AccountError,
        say("the X app may not use this part of X"),
        say("look at the app's access in the developer console"),
    ),
    Rule("401", lambda a: a.status == 401, AccountError, say("X does not accept the keys"), _KEYS),
    Rule(
        "403 oauth1-permissions, or x-access-level: read",
        lambda a: a.status == 403 and ("oauth1-permissions" in _kind(a) or a.headers.get("x-access-level") == "read"),
        AccountError,
        say("the X app may only read"),
        say("set it to 'Read and write' in the developer console, then log in anew (crossposter login)"),
    ),
    Rule(
        "400, 413, 422 or 403 not-authorized-for-resource, when asked whose account it is",
        lambda a: a.is_verify and (a.status in _OF_CONTENT or "not-authorized-for-resource" in _kind(a)),
        AccountError,
        say("X refuses this account"),
        say("look at the app and its tokens"),
    ),
    Rule(
        "403 not-authorized-for-resource, or a reply that is not allowed",
        lambda a: a.status == 403 and ("not-authorized-for-resource" in _kind(a) or "Reply to this" in words(a)),
        RejectedError,
        say("X allows replies and quotes only where this account is mentioned"),
    ),
    Rule(
        "403 Authenticating with Unknown",
        lambda a: a.status == 403 and "Authenticating with Unknown" in words(a),
        TransientError,
        say("X does not recognise the login at the moment"),
    ),
    # An id that was uploaded too long ago, or by another account: the next try uploads again.
    Rule(
        "400 Your media IDs are invalid",
        lambda a: a.status == 400 and "media IDs are invalid" in words(a),
        TransientError,
        say("X does not know the picture any more"),
        say("crossposter uploads it again by itself"),
        starts_over=True,
    ),
    # Seen with either status: the words count.
    Rule(
        "400 or 403 Tweet text is too long",
        lambda a: a.status in (400, 403) and "text is too long" in words(a),
        RejectedError,
        say("the text is longer than X takes"),
        say("shorten the account's template, and report it: crossposter should have counted as X does"),
    ),
    Rule("413", lambda a: a.status == 413, RejectedError, say("the picture's file is too large for X")),
    Rule("400, 422", lambda a: a.status in _OF_CONTENT, RejectedError, _REFUSES, is_known=False),
    # For hours, of /2/media/upload and of the timeline (docs.x.com, incidents, 2025-05 to 2026-01).
    Rule(
        "404",
        lambda a: a.status == 404,
        TransientError,
        say("X does not find its own interface, as in earlier breakdowns of X"),
    ),
    Rule(
        "any other 4xx",
        lambda a: True,
        TransientError,
        say("X refuses for a reason that crossposter does not know"),
        is_known=False,
    ),
)
