"""What the YAML may say. Platforms add their own keys to an account: see `Options` in each adapter."""

from __future__ import annotations

import codecs
import re
import warnings
import zoneinfo
from datetime import timedelta
from functools import cache, reduce
from ipaddress import ip_network
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    ValidationInfo,
    WithJsonSchema,
    create_model,
    field_validator,
    model_validator,
)

from crossposter.adapters import PLATFORMS, adapter_class, backends_of
from crossposter.adapters.options import AppBlock, Options
from crossposter.config.approvals import ApprovalRules
from crossposter.config.posts import Block, BrandModel, BudgetModel, PostModel
from crossposter.config.spans import Duration, KeptFor, TimeOfDay, at_most_a_day, duration_of
from crossposter.config.times import ElectionModel, QuietModel, UrgentModel, leave_room
from crossposter.core.cities import city_of, full_name
from crossposter.core.correcting import CORRECTIONS, usual
from crossposter.core.kinds import Kind
from crossposter.core.model import Holds, OnEdit, Pace
from crossposter.core.retention import Retention
from crossposter.core.text import lower
from crossposter.references import (
    DatabaseAddress,
    FileRef,
    FolderRef,
    ForConnecting,
    SecretRef,
    SecretSource,
    Text,
    beside_the_yaml,
    context_of,
    from_environment,
    from_file,
    mistake,
)
from crossposter.wording import say

if TYPE_CHECKING:
    from crossposter.web import Network

_SQLITE = "sqlite:///"
#: Beside the YAML's folder, for what a daemon keeps on its own machine while the ledger is on another one.
_DATA = "../data"
#: Libraries disagree where the host ends when one of these stands in an address.
_NOT_IN_ADDRESSES = re.compile(r"[\s\\]")


def _web_address(value: str) -> str:
    # Never quoted: an address from the environment, or one with a password, is not for every eye.
    if not _is_web_address(value):
        raise mistake(say("this is no web address: it begins with https:// and holds no spaces"))
    return value


def _is_web_address(value: str) -> bool:
    if _NOT_IN_ADDRESSES.search(value):
        return False
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _loopback(value: str) -> str:
    # A typing mistake here would hand the city's tokens to a stranger.
    if urlsplit(value).hostname not in ("127.0.0.1", "localhost", "::1"):
        raise mistake(say("only the sandbox on this machine (127.0.0.1) may stand here; a real account needs none"))
    return value


def _existing_zone(value: str) -> str:
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise mistake(say("this is no time zone: write it like Europe/Istanbul")) from None
    return value


def _regular_expression(value: str) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pattern = re.compile(value)
    except (re.error, OverflowError, RecursionError):
        raise mistake(
            say("this is no regular expression: a bracket may be missing; copy the one of the example")
        ) from None
    if not pattern.groups:
        raise mistake(say("the pattern needs a group in parentheses around the article's number: '/(\\d+)/'"))
    return value


def _identifier(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", value):
        raise mistake(say("{value!r} cannot be used here: only a to z, 0 to 9 and '-' between them", value=value))
    return value


def _named(value: str, info: ValidationInfo) -> str:
    return full_name(context_of(info).get("city", ""), value)


def _language(value: str) -> str:
    if not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{1,8})*", value):
        raise mistake(say("{value!r} is no language: write tr or en", value=value))
    return value


def _host(value: str) -> str:
    host = lower(value, "en").removeprefix("www.").rstrip(".")
    if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", host):
        raise mistake(say("{value!r} is no host: write it like izmir.bel.tr, without https:// and path", value=value))
    return host


def _encoding(value: str) -> str:
    try:
        "".encode(value)  # only encodings of text, unlike codecs.lookup
        return codecs.lookup(value).name
    except (LookupError, ValueError):
        raise mistake(say("{value!r} is no encoding of text: write it like windows-1254", value=value)) from None


def _network_or_host(value: str) -> str:
    try:
        ip_network(value, strict=False)
    except ValueError:
        if not re.fullmatch(r"(?=.*[a-z])[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?", value, re.IGNORECASE):
            raise mistake(
                say("a network (10.1.2.0/24), an address or the name of a host is wanted here, without https://")
            ) from None
    return value


def _contact(value: str) -> str:
    if not re.fullmatch(r"[\x21-\x7e]{1,200}", value):  # it is sent as a header
        raise mistake(say("a mail address or the address of a page is wanted here, without spaces"))
    return value


def _count(value: Any) -> int | None:
    if value == "never":
        return None
    if not isinstance(value, str) or not re.fullmatch(r"[1-9]\d{0,5}", value.strip()):
        raise mistake(say("a whole number from 1 upwards, or never, is wanted here"))
    return int(value)


def _age(value: Any) -> timedelta | None:
    return None if value == "never" else duration_of(value)


def _ledger(value: Any, info: ValidationInfo) -> Path | DatabaseAddress:
    written = value.strip() if isinstance(value, str) else ""
    address = from_file(written, info) if written.startswith("file:") else from_environment(written, info)
    if address.startswith(_SQLITE) and address != _SQLITE:
        return beside_the_yaml(address.removeprefix(_SQLITE), info)
    if not (database := DatabaseAddress.read(address)):
        # Not quoted: the address of a database may hold a password.
        raise mistake(say("the ledger is written as sqlite:///PATH or postgresql+psycopg://USER@HOST:PORT/NAME"))
    if database.password and address == written:
        raise mistake(say("a password is never written here: name the whole address by env:NAME or file:PATH"))
    return database


def _engine(value: str, info: ValidationInfo) -> str:
    if value == "procrastinate" and isinstance(info.data.get("ledger"), Path):
        raise mistake(say("workers need a ledger that they can share: write `ledger: postgresql+psycopg://...`"))
    return value


def _data_folder(value: Any, info: ValidationInfo) -> Path:
    ledger = info.data.get("ledger")
    if value is None:
        return ledger.parent if isinstance(ledger, Path) else beside_the_yaml(_DATA, info)
    if not isinstance(value, str) or not value.strip():
        raise mistake(say("the path of a folder is wanted here"))
    return beside_the_yaml(from_environment(value.strip(), info), info)


def _or_never(kind: str) -> dict[str, Any]:
    return {"anyOf": [{"type": kind}, {"const": "never"}]}


#: What is named here, or pointed to: by its name outside the file.
Name = Annotated[str, AfterValidator(_named)]
#: A whole number from 1 upwards, or None for `never`.
Count = Annotated[int | None, BeforeValidator(_count), WithJsonSchema(_or_never("integer"))]
Identifier = Annotated[str, AfterValidator(_identifier), AfterValidator(_named)]
Address = Annotated[Text, AfterValidator(_web_address)]
LoopbackAddress = Annotated[Address, AfterValidator(_loopback)]


class Expect(Block):
    """Who the platform must say the account is, before anything is published on it."""

    id: Text
    handle: Text | None = None


class Endpoint(Block):
    """Where the sandbox stands; a real account has no endpoint."""

    url: Annotated[LoopbackAddress | None, ForConnecting] = None
    proxy: Annotated[LoopbackAddress | None, ForConnecting] = None
    ca_file: Annotated[FileRef | None, ForConnecting] = None


class PaceModel(Block):
    """How fast an account may post."""

    min_gap: Duration | None = None
    #: What a backlog may do unasked when an account is mended: no flood.
    per_hour: Count = Field(default=6, json_schema_extra={"default": 6})
    per_day: Count = Field(default=24, json_schema_extra={"default": 24})

    def pace(self) -> Pace:
        """Give it as the service knows it."""
        return Pace(min_gap=self.min_gap, per_hour=self.per_hour, per_day=self.per_day)


class OnEditModel(Block):
    """What happens to an account's posts when their news is edited after they have gone out."""

    #: None for the platform's usual way: edit, else a reply, else nothing.
    how: Literal["edit", "reply", "repost", "nothing"] | None = None
    #: Whether it is done without asking anybody.
    unasked: bool = False

    def on_edit(self, can: frozenset[Kind]) -> OnEdit:
        """Give it as the service knows it."""
        if self.how == "nothing":
            return OnEdit()
        return OnEdit(how=Kind(self.how) if self.how else usual(can), unasked=self.unasked)


class AccountModel(Options):
    """What every account has, beside what its platform adds."""

    id: Identifier
    platform: str
    expect: Expect
    approval: ApprovalRules
    endpoint: Endpoint | None = None
    post: PostModel = PostModel()
    budget: BudgetModel | None = None
    pace: PaceModel = PaceModel()
    #: Whether the account is read before a first post: somebody may have posted the news by hand.
    look_first: bool = True
    #: So long a post that was accepted may not be seen on the account; None for the platform's own guess.
    settle_after: Annotated[Duration, AfterValidator(at_most_a_day)] | None = None
    order: Literal["loose", "strict"] = "loose"
    on_edit: OnEditModel = OnEditModel()

    @field_validator("on_edit")
    @classmethod
    def _can_be_done(cls, value: OnEditModel) -> OnEditModel:
        known = [kind.value for kind in CORRECTIONS if kind in cls.can]
        if value.how not in (None, "nothing", *known):
            raise mistake(
                say(
                    "how: {how!r} is not possible on this account: it can be {known}",
                    how=value.how,
                    known=", ".join([*known, "nothing"]),
                )
            )
        return value


class HoldsModel(Block):
    """When news waits for a person although nothing is wrong with its words."""

    new_entries_over: Count = Field(default=5, json_schema_extra={"default": 5})
    older_than: Annotated[timedelta | None, BeforeValidator(_age), WithJsonSchema(_or_never("string"))] = Field(
        default=timedelta(hours=24), json_schema_extra={"default": "24h"}
    )

    def holds(self) -> Holds:
        """Give them as the service knows them."""
        return Holds(new_entries_over=self.new_entries_over, older_than=self.older_than)


class FeedModel(Block):
    """A source of news."""

    id: Identifier
    url: Address
    language: Annotated[str, AfterValidator(_language)]
    accounts: Annotated[list[Name], Field(min_length=1)]
    every: Duration = Field(default=timedelta(minutes=5), json_schema_extra={"default": "5m"})
    site: Identifier | None = None
    id_pattern: Annotated[str, AfterValidator(_regular_expression)] | None = None
    silent_after: Duration | None = None
    article: bool = False
    allowed_hosts: tuple[Annotated[Text, AfterValidator(_host)], ...] = ()
    strip: tuple[Text, ...] = ()
    start_after: tuple[Text, ...] = ()
    stop_before: tuple[Text, ...] = ()
    encoding_fallback: Annotated[str, AfterValidator(_encoding)] | None = None
    delay: Annotated[Duration, AfterValidator(at_most_a_day)] | None = None


class NetworkModel(Block):
    """How the program reaches the world."""

    allow: tuple[Annotated[Text, AfterValidator(_network_or_host)], ...] = ()
    proxy: Address | None = None
    ca_file: FileRef | None = None
    contact: Annotated[Text, AfterValidator(_contact)] | None = None

    def network(self) -> Network:
        """Give it as every client knows it."""
        from crossposter.web import Network

        ca_file = str(self.ca_file) if self.ca_file else None
        return Network(allowed=self.allow, proxy=self.proxy, ca_file=ca_file, contact=self.contact)


class MediaModel(Block):
    """Where pictures stand in public for platforms that fetch them themselves."""

    public_dir: FolderRef
    public_base_url: Address


class AlertModel(Block):
    """Who is told when something needs a person; or, with `ping` alone, an address that hears while all is well."""

    url: SecretRef | None = None
    level: Literal["info", "warning", "critical"] = "warning"
    language: Literal["tr", "en"] | None = None
    digest: TimeOfDay | None = None
    ping: SecretRef | None = None

    @model_validator(mode="after")
    def _is_one_of_both(self) -> AlertModel:
        if (self.url is None) == (self.ping is None):
            raise mistake(say("write one of both here: url (who is told), or ping (what is fetched while all is well)"))
        if self.ping and self.model_fields_set - {"ping"}:
            raise mistake(say("a ping says nothing: it has no level, language or digest"))
        return self


class RetentionModel(Block):
    """How long the words and pictures of what was posted are kept; for ever where nothing is said."""

    texts: KeptFor | None = None
    pictures: KeptFor | None = None

    def retention(self) -> Retention:
        """Give it as the ledger knows it."""
        return Retention(texts=self.texts, pictures=self.pictures)


class KeptModel(Block):
    """Where the record is kept, and what else a daemon keeps."""

    ledger: Annotated[
        Path | DatabaseAddress, BeforeValidator(_ledger), PlainSerializer(str), WithJsonSchema({"type": "string"})
    ] = Field(default="sqlite:///../data/ledger.db", validate_default=True)
    #: Who carries the work: threads of the daemon, or workers beside it.
    engine: Annotated[Literal["threads", "procrastinate"], AfterValidator(_engine)] = "threads"
    #: Pictures and logins: the file's folder where the ledger is one.
    data: Annotated[Path, BeforeValidator(_data_folder), WithJsonSchema({"type": "string"})] = Field(
        default=None, validate_default=True
    )


class ConfigModel(KeptModel):
    """The whole file; `config_model()` knows what each platform's accounts may say."""

    timezone: Annotated[Text, AfterValidator(_existing_zone)]
    language: Literal["tr", "en"] = "en"
    feeds: Annotated[list[FeedModel], Field(min_length=1)]
    #: `config_model()` knows which; before the accounts, which are filled in from it.
    apps: Any = None
    accounts: list[Any]
    brand: BrandModel | None = None
    holds: HoldsModel = HoldsModel()
    network: NetworkModel = NetworkModel()
    media: MediaModel | None = None
    alerts: tuple[AlertModel, ...] = ()
    quiet: Annotated[tuple[QuietModel, ...], AfterValidator(leave_room)] = ()
    elections: tuple[ElectionModel, ...] = ()
    urgent: UrgentModel | None = None
    retention: RetentionModel = RetentionModel()

    @property
    def city(self) -> str:
        """Give whose file it is, in a folder of them; empty where there is one file only."""
        return city_of(self.accounts[0].id)

    @property
    def cities(self) -> tuple[ConfigModel, ...]:
        """Give this one, as a folder gives all of its files."""
        return (self,)

    @field_validator("accounts", mode="after")
    @classmethod
    def _complete(cls, accounts: list[AccountModel], info: ValidationInfo) -> list[AccountModel]:
        if not isinstance(data := info.data.get("data"), Path):
            return accounts  # a mistake, told already
        return [_completed(account, info.data.get("apps"), data=data) for account in accounts]


def login_file(account_id: str, *, data: Path) -> Path:
    """Give the place of an account's login where the YAML names none: where the daemon may write."""
    return data / "credentials" / f"{account_id}.json"


def _completed(account: AccountModel, apps: Any, *, data: Path) -> AccountModel:
    credentials = account.credentials
    keys = getattr(apps, credentials.app.name, None) if credentials.app else None
    sources = {name: value for name, value in keys if isinstance(value, SecretSource)} if keys else {}
    completed = credentials.completed(file=login_file(account.id, data=data), app=sources)
    return account.model_copy(update={"credentials": completed})


def app_blocks() -> list[AppBlock]:
    """List the blocks that may stand under `apps:`."""
    variants = (options for platform in PLATFORMS for options in adapter_class(platform).Options.variants())
    models = (options.credentials_model() for options in variants)
    return list(dict.fromkeys(model.app for model in models if model.app))


@cache
def config_model() -> type[ConfigModel]:
    """Make the model of the whole file: an account has its platform's keys beside those of every account."""
    account: Any = Annotated[
        reduce(or_, (_account_model(platform) for platform in PLATFORMS)), Field(discriminator="platform")
    ]
    accounts: Any = (Annotated[list[account], Field(min_length=1)], ...)
    blocks: dict[str, Any] = {block.name: (block.keys | None, None) for block in app_blocks()}
    apps: Any = (create_model("apps", __base__=Block, **blocks) | None, None)
    return create_model("configuration", __base__=ConfigModel, apps=apps, accounts=accounts)


def _account_model(platform: str) -> Any:
    """Make the model of a platform's accounts; of several where it has several backends."""
    variants = adapter_class(platform).Options.variants()
    names = backends_of(platform)
    models = [
        create_model(f"{name} account", __base__=(options, AccountModel), platform=(Literal[platform], ...))
        for options, name in zip(variants, [f"{platform} {name}" for name in names] or [platform], strict=True)
    ]
    return Annotated[reduce(or_, models), Field(discriminator="backend")] if names else models[0]


def json_schema() -> dict[str, Any]:
    """Describe the file for editors (JSON Schema 2020-12), which then complete and check it while it is written."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **config_model().model_json_schema()}
