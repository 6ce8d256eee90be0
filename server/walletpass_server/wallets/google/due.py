"""Whose turn it is among the classes whose holders Google is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Update, exists, or_, select, update

from walletpass_server.engine.switches import stopped_clients
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.tables import GoogleClassRow, OutboxRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS, Unit

IDLE = timedelta(minutes=1)
"""Between two questions whether a class is due."""
LEASE = timedelta(minutes=5)
"""How long a class is left alone by others; after a failure, by all."""


@dataclass(frozen=True, slots=True)
class DueClass:
    """A class whose turn it is, and where in its list to go on."""

    client_id: int
    class_id: str
    type: str
    credential_id: int
    token: str | None


async def claim(database: Database, now: datetime) -> DueClass | None:
    """The class that waits longest, for this process alone; None when none is due."""

    async def work(unit: Unit) -> DueClass | None:
        halted = await stopped_clients(unit, "google")
        if ALL_CLIENTS in halted:
            return None
        letters = exists().where(
            OutboxRow.client_id == GoogleClassRow.client_id,
            OutboxRow.channel == "google",
            OutboxRow.dead_at.is_(None),
            OutboxRow.due_at <= now,
        )
        due = (
            select(
                GoogleClassRow.client_id,
                GoogleClassRow.class_id,
                GoogleClassRow.google_type,
                GoogleClassRow.credential_id,
                GoogleClassRow.check_token,
            )
            .where(
                or_(GoogleClassRow.check_due_at.is_(None), GoogleClassRow.check_due_at <= now),
                GoogleClassRow.client_id.not_in(list(halted)),
                ~letters,
            )
            .order_by(GoogleClassRow.check_due_at.nulls_first())
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        row = (await unit.connection.execute(due)).one_or_none()
        if row is None:
            return None
        found = DueClass(*row)
        await unit.connection.execute(row_of(found).values(check_due_at=now + LEASE))
        return found

    async with database.reading(ALL_CLIENTS) as unit:  # most of the time there is nothing, and nothing to write
        due = or_(GoogleClassRow.check_due_at.is_(None), GoogleClassRow.check_due_at <= now)
        if not (await unit.connection.execute(select(exists().where(due)))).scalar_one():
            return None
    return await database.run(ALL_CLIENTS, work)


def row_of(due: DueClass) -> Update:
    """To change its row."""
    return update(GoogleClassRow).where(
        GoogleClassRow.client_id == due.client_id, GoogleClassRow.class_id == due.class_id
    )
