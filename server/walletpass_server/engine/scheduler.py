"""
Delays that end, decided in chunks; instants of `at` Triggers are runs that wait (see `instants`).

Any number of processes may do this: whoever locks a pass first decides it, the next finds nothing left to do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import exists, func, not_, select

from walletpass_server.engine.chunks import decide_chunk, event_ahead, events_ahead
from walletpass_server.engine.operations import load_operation
from walletpass_server.engine.runs import OPEN
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.tables import RunRow, TimerRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit

Place = tuple[int, int]
"""Client and operation."""


async def due_delays(unit: Unit, now: datetime, limit: int, *, without: Collection[int] = ()) -> dict[Place, list[int]]:
    """
    The passes whose delays ended longest ago, by operation. Read only; `fire_delays` locks and decides.

    A delay waits for an event for all that was accepted before it ended and has yet to come to its pass.

    Args:
        limit: Delays looked at.
        without: Operations to leave out.
    """
    waits = exists().where(
        RunRow.client_id == TimerRow.client_id,
        RunRow.operation_id == TimerRow.operation_id,
        event_ahead(),
        RunRow.due_at < TimerRow.due_at,
        RunRow.cursor < TimerRow.pass_id,
        RunRow.upper >= TimerRow.pass_id,
    )
    rows = await unit.connection.execute(
        select(TimerRow.client_id, TimerRow.operation_id, TimerRow.pass_id)
        .where(TimerRow.due_at <= now, TimerRow.operation_id.not_in(without), not_(waits))
        .order_by(TimerRow.due_at)
        .limit(limit)
    )
    found: dict[Place, list[int]] = defaultdict(list)
    for client_id, operation_id, pass_id in rows:
        if pass_id not in found[client_id, operation_id]:
            found[client_id, operation_id].append(pass_id)
    return dict(found)


async def fire_delays(unit: Unit, operation_id: int, passes: Sequence[int], now: datetime) -> int:
    """Decide all that is due for some passes of an operation, each in due order; returns how many moved."""
    live = await load_operation(unit, operation_id)
    ahead = await events_ahead(unit, live)
    _, moved = await decide_chunk(unit, live, sorted(passes), None, until=now, now=now, ahead=ahead)
    return moved


async def next_due(database: Database) -> datetime | None:
    """The earliest instant at which something falls due; None when nothing waits."""
    async with database.reading(ALL_CLIENTS) as unit:
        timer = (await unit.connection.execute(select(func.min(TimerRow.due_at)))).scalar_one()
        run = (
            await unit.connection.execute(select(func.min(RunRow.due_at)).where(RunRow.state.in_(OPEN)))
        ).scalar_one()
    return min((instant for instant in (timer, run) if instant is not None), default=None)
