"""Logging in to a Page: one pasted token, of a person or of a system user, becomes the Page's own.

Tokens: developers.facebook.com, access token guide and debug_token (2026-10). A person's token of the Graph API
Explorer lives an hour or two; exchanged for a long-lived one it gives Page tokens without an end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from crossposter.adapters._answers import identifier, mapping, mappings, plain_words, text
from crossposter.adapters._debug_token import debug_token
from crossposter.adapters._graph import GraphClient
from crossposter.adapters._graph_errors import FACEBOOK
from crossposter.adapters._meta_app import BESIDE, TASK, TO_POST, no_token
from crossposter.adapters.logins import Login, Person, RefusedAnswer, up_to_three_times
from crossposter.adapters.options import Connection
from crossposter.core.model import Identity
from crossposter.errors import AccountError, PublishError, RejectedError, TransientError
from crossposter.references import Secret
from crossposter.wording import Message, say

_SCOPES = (TO_POST, *BESIDE)
_UNUSABLE = say("Facebook has answered something that crossposter does not know")
_KINDS = {
    "USER": say("a person's token"),
    "SYSTEM_USER": say("a system user's token"),
    "PAGE": say("a Page's token"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Token:
    """What Meta says of a token (debug_token); times are None where there is no end."""

    value: Secret
    kind: str
    expires: datetime | None
    data_access: datetime | None
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    id: str
    name: str
    token: Secret
    may_post: bool


def login(connection: Connection, person: Person, *, version: str, pinned: str | None) -> Login:
    """Log in; `connection.secrets` are the app's keys, `pinned` is the Page that the YAML expects.

    Raises:
        LoginError: No token was accepted.
        PublishError: Facebook refuses the app or the Page, or cannot be reached.
    """
    meta = _Meta(connection, version=version)
    person.tell(
        say(
            "Paste a token of the app, with the permissions {scopes}: best a system user's (Meta Business Suite), else "
            "yours from the Graph API Explorer",
            scopes=", ".join(_SCOPES),
        )
    )
    token = up_to_three_times(person, lambda: _pasted(meta, person))
    if token.kind == "USER":
        token = meta.inspect(meta.long_lived(token.value))
    page_token = token.value if token.kind == "PAGE" else _chosen(meta, token.value, person, pinned).token
    found = meta.inspect(page_token)
    for line in _in_words(found):
        person.tell(line)
    identity = meta.page(page_token)
    if linked := meta.linked_instagram(page_token):
        person.tell(
            say(
                "The Page's Instagram account for the official way is {handle!r}; its 'expect:' has the id {id}.",
                handle=linked.handle,
                id=linked.id,
            )
        )
    return Login(identity=identity, content={"page_token": page_token.reveal()})


class _Meta:
    """Asks the Graph API with one token after the other."""

    def __init__(self, connection: Connection, *, version: str) -> None:
        self._connection = connection
        self._version = version

    def _speaking(self, token: Secret) -> GraphClient:
        secrets = {"app_secret": self._connection.secrets["app_secret"]}
        connection = replace(self._connection, secrets=secrets)
        return GraphClient(connection, token=token, version=self._version, dialect=FACEBOOK)

    def inspect(self, token: Secret) -> _Token:
        """Ask what a token is.

        Raises:
            RefusedAnswer: It is none that can be used.
        """
        app_id = self._connection.secrets["app_id"].reveal()
        try:
            found = debug_token(self._connection, token, version=self._version, dialect=FACEBOOK)
        except (AccountError, RejectedError) as error:
            raise AccountError(
                say("Facebook does not take the app's keys, app_id and app_secret: {cause}", cause=error.message)
            ) from None
        if not found.is_valid:
            raise RefusedAnswer(say("Facebook does not accept this token: {words}", words=found.words))
        if (other := found.app_id) != app_id:
            sentence = say("this token belongs to another app ({other}): choose the app {app}", other=other, app=app_id)
            raise RefusedAnswer(sentence)
        return _Token(
            value=token,
            kind=found.kind,
            expires=found.expires,
            data_access=found.data_access,
            missing=tuple(scope for scope in _SCOPES if scope not in found.scopes),
        )

    def long_lived(self, token: Secret) -> Secret:
        """Exchange a person's token for one of sixty days."""
        app_id, app_secret = (self._connection.secrets[name].reveal() for name in ("app_id", "app_secret"))
        answer = self._speaking(token).extend_access_token(app_id, app_secret)
        if not (longer := text(answer.get("access_token"))):
            raise TransientError(_UNUSABLE)
        return Secret(longer)

    def pages(self, token: Secret) -> list[_Page]:
        """List the Pages that a token's holder has a task on."""
        answer = self._speaking(token).get_connections("me", "accounts", fields="id,name,access_token,tasks", limit=100)
        found = []
        for page in mappings(answer.get("data"), otherwise=_UNUSABLE):
            tasks = page.get("tasks")
            page_id, value = identifier(page.get("id")), text(page.get("access_token"))
            may_post = not isinstance(tasks, list) or TASK in tasks
            if page_id and value:
                name = plain_words(text(page.get("name")))
                found.append(_Page(id=page_id, name=name, token=Secret(value), may_post=may_post))
        return found

    def page(self, token: Secret) -> Identity:
        """Ask whose token this is, as the daemon will."""
        found = self._speaking(token).get_object("me", fields="id,name,username")
        if not (page_id := identifier(found.get("id"))):
            raise TransientError(_UNUSABLE)
        return Identity(id=page_id, handle=text(found.get("username")) or text(found.get("name")))

    def linked_instagram(self, token: Secret) -> Identity | None:
        """Give the professional account on Instagram that is linked to a Page, as the Graph API numbers it.

        None too where the token may not see it: the Page's own login does not need it.
        """
        try:
            found = self._speaking(token).get_object("me", fields="id,instagram_business_account{id,username}")
        except PublishError:
            return None
        linked = mapping(found.get("instagram_business_account"))
        linked_id = identifier(linked.get("id"))
        return Identity(id=linked_id, handle=text(linked.get("username"))) if linked_id else None


def _pasted(meta: _Meta, person: Person) -> _Token:
    token = meta.inspect(Secret(person.ask_hidden(say("The token"), no_token).reveal().strip()))
    if token.kind not in _KINDS:
        kinds = token.kind or "-"
        raise RefusedAnswer(
            say("this is no token of a person, a system user or a Page, but of the kind {kind}", kind=kinds)
        )
    if token.kind == "PAGE" and token.expires:
        raise RefusedAnswer(
            say("this token ends on {date}: paste the one that it was made from", date=_date(token.expires))
        )
    if TO_POST in token.missing:
        sentence = say(
            "this token may not post: make one with the permissions {missing} as well", missing=", ".join(token.missing)
        )
        raise RefusedAnswer(sentence)
    return token


def _chosen(meta: _Meta, token: Secret, person: Person, pinned: str | None) -> _Page:
    """Let the person choose a Page; the pinned one is suggested, and the only one is taken."""
    pages = meta.pages(token)
    if not pages:
        raise AccountError(
            say(
                "this token sees no Page: choose the Page when Facebook asks, or give the system user the Page; one of "
                "a business portfolio may need the permission business_management as well"
            )
        )
    place = next((place for place, page in enumerate(pages) if page.id == pinned), None)
    if len(pages) > 1:
        place = person.choose(say("Which Page?"), [_option(page) for page in pages], default=place)
    page = pages[place or 0]
    if not page.may_post:
        raise AccountError(
            say(
                "whoever made this token may not post on {page!r}: give them full control or the task 'Content'",
                page=page.name,
            )
        )
    return page


def _option(page: _Page) -> Message:
    if page.may_post:
        return say("{name} (id {id})", name=page.name, id=page.id)
    return say("{name} (id {id}), may not post there", name=page.name, id=page.id)


def _in_words(token: _Token) -> Iterator[Message]:
    kind = _KINDS.get(token.kind) or say("a token of the kind {kind}", kind=token.kind or "-")
    if token.expires:
        yield say(
            "Facebook says: {kind}, valid until {date}: log in again before", kind=kind, date=_date(token.expires)
        )
    else:
        yield say("Facebook says: {kind}, valid without an end", kind=kind)
    if token.data_access:
        yield say("Access to data ends on {date}: log in again before", date=_date(token.data_access))
    if token.missing:
        yield say("Permissions that are missing: {missing}", missing=", ".join(token.missing))
    else:
        yield say("No permission is missing.")


def _date(time: datetime) -> str:
    return f"{time:%Y-%m-%d}"
