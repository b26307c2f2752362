"""What a refusal of Meta's Graph API means: a table for Pages, and one for Instagram.

Of a refusal the code counts, not the HTTP status (Meta, Graph API error handling and rate limits, 2026-06).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from crossposter.adapters._answers import plain_words, text
from crossposter.adapters._rules import Answer, Rule, first_match, kept
from crossposter.errors import AccountError, MissingError, PublishError, RejectedError, TransientError, UncertainError
from crossposter.wording import Message, say

#: After a refusal that asking again sooner would only prolong.
_DAY = timedelta(days=1)
#: "Temporarily blocked": hours, says Meta, and no number.
_BLOCK = timedelta(hours=6)


class Dialect(NamedTuple):
    """What differs between Meta's products on one API."""

    #: The edge whose POST makes a post public.
    publish_edge: str
    #: How Meta calls the product where it counts use.
    counted_as: str
    #: Most specific first.
    rules: tuple[Rule, ...]


def words(answer: Answer, secrets: Iterable[str]) -> str:
    """Give Meta's own words without secrets, and the number by which its support finds the call."""
    details, hidden = _details(answer), list(secrets)
    said = plain_words(kept(str(details.get("error_user_msg") or details.get("message") or "-"), hidden))
    trace = plain_words(kept(text(details.get("fbtrace_id")) or answer.headers.get("x-fb-trace-id", ""), hidden))
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


def is_throttled(answer: Answer) -> bool:
    """Tell whether Meta refuses because of how much was asked."""
    return _code(answer) in _THROTTLES


#: Of an app, a person, a Page, an account; 80001 Pages and 80002 Instagram by their own count.
_THROTTLES = frozenset({4, 17, 32, 341, 613, 80001, 80002})
_PERMISSION = frozenset({3, 10, *range(200, 300)})
#: "An unknown error occurred" has been seen after the post was made.
_UNKNOWN_TO_META = frozenset({-1, 1, 2})


def _says(*codes: int, subcode: int | None = None) -> Callable[[Answer], bool]:
    return lambda a: _code(a) in codes and subcode in (None, _subcode(a))


def _failed_while_working(answer: Answer) -> bool:
    return _code(answer) in _UNKNOWN_TO_META or bool(_details(answer).get("is_transient"))


def _is_no_refusal(answer: Answer) -> bool:
    """Only a 4xx refuses: what an envelope in a 200 or a 500 means for the post, Meta does not say."""
    return _code(answer) is None or not answer.is_refusal


_NEW_TOKEN = say("log in anew with a new token (crossposter login); a system user's does not end")

#: Of Meta's tokens, for both products.
_OF_TOKENS = (
    Rule(
        "190/458",
        _says(190, subcode=458),
        AccountError,
        say("the person behind the token has removed the app, or taken rights from it"),
        _NEW_TOKEN,
    ),
    Rule(
        "190/459",
        _says(190, subcode=459),
        AccountError,
        say("Facebook wants the person behind the token to confirm something"),
        say("that person logs in to facebook.com and does what it asks; then log in anew (crossposter login)"),
    ),
    Rule(
        "190/460",
        _says(190, subcode=460),
        AccountError,
        say("the person behind the token has changed the password, and the token is void"),
        _NEW_TOKEN,
    ),
    Rule("190/463", _says(190, subcode=463), AccountError, say("the token has expired"), _NEW_TOKEN),
    Rule(
        "190/464",
        _says(190, subcode=464),
        AccountError,
        say("the person behind the token has not confirmed the account at Facebook"),
        say("that person logs in to facebook.com and confirms it; then log in anew (crossposter login)"),
    ),
    Rule("190/467", _says(190, subcode=467), AccountError, say("the token is not valid any more"), _NEW_TOKEN),
    Rule("190, 102", _says(190, 102), AccountError, say("Meta does not accept the token"), _NEW_TOKEN),
    Rule(
        "104",
        _says(104),
        AccountError,
        say("Meta does not accept how the call is signed"),
        say("look at the app's secret"),
    ),
)
#: Of how much was asked, for both products.
_OF_THROTTLES = (
    Rule("4, 341", _says(4, 341), TransientError, say("Meta asks to wait: too much was asked by this app")),
    Rule("17", _says(17), TransientError, say("Meta asks to wait: too much was asked with this token")),
    Rule("32, 80001", _says(32, 80001), TransientError, say("Meta asks to wait: too much was asked for this Page")),
    Rule("80002", _says(80002), TransientError, say("Instagram asks to wait: too much was asked for this account")),
    Rule("613", _says(613), TransientError, say("Meta asks to wait: too many calls of this kind")),
)


def _no_answers(unusable: Message, failed: Message) -> tuple[Rule, ...]:
    return (
        Rule("5xx", lambda a: a.status >= 500, UncertainError, failed),
        Rule("no error envelope, or one in a 2xx or 3xx", _is_no_refusal, UncertainError, unusable, is_known=False),
    )


FACEBOOK = Dialect(
    "/feed",
    "pages",
    (
        *_no_answers(
            say("Facebook has answered something that crossposter does not know"),
            say("Facebook failed while it worked"),
        ),
        *_OF_THROTTLES,
        Rule(
            "368",
            _says(368),
            AccountError,
            say("Facebook has blocked the Page for a while"),
            say("look at the Page's support inbox on Facebook, and wait"),
            wait=_BLOCK,
        ),
        *_OF_TOKENS,
        Rule(
            "3, 10, 200 to 299",
            _says(*_PERMISSION),
            AccountError,
            say("the token may not post on this Page"),
            say("it needs pages_manage_posts and a task on the Page that allows posting: give both, then log in anew"),
        ),
        # The post before this one was the same: made by hand, or by an attempt whose answer was lost.
        Rule("506", _says(506), UncertainError, say("Facebook says that this was posted already")),
        Rule("-1, 1, 2, is_transient", _failed_while_working, UncertainError, say("Facebook failed while it worked")),
        Rule(
            "100/33",
            lambda a: not a.is_verify and _says(100, subcode=33)(a),
            MissingError,
            say("Facebook does not know what the request names: a post, a picture, or the Page itself"),
        ),
        # Code 100 is "Invalid appsecret_proof" as well as a picture of the wrong kind: here nothing was sent to refuse.
        Rule(
            "any other 4xx with a code, when asked whose account it is",
            lambda a: a.is_verify,
            AccountError,
            say("Facebook refuses this account"),
            say("look at the Page's token, its id and the app's secret"),
        ),
        Rule(
            "1366046",
            lambda a: _subcode(a) == 1366046,
            RejectedError,
            say("Facebook takes pictures as JPEG or PNG of less than 4 MB"),
            say("look at the picture on the site"),
        ),
        Rule(
            "324",
            _says(324),
            RejectedError,
            say("Facebook cannot read the picture"),
            say("look at the picture on the site"),
        ),
        Rule(
            "1609005",
            _says(1609005),
            RejectedError,
            say("Facebook cannot read the page behind the link"),
            say("open the link; the web server must let Meta's reader (facebookexternalhit) in"),
        ),
        Rule("100", _says(100), RejectedError, say("Facebook does not take the post as it is")),
        Rule(
            "any other code",
            lambda a: True,
            RejectedError,
            say("Facebook refuses this post for a reason that crossposter does not know"),
            is_known=False,
        ),
    ),
)


def of_container(status: str, *, now: datetime, record: str) -> PublishError:
    """Say what became of a container, by the subcode in its `status`; where that says nothing, another may do."""
    number = _SUBCODE.search(status)
    rule = SUBCODES.get(int(number[0]), _FAILED_CONTAINER) if number else _FAILED_CONTAINER
    answer = Answer(status=200, headers={}, body={}, is_publish=False, record=record)
    error = first_match([rule._replace(matches=lambda _: True)], answer, plain_words(record) or "-", now=now)
    error.starts_over = True
    return error


_SUBCODE = re.compile(r"22070\d\d")
_FAILED_CONTAINER = Rule(
    "a container with the status ERROR and no number",
    lambda a: True,
    TransientError,
    say("Instagram failed over the picture, and does not say why"),
    is_known=False,
)
_AGAIN = say("Instagram has lost the picture, or failed over it")
_ANEW = say("crossposter hands the picture over again by itself")
_PICTURE = say("look at the picture on the site")


def _of(
    code: int | None, subcode: int, kind: type[PublishError], meaning: Message, act: Message | None = None, **more: Any
) -> Rule:
    """Make the rule of a subcode of Instagram's; its code alone says the same where nothing else has that code."""
    label = f"{code}/{subcode}" if code is not None else str(subcode)
    is_unique = code not in (None, -1, 4, 100)

    def says_code_alone(answer: Answer) -> bool:
        # Not where Meta has only failed for the moment: then a publish may have been carried out.
        is_bare = _subcode(answer) not in SUBCODES and not _details(answer).get("is_transient")
        return is_unique and _code(answer) == code and is_bare

    return Rule(
        label,
        lambda a: _subcode(a) == subcode or says_code_alone(a),
        kind,
        meaning,
        act,
        **more,
    )


#: Instagram's error codes page, 2026-06-02. Some come as an error's subcode, some in a container's `status`.
SUBCODES: Mapping[int, Rule] = {
    # "We restrict certain activity": seen after the post had been made, so it denies nothing on a publish.
    2207051: _of(
        4,
        2207051,
        UncertainError,
        say("Instagram takes this for spam"),
        say("look at the account in the app, where the post may stand"),
        before=AccountError,
        wait=_DAY,
    ),
    2207050: _of(
        25,
        2207050,
        AccountError,
        say("Instagram has restricted the account"),
        say("open the app with it, and confirm what it asks"),
    ),
    2207042: _of(9, 2207042, TransientError, say("Instagram takes no more posts of this account today"), wait=_DAY),
    # Nothing was published: another try begins with a new container.
    2207003: _of(-2, 2207003, TransientError, say("Instagram took too long to fetch the picture"), _ANEW),
    2207006: _of(None, 2207006, TransientError, _AGAIN, _ANEW),
    2207008: _of(24, 2207008, TransientError, _AGAIN, _ANEW),
    # "Instagram server error": it denies nothing on a publish.
    2207001: _of(-1, 2207001, UncertainError, say("Instagram failed while it worked")),
    2207032: _of(None, 2207032, TransientError, _AGAIN, _ANEW),
    2207020: _of(None, 2207020, TransientError, _AGAIN, _ANEW),
    2207027: _of(9007, 2207027, TransientError, say("Instagram is not yet ready with the picture"), _ANEW),
    # The post itself.
    2207052: _of(
        9004,
        2207052,
        RejectedError,
        say("Instagram cannot fetch the picture"),
        say("open the picture's address; the web server must let Meta's reader (facebookexternalhit) in"),
    ),
    2207004: _of(36000, 2207004, RejectedError, say("the picture's file is too large for Instagram"), _PICTURE),
    2207005: _of(
        36001,
        2207005,
        RejectedError,
        say("the picture is of a kind that Instagram does not take: it wants JPEG"),
        _PICTURE,
    ),
    2207009: _of(
        36003, 2207009, RejectedError, say("the picture's shape is none that Instagram takes: 4:5 to 1.91:1"), _PICTURE
    ),
    2207010: _of(
        36004,
        2207010,
        RejectedError,
        say("the caption is too long for Instagram, or holds too many hashtags"),
        say("shorten the account's template or its hashtags"),
    ),
    2207028: _of(100, 2207028, RejectedError, say("an album on Instagram has 2 to 10 pictures")),
    2207040: _of(100, 2207040, RejectedError, say("Instagram takes no more than 20 names with an @ in a post")),
}

INSTAGRAM = Dialect(
    "/media_publish",
    "instagram",
    (
        *_no_answers(
            say("Instagram has answered something that crossposter does not know"),
            say("Instagram failed while it worked"),
        ),
        # Before the codes: 4 is a throttle, and with a subcode the suspicion of spam.
        *SUBCODES.values(),
        *_OF_THROTTLES,
        Rule(
            "368",
            _says(368),
            AccountError,
            say("Instagram has blocked posting for a while"),
            say("open the app with the account, see what it says, and wait"),
            wait=_BLOCK,
        ),
        *_OF_TOKENS,
        Rule(
            "3, 10, 200 to 299",
            _says(*_PERMISSION),
            AccountError,
            say("the token may not post on this account"),
            say("it needs instagram_basic and instagram_content_publish: give both, then log in anew"),
        ),
        Rule("-1, 1, 2, is_transient", _failed_while_working, UncertainError, say("Instagram failed while it worked")),
        Rule(
            "100/33",
            lambda a: not a.is_verify and _says(100, subcode=33)(a),
            MissingError,
            say("Instagram does not know what the request names"),
        ),
        # Code 100 is "Invalid appsecret_proof" as well as an object that does not exist.
        Rule(
            "any other 4xx with a code, when asked whose account it is",
            lambda a: a.is_verify,
            AccountError,
            say("Instagram refuses this account"),
            say("look at expect.id (17841...), the token and the app's secret"),
        ),
        Rule(
            "324",
            _says(324),
            RejectedError,
            say("Instagram cannot read the picture"),
            say("look at the picture on the site"),
        ),
        Rule("100", _says(100), RejectedError, say("Instagram does not take the post as it is")),
        Rule(
            "any other code",
            lambda a: True,
            RejectedError,
            say("Instagram refuses this post for a reason that crossposter does not know"),
            is_known=False,
        ),
    ),
)
