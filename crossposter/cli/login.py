"""`login`: the one step that needs a person in front of a terminal. Asks, prints, and writes at the very end."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from crossposter import logs
from crossposter.adapters import adapter_class
from crossposter.adapters.logins import TRIES, UnfinishedLogin
from crossposter.bootstrap import connection_for_login
from crossposter.cli.context import Context
from crossposter.cli.init import YES, neither, quoted
from crossposter.cli.tables import printable
from crossposter.config import AccountModel, ConfigModel, is_pinned, login_secrets
from crossposter.core.model import Identity
from crossposter.core.retrying import mismatch
from crossposter.errors import CrossposterError, LoginError, UsageError
from crossposter.messages import Translator
from crossposter.private_files import can_be_written, exposed, make_private_folder, write_private
from crossposter.references import MissingSecretError, Secret, read_login
from crossposter.wording import Message, say


class Terminal:
    """Asks and tells a person at the terminal."""

    def __init__(self, translate: Translator) -> None:
        self._translate = translate

    def tell(self, message: Message) -> None:
        """Print a sentence."""
        typer.echo(printable(self._translate(message)))

    def ask(self, question: Message, wrong: Callable[[str], Message | None], *, default: str = "") -> str:
        """Ask for a text, a few times if need be."""
        shown = say("{question} [{default}]: ", question=question, default=default)
        question = shown if default else say("{question}: ", question=question)
        return self._asked(question, lambda prompt: input(prompt).strip(), wrong) or default

    def ask_hidden(self, question: Message, wrong: Callable[[str], Message | None]) -> Secret:
        """Ask for a text that is not shown while it is typed."""
        question = say("{question} (it is not shown): ", question=question)
        return Secret(self._asked(question, getpass.getpass, wrong))

    def choose(self, question: Message, options: Sequence[Message], *, default: int | None) -> int:
        """Ask for one of several, by its number."""
        for number, option in enumerate(options, start=1):
            self.tell(say("  {number}. {option}", number=number, option=option))

        def no_number(answer: str) -> Message | None:
            is_one = (answer.isdecimal() and 1 <= int(answer) <= len(options)) or (not answer and default is not None)
            return None if is_one else say("a number from 1 to {count} is wanted here", count=len(options))

        return int(self.ask(question, no_number, default=str(default + 1) if default is not None else "")) - 1

    def agrees(self, question: Message) -> bool:
        """Ask for yes or no."""
        answer = self.ask(say("{question} [{hint}]", question=question, hint=say("y/N")), neither)
        return answer.lower() in YES

    def _asked(self, question: Message, read: Callable[[str], str], wrong: Callable[[str], Message | None]) -> str:
        for _ in range(TRIES):
            answer = read(printable(self._translate(question)))
            mistake = wrong(answer)
            if mistake is None:
                return answer
            self.tell(mistake)
        raise LoginError(say("no answer could be used: nothing was changed"))


def login(context: Context, account_id: str) -> None:
    """Log in to an account, show whose it is, and keep what its platform gave."""
    language, city, account = _account(context, account_id)
    path = _place(account)
    saved = _saved(path)
    if not sys.stdin.isatty():
        raise UsageError(
            say("login asks questions: run it in a terminal (with ssh: -t; with docker compose: run --rm)")
        )
    try:
        secrets = login_secrets(city, account, context.environ)
    except MissingSecretError as error:
        raise UsageError(error.message) from None
    logs.configure(secrets=list(secrets.values()))
    terminal = Terminal(Translator(language))
    pinned = Identity(id=account.expect.id, handle=account.expect.handle) if is_pinned(account) else None
    connection = connection_for_login(city, account, secrets)
    try:
        adapter = adapter_class(account.platform)
        found = adapter.login(connection, account, terminal, pinned=pinned, saved=saved)
    except UnfinishedLogin as error:
        if not path.exists():
            _write(path, error.content)
        raise
    except (KeyboardInterrupt, EOFError):
        typer.echo()
        raise LoginError(say("given up: nothing was changed")) from None
    if pinned and (wrong := mismatch(pinned, found.identity)):
        raise LoginError(say("{wrong}; nothing was written", wrong=wrong))
    if found.content is not None:
        _write(path, found.content)
        terminal.tell(say("Written to {path}, which only its owner can read.", path=path))
    _show(terminal, account, found.identity, is_pinned=pinned is not None)


def _account(context: Context, account_id: str) -> tuple[str, ConfigModel, AccountModel]:
    """Find the account, and whose it is; the language of the command comes with it."""
    config = context.load(secrets_needed=False, pins_needed=False, tolerant=True)
    for city in config.cities:
        for account in city.accounts:
            if account.id == account_id:
                return config.language, city, account
    known = ", ".join(account.id for city in config.cities for account in city.accounts)
    raise UsageError(say("there is no account {name!r}: the accounts are {known}", name=account_id, known=known))


def _place(account: AccountModel) -> Path:
    """Give the file that will hold the login.

    Raises:
        UsageError: The YAML takes the login from elsewhere, or the file cannot be written.
    """
    credentials = account.credentials
    for key in credentials.login_keys:
        source = getattr(credentials, key)
        if source is not None and source.kind != "login":
            sentence = say(
                "the YAML names {key!r} of {account!r} itself, so a login would not be used: take out of 'credentials' "
                "what a login gives ({keys}), then log in",
                key=key,
                account=account.id,
                keys=", ".join(credentials.login_keys),
            )
            raise UsageError(sentence)
    path = credentials.login_file
    if path is None or path.name.startswith("env:"):
        sentence = say(
            "the environment variable {name!r} is not set: set it before starting", name=path and path.name[4:]
        )
        raise UsageError(sentence)
    if not can_be_written(path):
        raise UsageError(
            say(
                "{path!r} cannot be written by this user: run the command as the one who runs the daemon",
                path=str(path),
            )
        )
    return path


def _saved(path: Path) -> Mapping[str, Any]:
    """Give what the file holds so far: a login is renewed, not begun anew.

    Raises:
        UsageError: Others can read it, or this user cannot.
    """
    if problem := exposed(path):
        raise UsageError(problem)
    try:
        return read_login(path) if path.exists() else {}
    except MissingSecretError as error:
        if not os.access(path, os.R_OK):
            raise UsageError(error.message) from None
        return {}  # no login is in it


def _write(path: Path, content: Mapping[str, Any]) -> None:
    try:
        make_private_folder(path.parent)
        write_private(path, content)
    except OSError as error:
        raise CrossposterError(
            say("{path!r} cannot be written: {cause}", path=str(path), cause=error.strerror)
        ) from error


def _show(terminal: Terminal, account: AccountModel, identity: Identity, *, is_pinned: bool) -> None:
    """Say whose account it is, and what belongs into the YAML."""
    terminal.tell(
        say("Logged in: {account} is {name} (id {id}).", account=account.id, name=identity.handle, id=identity.id)
    )
    if is_pinned:
        terminal.tell(say("That is the account which the YAML expects:"))
    else:
        terminal.tell(
            say("If that is the right account, write this under {account!r} in the YAML:", account=account.id)
        )
    typer.echo(f"    expect:\n      id: {quoted(identity.id)}\n      handle: {quoted(identity.handle or '')}")
    terminal.tell(say("A daemon that runs already takes the login over with: crossposter run --reload"))
