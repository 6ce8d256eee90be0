"""A frozen Matrix cannot change by any path: the database itself refuses."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"

_SAYS = "a frozen matrix cannot change: make a new version of it"
_PICTURE = "the bytes of a picture never change: keep others beside them"
_FROZEN = (
    "EXISTS (SELECT 1 FROM matrix m"
    " WHERE m.client_id = {row}.client_id AND m.id = {row}.matrix_id AND m.frozen_at IS NOT NULL)"
)
_COLUMNS = ("client_id", "id", "name", "version", "pass_type", "content", "content_hash", "frozen_at")

_RULES = (
    # name, table, when, condition, message
    (
        "matrix_frozen",
        "matrix",
        "UPDATE",
        "OLD.frozen_at IS NOT NULL AND (" + " OR ".join(f"OLD.{c} {{differs}} NEW.{c}" for c in _COLUMNS) + ")",
        _SAYS,
    ),
    ("matrix_kept", "matrix", "DELETE", "OLD.frozen_at IS NOT NULL", _SAYS),
    (  # SQLite's INSERT OR REPLACE deletes without a trigger
        "matrix_not_replaced",
        "matrix",
        "INSERT",
        "EXISTS (SELECT 1 FROM matrix m WHERE m.frozen_at IS NOT NULL AND m.client_id = NEW.client_id"
        " AND (m.id = NEW.id OR (m.name = NEW.name AND m.version = NEW.version)))",
        _SAYS,
    ),
    ("matrix_model_added", "matrix_model", "INSERT", _FROZEN.format(row="NEW"), _SAYS),
    ("matrix_model_frozen", "matrix_model", "UPDATE", _FROZEN.format(row="OLD"), _SAYS),
    ("matrix_model_moved", "matrix_model", "UPDATE", _FROZEN.format(row="NEW"), _SAYS),
    ("matrix_model_kept", "matrix_model", "DELETE", _FROZEN.format(row="OLD"), _SAYS),
    (
        "asset_stays",
        "asset",
        "UPDATE",
        "OLD.client_id <> NEW.client_id OR OLD.digest <> NEW.digest OR OLD.content <> NEW.content",
        _PICTURE,
    ),
    (
        "asset_not_replaced",
        "asset",
        "INSERT",
        "EXISTS (SELECT 1 FROM asset a WHERE a.client_id = NEW.client_id AND a.digest = NEW.digest"
        " AND a.content <> NEW.content)",
        _PICTURE,
    ),
    (
        "operation_needs_frozen",
        "operation",
        "INSERT",
        "NOT " + _FROZEN.format(row="NEW"),
        "an operation needs a frozen matrix: freeze it in the same transaction",
    ),
    (
        "operation_not_replaced",
        "operation",
        "INSERT",
        "EXISTS (SELECT 1 FROM operation o WHERE o.client_id = NEW.client_id AND o.id = NEW.id)",
        "an operation keeps its matrix: create another operation",
    ),
    (
        "operation_matrix_stays",
        "operation",
        "UPDATE",
        "OLD.matrix_id <> NEW.matrix_id OR OLD.client_id <> NEW.client_id",
        "an operation keeps its matrix: create another operation",
    ),
)


def upgrade() -> None:
    """Apply this step."""
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    for name, table, when, condition, says in _RULES:
        if on_postgresql:
            check = condition.format(differs="IS DISTINCT FROM")
            op.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                f" IF {check} THEN RAISE EXCEPTION '{says}' USING ERRCODE = 'restrict_violation'; END IF;"
                f" RETURN {'OLD' if when == 'DELETE' else 'NEW'}; END $$"
            )
            op.execute(f"CREATE TRIGGER {name} BEFORE {when} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
        else:
            check = condition.format(differs="IS NOT")
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {when} ON {table} WHEN {check} BEGIN SELECT RAISE(ABORT, '{says}'); END"
            )
