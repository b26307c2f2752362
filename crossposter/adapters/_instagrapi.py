"""instagrapi's client made safe for an unattended account: the only owner of instagrapi.

Measured on 3.2.2: its `photo_upload` posted ten times on one odd answer; a dropped connection or a 408 posted twice; it
has no timeout, answers challenges by itself and asks a terminal for codes. None of that may happen in a city's name:
`private_request` is replaced by one that sends once, and the upload by one that sends the prepared bytes as they are.

The library is made for one thread: what was answered last, headers and cookies are its own state, and the answer to a
reading could be taken for that to a post. So requests go one at a time, but for uploads, which touch none of that.
"""

from __future__ import annotations

import functools
import json
import logging
import random
import re
import threading
import uuid
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import requests
from curl_cffi import CurlECode, CurlOpt
from instagrapi import Client, config, exceptions
from requests.cookies import RequestsCookieJar

from crossposter.adapters._answers import plain_words, text
from crossposter.adapters._rules import Answer, Rule, first_match, kept, recorded, revealed, unusable
from crossposter.adapters._wire import (
    MAX_ANSWER,
    causes,
    check_certificates,
    json_object,
    skew,
    succeeds,
    surely_not_sent,
)
from crossposter.adapters.options import Connection
from crossposter.errors import AccountError, MissingError, PublishError, RejectedError, TransientError, UncertainError
from crossposter.wording import say

#: Turkey, as the office's own telephone says it.
_LOCALE, _COUNTRY_CODE, _UTC_OFFSET_S = "tr_TR", 90, 3 * 3600
UNUSABLE = say("Instagram has answered something that crossposter does not know")
#: What makes a post, gives it other words, or takes it away.
_PUBLIC = re.compile(r"media/configure.*|media/[0-9_]+/(edit_media|delete)/")
_VERIFY = "accounts/current_user"
#: The library prints whole answers, and for each refusal a traceback with the address; we tell each failure ourselves.
_LOGGERS = ("instagrapi", "private_request", "public_request", "graphql_request")
#: Instagram blocks who asks again at once; an hour is what careful users wait (2026-11).
_COOLING = timedelta(hours=1)
#: "feedback_required": who goes on is locked out (2026-11).
_BLOCK = timedelta(days=1)
#: A session file's own values would win over ours: the library's pause before each request, its repeated requests.
_OURS = ("tls_verify", "request_timeout", "private_transport", "session_retry_", "public_")
#: What the library raises when an answer has another shape than it thinks.
CONFUSED = (AttributeError, KeyError, TypeError, ValueError, RecursionError)
#: What is shorter in a session's login is a number of the account, and no secret.
_SECRET_LENGTH = 13
_upload_id_lock = threading.Lock()
_last_upload_id = 0
_CURL_BEFORE_SENDING = frozenset(
    {
        CurlECode.COULDNT_RESOLVE_PROXY,
        CurlECode.COULDNT_RESOLVE_HOST,
        CurlECode.COULDNT_CONNECT,
        CurlECode.SSL_CONNECT_ERROR,
        CurlECode.PEER_FAILED_VERIFICATION,
        CurlECode.SSL_CACERT_BADFILE,
        CurlECode.PROXY,
    }
)


class InstagramClient(Client):  # type: ignore[misc]  # instagrapi has no types
    """Acts with a saved session only; every request is sent once, and its failure is a PublishError."""

    def __init__(self, connection: Connection, settings: dict[str, Any]) -> None:
        check_certificates(connection)
        for name in _LOGGERS:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._connection = connection
        settings = {name: value for name, value in settings.items() if not name.startswith(_OURS)}
        super().__init__(settings=settings, with_challenge_flow=False, request_timeout=0)
        # Saved settings override the constructor, so these come after it.
        self.set_tls_verify(connection.ca_file or True)
        self.set_proxy(connection.proxy or "")
        self.set_locale(_LOCALE)
        self.set_country_code(_COUNTRY_CODE)
        self.set_timezone_offset(_UTC_OFFSET_S)
        for session in (self.private, self.public, self.graphql):
            session.trust_env = False  # REQUESTS_CA_BUNDLE would silently beat the certificates set above
            session.max_redirects = 0
            session.request = functools.partial(session.request, timeout=connection.timeout_s)
            session.hooks["response"].append(_refuse_if_huge)
        # On a kept connection that died, curl sends the request a second time.
        self.private.get_adapter("https://i.instagram.com/").client.curl_options[CurlOpt.FRESH_CONNECT] = 1
        #: What answers to uploads have set; the next request sends it.
        self._set_by_uploads: deque[RequestsCookieJar] = deque()
        self._note_session()

    def private_request(self, endpoint: str, data: Any = None, params: Any = None, **kwargs: Any) -> dict[str, Any]:
        """Send one request, once: no second try, no challenge flow, no login. One at a time: see `SessionBackend`.

        Raises:
            PublishError: It was not answered with a JSON object that says success.
        """
        is_publish, is_verify = bool(_PUBLIC.match(endpoint)), endpoint.startswith(_VERIFY)
        headers = {"Authorization": self.authorization, **(kwargs.pop("headers", None) or {})}
        while self._set_by_uploads:
            self.private.cookies.update(self._set_by_uploads.popleft())
        try:
            answer = self._send_private_request(endpoint, data=data, params=params, headers=headers, **kwargs)
        except (exceptions.ClientError, requests.RequestException) as error:
            answered = self.last_response  # not error.response: half of the library's errors come without
            raise self.translated(error, answered, is_publish=is_publish, is_verify=is_verify) from error
        except CONFUSED as error:
            raise self._unusable(is_publish) from error
        finally:
            self._note_session()
        if not isinstance(answer, dict) or not answer or not succeeds(self.last_response):
            raise self._unusable(is_publish)
        return answer

    def _unusable(self, is_publish: bool) -> PublishError:
        error = unusable(UncertainError if is_publish else TransientError, UNUSABLE, {}, ())
        error.answer = None if self.last_response is None else recorded(self.last_response, self.secrets())
        return error

    def skew(self) -> timedelta | None:
        """Give how far Instagram's clock was ahead of ours at its last answer."""
        answered = self.last_response
        return skew(answered.headers, self._connection.now()) if answered is not None else None

    def upload_jpeg(self, content: bytes, *, for_album: bool) -> str:
        """Upload exactly these bytes and give the upload id; nothing is published. From several threads at once.

        The request is that of instagrapi's `photo_rupload`, which would encode the picture a second time.
        """
        upload_id = _new_upload_id(self._connection.now())
        name = f"{upload_id}_0_{random.randint(1_000_000_000, 9_999_999_999)}"  # noqa: S311 - a name, no secret
        parameters = {
            "retry_context": '{"num_step_auto_retry":0,"num_reupload":0,"num_step_manual_retry":0}',
            "media_type": "1",
            "xsharing_user_ids": "[]",
            "upload_id": upload_id,
            "image_compression": json.dumps({"lib_name": "moz", "lib_version": "3.1.m", "quality": "80"}),
            **({"is_sidecar": "1"} if for_album else {}),
        }
        headers = {
            "Accept-Encoding": "gzip",
            "X-Instagram-Rupload-Params": json.dumps(parameters),
            "X_FB_PHOTO_WATERFALL_ID": str(uuid.uuid4()),
            "X-Entity-Type": "image/jpeg",
            "Offset": "0",
            "X-Entity-Name": name,
            "X-Entity-Length": str(len(content)),
            "Content-Type": "application/octet-stream",
            "Content-Length": str(len(content)),
        }
        try:
            response = self._beside().post(
                f"https://{config.API_DOMAIN}/rupload_igphoto/{name}",
                data=content,
                headers=self.private_headers(headers),
                timeout=self._connection.timeout_s,
            )
        except requests.RequestException as error:
            raise self.translated(error, None) from error
        self._set_by_uploads.append(response.cookies)
        body = json_object(response)
        if not succeeds(response) or body.get("status") != "ok":
            said = [text(body.get(name)) for name in ("message", "feedback_message")]
            raise self.translated(exceptions.PhotoNotUpload(": ".join(filter(None, said))), response)
        return upload_id

    def _note_session(self) -> None:
        """Note headers and cookies for uploads: another thread may not read them while a request changes them."""
        self._noted = self.private.headers.copy(), self.private.cookies.copy()

    def _beside(self) -> requests.Session:
        """Make a session like the library's, over the same transport; its headers and cookies are nobody else's."""
        headers, cookies = self._noted
        session = requests.Session()
        session.trust_env, session.max_redirects = False, 0
        session.verify, session.proxies = self.private.verify, dict(self.private.proxies)
        session.headers, session.cookies = headers.copy(), cookies.copy()
        session.hooks["response"] = list(self.private.hooks["response"])
        session.adapters = self.private.adapters
        return session

    def translated(
        self, error: Exception, answered: requests.Response | None, *, is_publish: bool = False, is_verify: bool = False
    ) -> PublishError:
        """Say what an error of the library means; `answered` is the answer it is about, if there was one."""
        if answered is None:
            return _lost(error, is_publish=is_publish)
        words = plain_words(kept(str(getattr(error, "message", "") or type(error).__name__), self.secrets()))
        answer = Answer(
            status=answered.status_code,
            headers=answered.headers,
            body=json_object(answered),
            is_publish=is_publish,
            is_verify=is_verify,
            record=recorded(answered, self.secrets()),
            raised=error,
            said=words,
        )
        translated = first_match(RULES, answer, words, now=self._connection.now())
        # Nothing can be uncertain that curl says it could not begin.
        return TransientError(translated.message) if _surely_not_sent(error) else translated

    def secrets(self) -> list[str]:
        """Give what must not stand in a record: the account's, and what its session holds."""
        session = [str(value) for value in self.authorization_data.values() if len(str(value)) >= _SECRET_LENGTH]
        return [*revealed(self._connection), *session]


def _new_upload_id(now: datetime) -> str:
    """Name an upload by the millisecond, as the app does, but no two alike: accounts upload side by side."""
    global _last_upload_id
    with _upload_id_lock:
        _last_upload_id = max(_last_upload_id + 1, int(now.timestamp() * 1000))
        return str(_last_upload_id)


def _refuse_if_huge(response: requests.Response, *_: object, **__: object) -> None:
    """Keep the library from reading what is too large to be meant.

    Raises:
        ContentDecodingError: To requests this answer is none.
    """
    if len(response.content) > MAX_ANSWER:
        raise requests.exceptions.ContentDecodingError


def _surely_not_sent(error: BaseException) -> bool:
    if isinstance(error, exceptions.ClientConnectionError) and error.__context__:
        error = error.__context__  # made of this one, but not raised `from` it
    codes = (getattr(cause, "code", None) for cause in causes(error))
    return surely_not_sent(error) or any(code in _CURL_BEFORE_SENDING for code in codes)


def _lost(error: Exception, *, is_publish: bool) -> PublishError:
    """Say what a request without an answer means: it left, or it surely did not."""
    cause = type(error).__name__
    if is_publish and not _surely_not_sent(error):
        return UncertainError(say("the answer of the platform was lost ({cause})", cause=cause))
    return TransientError(say("the platform cannot be reached ({cause})", cause=cause))


def _raised(*classes: type[Exception], says: str = "") -> Callable[[Answer], bool]:
    return lambda a: isinstance(a.raised, classes) and says in a.said


def _says(words: str) -> Callable[[Answer], bool]:
    """Recognise what has no class of its own, or none when it answers an upload."""
    return lambda a: words in a.said


_LOG_IN = say("open the app with this account; then log in anew (crossposter login)")
_CONFIRM = say("open the app with this account, and confirm that it was you; then log in anew (crossposter login)")

#: Most specific first; by the library's class and Instagram's words.
RULES = (
    Rule("429", lambda a: a.status == 429, TransientError, say("Instagram asks to wait"), wait=_COOLING),
    Rule("5xx", lambda a: a.status >= 500, UncertainError, say("Instagram failed while it worked")),
    Rule("408", lambda a: a.status == 408, UncertainError, say("Instagram took too long")),
    # No JSON: a proxy or the edge spoke, not the platform. No 4xx: whatever the words are, they deny nothing.
    Rule(
        "a success without the post, a redirect, no JSON",
        lambda a: not a.is_refusal,
        UncertainError,
        UNUSABLE,
        is_known=False,
    ),
    Rule(
        "please wait a few minutes, rate_limit_error",
        lambda a: (
            _raised(exceptions.PleaseWaitFewMinutes, exceptions.RateLimitError)(a)
            or _says("Please wait a few minutes")(a)
        ),
        TransientError,
        say("Instagram asks to wait"),
        wait=_COOLING,
    ),
    Rule(
        "feedback_required, spam",
        lambda a: _raised(exceptions.FeedbackRequired)(a) or _says("feedback_required")(a),
        AccountError,
        say("Instagram has blocked posting for a while"),
        say("open the app with the account, see what it says, and wait a day"),
        wait=_BLOCK,
    ),
    Rule(
        "sentry_block, a blocked proxy",
        _raised(exceptions.SentryBlock, exceptions.ProxyAddressIsBlocked),
        AccountError,
        say("Instagram does not trust this network"),
        say("let crossposter go out by the city's own address, without a proxy or VPN; then log in anew"),
        wait=_COOLING,
    ),
    Rule(
        "account suspended",
        _raised(exceptions.AccountSuspended),
        AccountError,
        say("Instagram has suspended the account"),
        say("open the app with it, and appeal there"),
        wait=_BLOCK,
    ),
    Rule(
        "two-factor code wanted",
        _raised(exceptions.TwoFactorRequired),
        AccountError,
        say("Instagram wants a code, for which the program never asks by itself"),
        say("log in anew (crossposter login)"),
        wait=_COOLING,
    ),
    Rule(
        "bad_password, invalid_credentials",
        _raised(exceptions.BadPassword, exceptions.BadCredentials, exceptions.ReloginAttemptExceeded),
        AccountError,
        say("Instagram does not accept the password, or does not trust this network"),
        _LOG_IN,
        wait=_COOLING,
    ),
    Rule(
        "challenge_required, checkpoint_required, a captcha, a form",
        lambda a: (
            _raised(exceptions.ChallengeError, exceptions.CaptchaChallengeRequired)(a)
            or _says("challenge_required")(a)
            or _says("checkpoint_required")(a)
        ),
        AccountError,
        say("Instagram wants a person"),
        _CONFIRM,
        wait=_COOLING,
    ),
    Rule(
        "login_required",
        lambda a: _raised(exceptions.LoginRequired, exceptions.ClientLoginRequired)(a) or _says("login_required")(a),
        AccountError,
        say("Instagram has ended the login, and wants a person"),
        _LOG_IN,
        wait=_COOLING,
    ),
    Rule(
        "needs_upgrade",
        _raised(exceptions.ClientNeedsUpgradeError),
        AccountError,
        say("Instagram wants a newer app"),
        say("update crossposter"),
        wait=_COOLING,
    ),
    Rule(
        "media_needs_reupload",
        _says("media_needs_reupload"),
        TransientError,
        say("Instagram wants the picture once more"),
        say("crossposter uploads it again by itself"),
        wait=_COOLING,
        starts_over=True,
    ),
    Rule(
        "401, 403",
        lambda a: a.status in (401, 403),
        AccountError,
        say("Instagram wants a person"),
        _CONFIRM,
        wait=_COOLING,
    ),
    Rule(
        "any other 4xx, when asked whose account it is",
        lambda a: a.is_verify,
        AccountError,
        say("Instagram refuses this account, and wants a person"),
        _CONFIRM,
        wait=_COOLING,
        is_known=False,
    ),
    Rule(
        "404, Media not found",
        lambda a: a.status == 404 or _says("Media not found")(a),
        MissingError,
        say("Instagram does not know what the request names"),
    ),
    Rule(
        "any other 4xx",
        lambda a: True,
        RejectedError,
        say("Instagram refuses this post for a reason that crossposter does not know"),
        is_known=False,
    ),
)
