"""One module per platform, and this list of them: a platform is added by one line here (see CONTRIBUTING.md).

Loading an adapter loads no client library: each imports its own when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, ClassVar, Protocol, cast, get_args

from crossposter.adapters.options import Connection, Options
from crossposter.core.model import Limits
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


def adapter_class(platform: str) -> AdapterClass:
    """Load the adapter of a platform.

    Raises:
        KeyError: There is no such platform.
    """
    module, _, name = PLATFORMS[platform].partition(":")
    return cast("AdapterClass", getattr(import_module(module), name))


def backends_of(platform: str) -> list[str]:
    """Name the ways to reach a platform, the best first; empty where there is one only."""
    fields = [options.model_fields.get("backend") for options in adapter_class(platform).Options.variants()]
    return [get_args(field.annotation)[0] for field in fields if field]
