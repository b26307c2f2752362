"""tweepy's client made fit for an official account: the only owner of tweepy.

tweepy 4.17 has no v2 media upload, no timeouts, follows redirects, and can sleep inside a call; all of it goes through
one method, which is replaced here. The table below says what each refusal of X means.
"""

from __future__ import annotations

import functools
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
import tweepy

from crossposter.adapters._wire import (
    Answer,
    Rule,
    account,
    account_perhaps,
    bounded,
    first_match,
    json_object,
    lost,
    new_session,
    no_answer,
    plain_words,
    refuses,
    rejected,
    skew,
    succeeds,
    transient,
)
from crossposter.adapters.options import Connection
from crossposter.errors import AccountError, PublishError, TransientError
from crossposter.wording import say

API_URL = "https://api.x.com"
_PUBLISH = ("POST", "/2/tweets")
_VERIFY = ("GET", "/2/users/me")
#: Where X names no time: its longest usual window (docs.x.com, rate limits, 2026-08).
_RATE_WINDOW = timedelta(minutes=15)


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
            )
            raise self._error(answer)
        return response

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
        error = first_match(_RULES, answer, plain_words(_words(answer)))
        if isinstance(error, TransientError) and answer.status == 429:
            now, reset = self._connection.now(), _reset_time(answer)
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
            return response.status_code, plain_words(_words(answer))
        found = found.__context__
    return None, "-"


def _reset_time(answer: Answer) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(answer.headers.get("x-rate-limit-reset", "")), UTC)
    except (ValueError, OverflowError, OSError):  # missing, no number, or no time that there is
        return None


def _words(answer: Answer) -> str:
    """Give X's own words."""
    errors = answer.body.get("errors")
    listed = errors if isinstance(errors, list) else []
    messages = [str(error.get("message") or "") for error in listed if isinstance(error, dict)]
    return "; ".join(filter(None, messages)) or str(answer.body.get("detail") or answer.body.get("title") or "-")


def _kind(answer: Answer) -> str:
    return f"{answer.body.get('type', '')} {answer.body.get('title', '')}"


#: Says no to what was sent, not to who sent it; asking whose tokens these are sends nothing.
_OF_CONTENT = (400, 413, 422)

#: Most specific first. Bodies: docs.x.com (OpenAPI 2.167, 2026-08) and public reports of 2026.
_RULES = (
    Rule(lambda a: a.status == 429, transient, say("X asks to wait")),
    # No JSON: a proxy or the edge spoke, not the platform.
    Rule(lambda a: not a.is_refusal, lost, say("X gave no usable answer")),
    Rule(
        lambda a: a.status == 401,
        account_perhaps,
        say(
            "X does not accept the keys: make new ones in the developer console and put them where the YAML names them"
        ),
    ),
    Rule(lambda a: a.status == 402, account, say("the X app has no credits left: buy some in the developer console")),
    Rule(
        lambda a: a.status == 403 and "SpendCapReached" in _kind(a),
        account,
        say("the X app has reached its spending limit: raise it in the developer console"),
    ),
    # A post with this text stands there already: made by hand, or by an attempt whose answer was lost.
    Rule(
        lambda a: a.status == 403 and "duplicate content" in _words(a),
        lost,
        say("X says that this text was posted already"),
    ),
    Rule(
        lambda a: a.status == 403 and "oauth1-permissions" in _kind(a),
        account,
        say("the X app may only read: set it to 'Read and write', then make new access tokens"),
    ),
    Rule(lambda a: a.status == 403 and "suspended" in _kind(a), account, say("X has suspended the account")),
    Rule(
        lambda a: a.is_verify and (a.status in _OF_CONTENT or "not-authorized-for-resource" in _kind(a)),
        account,
        say("X refuses this account: look at the app and its tokens"),
    ),
    Rule(lambda a: a.status == 403 and "not-authorized-for-resource" in _kind(a), rejected, say("X refuses this post")),
    # An id that was uploaded too long ago, or by another account: the next try uploads again.
    Rule(
        lambda a: a.status == 400 and "media IDs are invalid" in _words(a),
        transient,
        say("X does not know the picture any more"),
    ),
    Rule(lambda a: a.status in _OF_CONTENT, rejected, say("X refuses this post")),
    # 403 and 404 came for hours in known incidents (docs.x.com, incidents, 2025-05 to 2026-06): not proof of anything.
    Rule(lambda a: True, transient, say("X refuses for an unknown reason")),
)
