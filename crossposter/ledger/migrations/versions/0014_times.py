"""What is urgent goes before others; and when people let nothing out."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add it; nothing is urgent of what was there before."""
    op.add_column("delivery", sa.Column("is_urgent", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "pause",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("system_user", sa.Text(), nullable=False),
        sa.Column("file", sa.Text()),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("ended_by", sa.Text()),
        sa.Column("ended_system_user", sa.Text()),
        sa.CheckConstraint("scope IN ('all', 'account', 'feed')", name="scope_is_known"),
        sa.CheckConstraint("(scope = 'all') = (name = '')", name="scope_has_a_name"),
    )
    is_open = sa.text("ended_at IS NULL")
    op.create_index("pause_open", "pause", ["id"], sqlite_where=is_open, postgresql_where=is_open)
