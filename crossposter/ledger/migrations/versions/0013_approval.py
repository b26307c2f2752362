"""What people are shown before it is sent, what they write, and what they have let out."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add it; nobody has let out anything yet."""
    op.create_table(
        "draft",
        sa.Column("delivery_id", sa.Integer(), sa.ForeignKey("delivery.id"), primary_key=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("link", sa.Text()),
        sa.Column("pictures", sa.JSON(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_by", sa.Text()),
    )
    op.add_column("delivery", sa.Column("approved_hash", sa.Text()))
    op.add_column("delivery", sa.Column("approved_at", sa.DateTime(timezone=True)))
    op.add_column("delivery", sa.Column("approved_by", sa.Text()))
    op.add_column("delivery", sa.Column("edition", sa.Integer(), nullable=False, server_default="0"))
