"""What of the gate's findings a person has let pass, and when: a later text and a later day are other matters."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add them."""
    op.add_column("delivery", sa.Column("passed", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("delivery", sa.Column("released_at", sa.DateTime(timezone=True)))
    op.execute(
        "UPDATE delivery SET released_at ="
        " (SELECT max(at) FROM act WHERE delivery_id = delivery.id AND verb IN ('approve', 'retry', 'backfill'))"
    )
