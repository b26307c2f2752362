"""The intent: exactly what is about to be sent, written before the first byte of it leaves."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from functools import cache

import sqlalchemy as sa
from sqlalchemy.sql.dml import ReturningUpdate

from crossposter.core.acts import LETS_OUT
from crossposter.core.chain import Kind as Told
from crossposter.core.correcting import CORRECTIONS
from crossposter.core.kinds import Kind
from crossposter.core.model import Delivery, Status
from crossposter.ledger import schema
from crossposter.ledger.deliveries import is_withdrawn, note_status
from crossposter.ledger.leases import OF_LEASE, of_lease
from crossposter.ledger.names import THIS, this
from crossposter.ledger.pauses import is_paused
from crossposter.ledger.records import picture_row
from crossposter.ports import Lease, Sender, Staged


class _Loses(Enum):
    """What may have become meanwhile of the post that a correction is about."""

    NOTHING, WITHDRAWN, TAKEN_AWAY = range(3)


@cache
def _claiming(loses: _Loses) -> ReturningUpdate[tuple[int, int]]:
    """Make the statement that claims a delivery, unless this has become of its post; once, as `names.THIS` says."""
    rows, entry = schema.delivery.c, schema.entry.c
    revision = sa.select(entry.revision).where(entry.id == sa.bindparam("of_entry")).scalar_subquery()
    says = sa.bindparam("says", type_=sa.Integer)
    return (
        schema.delivery.update()
        .where(
            THIS,
            rows.status == Status.QUEUED,
            rows.attempt == sa.bindparam("tried"),
            sa.or_(says.is_(None), says == revision),
            # Nobody has written or held anything since; on a row that others change as well, this is looked at last.
            rows.edition == sa.bindparam("made_of"),
            ~is_paused(),
            ~_has_lost_its_post(loses),
        )
        .values(status=Status.PUBLISHING, reason=None, message=None, not_before=None, attempt=rows.attempt + 1)
        .returning(rows.id, rows.attempt)
    )


def _has_lost_its_post(loses: _Loses) -> sa.ColumnElement[bool]:
    """Tell of a correction that is claimed whether its post was taken away since it was made ready, or is to be."""
    rows, posts, deleting = schema.delivery.c, schema.post.c, schema.delivery.alias("deleting")
    withdrawn = sa.select(deleting.c.id).where(is_withdrawn(rows.of_id, deleting)).correlate(schema.delivery).exists()
    gone = sa.select(posts.id).where(posts.delivery_id == rows.of_id, posts.deleted_at.is_not(None))
    match loses:
        case _Loses.NOTHING:
            return sa.false()
        case _Loses.WITHDRAWN:
            return withdrawn
    return sa.or_(withdrawn, gone.correlate(schema.delivery).exists())


_ADD = schema.attempt.insert()
_LET_OUT = (
    sa.select(schema.act.c.person)
    .where(schema.act.c.delivery_id == sa.bindparam("row"), schema.act.c.verb.in_(LETS_OUT))
    .order_by(schema.act.c.id.desc())
    .limit(1)
)


def claim(
    connection: sa.Connection,
    delivery: Delivery,
    staged: Staged,
    lease: Lease,
    *,
    now: datetime,
    price_usd: float | None = None,
    sender: Sender | None = None,
) -> int | None:
    """Commit the intent with its exact payload, durably, and renew the lease; None when something has moved on.

    A pause that was written before is one, at any moment: it holds the account as this does. Unless it was sent before,
    the news must still say what it said when the post was made of it, and no person may have written another text
    since; of what is only deleted, nobody asks.
    """
    # Run out or not: as long as nobody else took the account, it is ours. Uploads may be slow.
    if connection.execute(OF_LEASE, {**of_lease(lease), "lease_until": lease.until}).rowcount != 1:
        return None
    claimed = connection.execute(
        _claiming(_may_lose(delivery)),
        {
            **this(delivery.id),
            "tried": delivery.attempt.number if delivery.attempt else 0,
            "says": None if delivery.attempt or delivery.kind is Kind.DELETE else delivery.revision,
            "made_of": delivery.edition,
            "lease_until": lease.until,
            "updated_at": now,
        },
    ).one_or_none()
    if claimed is None:
        return None
    kept = {
        "number": claimed.attempt,
        "kind": delivery.step,
        "revision": delivery.revision,
        "link": staged.post.link,
        "media_ids": list(staged.media_ids),
        "price_usd": price_usd,
        "started_at": now,
        "platform_id": sender.platform_id if sender else None,
        "configuration": sender.configuration if sender else None,
        "let_out_by": _let_out_by(connection, claimed.id),
    }
    said = {"text": staged.post.text, "pictures": [picture_row(picture) for picture in staged.post.pictures]}
    connection.execute(_ADD, {"delivery_id": claimed.id, **kept, **said})
    note_status(
        connection,
        Told.CLAIMED,
        (delivery.entry_id, delivery.id.partition("/")[2]),
        (Status.PUBLISHING, None, None),
        at=now,
        facts={"attempt": kept},
        content={"attempt": said},
    )
    return int(claimed.attempt)


def _may_lose(delivery: Delivery) -> _Loses:
    """Tell what ends the claim of a correction whose post was taken away since it was made ready, or is to be."""
    if delivery.kind not in CORRECTIONS or (delivery.attempt and delivery.kind is not Kind.REPOST):
        return _Loses.NOTHING
    return _Loses.WITHDRAWN if delivery.attempt else _Loses.TAKEN_AWAY  # a repost has taken its post away itself


def _let_out_by(connection: sa.Connection, row_id: int) -> str | None:
    """Give who let a delivery out last; None where nobody had to."""
    person: str | None = connection.scalar(_LET_OUT, {"row": row_id})
    return person
