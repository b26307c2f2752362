"""`init`: a first YAML after a few questions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import typer

from crossposter.cli.context import Context
from crossposter.config import load_config
from crossposter.errors import ConfigError, CrossposterError
from crossposter.messages import LANGUAGES, Translator, language_of
from crossposter.wording import say

#: What each platform's credentials are called in the environment; a person fills them in later.
_CREDENTIALS = {
    "twitter": {
        "api_key": "env:X_API_KEY",
        "api_secret": "env:X_API_SECRET",
        "access_token": "env:X_ACCESS_TOKEN",
        "access_secret": "env:X_ACCESS_SECRET",
    },
    "facebook": {"page_token": "env:FACEBOOK_PAGE_TOKEN"},
    "instagram": {"session_file": "instagram-session.json"},
}
_NAMES = {"twitter": "X", "facebook": "Facebook", "instagram": "Instagram"}


def init(context: Context) -> None:
    """Ask, write, and say what comes next. An existing file is never overwritten."""
    path = context.config_path
    translate = Translator(language_of(context.environ))
    if path.exists():
        raise CrossposterError(say("{path!r} is there already: give another place with --config", path=str(path)))
    language = _ask(translate(say("Language of messages (tr or en)")), default=translate.language, possible=LANGUAGES)
    translate = Translator(language)
    url = typer.prompt(translate(say("Address of the city's news feed (RSS or Atom)")))
    news_language = typer.prompt(translate(say("Language of its news")), default=language)
    zone = typer.prompt(translate(say("Time zone of the city")), default="Europe/Istanbul")
    accounts = dict(_accounts(translate))
    if not accounts:
        raise CrossposterError(say("nothing was written: at least one account is needed"))
    _write(path, "\n".join(_lines(language, url, news_language, zone, accounts)) + "\n")
    typer.echo(translate(say("{path} is written. Next: 'crossposter dry-run', then the credentials.", path=path)))


def _ask(question: str, *, default: str, possible: tuple[str, ...]) -> str:
    answer = ""
    while answer not in possible:
        answer = str(typer.prompt(question, default=default)).strip()
    return answer


def _accounts(translate: Translator) -> Iterator[tuple[str, tuple[str, str]]]:
    """Ask for one account of each platform; give (platform, (id, handle))."""
    for platform, name in _NAMES.items():
        if typer.confirm(translate(say("Publish on {platform}?", platform=name)), default=platform != "instagram"):
            remote_id = typer.prompt(translate(say("  The account's own number there (its id)")))
            handle = typer.prompt(translate(say("  Its handle, without @")))
            yield platform, (remote_id, handle)


def _lines(
    language: str, url: str, news_language: str, zone: str, accounts: Mapping[str, tuple[str, str]]
) -> Iterator[str]:
    yield "# Every key is explained in config/crossposter.example.yaml."
    yield f"timezone: {_quoted(zone)}"
    yield f"language: {language}"
    yield "ledger: sqlite:///../data/ledger.db"
    yield "feeds:"
    yield "  - id: news"
    yield f"    url: {_quoted(url)}"
    yield f"    language: {_quoted(news_language)}"
    yield f"    accounts: [{', '.join(accounts)}]"
    yield "accounts:"
    for platform, (remote_id, handle) in accounts.items():
        yield f"  - id: {platform}"
        yield f"    platform: {platform}"
        if platform == "instagram":
            yield "    backend: instagrapi"
            yield "    i_accept_account_risk: true   # it imitates the app; Instagram may lock the account"
        yield f"    expect: {{id: {_quoted(remote_id)}, handle: {_quoted(handle)}}}"
        yield "    credentials:"
        yield from (f"      {name}: {value}" for name, value in _CREDENTIALS[platform].items())


def _quoted(answer: str) -> str:
    """Write a text so that YAML reads exactly it; JSON's way is one of YAML's."""
    return json.dumps(answer.strip(), ensure_ascii=False)


def _write(path: Path, text: str) -> None:
    """Write the file, if it is right.

    Raises:
        ConfigError: An answer cannot be used; nothing stays behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    try:
        load_config(path, environ={}, secrets_needed=False)
    except ConfigError:
        path.unlink()
        raise
