"""What a refusal of Meta's Graph API means: a table for Pages, and one for Instagram.

Of a refusal the code counts, not the HTTP status (Meta, Graph API error handling and rate limits, 2026-06).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from crossposter.adapters._answers import text
from crossposter.adapters._wire import Answer, Rule, account, bounded, lost, plain_words, rejected, transient
from crossposter.errors import AccountError, PublishError, TransientError
from crossposter.wording import Message, say

#: When Meta throttles without saying for how long.
_THROTTLED = timedelta(hours=1)
#: After a refusal that asking again sooner would only prolong.
_DAY = timedelta(days=1)
_MINUTES_OF_A_DAY = 24 * 60


class Dialect(NamedTuple):
    """What differs between Meta's products on one API."""

    #: The edge whose POST makes a post public.
    publish_edge: str
    #: Most specific first.
    rules: tuple[Rule, ...]
    #: How long a refusal asks to be left alone; None where it says nothing of it.
    wait: Callable[[Answer], timedelta | None]


def words(answer: Answer) -> str:
    """Give Meta's own words, and the number by which its support finds the call."""
    details = _details(answer)
    said = plain_words(str(details.get("error_user_msg") or details.get("message") or "-"))
    trace = plain_words(text(details.get("fbtrace_id")))
    return f"{said} [fbtrace_id {trace}]" if trace else said


def _details(answer: Answer) -> Mapping[str, object]:
    error = answer.body.get("error")
    return error if isinstance(error, Mapping) else {}


def _number(answer: Answer, name: str) -> int | None:
    number = _details(answer).get(name)
    return number if isinstance(number, int) and not isinstance(number, bool) else None


def _code(answer: Answer) -> int | None:
    return _number(answer, "code")


def _subcode(answer: Answer) -> int | None:
    return _number(answer, "error_subcode")


def _regain(answer: Answer) -> timedelta:
    """Read how long Meta wants us to wait (X-Business-Use-Case-Usage, minutes); an hour where it does not say."""
    try:
        usage = json.loads(answer.headers.get("x-business-use-case-usage", "{}"))
        minutes = [int(row.get("estimated_time_to_regain_access") or 0) for rows in usage.values() for row in rows]
        longest = max(minutes, default=0)
        # Not bounded(timedelta(minutes=...)): a timedelta holds no more than three million years.
        return bounded(timedelta(minutes=min(longest, _MINUTES_OF_A_DAY))) if longest > 0 else _THROTTLED
    except (ValueError, AttributeError, TypeError, OverflowError):
        return _THROTTLED


#: Of an app, a person, a Page, an account; 80001 Pages and 80002 Instagram by their own count.
_THROTTLES = frozenset({4, 17, 32, 341, 613, 80001, 80002})
_TOKEN = frozenset({102, 104, 190})
_PERMISSION = frozenset({3, 10, *range(200, 300)})
_BLOCKED = 368
#: "An unknown error occurred" has been seen after the post was made.
_UNKNOWN_TO_META = frozenset({1, 2})


def _failed_while_working(answer: Answer) -> bool:
    return _code(answer) in _UNKNOWN_TO_META or bool(_details(answer).get("is_transient"))


def _is_no_refusal(answer: Answer) -> bool:
    """Only a 4xx refuses: what an envelope in a 200 or a 500 means for the post, Meta does not say."""
    return _code(answer) is None or not answer.is_refusal


def _wait_of_a_page(answer: Answer) -> timedelta | None:
    return _regain(answer) if _code(answer) in _THROTTLES else None


FACEBOOK = Dialect(
    "/feed",
    (
        Rule(_is_no_refusal, lost, say("Facebook gave no usable answer")),
        Rule(lambda a: _code(a) in _THROTTLES, transient, say("Facebook asks to wait")),
        Rule(
            lambda a: _code(a) == _BLOCKED,
            account,
            say("Facebook has blocked the Page for a while: look at its support inbox"),
        ),
        Rule(lambda a: _code(a) in _TOKEN, account, say("Facebook does not accept the Page's token: renew it")),
        Rule(
            lambda a: _code(a) in _PERMISSION,
            account,
            say("the token may not post on this Page: it needs pages_manage_posts and a task that allows posting"),
        ),
        # The post before this one was the same: made by hand, or by an attempt whose answer was lost.
        Rule(lambda a: _code(a) == 506, lost, say("Facebook says that this was posted already")),
        Rule(_failed_while_working, lost, say("Facebook failed while it worked")),
        # Code 100 is "Invalid appsecret_proof" as well as a picture of the wrong kind: here nothing was sent to refuse.
        Rule(
            lambda a: a.is_verify,
            account,
            say("Facebook refuses this account: look at the Page's token, its id and the app's secret"),
        ),
        Rule(lambda a: True, rejected, say("Facebook refuses this post")),
    ),
    _wait_of_a_page,
)


class Meaning(NamedTuple):
    """What a subcode of Instagram's means."""

    error: Callable[[Message, Answer], PublishError]
    sentence: Message
    wait: timedelta | None = None


def suspected(message: Message, answer: Answer) -> PublishError:
    """Take "we restrict certain activity": seen after the post had been made, so it denies nothing on a publish."""
    return lost(message, answer) if answer.is_publish else account(message, answer)


def of_container(status: str, *, now: datetime) -> PublishError:
    """Say what became of a container, by the subcode in its `status`; where that says nothing, another may do."""
    number = _SUBCODE.search(status)
    meaning = SUBCODES.get(int(number[0])) if number else None
    if meaning is None:
        return TransientError(say("Instagram failed over the picture ({words})", words=plain_words(status) or "-"))
    error = meaning.error(meaning.sentence, Answer(status=200, headers={}, body={}, is_publish=False))
    if meaning.wait and isinstance(error, TransientError | AccountError):
        error.retry_at = now + meaning.wait
    return error


_SUBCODE = re.compile(r"22070\d\d")
_AGAIN = say("Instagram has lost the picture: it is handed over anew")

#: Instagram's error codes page, 2026-06-02. Some come as an error's subcode, some in a container's `status`.
SUBCODES: Mapping[int, Meaning] = {
    2207051: Meaning(suspected, say("Instagram takes this for spam: look at the account in the app"), _DAY),
    2207050: Meaning(account, say("Instagram has restricted the account: open the app with it and confirm")),
    2207042: Meaning(transient, say("Instagram takes no more posts of this account today"), _DAY),
    # Nothing was published: another try begins with a new container.
    2207003: Meaning(transient, say("Instagram took too long to fetch the picture")),
    2207006: Meaning(transient, _AGAIN),
    2207008: Meaning(transient, _AGAIN),
    2207001: Meaning(transient, _AGAIN),
    2207032: Meaning(transient, _AGAIN),
    2207020: Meaning(transient, _AGAIN),
    2207027: Meaning(transient, say("Instagram is not yet ready with the picture")),
    # The post itself.
    2207052: Meaning(
        rejected, say("Instagram cannot fetch the picture: the web server must let Meta's (facebookexternalhit) in")
    ),
    2207004: Meaning(rejected, say("the picture's file is too large for Instagram")),
    2207005: Meaning(rejected, say("the picture is of a kind that Instagram does not take: it wants JPEG")),
    2207009: Meaning(rejected, say("the picture's shape is none that Instagram takes: 4:5 to 1.91:1")),
    2207010: Meaning(rejected, say("the caption is too long for Instagram, or holds too many hashtags")),
    2207028: Meaning(rejected, say("an album on Instagram has 2 to 10 pictures")),
    2207040: Meaning(rejected, say("Instagram takes no more than 20 names with an @ in a post")),
}


def _rule(subcode: int, meaning: Meaning) -> Rule:
    return Rule(lambda a: _subcode(a) == subcode, meaning.error, meaning.sentence)


def _wait_of_instagram(answer: Answer) -> timedelta | None:
    if meaning := SUBCODES.get(_subcode(answer) or 0):
        return meaning.wait
    return _regain(answer) if _code(answer) in _THROTTLES else None


INSTAGRAM = Dialect(
    "/media_publish",
    (
        Rule(_is_no_refusal, lost, say("Instagram gave no usable answer")),
        # Before the codes: 4 is a throttle, and with a subcode the suspicion of spam.
        *(_rule(*item) for item in SUBCODES.items()),
        Rule(lambda a: _code(a) in _THROTTLES, transient, say("Instagram asks to wait")),
        Rule(lambda a: _code(a) == _BLOCKED, account, say("Instagram has blocked posting for a while: wait a day")),
        Rule(lambda a: _code(a) in _TOKEN, account, say("Instagram does not accept the token: renew it")),
        Rule(
            lambda a: _code(a) in _PERMISSION,
            account,
            say("the token may not post on this account: it needs instagram_basic and instagram_content_publish"),
        ),
        Rule(_failed_while_working, lost, say("Instagram failed while it worked")),
        # Code 100 is "Invalid appsecret_proof" as well as an object that does not exist.
        Rule(
            lambda a: a.is_verify,
            account,
            say("Instagram refuses this account: look at expect.id (17841...), the token and the app's secret"),
        ),
        Rule(lambda a: True, rejected, say("Instagram refuses this post")),
    ),
    _wait_of_instagram,
)
