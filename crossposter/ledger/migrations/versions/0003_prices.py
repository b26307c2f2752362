"""What each attempt costs."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add it."""
    op.add_column("attempt", sa.Column("price_usd", sa.Float()))
