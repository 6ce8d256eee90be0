"""
What keeps a server tidy, once a day or as often as one likes: seal days, drop old facts, forget idempotency keys, say
which certificates end.

Each step is a short transaction and may be repeated; several processes may do it at the same time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select, tuple_

from walletpass.errors import FiguresDiffer
from walletpass.reporting import NOTHING, Figures
from walletpass_server.engine.client_removal import finish_removals
from walletpass_server.engine.expiry import warn_of_ends
from walletpass_server.engine.recount import compare, one_at_a_time
from walletpass_server.engine.retention import clear_all, empty_ended
from walletpass_server.engine.seals import newest_seal, seal
from walletpass_server.engine.telling import operation_data, tell
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.facts import stored_days
from walletpass_server.persistence.idempotency import forget_old
from walletpass_server.persistence.tables import FactRow, OperationRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit

MARGIN = timedelta(days=1)
"""How long a day must be over: no transaction, and no clock of a host, lasts or differs that long."""
CHUNK = 500
"""Facts dropped in one transaction."""
PAUSE = 0.005
"""Seconds between two, in which other writers get their turn."""


@dataclass(slots=True)
class Tidied:
    """
    What was done.

    `faults` names the operations whose days could not be sealed, and why; `alarms` the certificates that end;
    `emptied` counts the operations whose time of keeping was over.
    """

    sealed: int = 0
    dropped: int = 0
    keys_forgotten: int = 0
    faults: tuple[str, ...] = ()
    alarms: tuple[str, ...] = ()
    emptied: int = 0


async def tidy(database: Database, now: datetime, *, facts_kept: timedelta | None = None) -> Tidied:
    """
    Do all of it, for every client.

    Args:
        database: Where.
        now: The instant, aware.
        facts_kept: How long facts of sealed days stay; None for ever.
    """
    done = Tidied()
    async with database.reading(ALL_CLIENTS) as unit:
        operations = (await unit.session.scalars(select(OperationRow).order_by(OperationRow.id))).all()
    for operation in operations:
        try:
            done.sealed += len(await seal_days(database, operation, now))
        except FiguresDiffer as fault:
            done.faults += (str(fault),)
        if facts_kept is not None:
            before = (now - facts_kept).astimezone(ZoneInfo(operation.zone)).date()
            drop = partial(drop_facts, operation=operation, before=before, limit=CHUNK)
            while dropped := await database.run(ALL_CLIENTS, drop):
                done.dropped += dropped
                await asyncio.sleep(PAUSE)
    done.keys_forgotten = await database.run(ALL_CLIENTS, forget_old)
    done.alarms = tuple(await warn_of_ends(database, now))
    await finish_removals(database, now)
    done.emptied = await empty_ended(database, now)
    await clear_all(database, now)
    return done


async def seal_days(database: Database, operation: OperationRow, now: datetime) -> list[date]:
    """
    Seal every day of an operation that has facts and is over.

    The facts are counted again without keeping a writer waiting: of a day that is long over none come any more.

    Args:
        database: Where.
        operation: Whose days.
        now: The instant, aware. A day is sealed when it is over for `MARGIN`.

    Returns:
        The days sealed now.

    Raises:
        FiguresDiffer: A daily count is not what the facts say: nothing is sealed.
    """
    over = (now - MARGIN).astimezone(ZoneInfo(operation.zone)).date()
    async with database.reading(operation.client_id) as unit:
        last, digest = await newest_seal(unit, operation)
        days = await _days_with_facts(unit, operation, last, over)
        if not days:
            return []
        found = await compare(unit, operation, days)
    if wrong := found.differences:
        raise FiguresDiffer(
            f"{operation.name}: {len(wrong)} daily counts are not what the facts say, the first of"
            f" {wrong[0].bucket.day}: nothing was sealed, run 'walletpass report recount --repair'"
        )

    async def work(unit: Unit) -> list[date]:
        await one_at_a_time(unit)
        if await newest_seal(unit, operation) != (last, digest):  # another process was first
            return []
        await seal(unit, operation, days, found.counted, now)
        told = {
            **operation_data(operation),
            "days": [day.isoformat() for day in days],
            "figures": asdict(await _figures(unit, operation, days)),
        }
        await tell(
            unit, "report.ready", told, now, cause="clock", environment=operation.environment, operation_id=operation.id
        )  # fmt: skip
        return days

    return await database.run(operation.client_id, work)


async def _figures(unit: Unit, operation: OperationRow, days: Sequence[date]) -> Figures:
    """Of some days, over all Models and wallets; stocks at the end of the last one."""
    counted = (await stored_days(unit, operation.client_id, operation.id)).items()
    period = sum((counts for bucket, counts in counted if bucket.day in days), NOTHING)
    so_far = sum((counts for bucket, counts in counted if bucket.day <= max(days)), NOTHING)
    return Figures.of(period, so_far)


async def drop_facts(unit: Unit, operation: OperationRow, before: date, *, limit: int = CHUNK) -> int:
    """
    Drop facts of sealed days, one short transaction at a time.

    Args:
        unit: A writing transaction.
        operation: Whose facts.
        before: Only those of earlier days.
        limit: At most so many.

    Returns:
        How many; call again while it is `limit`.
    """
    last, _ = await newest_seal(unit, operation)
    place = (FactRow.client_id, FactRow.pass_id, FactRow.number)
    old = (
        select(*place)
        .where(
            FactRow.client_id == operation.client_id,
            FactRow.operation_id == operation.id,
            FactRow.day <= last,
            FactRow.day < before,
        )
        .limit(limit)
    )
    done = await unit.connection.execute(delete(FactRow).where(tuple_(*place).in_(old)))
    return done.rowcount


async def _days_with_facts(unit: Unit, operation: OperationRow, after: date, before: date) -> list[date]:
    """Found by jumping along the index from day to day: an operation has many facts and few days."""
    days: list[date] = []
    while True:
        found = await unit.connection.execute(
            select(func.min(FactRow.day)).where(
                FactRow.client_id == operation.client_id,
                FactRow.operation_id == operation.id,
                FactRow.day > after,
                FactRow.day < before,
            )
        )
        day = found.scalar_one()
        if day is None:
            return days
        days.append(day)
        after = day
