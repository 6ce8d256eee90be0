"""Clients, designs, operations, passes, devices, facts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None

JSON = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    """Apply this step."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE SEQUENCE row_id AS BIGINT")
    op.create_table(
        "client",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("settings", JSON, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client")),
        sa.UniqueConstraint("slug", name=op.f("uq_client_slug")),
    )
    op.create_table(
        "counter",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counter")),
    )
    op.create_table(
        "daily_count",
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("operation_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("model", sa.String(length=64), nullable=False),
        sa.Column("wallet", sa.String(length=16), nullable=False),
        sa.Column("measure", sa.String(length=64), nullable=False),
        sa.Column("shard", sa.SmallInteger(), nullable=False),
        sa.Column("count", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint(
            "client_id", "operation_id", "day", "model", "wallet", "measure", "shard", name=op.f("pk_daily_count")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "device",
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("pass_type_identifier", sa.String(length=200), nullable=False),
        sa.Column("library_identifier", sa.String(length=200), nullable=False),
        sa.Column("push_token", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("registered_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "id", name=op.f("pk_device")),
        sa.UniqueConstraint(
            "client_id",
            "pass_type_identifier",
            "library_identifier",
            name=op.f("uq_device_client_id_pass_type_identifier_library_identifier"),
        ),
    )
    op.create_index(
        op.f("ix_device_pass_type_identifier_library_identifier"),
        "device",
        ["pass_type_identifier", "library_identifier"],
        unique=False,
    )

    op.create_table(
        "epoch",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.Column("cause", sa.String(length=200), nullable=False),
        sa.Column("change_offset", sa.BigInteger(), nullable=False),
        sa.Column("server", sa.String(length=200), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_epoch")),
    )
    op.create_table(
        "fact",
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("pass_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("operation_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("wallet", sa.String(length=16), nullable=False),
        sa.Column("model", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.Column("data", JSON, nullable=False),
        sa.PrimaryKeyConstraint("client_id", "pass_id", "number", name=op.f("pk_fact")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_fact_client_id_operation_id_day"), "fact", ["client_id", "operation_id", "day"], unique=False
    )

    op.create_table(
        "asset",
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("media_type", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_asset_client")),
        sa.PrimaryKeyConstraint("client_id", "digest", name=op.f("pk_asset")),
    )
    op.create_table(
        "credential",
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("wallet", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("environment", sa.String(length=64), nullable=False),
        sa.Column("pass_type_identifier", sa.String(length=200), nullable=True),
        sa.Column("team_identifier", sa.String(length=64), nullable=True),
        sa.Column("issuer_id", sa.String(length=64), nullable=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("consent", JSON, nullable=True),
        sa.Column("not_after", sa.BigInteger(), nullable=True),
        sa.Column("retired_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_credential_client")),
        sa.PrimaryKeyConstraint("client_id", "id", name=op.f("pk_credential")),
    )
    op.create_index(op.f("ix_credential_issuer_id"), "credential", ["issuer_id"], unique=False)
    op.create_index(op.f("ix_credential_pass_type_identifier"), "credential", ["pass_type_identifier"], unique=False)

    op.create_table(
        "day_seal",
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("operation_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("figures", JSON, nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_day_seal_client")),
        sa.PrimaryKeyConstraint("client_id", "operation_id", "day", name=op.f("pk_day_seal")),
    )
    op.create_table(
        "google_class",
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("class_id", sa.String(length=200), nullable=False),
        sa.Column("credential_id", sa.BigInteger(), nullable=False),
        sa.Column("google_type", sa.String(length=64), nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("sent_hash", sa.String(length=64), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_google_class_client")),
        sa.PrimaryKeyConstraint("client_id", "class_id", name=op.f("pk_google_class")),
    )
    op.create_table(
        "matrix",
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("pass_type", sa.String(length=64), nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("frozen_at", sa.BigInteger(), nullable=True),
        sa.Column("retired_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_matrix_client")),
        sa.PrimaryKeyConstraint("client_id", "id", name=op.f("pk_matrix")),
        sa.UniqueConstraint("client_id", "name", "version", name=op.f("uq_matrix_client_id_name_version")),
    )
    op.create_table(
        "model",
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("pass_type", sa.String(length=64), nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_model_client")),
        sa.PrimaryKeyConstraint("client_id", "id", name=op.f("pk_model")),
        sa.UniqueConstraint("client_id", "name", name=op.f("uq_model_client_id_name")),
    )
    op.create_table(
        "pass_type",
        sa.Column("identifier", sa.String(length=200), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_pass_type_client")),
        sa.PrimaryKeyConstraint("identifier", name=op.f("pk_pass_type")),
    )
    op.create_table(
        "matrix_model",
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("matrix_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("model_id", sa.BigInteger(), nullable=True),
        sa.Column("content", JSON, nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id", "matrix_id"],
            ["matrix.client_id", "matrix.id"],
            name=op.f("fk_matrix_model_matrix"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("client_id", "matrix_id", "key", name=op.f("pk_matrix_model")),
    )
    op.create_table(
        "operation",
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("link", sa.String(length=64), nullable=False),
        sa.Column("matrix_id", sa.BigInteger(), nullable=False),
        sa.Column("pass_type", sa.String(length=64), nullable=False),
        sa.Column("apple_credential_id", sa.BigInteger(), nullable=True),
        sa.Column("google_credential_id", sa.BigInteger(), nullable=True),
        sa.Column("environment", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("grace_seconds", sa.Integer(), server_default="0", nullable=False),
        sa.Column("notifications", JSON, nullable=False),
        sa.Column("at", JSON, nullable=False),
        sa.Column("limits", JSON, nullable=False),
        sa.Column("issued", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id", "matrix_id"], ["matrix.client_id", "matrix.id"], name=op.f("fk_operation_matrix")
        ),
        sa.PrimaryKeyConstraint("client_id", "id", name=op.f("pk_operation")),
        sa.UniqueConstraint("link", name=op.f("uq_operation_link")),
    )
    op.create_index(op.f("ix_operation_client_id_name"), "operation", ["client_id", "name"], unique=False)

    op.create_table(
        "pass",
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("operation_id", sa.BigInteger(), nullable=False),
        sa.Column("pass_type_identifier", sa.String(length=200), nullable=False),
        sa.Column("serial", sa.String(length=128), nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=True),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("variables", JSON, nullable=False),
        sa.Column("model", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("last_modified", sa.BigInteger(), nullable=False),
        sa.Column("voided_at", sa.BigInteger(), nullable=True),
        sa.Column("fired", JSON, nullable=False),
        sa.Column("armed", JSON, nullable=False),
        sa.Column("displayed_under", JSON, nullable=False),
        sa.Column("added_under", JSON, nullable=False),
        sa.Column("notified", JSON, nullable=False),
        sa.Column("apple_holdings", sa.Integer(), server_default="0", nullable=False),
        sa.Column("google_holdings", sa.Integer(), server_default="0", nullable=False),
        sa.Column("fact_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("last_run", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id", "operation_id"], ["operation.client_id", "operation.id"], name=op.f("fk_pass_operation")
        ),
        sa.PrimaryKeyConstraint("client_id", "id", name=op.f("pk_pass")),
        sa.UniqueConstraint(
            "client_id", "operation_id", "external_id", name=op.f("uq_pass_client_id_operation_id_external_id")
        ),
        sa.UniqueConstraint("pass_type_identifier", "serial", name=op.f("uq_pass_pass_type_identifier_serial")),
    )
    op.create_index(
        op.f("ix_pass_client_id_operation_id_model_id"),
        "pass",
        ["client_id", "operation_id", "model", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_pass_client_id_serial"), "pass", ["client_id", "serial"], unique=False)

    op.create_table(
        "token",
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("operation_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=True),
        sa.Column("variables", JSON, nullable=False),
        sa.Column("pass_id", sa.BigInteger(), nullable=True),
        sa.Column("opened_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id", "operation_id"], ["operation.client_id", "operation.id"], name=op.f("fk_token_operation")
        ),
        sa.PrimaryKeyConstraint("client_id", "id", name=op.f("pk_token")),
        sa.UniqueConstraint(
            "client_id", "operation_id", "external_id", name=op.f("uq_token_client_id_operation_id_external_id")
        ),
        sa.UniqueConstraint("digest", name=op.f("uq_token_digest")),
    )
    op.create_index(
        op.f("ix_token_client_id_operation_id_id"), "token", ["client_id", "operation_id", "id"], unique=False
    )
    op.create_index(op.f("ix_token_client_id_pass_id"), "token", ["client_id", "pass_id"], unique=False)

    op.create_table(
        "google_object",
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("pass_id", sa.BigInteger(), nullable=False),
        sa.Column("object_id", sa.String(length=200), nullable=False),
        sa.Column("class_id", sa.String(length=200), nullable=False),
        sa.Column("sent_version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("last_callback", sa.String(length=200), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id", "pass_id"],
            ["pass.client_id", "pass.id"],
            name=op.f("fk_google_object_pass"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("client_id", "pass_id", name=op.f("pk_google_object")),
        sa.UniqueConstraint("object_id", name=op.f("uq_google_object_object_id")),
    )
    op.create_table(
        "registration",
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("device_id", sa.BigInteger(), nullable=False),
        sa.Column("pass_id", sa.BigInteger(), nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id", "device_id"],
            ["device.client_id", "device.id"],
            name=op.f("fk_registration_device"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["client_id", "pass_id"],
            ["pass.client_id", "pass.id"],
            name=op.f("fk_registration_pass"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("client_id", "device_id", "pass_id", name=op.f("pk_registration")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_registration_client_id_pass_id"), "registration", ["client_id", "pass_id"], unique=False)

    op.create_table(
        "value_history",
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("pass_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.String(length=200), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=True),
        sa.Column("before", JSON, nullable=False),
        sa.Column("after", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id", "pass_id"],
            ["pass.client_id", "pass.id"],
            name=op.f("fk_value_history_pass"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("client_id", "pass_id", "version", name=op.f("pk_value_history")),
    )
    op.execute("INSERT INTO counter (name, value) VALUES ('row_id', 0), ('change', 0)")
