"""Alembic's entry point: runs the migrations on the connection that the ledger hands over."""

from alembic import context

from crossposter.ledger.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
