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
    ending = asyncio.Event()
    task = asyncio.create_task(_make(database.engine.url, ending), name="checkpoints")
    try:
        yield
    finally:
        ending.set()  # not cancelled: a connection that is being opened has a thread that asks for this loop
        await task


async def _make(url: URL, ending: asyncio.Event) -> None:
    while not await _ends(ending):
        try:
            await _copy(url)
        except sqlite3.Error as fault:  # a full disk, say: the log keeps what was written
            _logger.warning("no checkpoint: %s", fault)


async def _ends(ending: asyncio.Event) -> bool:
    """Whether it is over: known at once, or else after `EVERY`."""
    with suppress(TimeoutError):
        await asyncio.wait_for(ending.wait(), EVERY)
    return ending.is_set()


async def _copy(url: URL) -> None:
    connection = await connect(url)
    try:
        await connection.execute_fetchall("PRAGMA wal_checkpoint(PASSIVE)")
    finally:
        await connection.close()
