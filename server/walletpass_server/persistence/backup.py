"""Copy a live SQLite database to a file. PostgreSQL has its own tools, and a restore there is noticed by itself."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from walletpass.errors import StorageError, UsageError
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.epochs import new_epoch


async def back_up(database: Database, target: Path) -> None:
    """
    Copy the database, while it is in use, into a new file that begins a new epoch.

    So a phone that saw changes made after the copy asks for everything once the copy is put in place.

    Raises:
        UsageError: The database is PostgreSQL, or the file exists.
        StorageError: It cannot be written.
    """
    if not database.is_sqlite:
        raise UsageError("a backup of PostgreSQL is made with its own tools: pg_dump, pg_basebackup")
    if target.exists():
        raise UsageError(f"{target} exists: name a new file for the backup")
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    try:
        part.touch(mode=0o600)
        await asyncio.to_thread(_copy, str(database.engine.url.database), part)
        copy = await Database.open(f"sqlite:///{part}")
        try:
            await new_epoch(copy, "a backup")
        finally:
            await copy.close()  # the last connection moves the write-ahead log into the file
        part.replace(target)
    except (sqlite3.Error, OSError) as exc:
        raise StorageError(f"the backup {target} cannot be written: {exc}") from exc
    finally:
        for leftover in (part, part.with_name(part.name + "-wal"), part.with_name(part.name + "-shm")):
            leftover.unlink(missing_ok=True)


def _copy(source: str, target: Path) -> None:
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)
