"""Hooks: endpoints, what waits for them, events that concern no pass; contacts of holders."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"

JSON = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "hook_endpoint",
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("environment", sa.String(length=64), nullable=True),
        sa.Column("events", JSON, nullable=False),
        sa.Column("operations", JSON, nullable=True),
        sa.Column("models", JSON, nullable=True),
        sa.Column("include", JSON, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_before", sa.LargeBinary(), nullable=True),
        sa.Column("before_until", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("paused_at", sa.BigInteger(), nullable=True),
        sa.Column("paused_why", sa.String(length=200), nullable=True),
        sa.Column("resumed_at", sa.BigInteger(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failing_since", sa.BigInteger(), nullable=True),
        sa.Column("rests_until", sa.BigInteger(), nullable=True),
        sa.Column("lease", sa.BigInteger(), nullable=True),
        sa.Column("leased_until", sa.BigInteger(), nullable=True),
        sa.Column("served_at", sa.BigInteger(), nullable=True),
        sa.Column("delivered", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("failed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_error", sa.String(length=200), nullable=True),
        sa.Column("delivered_at", sa.BigInteger(), nullable=True),
        sa.Column("replay_from", sa.BigInteger(), nullable=True),
        sa.Column("replay_until", sa.BigInteger(), nullable=True),
        sa.Column("replay_pass", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("replay_number", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_hook_endpoint_client")),
        sa.PrimaryKeyConstraint("client_id", "id", name=op.f("pk_hook_endpoint")),
    )
    op.create_table(
        "hook_delivery",
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("endpoint_id", sa.BigInteger(), nullable=False),
        sa.Column("pass_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(length=80), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tried_at", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("delivered_at", sa.BigInteger(), nullable=True),
        sa.Column("dead_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id", "endpoint_id"],
            ["hook_endpoint.client_id", "hook_endpoint.id"],
            name=op.f("fk_hook_delivery_hook_endpoint"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("client_id", "id", name=op.f("pk_hook_delivery")),
        sa.UniqueConstraint(
            "client_id",
            "endpoint_id",
            "pass_id",
            "place",
            name=op.f("uq_hook_delivery_client_id_endpoint_id_pass_id_place"),
        ),
    )
    op.create_index("ix_hook_delivery_client_id_pass_id", "hook_delivery", ["client_id", "pass_id"])
    op.create_index(
        "ix_hook_delivery_dead",
        "hook_delivery",
        ["client_id", "endpoint_id", "id"],
        sqlite_where=sa.text("dead_at IS NOT NULL"),
        postgresql_where=sa.text("dead_at IS NOT NULL"),
    )
    op.create_index(
        "ix_hook_delivery_delivered",
        "hook_delivery",
        ["delivered_at"],
        sqlite_where=sa.text("delivered_at IS NOT NULL"),
        postgresql_where=sa.text("delivered_at IS NOT NULL"),
    )
    op.create_index(
        "ix_hook_delivery_waiting",
        "hook_delivery",
        ["client_id", "endpoint_id", "due_at"],
        sqlite_where=sa.text("delivered_at IS NULL AND dead_at IS NULL"),
        postgresql_where=sa.text("delivered_at IS NULL AND dead_at IS NULL"),
    )
    op.create_table(
        "hook_event",
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(length=80), nullable=False),
        sa.Column("environment", sa.String(length=64), nullable=True),
        sa.Column("operation_id", sa.BigInteger(), nullable=True),
        sa.Column("cause", sa.String(length=200), nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_hook_event_client")),
        sa.PrimaryKeyConstraint("client_id", "id", name=op.f("pk_hook_event")),
    )
    op.create_index("ix_hook_event_client_id_occurred_at", "hook_event", ["client_id", "occurred_at"])
    op.create_table(
        "contact_key",
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_contact_key_client")),
        sa.PrimaryKeyConstraint("client_id", "id", name=op.f("pk_contact_key")),
    )
    op.create_table(
        "holder_contact",
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("pass_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id", "pass_id"],
            ["pass.client_id", "pass.id"],
            name=op.f("fk_holder_contact_pass"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("client_id", "digest", "pass_id", name=op.f("pk_holder_contact")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_holder_contact_client_id_pass_id", "holder_contact", ["client_id", "pass_id"])
