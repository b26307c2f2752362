"""What several processes share out among them: polls in turn, and accounts that are offered to workers."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add it; nothing is offered yet."""
    op.add_column("account", sa.Column("offered_until", sa.DateTime(timezone=True)))
    op.create_table(
        "tick",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
    )
