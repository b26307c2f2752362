"""Indexes for what is asked of the newest posts and attempts, so that old ones cost nothing."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add them."""
    op.create_index("attempt_begun", "attempt", ["started_at"])
    op.create_index("post_newest", "post", ["account_id", "id"])
