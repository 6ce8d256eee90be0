"""
Passes that are no longer good: told once, by a worker that looks now and then, where somebody wants to hear of it.

A pass says by its Model and values until when it is good (`lifecycle.end_of_validity`), so nothing is kept that could
be wrong. `pass.expired_at` notes who was looked at: such a pass is looked at again only when it has changed since, and
told again only if it was prolonged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import ColumnElement, and_, or_, select, update

from walletpass.calendars import instant_of
from walletpass.events import EXPIRED
from walletpass.hooks import matches
from walletpass.lifecycle import end_of_validity, expire
from walletpass.model.text import Reference
from walletpass_server.engine.apply import Outcome, apply
from walletpass_server.engine.live import LiveOperation
from walletpass_server.engine.operations import load_operation
from walletpass_server.engine.state import Stored, load
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.json_sql import lacks, text_of
from walletpass_server.persistence.sql import among
from walletpass_server.persistence.tables import HookEndpointRow, OperationRow, PassRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit

LOOKED_AT = timedelta(days=30)
"""How long after its end an operation is still looked at."""
CHUNK = 200
"""Passes in one transaction."""
PAUSE = 0.005
"""Seconds between two, in which other writers get their turn."""
_ZONES = timedelta(days=2)
"""A day as text is compared with this much to spare: it may be any zone's."""


@dataclass(frozen=True, slots=True)
class _Listening:
    """A client with somebody who listens, and since when: of what ended before, nothing is told."""

    client_id: int
    since: datetime


async def tell_of_ends(database: Database, now: datetime) -> int:
    """
    Tell of the passes that stopped being good since somebody listens; returns how many.

    Args:
        database: Where.
        now: The instant, aware.
    """
    told = 0
    for listening in await _listening(database):
        async with database.reading(listening.client_id) as unit:
            operations = await unit.session.scalars(
                select(OperationRow.id).where(
                    OperationRow.starts_at <= now, OperationRow.ends_at > max(listening.since, now - LOOKED_AT)
                )
            )
            found = operations.all()
        for operation_id in found:
            cursor = 0
            while ids := await _perhaps_over(database, listening.client_id, operation_id, cursor, now):
                work = partial(_tell_some, operation_id=operation_id, ids=ids, since=listening.since, now=now)
                told += await database.run(listening.client_id, work)
                cursor = ids[-1]
                await asyncio.sleep(PAUSE)
    return told


async def _listening(database: Database) -> Collection[_Listening]:
    async with database.reading(ALL_CLIENTS) as unit:
        rows = await unit.connection.execute(
            select(HookEndpointRow.client_id, HookEndpointRow.events, HookEndpointRow.created_at)
        )
        since: dict[int, datetime] = {}
        for client_id, events, created_at in rows:
            if any(matches(pattern, EXPIRED) for pattern in events):
                since[client_id] = min(created_at, since.get(client_id, created_at))
    return [_Listening(*each) for each in since.items()]


async def _perhaps_over(
    database: Database, client_id: int, operation_id: int, cursor: int, now: datetime
) -> Sequence[int]:
    """The next passes of an operation that may have ended; a look that keeps no writer waiting."""
    async with database.reading(client_id, long=True) as unit:
        perhaps = list(_conditions(await load_operation(unit, operation_id), now))
        if not perhaps:
            return []
        own = PassRow.client_id == client_id, PassRow.operation_id == operation_id, PassRow.id > cursor
        unseen = or_(PassRow.expired_at.is_(None), PassRow.expired_at < PassRow.changed_at)
        query = select(PassRow.id).where(*own, PassRow.voided_at.is_(None), unseen, or_(*perhaps))
        return (await unit.connection.execute(query.order_by(PassRow.id).limit(CHUNK))).scalars().all()


async def _tell_some(unit: Unit, *, operation_id: int, ids: Sequence[int], since: datetime, now: datetime) -> int:
    """Decide by the passes as they are locked; returns how many were told of."""
    live = await load_operation(unit, operation_id)
    passes = await load(unit, live, ids)
    these = PassRow.client_id == unit.client_id, among(unit.connection.dialect, PassRow.id, ids)
    seen = dict((await unit.connection.execute(select(PassRow.id, PassRow.expired_at).where(*these))).all())
    over, outcomes = [], []
    for stored in passes:
        end = end_of_validity(*live.rules, stored.state)
        if end.at > now or stored.state.voided:
            continue
        over.append(stored.id)
        before = seen[stored.id]
        if end.at > since and (before is None or before < end.at):
            outcomes.append(_ended(live, stored, now))
    await apply(unit, live, outcomes, now)
    if over:
        these = PassRow.client_id == unit.client_id, among(unit.connection.dialect, PassRow.id, over)
        await unit.connection.execute(update(PassRow).where(*these).values(expired_at=now))
    return len(outcomes)


def _ended(live: LiveOperation, stored: Stored, now: datetime) -> Outcome:
    end = end_of_validity(*live.rules, stored.state)
    return Outcome(stored, [expire(*live.rules, stored.state, now, occurred_at=end.at, reason=end.reason)])


def _conditions(live: LiveOperation, now: datetime) -> Iterator[ColumnElement[bool]]:
    """Which passes may have ended: all that have are among them."""
    if live.operation.end <= now:
        yield PassRow.id > 0
        return
    for name, model in live.matrix.models.items():
        end = model.validity.end
        if isinstance(end, Reference):
            said = text_of(PassRow.variables.expression, end.name) < (now + _ZONES).date().isoformat()
            left_out = model.variables[end.name].default is not None
            yield and_(
                PassRow.model == name, or_(said, lacks(PassRow.variables.expression, end.name)) if left_out else said
            )
        elif end is not None and instant_of(end, model.clock) <= now:
            yield PassRow.model == name
