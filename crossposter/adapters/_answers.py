"""Reading what platforms answer: a part that is missing, or of another shape than documented, is no crash."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crossposter.errors import TransientError
from crossposter.wording import Message


def mapping(value: object) -> Mapping[str, Any]:
    """Give a JSON object; an empty one in place of anything else."""
    return value if isinstance(value, Mapping) else {}


def mappings(value: object, *, otherwise: Message) -> list[Mapping[str, Any]]:
    """Give the objects of a JSON list.

    Raises:
        TransientError: It is no list, which is not the same as "nothing found".
    """
    if not isinstance(value, list):
        raise TransientError(otherwise)
    return [each for each in value if isinstance(each, Mapping)]
