"""Sentences in the reader's language, from gettext catalogues (`locale/`, made by `make messages`)."""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from pathlib import Path

from crossposter.wording import Message

LANGUAGES = ("en", "tr")
_DOMAIN = "crossposter"
_CATALOGUES = Path(__file__).parent / "locale"


class Translator:
    """Says messages in one language; what has no translation is said in English."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._catalogue = gettext.translation(_DOMAIN, _CATALOGUES, languages=[language], fallback=True)

    def __call__(self, message: Message) -> str:
        """Say a message, and the messages inside it."""
        values = {name: self(value) if isinstance(value, Message) else value for name, value in message.values.items()}
        return self._catalogue.gettext(message.template).format(**values)


def language_of(environ: Mapping[str, str]) -> str:
    """Read the terminal's language, for the time before there is a configuration."""
    wanted = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or ""
    return "tr" if wanted.startswith("tr") else "en"
