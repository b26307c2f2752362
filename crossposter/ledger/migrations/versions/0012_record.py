"""The record: events, each bound to all before it; and what an attempt keeps of who sent it and who let it out."""

import json
from datetime import UTC, datetime
from hashlib import sha256

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add it, and begin the record with what stands there."""
    op.add_column("attempt", sa.Column("platform_id", sa.Text()))
    op.add_column("attempt", sa.Column("configuration", sa.Text()))
    op.add_column("attempt", sa.Column("let_out_by", sa.Text()))
    op.create_table(
        "event",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entry_id", sa.Integer()),
        sa.Column("account_id", sa.Text()),
        sa.Column("person", sa.Text()),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("content", sa.Text()),
        sa.Column("salt", sa.Text()),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
    )
    op.create_index("event_of_entry", "event", ["entry_id", "id"])
    op.create_table(
        "chain",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.CheckConstraint("id = 1", name="one_chain"),
    )
    _open(op.get_bind())


# What follows is how the first event was made when this was written: whatever becomes of the program, a ledger of then
# is brought up to date as it was then.

_MOMENT = sa.DateTime(timezone=True)


def _open(connection: sa.Connection) -> None:
    before, counts = {}, {}
    for name in ("entry", "delivery", "act", "post"):
        last, count = connection.execute(sa.text(f"SELECT coalesce(max(id), 0), count(*) FROM {name}")).one()  # noqa: S608 - our own tables
        before[name], counts[name] = last, count
    facts = _written(
        {
            "ledger": connection.execute(sa.text("SELECT ledger_id FROM fence")).scalar_one(),
            "before": before,
            "counts": counts,
            "posts": _digest_of_posts(connection),
        }
    )
    at = _aware(connection.execute(sa.select(sa.func.current_timestamp(type_=_MOMENT))).scalar_one())
    bound = ["0" * 64, 1, "opened", at, None, None, None, facts, ""]
    digest = sha256(_written(bound).encode()).hexdigest()
    names = ("id", "kind", "facts", "digest", "hash")
    event = sa.table("event", *(sa.column(name) for name in names), sa.column("at", _MOMENT))
    connection.execute(event.insert().values(id=1, kind="opened", at=at, facts=facts, digest="", hash=digest))
    chain = sa.table("chain", *(sa.column(name) for name in ("id", "position", "hash")))
    connection.execute(chain.insert().values(id=1, position=1, hash=digest))


def _digest_of_posts(connection: sa.Connection) -> str:
    names = ("id", "account_id", "remote_id", "url", "delivery_id")
    post = sa.table("post", *(sa.column(name) for name in names), sa.column("published_at", _MOMENT))
    query = sa.select(*(post.c[name] for name in (*names, "published_at"))).order_by(post.c.id)
    found = sha256()
    for *values, published_at in connection.execute(query.execution_options(yield_per=1000)):
        found.update(_written([*values, _aware(published_at)]).encode())
    return found.hexdigest()


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _written(value: object) -> str:
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=lambda moment: moment.isoformat()
    )
