"""Who may use the API: keys, quotas, the log of changes; and the parts of a file that arrives bit by bit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"

JSON = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "api_key",
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("environment", sa.String(length=64), nullable=False),
        sa.Column("hint", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("scopes", JSON, nullable=False),
        sa.Column("operations", JSON, nullable=True),
        sa.Column("replaces", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_api_key_client")),
        sa.PrimaryKeyConstraint("client_id", "id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_key_digest")),
    )
    op.create_table(
        "audit_log",
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor_kind", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("before", JSON, nullable=True),
        sa.Column("after", JSON, nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_audit_log_client")),
        sa.PrimaryKeyConstraint("client_id", "id", name=op.f("pk_audit_log")),
    )
    op.create_index(op.f("ix_audit_log_client_id_at"), "audit_log", ["client_id", "at"])
    op.create_table(
        "upload_part",
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id", "run_id"],
            ["run.client_id", "run.id"],
            name=op.f("fk_upload_part_run"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("client_id", "run_id", "start", name=op.f("pk_upload_part")),
    )
    op.add_column("client", sa.Column("max_models", sa.Integer(), nullable=True))
    op.add_column("client", sa.Column("max_matrices", sa.Integer(), nullable=True))
    op.add_column("client", sa.Column("max_passes", sa.Integer(), nullable=True))
    op.add_column("client", sa.Column("requests_per_minute", sa.Integer(), nullable=True))
