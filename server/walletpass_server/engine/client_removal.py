"""A client removed with all it has: for ever. Its log of changes stays, under a name that says nothing."""

from __future__ import annotations

import asyncio
from datetime import datetime
from functools import partial

from sqlalchemy import Table, delete, select, tuple_

from walletpass_server.engine.audit import Actor, record
from walletpass_server.engine.plans import own_row
from walletpass_server.persistence.columns import Base
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.tables import ClientRow
from walletpass_server.persistence.unit_of_work import Unit

CHUNK = 1_000
"""Rows that go in one transaction."""
PAUSE = 0.005
"""Seconds between two, in which other writers get their turn."""
_KEPT = frozenset({"audit_log"})


async def remove_client(database: Database, client_id: int, actor: Actor, now: datetime) -> dict[str, int]:
    """
    Remove a client. From the first moment its keys are refused; stopped half-way, `finish_removals` goes on.

    Phones keep what they have, and are answered that there is no such pass; objects at Google stay as they are: erase
    people or void passes before, where they should know.

    Returns:
        How many rows of each table went.

    Raises:
        NotFound: It was removed before.
    """

    async def leave(unit: Unit) -> None:
        row = await own_row(unit, lock=True)
        await record(unit, actor, "client.removed", f"client:{row.slug}", now)
        row.removed_at = now
        row.slug = row.name = f"removed-{row.id}"
        row.settings = {}
        await unit.session.flush()

    await database.run(client_id, leave)
    return await empty(database, client_id)


async def finish_removals(database: Database) -> None:
    """Go on with those that were stopped half-way; may be repeated."""
    async with database.transaction(writes=False) as connection:
        gone = select(ClientRow.id).where(ClientRow.removed_at.is_not(None)).order_by(ClientRow.id)
        found = (await connection.execute(gone)).scalars().all()
    for client_id in found:
        await empty(database, client_id)


async def empty(database: Database, client_id: int) -> dict[str, int]:
    """Delete the rows of a removed client, those first that others are held by."""
    counts: dict[str, int] = {}
    for table in reversed(Base.metadata.sorted_tables):
        if table.name in _KEPT or "client_id" not in table.columns:
            continue
        while gone := await database.run(client_id, partial(_delete_some, table=table), long=True):
            counts[table.name] = counts.get(table.name, 0) + gone
            if gone < CHUNK:
                break
            await asyncio.sleep(PAUSE)
    return counts


async def _delete_some(unit: Unit, *, table: Table) -> int:
    key = list(table.primary_key.columns)
    some = select(*key).where(table.c.client_id == unit.client_id).limit(CHUNK)
    done = await unit.connection.execute(delete(table).where(tuple_(*key).in_(some)))
    return done.rowcount
