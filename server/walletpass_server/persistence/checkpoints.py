"""
Checkpoints of SQLite, beside the writers.

What commits wrote to the log has to be copied into the file some time, tens of milliseconds of the disk. SQLite lets
the commit do it that finds the log long, and whoever waits for that commit waits. Copying from a thread of its own
stops no writer; SQLite's own way remains for programs without it, and for a log that grows faster.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from sqlalchemy import URL

from walletpass_server.persistence.database import Database
from walletpass_server.persistence.sqlite_driver import connect

EVERY = 1.0
"""Seconds between two."""
_logger = logging.getLogger(__name__)


@asynccontextmanager
async def checkpoints(database: Database) -> AsyncIterator[None]:
    """Make them while the block runs; on PostgreSQL, which sees to its own, nothing."""
    if not database.is_sqlite:
        yield
        return
    task = asyncio.create_task(_make(database.engine.url), name="checkpoints")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _make(url: URL) -> None:
    connection = await connect(url)
    try:
        while True:
            await asyncio.sleep(EVERY)
            try:
                await connection.execute_fetchall("PRAGMA wal_checkpoint(PASSIVE)")
            except sqlite3.Error as fault:  # a full disk, say: the log keeps what was written
                _logger.warning("no checkpoint: %s", fault)
    finally:
        await connection.close()
