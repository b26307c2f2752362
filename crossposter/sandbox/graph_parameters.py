"""How a request to the Graph API is read: its path, its token, its booleans, its list of photos."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from crossposter.sandbox.exchange import Request
from crossposter.sandbox.graph_errors import GraphError, invalid

#: Where Pages are, and where Instagram's accounts are.
PREFIXES = ("/graph", "/instagram")
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def segments_of(request: Request) -> tuple[str, tuple[str, ...]]:
    """Split a path into the version, "" where there is none, and the rest."""
    segments = [each for each in request.path.split("/") if each]
    if segments and f"/{segments[0]}" in PREFIXES:
        del segments[0]
    version = segments.pop(0) if segments and re.fullmatch(r"v\d+\.\d+", segments[0]) else ""
    return version, tuple(segments)


def token_of(request: Request, values: Mapping[str, str]) -> str:
    """Give the access token of a request, from its parameters or its header.

    Raises:
        GraphError: there is none.
    """
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    token = values.get("access_token") or (bearer if scheme in ("Bearer", "OAuth") else "")
    if not token:
        raise GraphError(400, 104, "An access token is required to request this resource.")
    return token


def boolean(values: Mapping[str, str], name: str) -> bool:
    """Give a parameter that is true unless it is said otherwise.

    Raises:
        GraphError: it is neither true nor false.
    """
    # Python's "False" is refused: what Meta makes of it is not known, and a client must not depend on it.
    raw = values.get(name, "true")
    if raw not in _BOOLEANS:
        raise invalid(f"Param {name} must be a boolean")
    return _BOOLEANS[raw]


def attached_ids(values: Mapping[str, str]) -> list[str]:
    """Give the ids of `attached_media`, sent as a JSON list or as indexed parameters.

    Raises:
        GraphError: it is no list of {"media_fbid": ...}.
    """
    raw = [values[f"attached_media[{index}]"] for index in range(20) if f"attached_media[{index}]" in values]
    try:
        attached = json.loads(values["attached_media"]) if "attached_media" in values else []
        attached += [json.loads(each) for each in raw]
        return [str(each["media_fbid"]) for each in attached]
    except (ValueError, TypeError, KeyError):
        raise invalid("Param attached_media must be an array.") from None
