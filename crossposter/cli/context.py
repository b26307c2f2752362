"""What every command starts from: which configuration, in which language, printed where."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from crossposter.config import ConfigModel

DEFAULT_CONFIG = "config/crossposter.yaml"

#: The options of every command that reads a configuration, and of every one that prints data.
ConfigOption = Annotated[
    Path | None, typer.Option("--config", help=f"The YAML file; CROSSPOSTER_CONFIG, or {DEFAULT_CONFIG}.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


class Context:
    """The arguments and the environment of one call."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        #: What the configuration asks for, as soon as it is read.
        self.language: str | None = None
        self._config: Path | None = None

    def at(self, config: Path | None) -> Context:
        """Take the file that an option names; one behind the command goes before one in front of it."""
        self._config = config or self._config
        return self

    @property
    def config_path(self) -> Path:
        """Give the YAML's path: the option, the environment, the usual place."""
        return self._config or Path(self.environ.get("CROSSPOSTER_CONFIG") or DEFAULT_CONFIG)

    def load(self, *, secrets_needed: bool, pins_needed: bool = True) -> ConfigModel:
        """Read the configuration.

        Raises:
            ConfigError: With every mistake in it.
        """
        from crossposter.config import load_config

        config = load_config(
            self.config_path, environ=self.environ, secrets_needed=secrets_needed, pins_needed=pins_needed
        )
        self.language = config.language
        return config


def print_json(data: Any) -> None:
    """Print data for programs: one JSON document on standard output."""
    import json

    # Half a character of a feed has no UTF-8; a question mark is better than no answer.
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2).encode("utf-8", "replace").decode("utf-8"))
