"""facebook-sdk's GraphAPI made fit for 2026: the only owner of facebook-sdk.

The library (3.1.0, of 2018) puts tokens into addresses, mangles lists and booleans, drops HTTP status and error
subcodes, has no timeout, and knows no Graph version after 3.1. All of it goes through `request`, replaced here.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import facebook

from crossposter.adapters._answers import plain_words
from crossposter.adapters._graph_errors import Dialect, is_throttled, words
from crossposter.adapters._graph_usage import breather, regain
from crossposter.adapters._rules import Answer, first_match, recorded, revealed
from crossposter.adapters._wire import json_object, new_session, no_answer, skew, succeeds
from crossposter.adapters.options import Connection
from crossposter.errors import AccountError, PublishError, TransientError
from crossposter.references import Secret
from crossposter.wording import say

API_URL = "https://graph.facebook.com"
#: A post itself, and nothing of it.
_OF_A_POST = re.compile(r"/?v[\d.]+/\d+_\d+")


class GraphClient(facebook.GraphAPI):  # type: ignore[misc]  # facebook-sdk has no types
    """Speaks for one Page or account; every request is sent once, and its failure is a PublishError."""

    def __init__(self, connection: Connection, *, token: Secret, version: str, dialect: Dialect) -> None:
        bearer = _checked(token.reveal())
        # Not version=...: the library refuses every version after 3.1; its attribute is used in each address.
        super().__init__(access_token=bearer, session=new_session(connection))
        self.version = version
        self._connection = connection
        self._dialect = dialect
        self._url = (connection.url or API_URL).rstrip("/") + "/"
        secret = connection.secrets.get("app_secret")
        self._proof = _proof(bearer, secret.reveal()) if secret else None
        self._lock = threading.Lock()
        self._used_up_until: datetime | None = None
        #: What Meta said at its last answer: how far its clock is ahead of ours, and which version it speaks.
        self.skew: timedelta | None = None
        self.answered_version = ""

    def request(
        self,
        path: str,
        args: dict[str, Any] | None = None,
        post_args: dict[str, Any] | None = None,
        files: dict[str, Any] | None = None,
        method: str | None = None,
    ) -> dict[str, Any]:
        """Send one request, once, the token in a header; the library's own methods come through here.

        From several threads at once.

        Raises:
            PublishError: It was not answered with a JSON object that says success.
        """
        method = method or ("GET" if post_args is None else "POST")
        is_public_edge = path.endswith(self._dialect.publish_edge) or _OF_A_POST.fullmatch(path)
        is_publish = method == "DELETE" or (method == "POST" and bool(is_public_edge))
        # A fresh connection: see XClient.request.
        session = new_session(self._connection) if is_publish else self.session
        query, form = _on_the_wire(args), _on_the_wire(post_args) if post_args is not None else None
        if self._proof:
            (query if form is None else form)["appsecret_proof"] = self._proof
        try:
            response = session.request(
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
        finally:
            if is_publish:
                session.close()
        self.skew = skew(response.headers, self._connection.now())
        self.answered_version = plain_words(response.headers.get("facebook-api-version", ""))
        body = json_object(response)
        if not succeeds(response) or not body or "error" in body:
            answer = Answer(
                status=response.status_code,
                headers=response.headers,
                body=body,
                is_publish=is_publish,
                is_verify=method == "GET" and path.rpartition("/")[2] in ("me", self._connection.remote_id),
                record=recorded(response, self.secrets()),
            )
            raise self._error(answer)
        if method == "POST":
            self._breathe(response.headers)
        return body

    def edit(self, object_id: str, **changes: str) -> dict[str, Any]:
        """Change what stands: one request, for which the library has no method."""
        return self.request(f"{self.version}/{object_id}", post_args=changes, method="POST")

    def secrets(self) -> list[str]:
        """Give what must not stand in a record."""
        return [*revealed(self._connection), *filter(None, [self._proof])]

    def used_up_until(self) -> datetime | None:
        """Give until when Meta is left alone, as its answers to uploads and posts have told so far."""
        return self._used_up_until

    def _breathe(self, headers: Mapping[str, str]) -> None:
        wait = breather(headers, account_id=self._connection.remote_id, counted_as=self._dialect.counted_as)
        if wait:
            until = self._connection.now() + wait
            with self._lock:
                self._used_up_until = max(self._used_up_until or until, until)

    def _error(self, answer: Answer) -> PublishError:
        now = self._connection.now()
        error = first_match(self._dialect.rules, answer, words(answer, self.secrets()), now=now)
        if isinstance(error, TransientError) and error.retry_at is None and is_throttled(answer):
            error.retry_at = now + regain(answer.headers, account_id=self._connection.remote_id)
        return error


def _checked(token: str) -> str:
    """Give the token back; http.client would fail on such a one while it sends, and tell it.

    Raises:
        AccountError: It cannot stand in a header.
    """
    if not (token.isascii() and token.isprintable() and token == token.strip()):
        raise AccountError(say("the token holds a space, a line's end or a letter that no token has: copy it anew"))
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
