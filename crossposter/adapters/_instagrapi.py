"""instagrapi's client made safe for an unattended account: the only owner of instagrapi.

Measured on 3.2.2: its `photo_upload` posted ten times on one odd answer; a dropped connection or a 408 posted twice; it
has no timeout, answers challenges by itself and asks a terminal for codes. None of that may happen in a city's name:
`private_request` is replaced by one that sends once, and the upload by one that sends the prepared bytes as they are.
"""

from __future__ import annotations

import functools
import json
import logging
import random
import threading
import uuid
from datetime import datetime, timedelta
from typing import Any

import requests
from curl_cffi import CurlECode, CurlOpt
from instagrapi import Client, config, exceptions

from crossposter.adapters._wire import (
    MAX_ANSWER,
    causes,
    check_certificates,
    json_object,
    plain_words,
    refuses,
    skew,
    succeeds,
    surely_not_sent,
)
from crossposter.adapters.options import Connection
from crossposter.errors import AccountError, PublishError, RejectedError, TransientError, UncertainError
from crossposter.wording import Message, say

#: Turkey, as the office's own telephone says it.
_LOCALE, _COUNTRY_CODE, _UTC_OFFSET_S = "tr_TR", 90, 3 * 3600
_PUBLISH = "media/configure"
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

    def private_request(self, endpoint: str, data: Any = None, params: Any = None, **kwargs: Any) -> dict[str, Any]:
        """Send one request, once: no second try, no challenge flow, no login.

        Raises:
            PublishError: It was not answered with a JSON object that says success.
        """
        is_publish, is_verify = endpoint.startswith(_PUBLISH), endpoint.startswith(_VERIFY)
        headers = {"Authorization": self.authorization, **(kwargs.pop("headers", None) or {})}
        try:
            answer = self._send_private_request(endpoint, data=data, params=params, headers=headers, **kwargs)
        except (exceptions.ClientError, requests.RequestException) as error:
            answered = self.last_response  # not error.response: half of the library's errors come without
            raise self.translated(error, answered, is_publish=is_publish, is_verify=is_verify) from error
        except CONFUSED as error:
            raise _lost(is_publish) from error
        if not isinstance(answer, dict) or not answer or not succeeds(self.last_response):
            raise _lost(is_publish)
        return answer

    def skew(self) -> timedelta | None:
        """Give how far Instagram's clock was ahead of ours at its last answer."""
        answered = self.last_response
        return skew(answered.headers, self._connection.now()) if answered is not None else None

    def upload_jpeg(self, content: bytes, *, for_album: bool) -> str:
        """Upload exactly these bytes and give the upload id; nothing is published.

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
        headers = self.private_headers(
            {
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
        )
        try:
            response = self.private.post(
                f"https://{config.API_DOMAIN}/rupload_igphoto/{name}", data=content, headers=headers
            )
        except requests.RequestException as error:
            raise self.translated(error, None) from error
        body = json_object(response)
        if not succeeds(response) or body.get("status") != "ok":
            raise self.translated(exceptions.PhotoNotUpload(str(body.get("message") or "")), response)
        return upload_id

    def translated(
        self, error: Exception, answered: requests.Response | None, *, is_publish: bool = False, is_verify: bool = False
    ) -> PublishError:
        """Say what an error of the library means; `answered` is the answer it is about, if there was one."""
        words = str(getattr(error, "message", "") or type(error).__name__)
        kind, meaning = _meaning(error, words, answered)
        if kind is RejectedError and is_verify:
            kind, meaning = AccountError, _A_PERSON  # nothing was sent that could be refused
        message = say(
            "{meaning} ({kind}: {words})", meaning=meaning, kind=type(error).__name__, words=plain_words(words)
        )
        if kind is TransientError:
            return TransientError(message, retry_at=self._connection.now() + _COOLING)
        if meaning is _BLOCKED:
            return AccountError(message, retry_at=self._connection.now() + _BLOCK)
        if kind is not None:
            return kind(message)
        return UncertainError(message) if is_publish and not _surely_not_sent(error) else TransientError(message)


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


def _meaning(
    error: Exception, words: str, answered: requests.Response | None
) -> tuple[type[PublishError] | None, Message]:
    """Look the error up: by its class and words, then by the status; None when Instagram itself refused nothing."""
    status = 0 if answered is None else answered.status_code
    if status == 429:
        return TransientError, _WAIT
    # No JSON: a proxy or the edge spoke, not the platform. No 4xx: whatever the words are, they deny nothing.
    if answered is None or not refuses(status) or not json_object(answered):
        return None, _NO_ANSWER
    for classes, says, kind, meaning in _ERRORS:
        if isinstance(error, classes) and says in words:
            return kind, meaning
    return (AccountError, _A_PERSON) if status in (401, 403) else (RejectedError, _REFUSES)


def _surely_not_sent(error: BaseException) -> bool:
    if isinstance(error, exceptions.ClientConnectionError) and error.__context__:
        error = error.__context__  # made of this one, but not raised `from` it
    codes = (getattr(cause, "code", None) for cause in causes(error))
    return surely_not_sent(error) or any(code in _CURL_BEFORE_SENDING for code in codes)


def _lost(is_publish: bool) -> PublishError:
    message = say("Instagram gave no usable answer")
    return UncertainError(message) if is_publish else TransientError(message)


_A_PERSON = say("Instagram wants a person: open the app with this account and confirm, then log in again")
_BLOCKED = say("Instagram has blocked posting for a while: wait a day")
_WAIT = say("Instagram asks to wait")
_REFUSES = say("Instagram refuses this post")
_NO_ANSWER = say("Instagram gave no usable answer")

#: Class, words it must hold, what it is, what to say; most specific first. For a 4xx with a JSON body alone.
_ERRORS: tuple[tuple[tuple[type[Exception], ...], str, type[PublishError], Message], ...] = (
    (
        (exceptions.PleaseWaitFewMinutes, exceptions.RateLimitError),
        "",
        TransientError,
        _WAIT,
    ),
    ((exceptions.FeedbackRequired,), "", AccountError, _BLOCKED),
    (
        (
            exceptions.LoginRequired,
            exceptions.ClientLoginRequired,
            exceptions.BadPassword,
            exceptions.BadCredentials,
            exceptions.TwoFactorRequired,
            exceptions.ChallengeError,
            exceptions.CaptchaChallengeRequired,
            exceptions.SentryBlock,
            exceptions.ProxyAddressIsBlocked,
        ),
        "",
        AccountError,
        _A_PERSON,
    ),
    ((exceptions.AccountSuspended,), "", AccountError, say("Instagram has suspended the account")),
    ((exceptions.ClientNeedsUpgradeError,), "", AccountError, say("Instagram wants a newer app: update crossposter")),
    # These have no class of their own, or none when they answer an upload.
    ((exceptions.ClientError,), "login_required", AccountError, _A_PERSON),
    ((exceptions.ClientError,), "challenge_required", AccountError, _A_PERSON),
    ((exceptions.ClientError,), "checkpoint_required", AccountError, _A_PERSON),
    ((exceptions.ClientError,), "feedback_required", AccountError, _BLOCKED),
    ((exceptions.ClientError,), "Please wait a few minutes", TransientError, _WAIT),
    ((exceptions.ClientError,), "media_needs_reupload", TransientError, say("Instagram wants the picture once more")),
)
