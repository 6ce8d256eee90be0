"""Epochs of change tags: when history went back or elsewhere, tags of before mean nothing."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from walletpass_server.persistence.database import Database
from walletpass_server.persistence.tables import CounterRow, EpochRow, PassRow, RegistrationRow

_SERVER = text(
    "SELECT concat_ws('/', (SELECT system_identifier FROM pg_control_system()),"
    " (SELECT timeline_id FROM pg_control_checkpoint()),"
    " (SELECT oid FROM pg_database WHERE datname = current_database()))"
)
"""A PostgreSQL cluster, its timeline (a promoted standby or a recovery has a new one) and the database in it."""


async def new_epoch(database: Database, cause: str) -> str:
    """
    Begin a new epoch: every phone asks for everything once.

    Call it after restoring a copy made by other means than `backup`, and after an import of live passes.

    Returns:
        The epoch's value, the part of a tag before the point.
    """
    async with database.write_connection(long=True) as connection:
        return await begin_epoch(connection, cause)


async def begin_epoch(connection: AsyncConnection, cause: str) -> str:
    """`new_epoch` inside a transaction that is open."""
    highest = max(
        (await connection.execute(select(func.coalesce(func.max(PassRow.change), 0)))).scalar_one(),
        (await connection.execute(select(func.coalesce(func.max(RegistrationRow.change), 0)))).scalar_one(),
    )
    newest = select(EpochRow.number, EpochRow.change_offset).order_by(EpochRow.number.desc()).limit(1)
    number, offset = (await connection.execute(newest)).one_or_none() or (0, 0)
    server = None
    if connection.dialect.name == "postgresql":
        current = (
            await connection.execute(text("SELECT CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT)"))
        ).scalar_one()
        offset = max(offset, highest + 1 - current)  # changes to come stay above those that are stored
        server = (await connection.execute(_SERVER)).scalar_one()
    else:
        raised = func.max(CounterRow.value, highest)
        await connection.execute(update(CounterRow).where(CounterRow.name == "change").values(value=raised))
    value = secrets.token_hex(6)
    await connection.execute(
        insert(EpochRow).values(
            number=number + 1,
            value=value,
            cause=cause,
            change_offset=offset,
            server=server,
            started_at=datetime.now(UTC),
        )
    )
    return value


async def notice_restore(database: Database) -> None:
    """Begin a new epoch where a database is new, or PostgreSQL's identity says that it was restored or promoted."""
    async with database.write_connection() as connection:
        if connection.dialect.name == "postgresql":
            await connection.execute(text("LOCK TABLE epoch IN SHARE ROW EXCLUSIVE MODE"))  # one of several starting
        newest = (
            await connection.execute(select(EpochRow.server).order_by(EpochRow.number.desc()).limit(1))
        ).one_or_none()
        if newest is None:
            await begin_epoch(connection, "a new database")
        elif connection.dialect.name == "postgresql":
            if (await connection.execute(_SERVER)).scalar_one() != newest.server:
                await begin_epoch(connection, "opened on another server, timeline or database")
        elif newest.server is not None:
            await begin_epoch(connection, "moved from PostgreSQL to SQLite")
