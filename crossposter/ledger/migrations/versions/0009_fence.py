"""What tells that a ledger is older than the truth, and what must be read back then."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add it; what was sent before it was counted is none."""
    fence = op.create_table(
        "fence",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("ledger_id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("recovered_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("id = 1", name="one_fence"),
    )
    op.bulk_insert(fence, [{"id": 1, "ledger_id": secrets.token_hex(16), "sequence": 0}])
    op.add_column("feed", sa.Column("is_restored", sa.Boolean(), nullable=False, server_default=sa.false()))
