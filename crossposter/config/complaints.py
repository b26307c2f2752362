"""pydantic's findings in words that a person who never programmed can act on."""

from __future__ import annotations

from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from crossposter.config.document import Document, Path
from crossposter.wording import Message, say

_SENTENCES = {
    "missing": say("this is missing"),
    "list_type": say("a list is wanted here: one item a line, each beginning with '- '"),
    "model_type": say("a block of keys is wanted here"),
    "model_attributes_type": say("a block of keys is wanted here"),
    "dict_type": say("a block of keys is wanted here"),
    "string_type": say("a text is wanted here"),
    "bool_type": say("true or false is wanted here"),
    "bool_parsing": say("true or false is wanted here"),
    "int_parsing": say("a whole number is wanted here"),
    "too_short": say("at least one is needed here"),
    "string_too_short": say("this is empty"),
    "union_tag_not_found": say("the platform is missing: add 'platform: twitter', 'facebook' or 'instagram'"),
}


def complain(document: Document, model: type[BaseModel], error: ErrorDetails) -> None:
    """Add what pydantic found to the document's problems, in words and with its place."""
    location = error["loc"]
    path = _written(document, location)
    if error["type"] == "union_tag_invalid":
        path = (*path, "platform")
    document.report(path, _sentence(model, error))


def _sentence(model: type[BaseModel], error: ErrorDetails) -> Message:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "said":
        sentence = context["sentence"]
        assert isinstance(sentence, Message)  # noqa: S101 - only our own validators raise this kind
        return sentence
    if kind == "extra_forbidden":
        return _unknown_key(str(error["loc"][-1]), sorted(_keys_beside(model, error["loc"])))
    if kind == "literal_error":
        return say("{value!r} is not possible here: use {expected}", value=error["input"], expected=context["expected"])
    if kind == "union_tag_invalid":
        return say("{value!r} is no platform: use {expected}", value=context["tag"], expected=context["expected_tags"])
    if kind == "string_pattern_mismatch":
        return say("{value!r} cannot be used here: small letters, digits and '-' only", value=error["input"])
    return _SENTENCES.get(kind) or say("this cannot be used: {cause}", cause=error["msg"])


def _unknown_key(key: str, possible: list[str]) -> Message:
    if close := get_close_matches(key, possible, n=1):
        return say("unknown key {key!r}: did you mean {close!r}?", key=key, close=close[0])
    return say("unknown key {key!r}: possible here are {possible}", key=key, possible=", ".join(possible))


def _written(document: Document, location: tuple[str | int, ...]) -> Path:
    """Give the location without the platform's name, which pydantic puts behind an account's number."""
    path: Path = ()
    for position, part in enumerate(location):
        is_missing_leaf = position == len(location) - 1
        if (*path, part) in document.lines or is_missing_leaf:
            path = (*path, part)
    return path


def _keys_beside(model: type[BaseModel], location: tuple[str | int, ...]) -> set[str]:
    """Give the keys that were possible where an unknown one stands."""
    kind: Any = model
    for part in location[:-1]:
        kind = _inside(_bare(kind), part)
    kind = _bare(kind)
    return set(kind.model_fields) if isinstance(kind, type) and issubclass(kind, BaseModel) else set()


def _inside(kind: Any, part: str | int) -> Any:
    if isinstance(part, int):
        return get_args(kind)[0]
    if get_origin(kind) in (Union, UnionType):
        return next(
            variant for variant in get_args(kind) if variant.model_fields["platform"].annotation.__args__[0] == part
        )
    return kind.model_fields[part].annotation


def _bare(kind: Any) -> Any:
    """Take off `Annotated[...]` and `... | None`."""
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    options = [option for option in get_args(kind) if option is not type(None)]
    return _bare(options[0]) if type(None) in get_args(kind) and len(options) == 1 else kind
