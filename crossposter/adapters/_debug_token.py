"""What Meta says of a token (`debug_token`), asked with the app's own keys: what it may do, and until when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from crossposter.adapters._answers import identifier, mapping, plain_words, text
from crossposter.adapters._graph import GraphClient
from crossposter.adapters._graph_errors import Dialect
from crossposter.adapters.options import Connection
from crossposter.references import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenReport:
    """Meta's answer; times are None where there is no end.

    Attributes:
        words: Meta's, of a token that is not valid.
        targets: For a permission that does not hold for everything, the ids for which it does.
    """

    is_valid: bool
    words: str
    app_id: str
    kind: str
    expires: datetime | None
    data_access: datetime | None
    scopes: tuple[str, ...]
    targets: Mapping[str, tuple[str, ...]]


def debug_token(connection: Connection, token: Secret, *, version: str, dialect: Dialect) -> TokenReport:
    """Ask Meta what a token is; `connection.secrets` has the app's `app_id` and `app_secret`.

    Raises:
        PublishError: Meta does not take the app's keys, or gives no usable answer.
    """
    app_id, app_secret = (connection.secrets[name].reveal() for name in ("app_id", "app_secret"))
    # Without secrets: a call by the app itself carries no signature.
    unsigned = replace(connection, secrets={})
    app = GraphClient(unsigned, token=Secret(f"{app_id}|{app_secret}"), version=version, dialect=dialect)
    found = mapping(app.debug_access_token(token.reveal(), app_id, app_secret).get("data"))
    return TokenReport(
        is_valid=found.get("is_valid") is True,
        words=plain_words(text(mapping(found.get("error")).get("message")) or "-"),
        app_id=identifier(found.get("app_id")),
        kind=text(found.get("type")),
        expires=_time(found.get("expires_at")),
        data_access=_time(found.get("data_access_expires_at")),
        scopes=_texts(found.get("scopes")),
        targets=_targets(found.get("granular_scopes")),
    )


def _targets(granular: object) -> Mapping[str, tuple[str, ...]]:
    rows = [mapping(row) for row in granular] if isinstance(granular, list) else []
    return {text(row.get("scope")): _texts(row.get("target_ids")) for row in rows if row.get("target_ids")}


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(each) for each in value) if isinstance(value, list) else ()


def _time(seconds: object) -> datetime | None:
    """Read a Unix time; Meta writes 0 for "never"."""
    if not isinstance(seconds, int) or isinstance(seconds, bool) or seconds <= 0:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
