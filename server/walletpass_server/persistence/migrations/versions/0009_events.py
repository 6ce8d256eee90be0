"""What the events of hooks need: events about one pass, the end of passes and operations, how tokens came to be."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Apply this step."""
    op.add_column("hook_event", sa.Column("pass_id", sa.BigInteger(), nullable=True))
    about = sa.text("pass_id IS NOT NULL")
    op.create_index(
        "ix_hook_event_pass", "hook_event", ["client_id", "pass_id"], sqlite_where=about, postgresql_where=about
    )
    op.add_column("pass", sa.Column("expired_at", sa.BigInteger(), nullable=True))
    op.add_column("operation", sa.Column("cancelled_at", sa.BigInteger(), nullable=True))
    op.add_column("token", sa.Column("origin", sa.String(length=16), server_default=sa.text("''"), nullable=False))
