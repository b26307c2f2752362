"""The record: events, each bound to all before it; and what an attempt keeps of who sent it and who let it out."""

import sqlalchemy as sa
from alembic import op

from crossposter.ledger.opening import open_chain

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
    connection = op.get_bind()
    open_chain(connection, connection.execute(sa.text("SELECT ledger_id FROM fence")).scalar_one())
