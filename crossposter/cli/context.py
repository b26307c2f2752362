"""What every command starts from: which configuration, in which language, printed where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from crossposter.config import Configuration
    from crossposter.errors import Problem

DEFAULT_CONFIG = "config/crossposter.yaml"

#: The options of every command that reads a configuration, and of every one that prints data.
ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        help=f"The YAML file, or a folder with one for each city; CROSSPOSTER_CONFIG, or {DEFAULT_CONFIG}.",
    ),
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
        """Give the path of the YAML, or of the folder of several: the option, the environment, the usual place."""
        return self._config or Path(self.environ.get("CROSSPOSTER_CONFIG") or DEFAULT_CONFIG)

    def load(self, *, secrets_needed: bool, pins_needed: bool = True, tolerant: bool = False) -> Configuration:
        """Read the configuration.

        Args:
            secrets_needed: Whether a missing secret is a mistake.
            pins_needed: Whether an account without `expect` is one.
            tolerant: Whether files with mistakes are left out of a folder, and told on standard error: for who looks
                at the record or acts on it, where one city's mistake is nobody else's trouble.

        Raises:
            ConfigError: With every mistake in it.
        """
        from crossposter.config import Wanted, load

        wanted = Wanted(environ=self.environ, secrets_needed=secrets_needed, pins_needed=pins_needed)
        config, problems = load(self.config_path, wanted, tolerant=tolerant)
        self.language = config.language
        if problems:
            print_problems(problems, config.language)
        return config

    def reload(self, before: Configuration) -> tuple[Configuration, list[Problem]]:
        """Read the configuration again, of cities whose files have mistakes what was there before.

        Raises:
            ConfigError: Nothing of it can be taken.
        """
        from crossposter.config import Wanted, reload

        return reload(self.config_path, Wanted(environ=self.environ, secrets_needed=True), before=before)


def print_problems(problems: Iterable[Problem], language: str) -> None:
    """Print mistakes of the configuration, each with its place, on standard error."""
    from crossposter.messages import Translator

    translate = Translator(language)
    for problem in sorted(problems):
        typer.echo(f"{problem.place}: {translate(problem.message)}", err=True)


def print_json(data: Any) -> None:
    """Print data for programs: one JSON document on standard output."""
    import json

    # Half a character of a feed has no UTF-8; a question mark is better than no answer.
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2).encode("utf-8", "replace").decode("utf-8"))
