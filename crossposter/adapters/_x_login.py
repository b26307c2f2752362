"""Logging in to X: the app asks for an address, the person opens it as the account and types the PIN that it shows."""

from __future__ import annotations

import re
from dataclasses import replace

from crossposter.adapters._answers import identifier, mapping, text
from crossposter.adapters._tweepy import XAuthorization, XClient
from crossposter.adapters.logins import Login, Person, RefusedAnswer, up_to_three_times
from crossposter.adapters.options import Connection
from crossposter.core.model import Identity
from crossposter.errors import AccountError, TransientError
from crossposter.references import Secret
from crossposter.wording import Message, say

#: Between the groups of a PIN that was copied.
_SPACE = re.compile(r"[\s-]+")


def login(connection: Connection, person: Person) -> Login:
    """Log in; `connection.secrets` are the app's keys.

    Raises:
        LoginError: No PIN was accepted.
        PublishError: X gave no tokens, or none that may post.
    """
    token, secret = up_to_three_times(person, lambda: _tokens(connection, person))
    tokens = {"access_token": Secret(token), "access_secret": Secret(secret)}
    identity = _verified(XClient(replace(connection, secrets={**connection.secrets, **tokens})))
    return Login(identity=identity, content={"access_token": token, "access_secret": secret})


def _tokens(connection: Connection, person: Person) -> tuple[str, str]:
    authorization = XAuthorization(connection)
    address = authorization.address()
    person.tell(say("Open this address in a browser in which the account itself is logged in to X, and allow the app:"))
    person.tell(say("    {address}", address=address))
    pin = person.ask(say("The PIN that X shows"), _no_pin)
    tokens = authorization.redeem(_SPACE.sub("", pin))
    if tokens is None:
        raise RefusedAnswer(say("X does not accept this PIN"))
    return tokens


def _no_pin(answer: str) -> Message | None:
    is_pin = re.fullmatch("[0-9]{4,12}", _SPACE.sub("", answer))
    return None if is_pin else say("a PIN is made of digits only: X shows it after the app was allowed")


def _verified(client: XClient) -> Identity:
    """Ask whose tokens these are, and whether they may post."""
    answer, level = client.me()
    if level and "write" not in level:
        raise AccountError(
            say("the X app may only read: set it to 'Read and write' in the developer console, then log in again")
        )
    user = mapping(answer.get("data"))
    if not (user_id := identifier(user.get("id"))):
        raise TransientError(say("X gave no usable answer"))
    return Identity(id=user_id, handle=text(user.get("username")))
