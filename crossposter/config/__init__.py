"""The YAML file becomes one frozen value, or one ConfigError that lists every mistake in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from crossposter.adapters.options import AppBlock
from crossposter.config.complaints import complain, with_guessed_platforms
from crossposter.config.credentials import check_credentials
from crossposter.config.crosschecks import blocks, check_media, check_references
from crossposter.config.document import Document, read_document
from crossposter.config.models import AccountModel, ConfigModel, FeedModel, config_model
from crossposter.errors import ConfigError, Problem
from crossposter.messages import LANGUAGES
from crossposter.references import Context, MissingSecretError, Secret, why_unreadable
from crossposter.wording import Message, say

__all__ = ["AccountModel", "ConfigModel", "FeedModel", "is_pinned", "load_config", "login_secrets", "read_secrets"]

#: Far above any real file; a larger one is a mistake of the path.
MAX_BYTES = 256 * 1024


#: In place of the id that an account without `expect` is given; no platform numbers its accounts so.
_UNPINNED = "?"


def load_config(
    path: Path, *, environ: Mapping[str, str], secrets_needed: bool, pins_needed: bool = True
) -> ConfigModel:
    """Read the file.

    Args:
        path: The YAML file; relative paths inside it start at its folder.
        environ: Where `env:` looks.
        secrets_needed: Whether a missing secret or file is a mistake; a dry run needs none.
        pins_needed: Whether an account without `expect` is one; whoever logs in has perhaps come to ask.

    Raises:
        ConfigError: With every mistake found, each with its line.
    """
    document = read_document(_text_of(path), file=str(path))
    config = None
    if not pins_needed:
        _stand_in_for_pins(document)
    if document.data is not None:
        context = Context(
            folder=path.parent, environ=environ, secrets_needed=secrets_needed, files_needed=secrets_needed
        )
        config = _validated(document, context)
        check_references(document, environ)
        check_credentials(document, context)
        if config and secrets_needed:
            check_media(document, config.accounts, has_media=config.media is not None)
    if config is None or document.problems:
        language = (document.data or {}).get("language")
        raise ConfigError(document.problems, language=language if language in LANGUAGES else None)
    return config


def read_secrets(account: AccountModel, environ: Mapping[str, str]) -> Mapping[str, Secret]:
    """Read what an account's `credentials` name.

    Raises:
        MissingSecretError: One of them is not there.
    """
    sources = account.credentials.secrets()
    return {name: source.read(environ) for name, source in sources.items()}


def login_secrets(config: ConfigModel, account: AccountModel, environ: Mapping[str, str]) -> Mapping[str, Secret]:
    """Read what a login starts from: the keys of the app, the account's own or those under `apps:`, and no tokens.

    Raises:
        MissingSecretError: One of them is not there.
    """
    credentials = account.credentials
    named = {name: source for name in credentials.only_for_login if (source := getattr(credentials, name))}
    block = credentials.app
    if block:
        keys = getattr(config.apps, block.name, None)
        for name in block.keys.model_fields:
            source = getattr(credentials, name, None) or getattr(keys, name, None)
            if source is not None:
                named[name] = source
            elif credentials.login_needs_app:
                raise MissingSecretError(_no_app(block))
    return {name: source.read(environ) for name, source in named.items()}


def _no_app(block: AppBlock) -> Message:
    return say(
        "a login needs the keys of the app: write {keys} into the YAML once, under 'apps:', block '{app}:'",
        keys=", ".join(block.keys.model_fields),
        app=block.name,
    )


def is_pinned(account: AccountModel) -> bool:
    """Tell whether the YAML says which account of the platform this must be."""
    return not account.expect.id.startswith(_UNPINNED)


def _stand_in_for_pins(document: Document) -> None:
    for index, account in blocks(document, "accounts"):
        account.setdefault("expect", {"id": f"{_UNPINNED}{index}"})


def _text_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        sentence = say("there is no such file: give another with --config, or copy config/crossposter.example.yaml")
    except OSError as error:
        sentence = say("the file cannot be read: {cause}", cause=why_unreadable(error))
    else:
        if len(content) <= MAX_BYTES:
            return _decoded(content, path)
        sentence = say("the file is too large to be a configuration: give another with --config")
    raise ConfigError([Problem(str(path), 0, "", sentence)])


def _decoded(content: bytes, path: Path) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
    sentence = say("the file is not written in UTF-8: save it as UTF-8 in your editor")
    raise ConfigError([Problem(str(path), line, "", sentence)])


def _validated(document: Document, context: Context) -> ConfigModel | None:
    model = config_model()
    try:
        return model.model_validate(document.data, context=context)
    except ValidationError as error:
        found = error.errors()
    # An account without its platform is not looked into any further: guess which one is meant, and look again.
    try:
        model.model_validate(with_guessed_platforms(document), context=context)
    except ValidationError as error:
        found += error.errors()
    for mistake in found:
        complain(document, model, mistake)
    return None
