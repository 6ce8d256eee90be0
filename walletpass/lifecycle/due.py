"""What falls due for a pass first: dates come before delays, and at one instant the lowest priority."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from walletpass.lifecycle.state import DelayDue, InstantReached, Pass
from walletpass.matrix import Matrix
from walletpass.operation import Operation


def next_due(
    matrix: Matrix, operation: Operation, state: Pass, until: datetime, instants: Collection[str] = ()
) -> InstantReached | DelayDue | None:
    """
    The cause that is due longest for a pass; None when nothing is due.

    Args:
        matrix, operation: The rules.
        state: The pass.
        until: The last instant that counts.
        instants: `at` Triggers whose instant has not been brought to this pass yet.
    """
    rank = matrix.ranks
    due: list[tuple[datetime, bool, int, datetime, InstantReached | DelayDue]] = []
    for trigger in matrix.instants.get(state.model, ()):
        instant = operation.instant(trigger)
        if trigger.name in instants and trigger.name not in state.fired and instant <= until:
            due.append((instant, False, rank[trigger.name], instant, InstantReached(trigger.name)))
    for timer in state.timers:
        if timer.due <= until:
            due.append((timer.due, True, rank[timer.trigger], timer.anchored_at, DelayDue(timer)))
    return min(due, key=lambda one: one[:4])[4] if due else None
