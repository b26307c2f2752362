"""One answer at a time, checked as the file would be: for whoever asks before there is a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from crossposter.config.complaints import explain
from crossposter.references import Context
from crossposter.wording import Message


def why_not(model: type[BaseModel], key: str, answer: Any, *, environ: Mapping[str, str]) -> Message | None:
    """Say why a key of a block cannot have this value; None when it can."""
    field = model.model_fields[key]
    kind: Any = Annotated[(field.annotation, *field.metadata, None)]
    try:
        TypeAdapter(kind).validate_python(answer, context=Context(folder=Path(), environ=environ, secrets_needed=False))
    except ValidationError as error:
        return explain(model, error.errors()[0])
    return None
