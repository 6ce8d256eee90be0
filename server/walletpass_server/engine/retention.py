"""
How long what is known of holders is kept: so many days after the end of an operation.

Then every pass of it is erased, as a person's would be, and its tokens go. Figures and their facts stay.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import delete, select

from walletpass.errors import NotFound, UsageError
from walletpass_server.engine.audit import Actor, record
from walletpass_server.engine.erasure import erase_pass
from walletpass_server.engine.operations import load_operation
from walletpass_server.engine.tombstones import CHUNK as TOMBSTONES
from walletpass_server.engine.tombstones import clear_away
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.tables import OperationRow, PassRow, TokenRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit

LONGEST = 36_500
"""Days."""
CHUNK = 50
"""Passes erased in one transaction."""
PAUSE = 0.005
"""Seconds between two, in which other writers get their turn."""


async def keep_for(unit: Unit, operation_id: int, days: int | None, actor: Actor, now: datetime) -> OperationRow:
    """
    Say how long after its end the holders of an operation are known; None for as long as nobody asks otherwise.

    Raises:
        NotFound: The client has no such operation.
        UsageError: No number of days, or it was emptied already.
    """
    if days is not None and not 0 <= days <= LONGEST:
        raise UsageError(f"{days} days: write 0 to {LONGEST:,}, or none")
    row = await unit.session.scalar(select(OperationRow).where(OperationRow.id == operation_id).with_for_update())
    if row is None:
        raise NotFound(f"there is no operation {operation_id}: look it up in the list of operations")
    if row.emptied_at is not None:
        raise UsageError(f"{row.name}: was emptied on {row.emptied_at:%Y-%m-%d}: nothing is left to be kept")
    before, row.kept_days = row.kept_days, days
    if before != days:
        subject = f"operation:{operation_id}"
        await record(
            unit, actor, "operation.retention-changed", subject, now, before={"days": before}, after={"days": days}
        )
    await unit.session.flush()
    return row


async def empty_ended(database: Database, now: datetime) -> int:
    """Empty the operations whose time is over, chunk by chunk; may be stopped and repeated. Returns how many."""
    kept = select(OperationRow).where(
        OperationRow.kept_days.is_not(None), OperationRow.emptied_at.is_(None), OperationRow.ends_at <= now
    )
    async with database.reading(ALL_CLIENTS) as unit:
        rows = (await unit.session.scalars(kept.order_by(OperationRow.id))).all()
    over = [row for row in rows if row.ends_at + timedelta(days=row.kept_days or 0) <= now]
    for row in over:
        work = partial(_empty_some, operation_id=row.id, now=now)
        while await database.run(row.client_id, work, long=True):
            await asyncio.sleep(PAUSE)
    return len(over)


async def clear_all(database: Database, now: datetime) -> None:
    """Remove the emptied passes of all clients that phones had time to fetch."""
    async with database.reading(ALL_CLIENTS) as unit:
        erased = select(PassRow.client_id).where(PassRow.erased_at.is_not(None)).distinct()
        clients = (await unit.connection.execute(erased)).scalars().all()
    for client_id in clients:
        while await database.run(client_id, partial(clear_away, client_id=client_id, now=now)) == TOMBSTONES:
            await asyncio.sleep(PAUSE)


async def _empty_some(unit: Unit, *, operation_id: int, now: datetime) -> bool:
    """One chunk; returns whether there is more."""
    live = await load_operation(unit, operation_id)
    there = select(PassRow.id).where(
        PassRow.client_id == unit.client_id, PassRow.operation_id == operation_id, PassRow.erased_at.is_(None)
    )
    ids = (await unit.connection.execute(there.order_by(PassRow.id).limit(CHUNK))).scalars().all()
    for pass_id in ids:
        await erase_pass(unit, live, pass_id, now)
    if len(ids) == CHUNK:
        return True
    own = (TokenRow.client_id == unit.client_id, TokenRow.operation_id == operation_id)
    some = select(TokenRow.id).where(*own).limit(CHUNK * 20)
    gone = await unit.connection.execute(delete(TokenRow).where(*own, TokenRow.id.in_(some)))
    if gone.rowcount == CHUNK * 20:
        return True
    live.row.emptied_at = now
    await unit.session.flush()
    return False
