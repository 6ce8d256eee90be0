# ruff: noqa: S608 - constants of this file
"""Clients: plans, quotas, acceptance, requests for certificates, traffic; what is erased; removing a client whole."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_SAYS = "a frozen matrix cannot change: make a new version of it"
_LEAVING = "EXISTS (SELECT 1 FROM client c WHERE c.id = OLD.client_id AND c.removed_at IS NOT NULL)"
_KEPT = (
    ("matrix_kept", "matrix", f"OLD.frozen_at IS NOT NULL AND NOT {_LEAVING}", _SAYS),
    (
        "matrix_model_kept",
        "matrix_model",
        "EXISTS (SELECT 1 FROM matrix m WHERE m.client_id = OLD.client_id AND m.id = OLD.matrix_id"
        f" AND m.frozen_at IS NOT NULL) AND NOT {_LEAVING}",
        _SAYS,
    ),
    (
        "asset_kept",
        "asset",
        "EXISTS (SELECT 1 FROM matrix_model mm JOIN matrix m ON m.client_id = mm.client_id AND m.id = mm.matrix_id"
        " WHERE mm.client_id = OLD.client_id AND m.frozen_at IS NOT NULL"
        f" AND CAST(mm.content AS TEXT) LIKE '%' || {{digest}} || '%') AND NOT {_LEAVING}",
        "a frozen matrix shows this picture: it stays as long as the matrix",
    ),
)
"""Deleting is refused, unless the whole client goes."""


def upgrade() -> None:
    """Apply this step."""
    _add_columns()
    _create_tables()
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    for name, table, condition, says in _KEPT:
        if on_postgresql:
            check = condition.format(digest="encode(OLD.digest, 'hex')")
            op.execute(
                f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                f" IF {check} THEN RAISE EXCEPTION '{says}' USING ERRCODE = 'restrict_violation'; END IF;"
                " RETURN OLD; END $$"
            )
            op.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
            op.execute(f"CREATE TRIGGER {name} BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
        else:
            check = condition.format(digest="lower(hex(OLD.digest))")
            op.execute(f"DROP TRIGGER IF EXISTS {name}")
            op.execute(
                f"CREATE TRIGGER {name} BEFORE DELETE ON {table} WHEN {check} BEGIN SELECT RAISE(ABORT, '{says}'); END"
            )


def _add_columns() -> None:
    connector = sa.Column("plan", sa.String(length=64), nullable=False, server_default=sa.text("'connector'"))
    op.add_column("client", connector)
    op.add_column("client", sa.Column("connector", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("client", sa.Column("max_operations", sa.Integer(), nullable=True))
    op.add_column("client", sa.Column("issued", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("client", sa.Column("removed_at", sa.BigInteger(), nullable=True))
    op.add_column("credential", sa.Column("warned_days", sa.Integer(), nullable=True))
    op.add_column("operation", sa.Column("kept_days", sa.Integer(), nullable=True))
    op.add_column("operation", sa.Column("emptied_at", sa.BigInteger(), nullable=True))
    op.add_column("pass", sa.Column("erased_at", sa.BigInteger(), nullable=True))
    erased = sa.text("erased_at IS NOT NULL")
    op.create_index("ix_pass_erased", "pass", ["erased_at"], sqlite_where=erased, postgresql_where=erased)


def _create_tables() -> None:
    op.create_table(
        "credential_request",
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("environment", sa.String(length=64), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("public_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_credential_request_client")),
        sa.PrimaryKeyConstraint("client_id", "id", name=op.f("pk_credential_request")),
    )
    op.create_index(
        op.f("ix_credential_request_client_id_public_digest"), "credential_request", ["client_id", "public_digest"]
    )
    op.create_table(
        "policy_acceptance",
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("wallet", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("accepted_by", sa.String(length=200), nullable=False),
        sa.Column("accepted_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_policy_acceptance_client")),
        sa.PrimaryKeyConstraint("client_id", "wallet", "version", name=op.f("pk_policy_acceptance")),
    )
    op.create_table(
        "traffic",
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("door", sa.String(length=64), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("bytes", sa.BigInteger(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("client_id", "day", "door", name=op.f("pk_traffic")),
        sqlite_with_rowid=False,
    )
