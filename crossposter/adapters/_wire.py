"""What adapters over HTTP share: the session, and the one question that matters after a failure: did it leave?"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from crossposter.adapters.options import Connection
from crossposter.errors import AccountError, PublishError, TransientError, UncertainError
from crossposter.wording import say

#: Raised before the first byte of the request is written. (A TLS failure is one only when the certificate was refused:
#: the same class also comes from a connection that broke later.)
_BEFORE_SENDING = (ConnectTimeoutError, NewConnectionError, ssl.SSLCertVerificationError)
#: How http.client says that the proxy opened no tunnel; there is no class for it. urllib3's ProxyError is no proof: it
#: also comes from a proxy that broke the connection after it took the request.
_NO_TUNNEL = "Tunnel connection failed"
#: Bytes; what the platforms answer has a few thousand, and reading JSON takes many times its size.
MAX_ANSWER = 5_000_000
#: The longest that a platform may make us wait: a number read wrongly must not silence a city for years.
_LONGEST_WAIT = timedelta(hours=24)


def json_object(response: requests.Response) -> dict[str, Any]:
    """Read the JSON object of an answer; an empty one when there is none, or one too large to be meant."""
    if len(response.content) > MAX_ANSWER:
        return {}
    try:
        body = response.json()
    except (ValueError, RecursionError):  # no JSON, a number of a thousand digits, brackets without end
        return {}
    return body if isinstance(body, dict) else {}


def new_session(connection: Connection) -> requests.Session:
    """Make a session that takes nothing from the environment: no proxy, no password file, no certificates.

    Several threads may speak through it at once: it keeps no cookies, and requests guards nothing else that changes.

    Raises:
        AccountError: The certificates cannot be read.
    """
    check_certificates(connection)
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    if connection.proxy:
        session.proxies = {"http": connection.proxy, "https": connection.proxy}
    if connection.ca_file:
        session.verify = connection.ca_file
    return session


def check_certificates(connection: Connection) -> None:
    """Make sure that the certificate file can be used: the libraries notice only while they send, and say little.

    Raises:
        AccountError: It cannot be read, or holds no certificate.
    """
    if not connection.ca_file:
        return
    try:
        ssl.create_default_context(cafile=connection.ca_file)
    except OSError as error:  # ssl.SSLError is one
        message = say("the certificates in {path!r} cannot be used: {cause}", path=connection.ca_file, cause=error)
        raise AccountError(message) from error


def no_answer(error: Exception, *, is_publish: bool) -> PublishError:
    """Say what a request without an answer means: it left, or it surely did not."""
    cause = type(error).__name__
    if is_publish and not surely_not_sent(error):
        return UncertainError(say("the answer of the platform was lost ({cause})", cause=cause))
    return TransientError(say("the platform cannot be reached ({cause})", cause=cause))


def succeeds(response: requests.Response) -> bool:
    """Tell whether the status says so; to requests, a redirect is fine too."""
    return 200 <= response.status_code < 300


def bounded(wait: timedelta) -> timedelta:
    """Keep a wait that a platform asked for between nothing and a day."""
    return min(max(wait, timedelta()), _LONGEST_WAIT)


def skew(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Give how far the platform's clock is ahead of ours, by its `Date`; None where it sends none that can be read."""
    try:
        said = parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, TypeError, OverflowError):
        return None
    return said - now if said.tzinfo else None


def surely_not_sent(error: BaseException) -> bool:
    """Tell whether the connection failed before the request was written."""
    return any(isinstance(cause, _BEFORE_SENDING) or _tells_no_tunnel(cause) for cause in causes(error))


def _tells_no_tunnel(cause: BaseException) -> bool:
    return isinstance(cause, OSError) and str(cause).startswith(_NO_TUNNEL)


def causes(error: BaseException) -> Iterator[BaseException]:
    """Walk from an error to what it was made of; urllib3 hides causes in `reason`, requests in `args`.

    Not along `__context__`: that leads on to a failure which was being dealt with when the request was made.
    """
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        found = waiting.pop()
        if not isinstance(found, BaseException) or id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        waiting += [found.__cause__, getattr(found, "reason", None), *found.args]
