"""What the doors to the wallets keep: device logs, switches, stopped credentials, Google's holders, source tags."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"

JSON = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "wallet_switch",
        sa.Column("client_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("wallet", sa.String(length=64), nullable=False),
        sa.Column("stopped_at", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "wallet", name=op.f("pk_wallet_switch")),
    )
    op.create_table(
        "device_log",
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("pass_type_identifier", sa.String(length=200), nullable=True),
        sa.Column("message", sa.String(length=1000), nullable=False),
        sa.Column("count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "id", name=op.f("pk_device_log")),
        sa.UniqueConstraint("client_id", "digest", name=op.f("uq_device_log_client_id_digest")),
    )
    op.create_index(op.f("ix_device_log_client_id_last_at"), "device_log", ["client_id", "last_at"])
    op.create_table(
        "worker",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_worker")),
    )
    op.add_column("credential", sa.Column("stopped_at", sa.BigInteger(), nullable=True))
    op.add_column("credential", sa.Column("stopped_why", sa.String(length=200), nullable=True))
    op.add_column("credential", sa.Column("settings", JSON, server_default="{}", nullable=False))
    op.add_column("asset", sa.Column("public", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(
        "ix_asset_public", "asset", ["digest"], sqlite_where=sa.text("public = 1"), postgresql_where=sa.text("public")
    )
    op.drop_column("google_object", "last_callback")  # idempotency keys remember every nonce, not the last alone
    op.add_column("google_object", sa.Column("noticed_at", sa.BigInteger(), nullable=True))
    op.add_column("google_object", sa.Column("has_users", sa.Boolean(), nullable=True))
    op.add_column("google_object", sa.Column("checked_at", sa.BigInteger(), nullable=True))
    op.add_column("google_object", sa.Column("differs_since", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_google_object_differs",
        "google_object",
        ["client_id", "class_id"],
        sqlite_where=sa.text("differs_since IS NOT NULL"),
        postgresql_where=sa.text("differs_since IS NOT NULL"),
    )
    op.add_column("google_class", sa.Column("check_due_at", sa.BigInteger(), nullable=True))
    op.add_column("google_class", sa.Column("check_token", sa.String(length=1000), nullable=True))
    op.create_index(op.f("ix_google_class_check_due_at"), "google_class", ["check_due_at"])
    op.add_column("token", sa.Column("tags", JSON, server_default="{}", nullable=False))
    op.add_column("pass", sa.Column("source", sa.String(length=100), server_default=sa.text("''"), nullable=False))
