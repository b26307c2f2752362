"""Accounts are read back: what stands on them, how often a post was absent; and steps that need not be repeated."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the tables and columns; every account that is known already counts as read."""
    op.add_column("delivery", sa.Column("resends", sa.Integer, nullable=False, server_default="0"))
    op.add_column("attempt", sa.Column("absences", sa.Integer, nullable=False, server_default="0"))
    op.add_column("account", sa.Column("unread_since", sa.DateTime(timezone=True)))
    op.add_column("account", sa.Column("slowest_answer_s", sa.Float))
    op.drop_index("delivery_queued", "delivery")
    is_open = sa.text("status IN ('queued', 'publishing', 'uncertain')")
    op.create_index("delivery_open", "delivery", ["account_id", "id"], sqlite_where=is_open, postgresql_where=is_open)
    op.create_table(
        "standing",
        sa.Column("account_id", sa.Text, sa.ForeignKey("account.id"), primary_key=True),
        sa.Column("remote_id", sa.Text, primary_key=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("links", sa.JSON, nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True)),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "step",
        sa.Column("delivery_id", sa.Integer, sa.ForeignKey("delivery.id"), primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
    )
