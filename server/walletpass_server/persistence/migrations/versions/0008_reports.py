"""
Figures by source, a row of daily counts for all measures, lists behind the figures.

Passes that have counted already, without their source, keep having none: else a source would lose passes that it never
had. The facts of their displays still hold the tags.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_MEASURES = ("displayed", "generated", "added", "deleted", "devices_registered", "devices_unregistered")
_SUMS = ", ".join(f"SUM(CASE measure WHEN '{measure}' THEN count ELSE 0 END) AS {measure}" for measure in _MEASURES)


def upgrade() -> None:
    """Apply this step."""
    op.add_column("fact", sa.Column("source", sa.String(length=100), server_default=sa.text("''"), nullable=False))
    op.drop_index(op.f("ix_fact_client_id_operation_id_day"), "fact")
    columns = ["client_id", "operation_id", "day", "pass_id", "number"]
    op.create_index(op.f("ix_fact_client_id_operation_id_day_pass_id_number"), "fact", columns)
    op.execute(
        "UPDATE pass SET source = '' WHERE source <> ''"
        " AND (CAST(displayed_under AS TEXT) <> '{}' OR CAST(added_under AS TEXT) <> '{}')"
    )
    key = "client_id, operation_id, day, model, wallet, shard"
    op.execute(f"CREATE TEMPORARY TABLE narrow AS SELECT {key}, {_SUMS} FROM daily_count GROUP BY {key}")  # noqa: S608 - constants
    op.drop_table("daily_count")
    op.create_table(
        "daily_count",
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("operation_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("model", sa.String(length=64), nullable=False),
        sa.Column("wallet", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("shard", sa.SmallInteger(), nullable=False),
        *(sa.Column(measure, sa.BigInteger(), server_default="0", nullable=False) for measure in _MEASURES),
        sa.PrimaryKeyConstraint(
            "client_id", "operation_id", "day", "model", "wallet", "source", "shard", name=op.f("pk_daily_count")
        ),
        sqlite_with_rowid=False,
    )
    measures = ", ".join(_MEASURES)
    op.execute(f"INSERT INTO daily_count ({key}, source, {measures}) SELECT {key}, '', {measures} FROM narrow")  # noqa: S608 - as above
    op.execute("DROP TABLE narrow")
