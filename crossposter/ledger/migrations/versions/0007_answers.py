"""What a platform answered that nobody knows, and why an account rests."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add them."""
    op.add_column("attempt", sa.Column("answer", sa.Text()))
    op.add_column("account", sa.Column("resting_message", sa.JSON(none_as_null=True)))
