"""Small Models, Matrices and Operations for tests of the life of a pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from walletpass.matrix import Matrix
from walletpass.operation import Operation

START = datetime(2027, 3, 1, 8, tzinfo=UTC)
"""When `small_operation` starts: 9 o'clock in Paris."""
END = datetime(2027, 5, 1, 8, tzinfo=UTC)
"""When it ends: 10 o'clock in Paris, then on summer time."""


def model_document(name: str, variables: Mapping[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """The least document of a Model, a coupon unless `changes` say otherwise."""
    return {
        "model": name,
        "pass_type": "coupon",
        "function": f"coupon {name}",
        "organization": "Maison Verte",
        "description": "A coupon",
        "variables": dict(variables or {}),
        **changes,
    }


def matrix_document(
    models: Mapping[str, Mapping[str, Any]] | Sequence[str],
    triggers: Sequence[Mapping[str, Any]] = (),
    events: Mapping[str, Mapping[str, str]] | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """
    A document of a Matrix, its Models written out.

    Args:
        models: Name to variables, or names only; the first is the start.
        triggers: As in a document; a Trigger without a name gets `t0`, `t1`...
        events: Declared events.
        changes: Other keys.
    """
    variables = models if isinstance(models, Mapping) else {name: {} for name in models}
    return {
        "matrix": "small",
        "pass_type": "coupon",
        "start": next(iter(variables)),
        "models": {name: model_document(name, own) for name, own in variables.items()},
        "events": dict(events or {}),
        "triggers": [{"name": f"t{position}", **trigger} for position, trigger in enumerate(triggers)],
        **changes,
    }


def small_matrix(*arguments: Any, **changes: Any) -> Matrix:
    """A Matrix of `matrix_document`."""
    return Matrix.read(matrix_document(*arguments, **changes))


def small_operation(**changes: Any) -> Operation:
    """An Operation in Paris from `START` to `END`."""
    document = {
        "operation": "op",
        "matrix": "small",
        "starts_at": START.isoformat(),
        "ends_at": END.isoformat(),
        "zone": "Europe/Paris",
        **changes,
    }
    return Operation.read(document)
