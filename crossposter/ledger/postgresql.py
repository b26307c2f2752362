"""A ledger on a PostgreSQL server: how it is reached, and which processes of ours are at it.

psycopg is loaded by SQLAlchemy, when there is such a ledger.
"""

from __future__ import annotations

import os
import re
import socket
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from crossposter.errors import LedgerError
from crossposter.ledger import schema
from crossposter.ledger.lock import Holder, Role
from crossposter.references import DatabaseAddress
from crossposter.wording import say

#: Half of a lease: whoever froze in the middle of a transaction, or waits for such a one, is gone before its lease is,
#: so that another takes over in time (measured: 2.9 s instead of 7 to 11 s with leases of 3 s).
PATIENCE = timedelta(minutes=5)
#: Seconds in which the server must answer to a new connection.
_CONNECT_TIMEOUT_S = 10
#: Connections that a process keeps, and so many more at most. It has more threads; none works on the ledger for long.
_KEPT, _MORE = 5, 10
#: PostgreSQL cuts names of applications after 63 bytes.
_HOST_LENGTH = 35
_HOLDER = re.compile(r"crossposter (run --once|run|worker) (\d+) (.+)")


def open_engine(address: DatabaseAddress, *, role: Role | None, wait_s: float) -> sa.Engine:
    """Give an engine for the database; nothing is connected yet.

    Args:
        address: Where the server is.
        role: What this process was started as, which the others can see; None for one that only looks or acts.
        wait_s: How long a thread waits for a connection when all are in use.

    Raises:
        LedgerError: psycopg is not installed.
    """
    url = sa.make_url(address.url).set(drivername="postgresql+psycopg")
    milliseconds = int(PATIENCE / timedelta(milliseconds=1))
    settings = {
        "TimeZone": "UTC",
        # An intent that is lost with the power would be a second post.
        "synchronous_commit": "on",
        "idle_in_transaction_session_timeout": milliseconds,
        "lock_timeout": milliseconds,
    }
    options = " ".join([str(url.query.get("options", "")), *(f"-c {name}={value}" for name, value in settings.items())])
    name = f"crossposter {role} {os.getpid()} {socket.gethostname()[:_HOST_LENGTH]}" if role else "crossposter"
    arguments: dict[str, Any] = {"options": options, "application_name": name}
    if "connect_timeout" not in url.query:
        arguments["connect_timeout"] = _CONNECT_TIMEOUT_S
    _keep_partial_indexes_partial()
    try:
        return sa.create_engine(
            url.difference_update_query(arguments),
            connect_args=arguments,
            pool_size=_KEPT,
            max_overflow=_MORE,
            pool_timeout=wait_s,
            pool_pre_ping=True,  # a server that was restarted costs nobody a try
        )
    except ModuleNotFoundError as error:
        raise LedgerError(say("a ledger on PostgreSQL needs psycopg: pip install 'crossposter-city[scale]'")) from error


def _keep_partial_indexes_partial() -> None:
    for index in (index for table in schema.metadata.tables.values() for index in table.indexes):
        if (where := index.dialect_kwargs.get("sqlite_where")) is not None:
            index.dialect_kwargs["postgresql_where"] = where


def holders(connection: sa.Connection) -> list[Holder]:
    """Give the processes that work on the ledger; the server knows at once when one is gone."""
    query = sa.text(
        "SELECT DISTINCT application_name FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name LIKE 'crossposter %'"
    )
    here = socket.gethostname()
    found = filter(None, map(_HOLDER.fullmatch, connection.scalars(query)))
    return [
        Holder(process=int(one[2]), host=here if one[3] == here[:_HOST_LENGTH] else one[3], role=Role(one[1]))
        for one in found
    ]
