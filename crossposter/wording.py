"""Sentences for people: written once, in English, where they arise; translated at the edge (`messages.py`).

A sentence travels as a template and its values, so that an error raised deep inside can still be read in Turkish.
Templates are found for translation by the name `say` (see `make messages`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence with named values; `str()` gives it in English."""

    template: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.template.format(**self.values)


def say(template: str, /, **values: object) -> Message:
    """Make a translatable sentence; `{name}` in the template stands for the value of that name."""
    return Message(template, values)
