"""What a platform asks of the YAML and hands to its adapter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from crossposter.core.model import Post
from crossposter.ports import PublicPictures
from crossposter.references import Secret, SecretSource

#: Of Meta's Graph API, for both of its platforms. Each version lives two years; v26.0 came on 2026-07-29 (changelog).
GraphVersion = Annotated[str, StringConstraints(pattern=r"^v\d{1,2}\.\d$")]
GRAPH_VERSION = "v26.0"


class Credentials(BaseModel):
    """The keys of `credentials:`; each is a `SecretRef`, or a file."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    def secrets(self) -> Mapping[str, SecretSource]:
        """Give those that are secrets, by key."""
        named = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: value for name, value in named.items() if isinstance(value, SecretSource)}


class Options(BaseModel):
    """The keys that a platform adds to an account."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    credentials: Credentials

    @classmethod
    def variants(cls) -> tuple[type[Options], ...]:
        """Give the models of which an account follows one.

        This one; where the platform has several ways to reach it, one for each value of `backend`, the best first.
        """
        return (cls,)

    @property
    def needs_public_folder(self) -> bool:
        """Tell whether the platform fetches pictures from the folder that `media` names."""
        return False

    def price(self, post: Post) -> float | None:
        """Give what the platform asks for sending a post, in US dollars; None where it costs nothing."""
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
