"""An operation in force, as the engine works with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from walletpass.matrix import Matrix
from walletpass.model.variables import Value, Variable
from walletpass.operation import Operation
from walletpass_server.engine.values import reader
from walletpass_server.persistence.tables import OperationRow


@dataclass(frozen=True)
class LiveOperation:
    """
    An operation with the Matrix it puts in force: its row, and the values the library decides by.

    Attributes:
        row: As loaded in this transaction.
        matrix: Frozen.
        operation: As the row says.
        tells_hooks: Whether the client wants to hear of facts by web hook.
        max_passes: How many passes the client's plan allows over all its operations; None for no limit.
    """

    row: OperationRow
    matrix: Matrix
    operation: Operation
    tells_hooks: bool = False
    max_passes: int | None = None

    @property
    def rules(self) -> tuple[Matrix, Operation]:
        """What every decision starts from: `decide(*live.rules, state, cause, now)`."""
        return self.matrix, self.operation

    @cached_property
    def variables(self) -> Mapping[str, Callable[[Any], Value]]:
        """Variable to the function that reads its stored value."""
        return {name: reader(variable, self.operation.tz) for name, variable in self.matrix.variables.items()}

    @cached_property
    def anchors(self) -> Mapping[str, Mapping[str, Callable[[Any], Value]]]:
        """`after` Trigger to the readers of its anchor event's data."""
        found: dict[str, Mapping[str, Callable[[Any], Value]]] = {}
        for trigger in self.matrix.delays:
            fields = (self.matrix.fields_of(trigger.event) if trigger.event else None) or {}
            found[trigger.name] = {
                name: reader(
                    Variable.model_validate({"type": kind.removesuffix("?"), "max_length": 4000}), self.operation.tz
                )
                for name, kind in fields.items()
            }
        return found
