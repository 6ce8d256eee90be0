"""Until when a pass is good: what its Model says, and no longer than its Operation."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, NamedTuple

from walletpass.calendars import instant_of
from walletpass.lifecycle.state import Pass
from walletpass.matrix import Matrix
from walletpass.model.slots import end_of_day
from walletpass.model.text import Reference
from walletpass.operation import Operation


class EndOfValidity(NamedTuple):
    """The first instant at which a pass is no longer good (UTC), and whose end that is."""

    at: datetime
    reason: Literal["validity", "operation"]


def end_of_validity(matrix: Matrix, operation: Operation, state: Pass) -> EndOfValidity:
    """
    When a pass as it is now stops being good.

    A `validity.end` that its values do not give counts for nothing: the pass then ends with its Operation.
    """
    model = matrix.models[state.model]
    end = model.validity.end
    if isinstance(end, Reference):
        variable, value = model.variables[end.name], state.values.get(end.name)
        if value is None and variable.default is not None:
            value = variable.read(variable.default, operation.tz)
        end = end_of_day(value) if isinstance(value, date) else None
    told = None if end is None else instant_of(end, model.clock)
    if told is not None and told < operation.end:
        return EndOfValidity(told, "validity")
    return EndOfValidity(operation.end, "operation")
