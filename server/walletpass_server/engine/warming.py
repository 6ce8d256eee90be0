"""
Matrices read before a write needs them.

The first reading of one compiles it, which takes a while; within a write all other writers of SQLite would wait for it.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime

from sqlalchemy import select

from walletpass.errors import NotFound, UsageError, WalletPassError
from walletpass_server.engine.designs import CACHED
from walletpass_server.engine.live import LiveOperation
from walletpass_server.engine.operations import find_operation, load_operation
from walletpass_server.engine.subjects import Subject, find_passes
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.tables import OperationRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS

_logger = logging.getLogger(__name__)


async def warm_for(database: Database, client_id: int, subject: Subject) -> None:
    """
    Read what an event about a subject will need; of one that is not there, or not clear, `fire` says so.

    Args:
        database: Where it is.
        client_id: Whose.
        subject: As `fire` gets it; a contact by its digest.
    """
    async with database.reading(client_id) as unit:
        try:
            if subject.is_everyone:
                await find_operation(unit, name=subject.operation)
                return
            for operation_id in {found.operation_id for found in await find_passes(unit, subject)}:
                await load_operation(unit, operation_id)
        except (NotFound, UsageError):
            return


async def warm_in_force(database: Database, now: datetime) -> list[LiveOperation]:
    """Read the Matrices of the operations in force, the newest first, as many as a process keeps."""
    in_force = select(OperationRow.client_id, OperationRow.id).where(
        OperationRow.starts_at <= now, OperationRow.ends_at > now
    )
    read: list[LiveOperation] = []
    try:
        async with database.reading(ALL_CLIENTS) as unit:
            found = (await unit.connection.execute(in_force.order_by(OperationRow.id.desc()).limit(CACHED))).all()
        for client_id, operation_id in found:
            async with database.reading(client_id) as unit:
                read.append(await load_operation(unit, operation_id))
            await asyncio.sleep(0)  # whoever asks meanwhile is answered in between
    except WalletPassError as exc:
        _logger.warning("operations are read when they are first asked for: %s", exc)
    return read
