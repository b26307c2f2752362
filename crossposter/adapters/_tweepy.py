"""tweepy's client made fit for an official account: the only owner of tweepy.

tweepy 4.17 has no v2 media upload, no timeouts, follows redirects, and can sleep inside a call; all of it goes through
one method, which is replaced here. What a refusal of X means is in `_x_errors.py`.
"""

from __future__ import annotations

import functools
import re
import threading
from datetime import datetime, timedelta
from typing import Any

import requests
import tweepy

from crossposter.adapters._rules import Answer, first_match, recorded, refuses, revealed
from crossposter.adapters._wire import bounded, json_object, new_session, no_answer, skew, succeeds
from crossposter.adapters._x_errors import RULES, moment, used_up_until, words
from crossposter.adapters.options import Connection
from crossposter.errors import AccountError, PublishError, TransientError
from crossposter.wording import say

API_URL = "https://api.x.com"
#: What makes a post, and what takes one away.
_PUBLIC = re.compile(r"POST /2/tweets|DELETE /2/tweets/.*")
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
        self._lock = threading.Lock()
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
        """Send one request, once. tweepy's own methods come through here, from several threads at once.

        Raises:
            PublishError: It was not answered with a JSON object and a 2xx.
        """
        is_publish = bool(_PUBLIC.fullmatch(f"{method} {route}"))
        signer = tweepy.OAuth1UserHandler(
            self.consumer_key, self.consumer_secret, self.access_token, self.access_token_secret
        )
        # On a kept connection that died meanwhile, "surely not sent" could not be told from "lost". Closing the shared
        # session would not do: an upload on another thread puts its connection there again.
        session = new_session(self._connection) if is_publish else self.session
        try:
            response = session.request(
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
        finally:
            if is_publish:
                session.close()
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
        if method == "POST" and (told := used_up_until(response.headers)):
            now = self._connection.now()
            until = now + bounded(told - now)
            with self._lock:
                self._used_up_until = max(self._used_up_until or until, until)
        return response

    def used_up_until(self) -> datetime | None:
        """Give when X takes posts again, as its answers to uploads and posts have told so far."""
        return self._used_up_until

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
        error = first_match(RULES, answer, words(answer, revealed(self._connection)), now=now)
        if isinstance(error, TransientError) and answer.status == 429:
            reset = used_up_until(answer.headers) or moment(answer.headers, "x-rate-limit-reset")
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
            return response.status_code, words(answer)
        found = found.__context__
    return None, "-"
