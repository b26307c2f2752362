"""The YAML file becomes one frozen value, or one ConfigError that lists every mistake in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from crossposter.config.complaints import complain, with_guessed_platforms
from crossposter.config.crosschecks import check_media, check_references
from crossposter.config.document import Document, read_document
from crossposter.config.models import AccountModel, ConfigModel, FeedModel, config_model
from crossposter.errors import ConfigError, Problem
from crossposter.messages import LANGUAGES
from crossposter.references import Context, Secret, why_unreadable
from crossposter.wording import say

__all__ = ["AccountModel", "ConfigModel", "FeedModel", "load_config", "read_secrets"]

#: Far above any real file; a larger one is a mistake of the path.
MAX_BYTES = 256 * 1024


def load_config(path: Path, *, environ: Mapping[str, str], secrets_needed: bool) -> ConfigModel:
    """Read the file.

    Args:
        path: The YAML file; relative paths inside it start at its folder.
        environ: Where `env:` looks.
        secrets_needed: Whether a missing secret or file is a mistake; a dry run needs none.

    Raises:
        ConfigError: With every mistake found, each with its line.
    """
    document = read_document(_text_of(path), file=str(path))
    config = None
    if document.data is not None:
        context = Context(
            folder=path.parent, environ=environ, secrets_needed=secrets_needed, files_needed=secrets_needed
        )
        config = _validated(document, context)
        check_references(document, environ)
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
