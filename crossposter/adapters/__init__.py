"""One module per platform, and this list of them: a platform is added by one line here (see CONTRIBUTING.md).

Loading an adapter loads no client library: each imports its own when it is first used.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, ClassVar, Protocol, cast, get_args

from crossposter.adapters.logins import Login, Person
from crossposter.adapters.options import Connection, Options
from crossposter.core.model import Identity, Limits
from crossposter.ports import Adapter

PLATFORMS = {
    "twitter": "crossposter.adapters.twitter:TwitterAdapter",
    "facebook": "crossposter.adapters.facebook:FacebookAdapter",
    "instagram": "crossposter.adapters.instagram:InstagramAdapter",
}


class AdapterClass(Protocol):
    """What an adapter's class offers before it is connected."""

    #: What people call the platform.
    name: ClassVar[str]
    limits: ClassVar[Limits]
    #: Each key that is needed has an example, and perhaps a description, with which `init` writes it. A platform with
    #: several backends has one of its `variants()` for each.
    Options: ClassVar[type[Options]]

    def __call__(self, connection: Connection, options: Any) -> Adapter:
        """Connect to one account; sends nothing yet."""

    @staticmethod
    def remote_id_of(url: str, account: Identity) -> str | None:
        """Give the id of an account's post at an address, as far as it says it; None for no post of this account."""

    @staticmethod
    def login(
        connection: Connection, options: Any, person: Person, *, pinned: Identity | None, saved: Mapping[str, Any]
    ) -> Login:
        """Log a person in, as `crossposter login` does; `saved` is what the account's file holds so far.

        `connection.secrets` are the keys under `apps:`, and what `credentials` names for a login alone.

        Raises:
            LoginError: The person gave no answer that could be used.
            PublishError: The platform refuses, or cannot be reached.
        """


def adapter_class(platform: str) -> AdapterClass:
    """Load the adapter of a platform.

    Raises:
        KeyError: There is no such platform.
    """
    module, _, name = PLATFORMS[platform].partition(":")
    return cast("AdapterClass", getattr(import_module(module), name))


def variant_of(platform: str, backend: object) -> type[Options] | None:
    """Give the keys of a platform's accounts that name this backend; None where there is no such backend."""
    names, variants = backends_of(platform), adapter_class(platform).Options.variants()
    if not names:
        return variants[0]
    return variants[names.index(backend)] if isinstance(backend, str) and backend in names else None


def backends_of(platform: str) -> list[str]:
    """Name the ways to reach a platform, the best first; empty where there is one only."""
    fields = [options.model_fields.get("backend") for options in adapter_class(platform).Options.variants()]
    return [get_args(field.annotation)[0] for field in fields if field]
