"""What adapters over HTTP share: the session, and the one question that matters after a failure: did it leave?"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from crossposter.adapters.options import Connection
from crossposter.core.text import clean_line
from crossposter.errors import AccountError, PublishError, RejectedError, TransientError, UncertainError
from crossposter.wording import Message, say

#: Raised before the first byte of the request is written. (A TLS failure is one only when the certificate was refused:
#: the same class also comes from a connection that broke later.)
_BEFORE_SENDING = (ConnectTimeoutError, NewConnectionError, ssl.SSLCertVerificationError)
#: How http.client says that the proxy opened no tunnel; there is no class for it. urllib3's ProxyError is no proof: it
#: also comes from a proxy that broke the connection after it took the request.
_NO_TUNNEL = "Tunnel connection failed"
#: Bytes; what the platforms answer has a few thousand, and reading JSON takes many times its size.
MAX_ANSWER = 5_000_000
#: So much of a platform's own words stands in a sentence.
_MAX_WORDS = 300
#: The longest that a platform may make us wait: a number read wrongly must not silence a city for years.
_LONGEST_WAIT = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A platform's answer that is no success.

    Attributes:
        status: HTTP status.
        headers: Case-insensitive.
        body: The JSON object, or empty when there was none to be read.
        is_publish: Whether the request was the public one.
        is_verify: Whether the request asked whose account it is: a refusal is about the account then.
    """

    status: int
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    is_publish: bool
    is_verify: bool = False

    @property
    def is_refusal(self) -> bool:
        """Tell whether the platform itself said no, so that surely nothing was published."""
        return bool(self.body) and refuses(self.status)


class Rule(NamedTuple):
    """One line of an adapter's error table."""

    matches: Callable[[Answer], bool]
    error: Callable[[Message, Answer], PublishError]
    meaning: Message


def first_match(rules: Sequence[Rule], answer: Answer, words: str) -> PublishError:
    """Give the error of the first rule that matches; the last rule of a table matches everything."""
    rule = next(rule for rule in rules if rule.matches(answer))
    sentence = say("{meaning} (HTTP {status}: {words})", meaning=rule.meaning, status=answer.status, words=words)
    return rule.error(sentence, answer)


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

    Raises:
        AccountError: The certificates cannot be read.
    """
    check_certificates(connection)
    session = requests.Session()
    session.trust_env = False
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


def refuses(status: int) -> bool:
    """Tell whether a status can be a refusal. 408: an edge had waited for the platform, which may have worked on."""
    return 400 <= status < 500 and status != 408


def plain_words(said: str) -> str:
    """Take a platform's own words into a sentence: one line, nothing that a terminal or a database trips over."""
    return clean_line(said.encode("utf-8", "replace").decode())[:_MAX_WORDS]


def bounded(wait: timedelta) -> timedelta:
    """Keep a wait that a platform asked for between nothing and a day."""
    return min(max(wait, timedelta()), _LONGEST_WAIT)


def account(message: Message, _answer: Answer) -> PublishError:
    """Take a refusal that a person must look at."""
    return AccountError(message)


def account_perhaps(message: Message, _answer: Answer) -> PublishError:
    """Take a refusal that a person must look at, unless the platform takes it back when it is asked once more."""
    return AccountError(message, is_doubtful=True)


def rejected(message: Message, _answer: Answer) -> PublishError:
    """Take a refusal of this post."""
    return RejectedError(message)


def transient(message: Message, _answer: Answer) -> PublishError:
    """Take a refusal that will not last."""
    return TransientError(message)


def lost(message: Message, answer: Answer) -> PublishError:
    """Take an answer that says nothing: after a publish the post may be there."""
    return UncertainError(message) if answer.is_publish else TransientError(message)


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
