"""Who was told what; whether the daemon ended by itself."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "matter",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("is_told", sa.Boolean(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "alert",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("is_good", sa.Boolean(), nullable=False),
        sa.Column("subject", sa.JSON(), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("not_before", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("outcome", sa.Text()),
        sa.CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name="end_has_an_outcome"),
        sa.CheckConstraint("outcome IN ('sent', 'left_out', 'given_up')", name="outcome_is_known"),
        sa.PrimaryKeyConstraint("id"),
    )
    pending = sa.text("ended_at IS NULL")
    op.create_index("alert_pending", "alert", ["id"], sqlite_where=pending, postgresql_where=pending)
    op.add_column("heartbeat", sa.Column("ended_at", sa.DateTime(timezone=True)))
    # Nobody wrote down how the daemons of before ended: that is no reason to alarm anybody.
    op.execute("UPDATE heartbeat SET ended_at = beat_at")
