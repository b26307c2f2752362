"""Logging in to Instagram's official interface: a pasted token, tried on the account as the daemon will."""

from __future__ import annotations

import re
from dataclasses import replace

from crossposter.adapters._instagram_graph import GraphBackend
from crossposter.adapters._meta_app import BESIDE, TO_POST, TO_POST_ON_INSTAGRAM, no_token
from crossposter.adapters.logins import Login, Person, RefusedAnswer, up_to_three_times
from crossposter.adapters.options import Connection
from crossposter.core.model import Identity
from crossposter.errors import AccountError
from crossposter.references import Secret
from crossposter.wording import Message, say

#: A token of a system user has them for the Page and its account.
_SCOPES = (*TO_POST_ON_INSTAGRAM, *BESIDE)


def login(connection: Connection, person: Person, *, version: str, picture_by: str, account_id: str | None) -> Login:
    """Log in; `account_id` is the account that the YAML expects, and the app's secret is signed with where it is known.

    Raises:
        LoginError: No token was accepted.
        PublishError: Instagram cannot be reached.
    """
    scopes = (*_SCOPES, TO_POST) if picture_by == "page" else _SCOPES
    whose = say("the Page's own") if picture_by == "page" else say("best a system user's (Meta Business Suite)")
    # First: what is pasted here is shown.
    if account_id is None and picture_by != "page":  # the Page's token knows its account
        question = say("The account's number there, which begins with 17841 (the Page's login prints it)")
        account_id = person.ask(question, _no_number)
    person.tell(say("Paste a token with the permissions {scopes}: {whose}", scopes=", ".join(scopes), whose=whose))

    def attempt() -> tuple[Secret, Identity]:
        token = Secret(person.ask_hidden(say("The token"), no_token).reveal().strip())
        secrets = {**connection.secrets, "access_token": token}
        # With the number, an answer about the account is known for one.
        known = replace(connection, secrets=secrets, remote_id=account_id or connection.remote_id)
        try:
            return token, GraphBackend(known, version=version, picture_by=picture_by).verify()
        except AccountError as error:
            raise RefusedAnswer(error.message) from None

    token, identity = up_to_three_times(person, attempt)
    return Login(identity=identity, content={"access_token": token.reveal()})


def _no_number(answer: str) -> Message | None:
    is_number = re.fullmatch("[0-9]+", answer)
    # Not what was typed: a token may have been pasted.
    return None if is_number else say("the number is made of digits only")
