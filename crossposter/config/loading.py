"""One file: its text, its data, and the configuration that it is, or every mistake in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from crossposter.config.complaints import complain, with_guessed_platforms
from crossposter.config.credentials import check_credentials
from crossposter.config.crosschecks import UNPINNED, blocks, check_media, check_references
from crossposter.config.document import Document, read_document
from crossposter.config.models import ConfigModel, config_model
from crossposter.errors import ConfigError, Problem
from crossposter.messages import LANGUAGES
from crossposter.references import Context, why_unreadable
from crossposter.wording import say

#: Far above any real file; a larger one is a mistake of the path.
MAX_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How files are read.

    Attributes:
        environ: Where `env:` looks.
        secrets_needed: Whether a missing secret or file is a mistake; a dry run needs none.
        pins_needed: Whether an account without `expect` is one; whoever logs in has perhaps come to ask.
    """

    environ: Mapping[str, str]
    secrets_needed: bool
    pins_needed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a file says; its configuration where that much of it is right, and its mistakes in `document`."""

    document: Document
    config: ConfigModel | None

    @property
    def language(self) -> str | None:
        """Give the language that it asks for, where that much of it can be read."""
        language = (self.document.data or {}).get("language")
        return language if language in LANGUAGES else None


def read_file(path: Path, wanted: Wanted, *, city: str = "") -> Reading:
    """Read a file; relative paths inside it start at its folder, and its names are `city.name` outside it."""
    try:
        document = read_document(_text_of(path), file=str(path))
    except ConfigError as error:
        return Reading(document=Document(file=str(path), problems=list(error.problems)), config=None)
    config = None
    if not wanted.pins_needed:
        _stand_in_for_pins(document)
    if document.data is not None:
        context = Context(
            folder=path.parent,
            environ=wanted.environ,
            secrets_needed=wanted.secrets_needed,
            files_needed=wanted.secrets_needed,
            city=city,
        )
        config = _validated(document, context)
        check_references(document, wanted.environ)
        check_credentials(document, context)
        if config and wanted.secrets_needed:
            check_media(document, config.accounts, has_media=config.media is not None)
    return Reading(document=document, config=config)


def _stand_in_for_pins(document: Document) -> None:
    for index, account in blocks(document, "accounts"):
        account.setdefault("expect", {"id": f"{UNPINNED}{index}"})


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
