"""tweepy's client made fit for an official account: the only owner of tweepy.

tweepy 4.17 has no v2 media upload, no timeouts, follows redirects, and can sleep inside a call; all of it goes through
one method, which is replaced here. The table below says what each refusal of X means.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
import tweepy

from crossposter.adapters._rules import Answer, Rule, first_match, kept, recorded, refuses, revealed
from crossposter.adapters._wire import bounded, json_object, new_session, no_answer, plain_words, skew, succeeds
from crossposter.adapters.options import Connection
from crossposter.errors import AccountError, CreditError, PublishError, RejectedError, TransientError, UncertainError
from crossposter.wording import say

API_URL = "https://api.x.com"
_PUBLISH = ("POST", "/2/tweets")
_VERIFY = ("GET", "/2/users/me")
#: Where X names no time: its longest usual window (docs.x.com, rate limits, 2026-08).
_RATE_WINDOW = timedelta(minutes=15)
#: What X counts: requests of 15 minutes; on capped tiers posts of a day as well, of the account and of the whole app.
_WINDOWS = ("x-rate-limit", "x-user-limit-24hour", "x-app-limit-24hour")
UNUSABLE = say("X has answered something that crossposter does not know")


class XClient(tweepy.Client):  # type: ignore[misc]  # tweepy has no types
    """Speaks OAuth 1.0a for one account; every request is sent once, and its failure is a PublishError."""

    def __init__(self, connection: Connection) -> None:
        secrets = connection.secrets
        super().__init__(
            consumer_key=secrets["api_key"].reveal(),
            consumer_secret=secrets["api_secret"].reveal(),
            access_token=secrets["access_token"].reveal(),
            access_token_secret=secrets["access_secret"].reveal(),
            return_type=dict,
            # True would sleep up to a day inside the call, and recurse without end on a 429 without reset time.
            wait_on_rate_limit=False,
        )
        self._connection = connection
        self._url = (connection.url or API_URL).rstrip("/")
        self.session = new_session(connection)
        self._used_up_until: datetime | None = None
        #: How far X's clock was ahead of ours at its last answer.
        self.skew: timedelta | None = None

    def request(
        self,
        method: str,
        route: str,
        params: dict[str, Any] | None = None,
        json: dict[str, Any] | None = None,
        user_auth: bool = False,
        *,
        data: dict[str, str] | None = None,
        files: dict[str, tuple[str, bytes, str]] | None = None,
    ) -> requests.Response:
        """Send one request, once. tweepy's own methods come through here.

        Raises:
            PublishError: It was not answered with a JSON object and a 2xx.
        """
        is_publish = (method, route) == _PUBLISH
        if is_publish:
            # On a kept connection that died meanwhile, "surely not sent" could not be told from "lost".
            self.session.close()
        signer = tweepy.OAuth1UserHandler(
            self.consumer_key, self.consumer_secret, self.access_token, self.access_token_secret
        )
        try:
            response = self.session.request(
                method,
                self._url + route,
                params=params,
                json=json,
                data=data,
                files=files,
                auth=signer.apply_auth(),
                headers={"User-Agent": self.user_agent},
                timeout=self._connection.timeout_s,
                allow_redirects=False,
            )
        except OSError as error:  # all of requests' errors are, and its complaint about a missing certificate file
            raise no_answer(error, is_publish=is_publish) from error
        self.skew = skew(response.headers, self._connection.now())
        body = json_object(response)
        if not succeeds(response) or not body:
            answer = Answer(
                status=response.status_code,
                headers=response.headers,
                body=body,
                is_publish=is_publish,
                is_verify=(method, route) == _VERIFY,
                record=recorded(response, revealed(self._connection)),
            )
            raise self._error(answer)
        if method == "POST" and (until := _used_up_until(response.headers)):
            self._used_up_until = max(self._used_up_until or until, until)
        return response

    def used_up_until(self) -> datetime | None:
        """Give when X takes posts again, as its answers to uploads and posts have told so far."""
        if self._used_up_until is None:
            return None
        now = self._connection.now()
        return now + bounded(self._used_up_until - now)

    def me(self) -> tuple[dict[str, Any], str]:
        """Ask whose tokens these are; gives the answer, and what X says they may do ("read-write"; empty: nothing)."""
        response = self.request(*_VERIFY, user_auth=True)
        return json_object(response), response.headers.get("x-access-level", "")

    def upload_image(self, content: bytes, media_type: str) -> dict[str, Any]:
        """Upload a picture; its media id lives a day and belongs to this account."""
        files = {"media": ("picture.jpg", content, media_type)}
        return json_object(self.request("POST", "/2/media/upload", data={"media_category": "tweet_image"}, files=files))

    def describe_image(self, media_id: str, alt: str) -> None:
        """Give an uploaded picture its alt text."""
        self.request("POST", "/2/media/metadata", json={"id": media_id, "metadata": {"alt_text": {"text": alt}}})

    def _error(self, answer: Answer) -> PublishError:
        now = self._connection.now()
        error = first_match(RULES, answer, kept(_words(answer), revealed(self._connection)), now=now)
        if isinstance(error, TransientError) and answer.status == 429:
            reset = _used_up_until(answer.headers) or _moment(answer.headers, "x-rate-limit-reset")
            error.retry_at = now + (bounded(reset - now) if reset else _RATE_WINDOW)
        return error


class XAuthorization(tweepy.OAuth1UserHandler):  # type: ignore[misc]  # tweepy has no types
    """X's login with a PIN, of one person: the address to open, then the tokens that the PIN is worth."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        secrets = connection.secrets
        # "oob": X shows a PIN in place of sending the browser somewhere.
        super().__init__(secrets["api_key"].reveal(), secrets["api_secret"].reveal(), callback="oob")

    @property
    def oauth(self) -> requests.Session:
        """Give the session that tweepy speaks through."""
        return self._session

    @oauth.setter
    def oauth(self, session: requests.Session) -> None:
        """Tame each session that tweepy makes: it makes a new one for the second step."""
        tamed = new_session(self._connection)
        session.trust_env, session.proxies, session.verify = False, tamed.proxies, tamed.verify
        session.request = functools.partial(  # type: ignore[method-assign]  # tames tweepy's session
            session.request, timeout=self._connection.timeout_s, allow_redirects=False
        )
        self._session = session

    def _get_oauth_url(self, endpoint: str) -> str:
        return f"{(self._connection.url or API_URL).rstrip('/')}/oauth/{endpoint}"

    def address(self) -> str:
        """Ask X for the page on which a person allows the app.

        Raises:
            PublishError: X gives none.
        """
        try:
            return str(self.get_authorization_url())
        except tweepy.TweepyException as error:
            status, words = _refusal(error)
        if status is None:
            raise TransientError(say("X cannot be reached, or gave no usable answer"))
        sentence = say(
            "X does not take the app's keys for a login: look at the app's API key and secret, at 'User authentication "
            "settings' in the developer console, and at this machine's clock (HTTP {status}: {words})",
            status=status,
            words=words,
        )
        raise AccountError(sentence)

    def redeem(self, pin: str) -> tuple[str, str] | None:
        """Give the access token and its secret; None when X does not accept the PIN, and the address is used up.

        Raises:
            TransientError: X gave no usable answer.
        """
        try:
            token, secret = self.get_access_token(pin)
        except tweepy.TweepyException as error:
            status, _ = _refusal(error)
        else:
            return str(token), str(secret)
        if status is None:
            raise TransientError(say("X cannot be reached, or gave no usable answer"))
        return None


def _refusal(error: BaseException) -> tuple[int | None, str]:
    """Find what X answered, under tweepy's wrapping; None for no answer, or none that is a refusal.

    Never the errors' own words: they hold the answer whole, and a token may stand in it.
    """
    found: BaseException | None = error
    while found is not None:
        response = getattr(found, "response", None)
        if isinstance(response, requests.Response) and refuses(response.status_code):
            answer = Answer(status=0, headers={}, body=json_object(response), is_publish=False)
            return response.status_code, _words(answer)
        found = found.__context__
    return None, "-"


def _moment(headers: Mapping[str, str], name: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(headers.get(name, "")), UTC)
    except (ValueError, OverflowError, OSError):  # missing, no number, or no time that there is
        return None


def _used_up_until(headers: Mapping[str, str]) -> datetime | None:
    """Give when X takes requests like this one again; None where one of its windows has room, or none is told of."""
    resets = [_moment(headers, f"{name}-reset") for name in _WINDOWS if headers.get(f"{name}-remaining") == "0"]
    return max((reset for reset in resets if reset), default=None)


def _words(answer: Answer) -> str:
    """Give X's own words, the day of which they speak, and the number by which its support finds the call."""
    messages = [str(error.get("message") or "") for error in _errors(answer)]
    said = "; ".join(filter(None, messages)) or str(answer.body.get("detail") or answer.body.get("title") or "-")
    said = plain_words(said)
    for name, value in (
        ("reset_date", answer.body.get("reset_date")),
        ("x-transaction-id", answer.headers.get("x-transaction-id")),
    ):
        if isinstance(value, str) and value:
            said = f"{said} [{name} {plain_words(value)}]"
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
        lambda a: a.status == 403 and "duplicate content" in _words(a),
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
        lambda a: a.status == 403 and ("not-authorized-for-resource" in _kind(a) or "Reply to this" in _words(a)),
        RejectedError,
        say("X allows replies and quotes only where this account is mentioned"),
    ),
    Rule(
        "403 Authenticating with Unknown",
        lambda a: a.status == 403 and "Authenticating with Unknown" in _words(a),
        TransientError,
        say("X does not recognise the login at the moment"),
    ),
    # An id that was uploaded too long ago, or by another account: the next try uploads again.
    Rule(
        "400 Your media IDs are invalid",
        lambda a: a.status == 400 and "media IDs are invalid" in _words(a),
        TransientError,
        say("X does not know the picture any more"),
        say("crossposter uploads it again by itself"),
    ),
    # Seen with either status: the words count.
    Rule(
        "400 or 403 Tweet text is too long",
        lambda a: a.status in (400, 403) and "text is too long" in _words(a),
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
