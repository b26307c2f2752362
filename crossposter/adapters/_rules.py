"""What a platform's answers mean: the form of the adapters' tables, and what is kept of an answer that none knows.

docs/errors.md is made of the tables (`make errors`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from crossposter.adapters.options import Connection
from crossposter.errors import (
    AccountError,
    MissingError,
    PublishError,
    RejectedError,
    TransientError,
    UncertainError,
)
from crossposter.redaction import redactor
from crossposter.wording import Message, say

if TYPE_CHECKING:
    import requests

#: Characters of an answer that are looked at for the record, and kept in it.
_READ, _KEPT = 64_000, 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A platform's answer that is no success.

    Attributes:
        status: HTTP status.
        headers: Case-insensitive.
        body: The JSON object, or empty when there was none to be read.
        is_publish: Whether the request was a public one: for a post, for other words of it, for its end.
        is_verify: Whether the request asked whose account it is: a refusal is about the account then.
        record: What is kept of it where its meaning is not known (`recorded`).
        raised: What the client library made of it, for a table that goes by that.
        said: The platform's own words, where the library has read them.
    """

    status: int
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    is_publish: bool
    is_verify: bool = False
    record: str | None = None
    raised: BaseException | None = None
    said: str = ""

    @property
    def is_refusal(self) -> bool:
        """Tell whether the platform itself said no, so that surely nothing was published."""
        return bool(self.body) and refuses(self.status)


class Rule(NamedTuple):
    """One line of an adapter's error table, and of docs/errors.md.

    Attributes:
        answer: What the platform says, as that page names it.
        matches: Recognises it.
        kind: What it is as the answer to a publish.
        meaning: The cause.
        act: What to do; None where the kind says it all (`ACTS`).
        before: What it is as the answer to another request; None for the same, since nothing public is uncertain then.
        wait: How long it asks to be left alone; None where it says nothing of it.
        is_known: Whether documentation or others' experience says what it means.
        starts_over: Whether what was uploaded cannot be used again.
    """

    answer: str
    matches: Callable[[Answer], bool]
    kind: type[PublishError]
    meaning: Message
    act: Message | None = None
    before: type[PublishError] | None = None
    wait: timedelta | None = None
    is_known: bool = True
    starts_over: bool = False

    def kind_of(self, *, is_publish: bool) -> type[PublishError]:
        """Give what the answer is."""
        if is_publish:
            return self.kind
        return self.before or (TransientError if self.kind is UncertainError else self.kind)

    def act_of(self, kind: type[PublishError]) -> Message:
        """Say what to do; what the rule itself says holds for its own kind."""
        act = self.act if self.act and kind is self.kind else ACTS[kind]
        return act if self.is_known else _with_record(act)


#: What to do about each kind of failure.
ACTS: Mapping[type[PublishError], Message] = {
    RejectedError: say("look at the post; then try it again, or drop it"),
    MissingError: say("look at the account: somebody may have deleted it there"),
    AccountError: say("look at the account in the app or on the site of the platform"),
    TransientError: say("crossposter tries again by itself"),
    UncertainError: say("crossposter looks at the account, where the post may stand"),
}


def _with_record(act: Message) -> Message:
    return say("{act}; the answer is kept for whoever looks after crossposter (ledger show, or the log)", act=act)


def first_match(rules: Sequence[Rule], answer: Answer, words: str, *, now: datetime) -> PublishError:
    """Give the error of the first rule that matches; the last rule of a table matches everything.

    One 401 or 404 proves nothing (docs.x.com, incidents, 2025-05 to 2026-06): before an account is stopped by it, the
    platform is asked once more.
    """
    rule = next(rule for rule in rules if rule.matches(answer))
    kind = rule.kind_of(is_publish=answer.is_publish)
    message = say(
        "{meaning}: {act} (HTTP {status}: {words})",
        meaning=rule.meaning,
        act=rule.act_of(kind),
        status=answer.status,
        words=words,
    )
    error = kind(message)
    error.answer = None if rule.is_known else answer.record
    error.starts_over = rule.starts_over
    if rule.wait and isinstance(error, AccountError | TransientError):
        error.retry_at = now + rule.wait
    if isinstance(error, AccountError):
        error.is_doubtful = answer.status in (401, 404)
    return error


def recorded(response: requests.Response, secrets: Iterable[str]) -> str:
    """Give what is kept of an answer for the record: status, type and body, without secrets, 4 kB at most."""
    media_type = response.headers.get("content-type", "-")
    body = response.content[:_READ].decode("utf-8", "replace")
    return kept(f"HTTP {response.status_code} ({media_type})\n{body}", secrets)


def kept(text: str, secrets: Iterable[str]) -> str:
    """Give what is kept of a text: what can be written, without secrets, 4 kB at most."""
    return redactor(secrets)(text[:_READ].encode("utf-8", "replace").decode())[:_KEPT]


def unusable(
    kind: type[PublishError], meaning: Message, body: Mapping[str, Any], secrets: Iterable[str]
) -> PublishError:
    """Make the error of a success that lacks what makes it one, with the answer for the record."""
    error = kind(say("{meaning}: {act}", meaning=meaning, act=_with_record(ACTS[kind])))
    error.answer = kept(json.dumps(body, ensure_ascii=False), secrets)
    return error


def revealed(connection: Connection) -> list[str]:
    """Give what must not stand in a record of the account's."""
    return [secret.reveal() for secret in connection.secrets.values()]


def refuses(status: int) -> bool:
    """Tell whether a status can be a refusal. 408: an edge had waited for the platform, which may have worked on."""
    return 400 <= status < 500 and status != 408
