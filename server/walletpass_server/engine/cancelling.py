"""Call an operation off: nothing is issued, fired or taken any more; what phones hold stays as it is."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update

from walletpass_server.engine.audit import Actor, record
from walletpass_server.engine.operations import load_operation
from walletpass_server.engine.runs import OPEN
from walletpass_server.engine.telling import tell_of_operation
from walletpass_server.persistence.tables import OperationRow, RunRow
from walletpass_server.persistence.unit_of_work import Unit

MOVING = ("at", "late", "event")
"""Kinds of runs that end with the operation; a new certificate is still brought to the phones."""


async def cancel_operation(unit: Unit, operation_id: int, actor: Actor, now: datetime) -> OperationRow:
    """
    Call an operation off, for good. Cancelling it again changes nothing.

    Runs end after the chunk that is under way; delays that are running are skipped when they are due. Who registers
    or deletes a pass still counts, values can be edited, passes be voided.

    Args:
        unit: Of the client.

    Raises:
        NotFound: The client has no such operation.
        OperationEnded: It is over.
    """
    live = await load_operation(unit, operation_id, lock=True)
    row = live.row
    if row.cancelled_at is not None:
        return row
    live.operation.accept(now)
    before = {"state": row.state}
    row.state, row.cancelled_at = "cancelled", now
    await unit.session.flush()
    await unit.connection.execute(
        update(RunRow)
        .where(
            RunRow.client_id == row.client_id,
            RunRow.operation_id == row.id,
            RunRow.kind.in_(MOVING),
            RunRow.state.in_((*OPEN, "paused")),
        )
        .values(state="cancelled", finished_at=now, lease=None, leased_until=None)
    )
    await record(
        unit, actor, "operation.cancelled", f"operation:{row.id}", now, before=before, after={"state": row.state}
    )
    await tell_of_operation(unit, "operation.cancelled", row, now)
    return row
