"""Work to do: runs, timers, the outbox, rates, idempotency keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"

JSON = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "idempotency_key",
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("environment", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("request_digest", sa.LargeBinary(), nullable=False),
        sa.Column("answer", JSON, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "environment", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_index(op.f("ix_idempotency_key_created_at"), "idempotency_key", ["created_at"], unique=False)

    op.create_table(
        "outbox",
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("coalesce_key", sa.String(length=200), nullable=False),
        sa.Column("body", JSON, nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("lease", sa.BigInteger(), nullable=True),
        sa.Column("renewed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("dead_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "id", name=op.f("pk_outbox")),
        sa.UniqueConstraint(
            "client_id", "channel", "coalesce_key", name=op.f("uq_outbox_client_id_channel_coalesce_key")
        ),
    )
    op.create_index(
        "ix_outbox_dead",
        "outbox",
        ["client_id", "id"],
        unique=False,
        sqlite_where=sa.text("dead_at IS NOT NULL"),
        postgresql_where=sa.text("dead_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_outbox_id"), "outbox", ["id"], unique=False)
    op.create_index(
        "ix_outbox_waiting",
        "outbox",
        ["channel", "due_at"],
        unique=False,
        sqlite_where=sa.text("dead_at IS NULL"),
        postgresql_where=sa.text("dead_at IS NULL"),
    )

    op.create_table(
        "rate",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("interval", sa.Integer(), server_default="0", nullable=False),
        sa.Column("free_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rate")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "run",
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("operation_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("cause", sa.String(length=200), nullable=False),
        sa.Column("trigger", sa.String(length=64), nullable=True),
        sa.Column("data", JSON, nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("leased_until", sa.BigInteger(), nullable=True),
        sa.Column("lease", sa.BigInteger(), nullable=True),
        sa.Column("cursor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("upper", sa.BigInteger(), nullable=True),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("seen", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("moved", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id", "operation_id"], ["operation.client_id", "operation.id"], name=op.f("fk_run_operation")
        ),
        sa.PrimaryKeyConstraint("client_id", "id", name=op.f("pk_run")),
        sa.UniqueConstraint("client_id", "operation_id", "cause", name=op.f("uq_run_client_id_operation_id_cause")),
    )
    op.create_index(
        "ix_run_waiting",
        "run",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('waiting', 'running')"),
        postgresql_where=sa.text("state IN ('waiting', 'running')"),
    )

    op.create_table(
        "timer",
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("pass_id", sa.BigInteger(), nullable=False),
        sa.Column("trigger", sa.String(length=64), nullable=False),
        sa.Column("slot", sa.BigInteger(), nullable=False),
        sa.Column("operation_id", sa.BigInteger(), nullable=False),
        sa.Column("anchored_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id", "pass_id"], ["pass.client_id", "pass.id"], name=op.f("fk_timer_pass"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("client_id", "pass_id", "trigger", "slot", name=op.f("pk_timer")),
    )
    op.create_index(op.f("ix_timer_client_id_operation_id"), "timer", ["client_id", "operation_id"], unique=False)
    op.create_index(op.f("ix_timer_due_at"), "timer", ["due_at"], unique=False)
