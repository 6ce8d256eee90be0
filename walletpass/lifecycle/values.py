"""The values of a pass: one set that follows it from Model to Model, each Model showing its own part."""

from __future__ import annotations

from collections.abc import Mapping

from walletpass.errors import ValuesError
from walletpass.lifecycle.state import Pass
from walletpass.matrix import Matrix
from walletpass.model.variables import Value
from walletpass.operation import Operation


def shown_values(matrix: Matrix, state: Pass) -> dict[str, Value]:
    """
    What the pass's Model is filled with: its own variables, defaults included, and the serial.

    Raises:
        ValuesError: The Model needs a value that the pass does not hold.
    """
    model = matrix.models[state.model]
    return model.values.check({n: v for n, v in state.values.items() if n in model.variables}, state.serial)


def read_values(matrix: Matrix, operation: Operation, given: Mapping[str, object]) -> dict[str, Value]:
    """
    Values as the types of their variables, whichever Model has them; a None is left out.

    Raises:
        ValuesError: Names every variable at fault.
    """
    values: dict[str, Value] = {}
    faults: dict[str, str] = {}
    for name, value in given.items():
        variable = matrix.variables.get(name)
        if variable is None:
            faults[name] = f"unknown variable; the Models have: {', '.join(matrix.variables) or 'none'}"
        elif value is not None:
            try:
                values[name] = variable.read(value, operation.tz)
            except ValueError as fault:
                faults[name] = str(fault)
    if faults:
        raise ValuesError(faults)
    return values


def changed_names(before: Mapping[str, Value], after: Mapping[str, Value]) -> list[str]:
    """Variables whose value differs."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
