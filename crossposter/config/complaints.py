"""pydantic's findings in words that a person who never programmed can act on."""

from __future__ import annotations

from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from crossposter.adapters import PLATFORMS, backends_of
from crossposter.config.document import Document, Path
from crossposter.wording import Message, say

_TEXT = say("a text is wanted here: one value behind the colon")
_BLOCK = say("a block of keys is wanted here: each on a line of its own, indented")
_TRUTH = say("true or false is wanted here")
_NUMBER = say("a number from 0 upwards is wanted here: write it like 0.015")
_LIST = say("a list is wanted here: one item a line, each beginning with '- '")
_SENTENCES = {
    "missing": say("this is missing: add it"),
    "list_type": _LIST,
    "tuple_type": _LIST,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "greater_than_equal": _NUMBER,
    "greater_than": say("a number above 0 is wanted here"),
    "model_type": _BLOCK,
    "model_attributes_type": _BLOCK,
    "dict_type": _BLOCK,
    "string_type": _TEXT,
    "bool_type": _TRUTH,
    "bool_parsing": _TRUTH,
    "int_parsing": say("a whole number is wanted here"),
    "too_short": say("at least one is needed here"),
    "string_too_short": say("this is empty: write a value"),
    "union_tag_not_found": say(
        "the platform is missing: add 'platform:' with one of {names}", names=", ".join(PLATFORMS)
    ),
}
#: Where nothing was written, these say more than "this is empty".
_TOLD_WHEN_EMPTY = {
    "said",
    "missing",
    "list_type",
    "tuple_type",
    "model_type",
    "model_attributes_type",
    "extra_forbidden",
}


def complain(document: Document, model: type[BaseModel], error: ErrorDetails) -> None:
    """Add what pydantic found to the document's problems, in words and with its place."""
    path = _written(error["loc"])
    if error["type"].startswith("union_tag"):
        path = (*path, _discriminator(error))
    document.report(path, explain(model, error))


def with_guessed_platforms(document: Document) -> dict[str, Any]:
    """Give the data with the platforms that a typing mistake hides; says so where the key itself is mistyped."""
    data = dict(document.data or {})
    if isinstance(data.get("accounts"), list):
        data["accounts"] = [_guessed(document, index, account) for index, account in enumerate(data["accounts"])]
    return data


def _guessed(document: Document, index: int, account: Any) -> Any:
    if not isinstance(account, dict):
        return account
    account = _guess(document, index, account, "platform", list(PLATFORMS))
    platform = account.get("platform")
    names = backends_of(platform) if platform in list(PLATFORMS) else []
    return _guess(document, index, account, "backend", names) if names else account


def _guess(document: Document, index: int, account: dict[str, Any], wanted: str, names: list[str]) -> dict[str, Any]:
    """Give the account with the one of the names that was meant, where that can be told."""
    if account.get(wanted) in names:
        return account
    key = next(iter(get_close_matches(wanted, list(account), n=1)), None)
    meant = get_close_matches(str(account.get(key)).lower() if key else "", names, n=1)
    if not key or not meant:
        return account
    if key != wanted:
        document.report(("accounts", index, key), _unknown_key(key, [wanted]))
    return {name: value for name, value in account.items() if name != key} | {wanted: meant[0]}


def explain(model: type[BaseModel], error: ErrorDetails) -> Message:
    """Say what is wrong. Values are quoted only where no secret can stand: never those that pydantic's text holds."""
    kind, context, value = error["type"], error.get("ctx", {}), error["input"]
    if kind == "said":
        sentence = context["sentence"]
        assert isinstance(sentence, Message)  # noqa: S101 - only our own validators raise this kind
        return sentence
    is_platform = kind.startswith("union_tag") and _discriminator(error) == "platform"
    if kind == "union_tag_invalid":
        value = value.get(_discriminator(error))
    if kind == "union_tag_not_found" and not is_platform:
        return _SENTENCES["missing"]
    if kind == "missing" and error["loc"][-1] == "expect":
        return say("this is missing: add it; 'crossposter login' prints what to write")
    if kind == "missing" and error["loc"][-1] == "approval":
        return say("this is missing: say who lets posts out: add 'approval: none' or 'approval: required'")
    if value is None and kind not in _TOLD_WHEN_EMPTY:
        return _SENTENCES["string_too_short"]
    if kind == "extra_forbidden":
        return _unknown_key(str(error["loc"][-1]), sorted(_keys_beside(model, error["loc"])))
    if kind in ("literal_error", "union_tag_invalid"):
        if not isinstance(value, str):
            return _TEXT
        expected = str(context.get("expected") or context["expected_tags"]).replace(" or ", ", ")
        if not is_platform:
            return say("{value!r} is not possible here; possible: {expected}", value=value, expected=expected)
        return say("{value!r} is no platform; possible: {expected}", value=value, expected=expected)
    if kind == "string_pattern_mismatch":
        example = _field_at(model, error["loc"]).get_default()
        return say("{value!r} cannot be used here: write it like {example}", value=value, example=example)
    return _SENTENCES.get(kind) or say("this cannot be used here ({cause})", cause=kind)


def _unknown_key(key: str, possible: list[str]) -> Message:
    if close := get_close_matches(key.lower(), possible, n=1):
        return say("unknown key {key!r}: did you mean {close!r}?", key=key, close=close[0])
    return say("unknown key {key!r}; possible here: {possible}", key=key, possible=", ".join(possible))


def _discriminator(error: ErrorDetails) -> str:
    """Give the key that tells the models of an account apart: platform, or backend."""
    return str(error["ctx"]["discriminator"]).strip("'")


def _written(location: tuple[str | int, ...]) -> Path:
    """Give the location without the names of platform and backend, which pydantic puts behind an account's number."""
    if location[:1] != ("accounts",):
        return location
    tags = 2 if len(location) > 2 and backends_of(str(location[2])) else 1
    return (*location[:2], *location[2 + tags :])


def _keys_beside(model: type[BaseModel], location: tuple[str | int, ...]) -> set[str]:
    """Give the keys that were possible where an unknown one stands."""
    kind = _kind_at(model, location[:-1])
    return set(kind.model_fields)


def _field_at(model: type[BaseModel], location: tuple[str | int, ...]) -> Any:
    return _kind_at(model, location[:-1]).model_fields[location[-1]]


def _kind_at(model: type[BaseModel], location: tuple[str | int, ...]) -> Any:
    kind: Any = model
    for part in location:
        kind = _bare(_inside(kind, part))
    return kind


def _inside(kind: Any, part: str | int) -> Any:
    if isinstance(part, int):
        return get_args(kind)[0]
    if get_origin(kind) in (Union, UnionType):
        return next(variant for variant in get_args(kind) if part in _tags(variant))
    return kind.model_fields[part].annotation


def _tags(variant: Any) -> set[str]:
    """Give the words by which pydantic calls a variant: its platform, and its backends."""
    kind = _bare(variant)
    models = get_args(kind) or (kind,)
    keys = [model.model_fields.get(key) for model in models for key in ("platform", "backend")]
    return {get_args(field.annotation)[0] for field in keys if field}


def _bare(kind: Any) -> Any:
    """Take off `Annotated[...]` and `... | None`."""
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    options = [option for option in get_args(kind) if option is not type(None)]
    return _bare(options[0]) if type(None) in get_args(kind) and len(options) == 1 else kind
