"""facebook-sdk's GraphAPI made fit for 2026: the only owner of facebook-sdk.

The library (3.1.0, of 2018) puts tokens into addresses, mangles lists and booleans, drops HTTP status and error
subcodes, has no timeout, and knows no Graph version after 3.1. All of it goes through `request`, replaced here.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import facebook

from crossposter.adapters._answers import text
from crossposter.adapters._wire import (
    Answer,
    Rule,
    account,
    bounded,
    first_match,
    json_object,
    lost,
    new_session,
    no_answer,
    plain_words,
    rejected,
    succeeds,
    transient,
)
from crossposter.adapters.options import Connection
from crossposter.errors import AccountError, PublishError, TransientError
from crossposter.wording import say

API_URL = "https://graph.facebook.com"
#: When Meta throttles without saying for how long.
_THROTTLED = timedelta(hours=1)
#: Minutes.
_DAY = 24 * 60


class GraphClient(facebook.GraphAPI):  # type: ignore[misc]  # facebook-sdk has no types
    """Speaks for one Page; every request is sent once, and its failure is a PublishError."""

    def __init__(self, connection: Connection, *, version: str) -> None:
        token = _checked(connection.secrets["page_token"].reveal())
        # Not version=...: the library refuses every version after 3.1; its attribute is used in each address.
        super().__init__(access_token=token, session=new_session(connection))
        self.version = version
        self._connection = connection
        self._url = (connection.url or API_URL).rstrip("/") + "/"
        secret = connection.secrets.get("app_secret")
        self._proof = _proof(token, secret.reveal()) if secret else None

    def request(
        self,
        path: str,
        args: dict[str, Any] | None = None,
        post_args: dict[str, Any] | None = None,
        files: dict[str, Any] | None = None,
        method: str | None = None,
    ) -> dict[str, Any]:
        """Send one request, once, the token in a header; the library's own methods come through here.

        Raises:
            PublishError: It was not answered with a JSON object that says success.
        """
        method = method or ("GET" if post_args is None else "POST")
        is_publish = method == "POST" and path.endswith("/feed")
        if is_publish:
            self.session.close()  # a fresh connection: see XClient.request
        query, form = _on_the_wire(args), _on_the_wire(post_args) if post_args is not None else None
        if self._proof:
            (query if form is None else form)["appsecret_proof"] = self._proof
        try:
            response = self.session.request(
                method,
                self._url + path.lstrip("/"),
                params=query,
                data=form,
                files=files,
                headers={"Authorization": f"Bearer {self.access_token}"},
                timeout=self._connection.timeout_s,
                allow_redirects=False,
            )
        except OSError as error:  # all of requests' errors are, and its complaint about a missing certificate file
            # Not `from error`: its text may hold what was sent.
            raise no_answer(error, is_publish=is_publish) from None
        body = json_object(response)
        if not succeeds(response) or not body or "error" in body:
            answer = Answer(
                status=response.status_code,
                headers=response.headers,
                body=body,
                is_publish=is_publish,
                is_verify=path.rpartition("/")[2] == "me",
            )
            raise self._error(answer)
        return body

    def _error(self, answer: Answer) -> PublishError:
        error = first_match(_RULES, answer, _words(answer))
        if isinstance(error, TransientError) and _code(answer) in _THROTTLES:
            error.retry_at = self._connection.now() + (_regain(answer) or _THROTTLED)
        return error


def _checked(token: str) -> str:
    """Give the token back; http.client would fail on such a one while it sends, and tell it.

    Raises:
        AccountError: It cannot stand in a header.
    """
    if not (token.isascii() and token.isprintable() and token == token.strip()):
        raise AccountError(
            say("the Page's token holds a space, a line's end or a letter that no token has: copy it anew")
        )
    return token


def _proof(token: str, app_secret: str) -> str:
    """Sign the token (developers.facebook.com, "Securing Graph API requests")."""
    return hmac.new(app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()


def _on_the_wire(values: Mapping[str, Any] | None) -> dict[str, str]:
    """Write values as Meta reads them: `false`, and JSON for lists and objects; the token goes elsewhere."""
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in (values or {}).items()
        if value is not None and name != "access_token"
    }


def _regain(answer: Answer) -> timedelta | None:
    """Read how long Meta wants us to wait (X-Business-Use-Case-Usage, minutes)."""
    try:
        usage = json.loads(answer.headers.get("x-business-use-case-usage", "{}"))
        minutes = [int(row.get("estimated_time_to_regain_access") or 0) for rows in usage.values() for row in rows]
        longest = max(minutes, default=0)
        # Not bounded(timedelta(minutes=...)): a timedelta holds no more than three million years.
        return bounded(timedelta(minutes=min(longest, _DAY))) if longest > 0 else None
    except (ValueError, AttributeError, TypeError, OverflowError):
        return None


def _details(answer: Answer) -> Mapping[str, Any]:
    error = answer.body.get("error")
    return error if isinstance(error, Mapping) else {}


def _code(answer: Answer) -> int | None:
    code = _details(answer).get("code")
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def _words(answer: Answer) -> str:
    """Give Meta's own words, and the number by which its support finds the call."""
    details = _details(answer)
    said = plain_words(str(details.get("error_user_msg") or details.get("message") or "-"))
    trace = plain_words(text(details.get("fbtrace_id")))
    return f"{said} [fbtrace_id {trace}]" if trace else said


#: Of a refusal the code counts, not the HTTP status (Meta, Graph API error handling and rate limits, 2026-06).
_THROTTLES = frozenset({4, 17, 32, 341, 613, 80001})
_UNKNOWN_TO_META = frozenset({1, 2})

#: Most specific first. Codes: developers.facebook.com, Graph API error handling (2026-06).
_RULES = (
    # Only a 4xx refuses: what an envelope in a 200 or a 500 means for the post, Meta does not say.
    Rule(lambda a: _code(a) is None or not a.is_refusal, lost, say("Facebook gave no usable answer")),
    Rule(lambda a: _code(a) in _THROTTLES, transient, say("Facebook asks to wait")),
    Rule(
        lambda a: _code(a) == 368, account, say("Facebook has blocked the Page for a while: look at its support inbox")
    ),
    Rule(lambda a: _code(a) in (102, 104, 190), account, say("Facebook does not accept the Page's token: renew it")),
    Rule(
        lambda a: _code(a) in (3, 10) or _code(a) in range(200, 300),
        account,
        say("the token may not post on this Page: it needs pages_manage_posts and a task that allows posting"),
    ),
    # The post before this one was the same: made by hand, or by an attempt whose answer was lost.
    Rule(lambda a: _code(a) == 506, lost, say("Facebook says that this was posted already")),
    # "An unknown error occurred" has been seen after the post was made.
    Rule(
        lambda a: _code(a) in _UNKNOWN_TO_META or bool(_details(a).get("is_transient")),
        lost,
        say("Facebook failed while it worked"),
    ),
    # Code 100 is "Invalid appsecret_proof" as well as a picture of the wrong kind: here nothing was sent to refuse.
    Rule(
        lambda a: a.is_verify,
        account,
        say("Facebook refuses this account: look at the Page's token, its id and the app's secret"),
    ),
    Rule(lambda a: True, rejected, say("Facebook refuses this post")),
)
