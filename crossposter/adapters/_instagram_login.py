"""Logging in to Instagram with instagrapi: a password, then whatever code Instagram wants; always the same device."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crossposter.adapters._answers import identifier, mapping, text
from crossposter.adapters._instagrapi import InstagramClient
from crossposter.adapters._instagrapi_login import LoginClient, RefusedPassword, device_of
from crossposter.adapters.logins import Login, Person, up_to_three_times
from crossposter.adapters.options import Connection
from crossposter.core.model import Identity
from crossposter.errors import AccountError, TransientError
from crossposter.wording import Message, say


def login(
    connection: Connection, person: Person, *, handle: str | None, saved: Mapping[str, Any], holds_login: bool
) -> Login:
    """Log in; `handle` is the pinned account's, where it is known. The password may be among `connection.secrets`.

    Raises:
        LoginError: Instagram accepted no password or no code, or wants the login confirmed elsewhere.
        PublishError: It refuses, or cannot be reached.
    """
    if holds_login and (identity := _still_logged_in(connection, saved)):
        question = say("The login of {handle!r} still works. Log in anew all the same?", handle=identity.handle)
        if not person.agrees(question):
            return Login(identity=identity, content=None)
    username = (handle or person.ask(say("The account's name on Instagram"), _no_name)).removeprefix("@")
    settings = up_to_three_times(person, _Attempt(connection, person, device_of(saved), username))
    identity, settings = _verified(connection, settings)
    return Login(identity=identity, content=settings)


class _Attempt:
    """One try to log in; a password that Instagram has accepted is not asked for again, when a code was wrong."""

    def __init__(self, connection: Connection, person: Person, device: dict[str, Any], username: str) -> None:
        self._connection = connection
        self._person = person
        self._username = username
        self._password = connection.secrets.get("password")
        self._client = LoginClient(connection, device, code=self._code)

    def __call__(self) -> dict[str, Any]:
        question = say("The password of {name!r}", name=self._username)
        self._password = self._password or self._person.ask_hidden(question, _nothing)
        try:
            self._client.enter(self._username, self._password.reveal())
        except RefusedPassword:
            self._password = None
            raise
        settings: dict[str, Any] = self._client.get_settings()
        return settings

    def _code(self, question: Message) -> str:
        return self._person.ask(question, _no_code).replace(" ", "")


def _still_logged_in(connection: Connection, saved: Mapping[str, Any]) -> Identity | None:
    try:
        return _verified(connection, dict(saved))[0]
    except (AccountError, AttributeError, KeyError, TypeError, ValueError):
        return None


def _verified(connection: Connection, settings: dict[str, Any]) -> tuple[Identity, dict[str, Any]]:
    """Ask whose session this is, as the daemon will; gives the session as it is then."""
    client = InstagramClient(connection, settings)
    user = mapping(client.private_request("accounts/current_user/?edit=true").get("user"))
    if not (user_id := identifier(user.get("pk"))):
        raise TransientError(say("Instagram has answered something that crossposter does not know"))
    return Identity(id=user_id, handle=text(user.get("username"))), client.get_settings()


def _nothing(answer: str) -> Message | None:
    return None if answer else say("nothing was typed")


def _no_name(answer: str) -> Message | None:
    is_name = answer and " " not in answer
    return None if is_name else say("this is no name of an account: write it without spaces")


def _no_code(answer: str) -> Message | None:
    digits = answer.replace(" ", "")
    is_code = digits.isascii() and digits.isdecimal() and 4 <= len(digits) <= 8
    return None if is_code else say("a code is made of digits only")
