"""The YAML becomes one frozen value, or one ConfigError that lists every mistake in it: a file, or a folder of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from crossposter.adapters.options import AppBlock
from crossposter.config.crosschecks import UNPINNED
from crossposter.config.folder import Cities, read_folder, take_a_restart
from crossposter.config.loading import MAX_BYTES, Wanted, read_file
from crossposter.config.models import AccountModel, ConfigModel, FeedModel
from crossposter.errors import ConfigError, Problem
from crossposter.references import MissingSecretError, Secret
from crossposter.wording import Message, say

__all__ = [
    "MAX_BYTES",
    "AccountModel",
    "Cities",
    "ConfigModel",
    "Configuration",
    "FeedModel",
    "Wanted",
    "is_pinned",
    "load",
    "load_config",
    "login_secrets",
    "read_secrets",
    "reload",
]

#: What the program runs on: a file, or a folder with a file for each city. Both have `cities` and `ledger`.
Configuration = ConfigModel | Cities


def load_config(
    path: Path, *, environ: Mapping[str, str], secrets_needed: bool, pins_needed: bool = True
) -> ConfigModel:
    """Read a file.

    Args:
        path: The YAML file; relative paths inside it start at its folder.
        environ: Where `env:` looks.
        secrets_needed: Whether a missing secret or file is a mistake; a dry run needs none.
        pins_needed: Whether an account without `expect` is one; whoever logs in has perhaps come to ask.

    Raises:
        ConfigError: With every mistake found, each with its line.
    """
    reading = read_file(path, Wanted(environ=environ, secrets_needed=secrets_needed, pins_needed=pins_needed))
    if reading.config is None or reading.document.problems:
        raise ConfigError(reading.document.problems, language=reading.language)
    return reading.config


def load(path: Path, wanted: Wanted, *, tolerant: bool = False) -> tuple[Configuration, list[Problem]]:
    """Read a file, or a folder of them.

    Returns:
        The configuration, and the mistakes of files that were left out of it: none of them unless `tolerant`.

    Raises:
        ConfigError: With every mistake found in all files; where it is tolerant, when no file is right.
    """
    if not path.is_dir():
        needs = {"secrets_needed": wanted.secrets_needed, "pins_needed": wanted.pins_needed}
        return load_config(path, environ=wanted.environ, **needs), []
    found = read_folder(path, wanted)
    if found.cities is None or (found.problems and not tolerant):
        raise ConfigError(found.problems, language=found.language)
    return found.cities, found.problems


def reload(path: Path, wanted: Wanted, *, before: Configuration) -> tuple[Configuration, list[Problem]]:
    """Read again what a daemon runs on.

    Returns:
        The configuration, and the mistakes of files whose cities are in it as they were before, or not at all.

    Raises:
        ConfigError: Nothing of it can be taken.
    """
    if not isinstance(before, Cities):
        config = load_config(path, environ=wanted.environ, secrets_needed=wanted.secrets_needed)
        if problems := take_a_restart(config, before, file=str(path)):
            raise ConfigError(problems, language=config.language)
        return config, []
    found = read_folder(path, wanted, before=before)
    if found.cities is None:
        raise ConfigError(found.problems, language=found.language)
    return found.cities, found.problems


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
    return not account.expect.id.startswith(UNPINNED)
