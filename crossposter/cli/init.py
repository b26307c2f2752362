"""`init`: a first YAML after a few questions."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import typer
from pydantic.fields import FieldInfo

import crossposter.config
from crossposter.adapters import PLATFORMS, adapter_class
from crossposter.adapters.options import AppBlock
from crossposter.cli.context import Context
from crossposter.config import AccountModel, ConfigModel, FeedModel
from crossposter.config.answers import why_not
from crossposter.config.models import Expect
from crossposter.errors import CrossposterError
from crossposter.messages import Translator, language_of
from crossposter.wording import Message, say

_SCHEMA = Path(crossposter.config.__file__).with_name("schema.json").absolute()
#: In both languages, whichever is spoken; without the dots that a keyboard may not have.
YES, NO = {"y", "yes", "e", "evet"}, {"n", "no", "h", "hayır", "hayir"}


class Asker:
    """Asks until an answer can be used, so that none is lost by a later one."""

    def __init__(self, translate: Translator, environ: Mapping[str, str]) -> None:
        self.translate = translate
        self._environ = environ

    def ask(self, question: Message, wrong: Callable[[str], Message | None], *, default: str | None = None) -> str:
        """Ask for a text; `wrong` says what is wrong with one."""
        while True:
            answer = str(typer.prompt(self.translate(question), default=default, show_default=bool(default))).strip()
            mistake = wrong(answer)
            if mistake is None:
                return answer
            typer.echo(self.translate(mistake))

    def ask_for(self, model: Any, key: str, question: Message, *, default: str | None = None) -> str:
        """Ask for the value of a key in the YAML."""
        return self.ask(question, partial(why_not, model, key, environ=self._environ), default=default)

    def is_so(self, question: Message, *, default: bool) -> bool:
        """Ask for yes or no; the letters follow the language, and the other language's are understood."""
        hint = say("Y/n") if default else say("y/N")
        question = say("{question} [{hint}]", question=question, hint=hint)
        answer = self.ask(question, neither, default="")
        return default if not answer else answer.lower() in YES


def init(context: Context) -> None:
    """Ask, write, and say what comes next. An existing file is never overwritten."""
    path = context.config_path
    if path.exists():
        raise CrossposterError(say("{path!r} is there already: give another place with --config", path=str(path)))
    asker = Asker(Translator(language_of(context.environ)), context.environ)
    question = say("Language of messages (tr or en)")
    language = asker.ask_for(ConfigModel, "language", question, default=asker.translate.language)
    asker.translate = Translator(language)
    url = asker.ask_for(FeedModel, "url", say("Address of the city's news feed (RSS or Atom)"))
    news_language = asker.ask_for(FeedModel, "language", say("Language of its news"), default=language)
    zone = asker.ask_for(ConfigModel, "timezone", say("Time zone of the city"), default="Europe/Istanbul")
    accounts = _accounts(asker)
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    is_host = why_not(FeedModel, "allowed_hosts", [host], environ=context.environ) is None
    lines = _lines(language, url, host if is_host else None, news_language, zone, accounts)
    _write(path, "\n".join(lines) + "\n")
    typer.echo(
        asker.translate(
            say("{path} is written. Next: 'crossposter dry-run', then 'crossposter login' for each account.", path=path)
        )
    )


class Answers(NamedTuple):
    """What was answered about an account."""

    id: str
    handle: str
    approval: str


def _accounts(asker: Asker) -> dict[str, Answers]:
    """Ask for one account of each platform, until there is one; give the answers by platform."""
    accounts: dict[str, Answers] = {}
    while not accounts:
        for platform in PLATFORMS:
            adapter = adapter_class(platform)
            # What asks for more than keys is not suggested: Instagram, for its backend.
            suggested = not any(True for _ in _promises(platform))
            if asker.is_so(say("Publish on {platform}?", platform=adapter.name), default=suggested):
                remote_id = asker.ask(say("  The account's own number there (its id)"), _no_number)
                handle = asker.ask_for(Expect, "handle", say("  Its handle, without @"))
                # Without a suggestion: nobody should find out by a post that it was not asked for.
                question = say("  Who lets its posts out: required (a person, each of them) or none (nobody)")
                approval = asker.ask_for(AccountModel, "approval", question)
                accounts[platform] = Answers(id=remote_id, handle=handle.removeprefix("@"), approval=approval)
        if not accounts:
            typer.echo(asker.translate(say("at least one account is needed")))
    return accounts


def neither(answer: str) -> Message | None:
    return None if answer.lower() in YES | NO | {""} else say("answer y (yes) or n (no)")


def _no_number(answer: str) -> Message | None:
    is_number = re.fullmatch("[0-9]+", answer)
    return None if is_number else say("{value!r} is no id: it is made of digits only", value=answer)


def _lines(
    language: str,
    url: str,
    host: str | None,
    news_language: str,
    zone: str,
    accounts: Mapping[str, Answers],
) -> Iterator[str]:
    yield f"# yaml-language-server: $schema={_SCHEMA}"
    yield "# Every key is explained in config/crossposter.example.yaml."
    yield f"timezone: {quoted(zone)}"
    yield f"language: {language}"
    yield "ledger: sqlite:///../data/ledger.db"
    yield "feeds:"
    yield "  - id: news"
    yield f"    url: {quoted(url)}"
    yield f"    language: {quoted(news_language)}"
    if host:
        yield f"    allowed_hosts: [{quoted(host)}]   # where the links of posts may lead, with its subdomains"
    yield f"    accounts: [{', '.join(accounts)}]"
    if blocks := _apps(accounts):
        yield "apps:   # the keys of the apps at the platforms; each is asked for once, whatever the number of accounts"
        for block in blocks:
            yield f"  {block.name}:"
            yield from (_line(4, key, field) for key, field in block.keys.model_fields.items())
    yield "accounts:"
    for platform, answers in accounts.items():
        yield f"  - id: {platform}"
        yield f"    platform: {platform}"
        yield from (_line(4, key, field) for key, field in _promises(platform))
        yield f"    expect: {{id: {quoted(answers.id)}, handle: {quoted(answers.handle)}}}"
        yield f"    approval: {answers.approval}   # who lets posts out: required (a person) or none"
        yield f"    # credentials: none here; 'crossposter login {platform}' obtains them"


def _promises(platform: str) -> Iterator[tuple[str, FieldInfo]]:
    """Give the keys that a platform insists on, beside those of every account."""
    for key, field in adapter_class(platform).Options.variants()[0].model_fields.items():
        if field.is_required() and key not in AccountModel.model_fields:
            yield key, field


def _apps(platforms: Iterable[str]) -> list[AppBlock]:
    """List the apps through which accounts of these platforms are reached, by the best way to each."""
    models = (adapter_class(platform).Options.variants()[0].credentials_model() for platform in platforms)
    return list(dict.fromkeys(model.app for model in models if model.app))


def _line(indent: int, key: str, field: FieldInfo) -> str:
    """Write a key with its example; a person fills in the real value later."""
    (example, *_) = field.examples or [None]
    value = example if isinstance(example, str) else json.dumps(example)
    return f"{' ' * indent}{key}: {value}" + (f"   # {field.description}" if field.description else "")


def quoted(answer: str) -> str:
    """Write a text so that YAML reads exactly it; JSON's way is one of YAML's."""
    return json.dumps(answer, ensure_ascii=False)


def _write(path: Path, text: str) -> None:
    """Write the file.

    Raises:
        CrossposterError: It cannot be written; nothing stays behind, no folder either.
    """
    new_folders = [folder for folder in path.parents if not folder.exists()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        if not isinstance(error, FileExistsError):
            with suppress(OSError):
                path.unlink()
        for folder in new_folders:
            with suppress(OSError):
                folder.rmdir()
        raise CrossposterError(
            say("{path!r} cannot be written: {cause}", path=str(path), cause=error.strerror)
        ) from error
