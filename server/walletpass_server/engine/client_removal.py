"""A client removed with all it has: for ever. Its log of changes stays, under a name that says nothing."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Table, delete, not_, select, tuple_

from walletpass_server.engine.audit import Actor, record
from walletpass_server.engine.plans import own_row
from walletpass_server.persistence import outbox
from walletpass_server.persistence.columns import Base
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.tables import ClientRow, GoogleObjectRow, OutboxRow
from walletpass_server.persistence.unit_of_work import Unit

CHUNK = 1_000
"""Rows that go in one transaction."""
PAUSE = 0.005
"""Seconds between two, in which other writers get their turn."""
PATIENCE = timedelta(days=30)
"""How long credentials stay for the sake of objects at Google that cannot be emptied."""
_KEPT = frozenset({"audit_log"})
_FOR_GOOGLE = frozenset({"credential", "google_class"})
"""What emptying the objects at Google needs; it goes when the last letter about one has."""
_EMPTYING = (OutboxRow.channel == "google") & OutboxRow.coalesce_key.like("empty/%")


async def remove_client(database: Database, client_id: int, actor: Actor, now: datetime) -> dict[str, int]:
    """
    Remove a client. From the first moment its keys are refused; stopped half-way, `finish_removals` goes on.

    Phones keep what they have, and are answered that there is no such pass. Objects at Google, which keeps them for
    ever, are emptied by letters; a worker sends them, and then what that needs goes too.

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
    return await empty(database, client_id, now)


async def finish_removals(database: Database, now: datetime) -> None:
    """Go on with those that were stopped half-way, or wait for Google; may be repeated."""
    async with database.transaction(writes=False) as connection:
        gone = select(ClientRow.id).where(ClientRow.removed_at.is_not(None)).order_by(ClientRow.id)
        found = (await connection.execute(gone)).scalars().all()
    for client_id in found:
        await empty(database, client_id, now)


async def empty(database: Database, client_id: int, now: datetime) -> dict[str, int]:
    """Delete the rows of a removed client, those first that others are held by."""
    counts: dict[str, int] = {}
    for table in reversed(Base.metadata.sorted_tables):
        if table.name in _KEPT | _FOR_GOOGLE or "client_id" not in table.columns:
            continue
        await _delete_all(database, client_id, table, counts)
    if await database.run(client_id, partial(_google_is_told, now=now)):
        for name in sorted(_FOR_GOOGLE):
            await _delete_all(database, client_id, Base.metadata.tables[name], counts)
    return counts


async def _delete_all(database: Database, client_id: int, table: Table, counts: dict[str, int]) -> None:
    while gone := await database.run(client_id, partial(_delete_some, table=table), long=True):
        counts[table.name] = counts.get(table.name, 0) + gone
        if gone < CHUNK:
            return
        await asyncio.sleep(PAUSE)


async def _delete_some(unit: Unit, *, table: Table) -> int:
    key = list(table.primary_key.columns)
    some = select(*key).where(table.c.client_id == unit.client_id).order_by(*key).limit(CHUNK)
    if table.name == "outbox":
        some = some.where(not_(_EMPTYING))
    elif table.name == "google_object":
        await _empty_at_google(unit)
    done = await unit.connection.execute(delete(table).where(tuple_(*key).in_(some)))
    return done.rowcount


async def _empty_at_google(unit: Unit) -> None:
    """A letter for each object whose row goes next, with all that it takes."""
    own = select(GoogleObjectRow.object_id, GoogleObjectRow.class_id).where(GoogleObjectRow.client_id == unit.client_id)
    rows = (await unit.connection.execute(own.order_by(GoogleObjectRow.pass_id).limit(CHUNK))).all()
    letters = [
        outbox.NewLetter("google", f"empty/{row.object_id}", {"empty": row.object_id, "class": row.class_id})
        for row in rows
    ]
    await outbox.put(unit, letters)


async def _google_is_told(unit: Unit, *, now: datetime) -> bool:
    """Whether no letter about its objects is on its way any more; those that were given up go now."""
    row = await unit.session.get_one(ClientRow, unit.client_id)
    own = (OutboxRow.client_id == unit.client_id, _EMPTYING)
    waits = select(OutboxRow.id).where(*own, OutboxRow.dead_at.is_(None)).limit(1)
    late = row.removed_at is not None and now - row.removed_at > PATIENCE
    if not late and (await unit.connection.execute(waits)).first() is not None:
        return False
    await unit.connection.execute(delete(OutboxRow).where(*own))
    return True
