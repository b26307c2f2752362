"""What the YAML may say. Platforms add their own keys to an account: see `Options` in each adapter."""

from __future__ import annotations

import re
import zoneinfo
from functools import cache, reduce
from operator import or_
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    create_model,
)

from crossposter.adapters import PLATFORMS, adapter_class
from crossposter.adapters.options import Options
from crossposter.references import FileRef, Text, beside_the_yaml, from_environment, mistake
from crossposter.wording import say

_SQLITE = "sqlite:///"


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise mistake(say("{value!r} is no web address: it begins with https://", value=value))
    return value


def _loopback(value: str) -> str:
    # A typing mistake here would hand the city's tokens to a stranger.
    if urlsplit(value).hostname not in ("127.0.0.1", "localhost", "::1"):
        raise mistake(say("an endpoint other than the real platform must be on this machine (127.0.0.1)"))
    return value


def _existing_zone(value: str) -> str:
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        raise mistake(say("{value!r} is no time zone: write it like Europe/Istanbul", value=value)) from None
    return value


def _regular_expression(value: str) -> str:
    try:
        pattern = re.compile(value)
    except re.error as error:
        raise mistake(say("this is no regular expression: {cause}", cause=error)) from None
    if not pattern.groups:
        raise mistake(say("the pattern needs a group in parentheses around the article's number: '/(\\d+)/'"))
    return value


def _ledger_path(value: Any, info: ValidationInfo) -> Path:
    address = from_environment(str(value), info)
    if not address.startswith(_SQLITE):
        raise mistake(say("the ledger is written as sqlite:///PATH, not {value!r}", value=address))
    return beside_the_yaml(address.removeprefix(_SQLITE), info)


Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Address = Annotated[Text, AfterValidator(_web_address)]
LoopbackAddress = Annotated[Address, AfterValidator(_loopback)]


class Block(BaseModel):
    """A block of keys; an unknown key is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Expect(Block):
    """Who the platform must say the account is, before anything is published on it."""

    id: Text
    handle: Text | None = None


class Endpoint(Block):
    """Where the sandbox stands; a real account has no endpoint."""

    url: LoopbackAddress | None = None
    proxy: LoopbackAddress | None = None
    ca_file: FileRef | None = None


class AccountModel(Options):
    """What every account has, beside what its platform adds."""

    id: Identifier
    platform: str
    expect: Expect
    endpoint: Endpoint | None = None


class FeedModel(Block):
    """A source of news."""

    id: Identifier
    url: Address
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$")]
    accounts: Annotated[list[str], Field(min_length=1)]
    site: Identifier | None = None
    id_pattern: Annotated[str, AfterValidator(_regular_expression)] | None = None


class ConfigModel(Block):
    """The whole file; `config_model()` knows what each platform's accounts may say."""

    timezone: Annotated[Text, AfterValidator(_existing_zone)]
    language: Literal["tr", "en"] = "en"
    ledger: Annotated[Path, BeforeValidator(_ledger_path)] = Field(
        default="sqlite:///../data/ledger.db", validate_default=True
    )
    feeds: Annotated[list[FeedModel], Field(min_length=1)]
    accounts: list[Any]


@cache
def config_model() -> type[ConfigModel]:
    """Make the model of the whole file: an account has its platform's keys beside those of every account."""
    variants = tuple(
        create_model(
            f"{platform} account",
            __base__=(adapter_class(platform).Options, AccountModel),
            platform=(Literal[platform], ...),
        )
        for platform in PLATFORMS
    )
    account: Any = Annotated[reduce(or_, variants), Field(discriminator="platform")]
    accounts: Any = (Annotated[list[account], Field(min_length=1)], ...)
    return create_model("configuration", __base__=ConfigModel, accounts=accounts)
