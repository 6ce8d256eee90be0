"""
When `at` Triggers fall due: each is a run that waits for its instant, written with the operation itself.

There is nothing for a scheduler to find out, and (operation, Trigger) is unique, so any number of them may run.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from walletpass.errors import InstantPassed
from walletpass.matrix import Matrix
from walletpass.operation import Operation
from walletpass.trigger import Trigger
from walletpass_server.engine.telling import tell_of_operation
from walletpass_server.persistence.sql import upsert
from walletpass_server.persistence.tables import OperationRow, RunRow
from walletpass_server.persistence.unit_of_work import Unit

SETTLE = timedelta(minutes=1)
"""
When an instant is looked at a second time.

A pass may come to the Trigger's Model in a transaction that began just before the instant, or in a process whose clock
is a little late, and commit behind the run's cursor. What came just before the instant is looked at once more; what
comes later knows by itself that the instant is past.
"""


def cause(trigger: str, *, late: bool = False) -> str:
    """What makes the run of an `at` Trigger unique in its operation."""
    return f"late:{trigger}" if late else f"at:{trigger}"


async def plan_instants(
    unit: Unit, row: OperationRow, matrix: Matrix, operation: Operation, now: datetime, *, only: str | None = None
) -> None:
    """
    Let every `at` Trigger of an operation wait for its instant, or for the one it was moved to. May be repeated.

    Args:
        only: This Trigger alone.

    Raises:
        InstantPassed: A run has begun, so that its instant can no longer be moved.
    """
    for trigger in matrix.triggers:
        if trigger.at is not None and only in (None, trigger.name):
            due = operation.instant(trigger)
            await _plan(unit, row, trigger, cause(trigger.name), "at", due, now)
            await _plan(unit, row, trigger, cause(trigger.name, late=True), "late", due + SETTLE, now)
            about = {"trigger": {"id": trigger.name, "kind": "at"}, "passes": None, "due_at": due.isoformat()}
            await tell_of_operation(unit, "trigger.scheduled", row, now, **about, event=None, event_id=None)


async def _plan(
    unit: Unit, row: OperationRow, trigger: Trigger, unique: str, kind: str, due: datetime, now: datetime
) -> None:
    where = (RunRow.client_id == row.client_id, RunRow.operation_id == row.id, RunRow.cause == unique)
    planned = (
        await unit.session.execute(
            select(RunRow).where(*where).with_for_update().execution_options(populate_existing=True)
        )
    ).scalar_one_or_none()
    if planned is None:
        await unit.connection.execute(
            upsert(unit.connection.dialect, RunRow)
            .values(
                client_id=row.client_id, id=await unit.new_id(), operation_id=row.id, kind=kind, cause=unique,
                trigger=trigger.name, data={}, state="waiting", due_at=due, created_at=now,
            )
            .on_conflict_do_nothing()
        )  # fmt: skip
    elif planned.due_at != due:
        if planned.state not in ("waiting", "paused") or planned.started_at is not None:
            raise InstantPassed(f"{trigger.name}: its run has begun, so its instant can no longer be moved")
        planned.due_at = due
        await unit.session.flush()
