"""What a platform asks of the YAML and hands to its adapter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, StringConstraints

from crossposter.core.kinds import Kind
from crossposter.core.model import Post
from crossposter.ports import PublicPictures
from crossposter.references import LoginFile, Secret, SecretSource

#: Of Meta's Graph API, for both of its platforms. Each version lives two years; v26.0 came on 2026-07-29 (changelog).
GraphVersion = Annotated[str, StringConstraints(pattern=r"^v\d{1,2}\.\d$")]
GRAPH_VERSION = "v26.0"


class AppKeys(BaseModel):
    """The keys of an app at a platform, named once under `apps:` for every account that names none itself."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class AppBlock(NamedTuple):
    """A block under `apps:`."""

    name: str
    keys: type[AppKeys]


class Credentials(BaseModel):
    """The keys of `credentials:`; each is a `SecretRef` or None, or a file. All may be left to `apps:` and `login`."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    #: The app whose keys stand in for those that are not named here.
    app: ClassVar[AppBlock | None] = None
    #: Those of the app without which nothing can be sent.
    needed_of_app: ClassVar[tuple[str, ...]] = ()
    #: Whether `login` cannot do without the app's keys.
    login_needs_app: ClassVar[bool] = True
    #: What `login` obtains; named in the YAML all together, or not at all.
    login_keys: ClassVar[tuple[str, ...]] = ()
    #: Secrets that `login` may use, and nothing else does.
    only_for_login: ClassVar[tuple[str, ...]] = ()
    #: The keys that name the file of `login`.
    file_keys: ClassVar[tuple[str, ...]] = ("file",)

    file: LoginFile | None = None

    @classmethod
    def holds_login(cls, content: Mapping[str, Any]) -> bool:
        """Tell whether the file of `login` holds what is needed."""
        return all(isinstance(content.get(key), str) and content[key] for key in cls.login_keys)

    @property
    def login_file(self) -> Path | None:
        """Give the file that the YAML names for `login`."""
        return self.file

    def completed(self, *, file: Path, app: Mapping[str, SecretSource]) -> Self:
        """Fill in what the YAML leaves to the app and to the file of `login`; `file` where it names none itself."""
        file = self.login_file or file
        missing = {name for name in type(self).model_fields if getattr(self, name) is None}
        filled: dict[str, Any] = {name: source for name, source in app.items() if name in missing}
        if missing.issuperset(self.login_keys):
            filled |= {name: SecretSource("login", str(file), name) for name in self.login_keys}
        return self.model_copy(update=filled | dict.fromkeys(self.file_keys, file))

    def secrets(self) -> Mapping[str, SecretSource]:
        """Give those that are secrets, by key."""
        named = {name: getattr(self, name) for name in type(self).model_fields if name not in self.only_for_login}
        return {name: value for name, value in named.items() if isinstance(value, SecretSource)}


class Options(BaseModel):
    """The keys that a platform adds to an account."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    #: What can be done to posts that stand.
    can: ClassVar[frozenset[Kind]] = frozenset()

    credentials: Credentials

    @classmethod
    def variants(cls) -> tuple[type[Options], ...]:
        """Give the models of which an account follows one.

        This one; where the platform has several ways to reach it, one for each value of `backend`, the best first.
        """
        return (cls,)

    @classmethod
    def credentials_model(cls) -> type[Credentials]:
        """Give the kind of credentials of an account that follows this variant."""
        model: type[Credentials] | None = cls.model_fields["credentials"].annotation
        return model or Credentials

    @property
    def needs_public_folder(self) -> bool:
        """Tell whether the platform fetches pictures from the folder that `media` names."""
        return False

    def price(self, post: Post) -> float | None:
        """Give what the platform asks for sending a post, in US dollars; None where it costs nothing."""
        return None

    def price_of_deleting(self) -> float | None:
        """Give what the platform asks for taking a post away, in US dollars; None where it costs nothing."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """How an adapter reaches its platform.

    Attributes:
        account_id: The name of the account in the YAML.
        remote_id: The platform's own id of the account, as pinned in the YAML.
        secrets: What `credentials` names, by key.
        url: Another address than the platform's own: the sandbox; None for the real one.
        proxy: A proxy for everything that the adapter sends; None for none.
        ca_file: Certificate authorities in place of the usual ones (path); None for the usual ones.
        now: The clock, for "wait an hour"; aware UTC.
        sleep: Wait so many seconds, for a platform that works on what it was given.
        pictures: Addresses of pictures, for a platform that fetches them itself.
        timeout_s: Seconds to connect, and seconds of silence that end a request.
    """

    account_id: str
    remote_id: str
    secrets: Mapping[str, Secret]
    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    pictures: PublicPictures
    url: str | None = None
    proxy: str | None = None
    ca_file: str | None = None
    timeout_s: tuple[float, float] = (10.0, 60.0)
