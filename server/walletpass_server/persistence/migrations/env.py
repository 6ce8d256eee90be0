"""Alembic's entry: it runs the steps on the connection that `schema.upgrade` opened."""

from alembic import context

from walletpass_server.persistence import tables
from walletpass_server.persistence.columns import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    compare_type=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()

__all__ = ["tables"]
