"""How each engine is opened: the pragmas of SQLite, the pool of PostgreSQL."""

from __future__ import annotations

from functools import partial
from math import inf
from sqlite3 import Connection as SqliteConnection
from time import monotonic
from typing import Any

from pydantic_core import to_json
from sqlalchemy import URL, Connection, Dialect, event, make_url
from sqlalchemy.exc import ArgumentError, InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from walletpass.errors import UsageError
from walletpass_server.persistence.sqlite_driver import connect

WRITES = "walletpass_writes"
"""Execution option of a connection that is going to write."""
BUSY_TIMEOUT_MS = 15_000
"""How long a SQLite writer waits for the one before it."""
LOG_PAGES = 8_000
"""Pages of 4 kB in SQLite's log at which a commit has to make the checkpoint itself; see `checkpoints`."""
RESTED = 0.5
"""Seconds unused after which a connection to PostgreSQL is tried before it is used."""

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}


def database_url(text: str) -> URL:
    """
    The URL of a database, with the driver walletpass uses.

    Args:
        text: `sqlite:///path/to/file.db` or `postgresql://user:secret@host/name`.

    Raises:
        UsageError: It is neither, or a SQLite database without a file.
    """
    try:
        url = make_url(text)
    except ArgumentError as exc:
        raise UsageError(
            "the database URL cannot be read: write sqlite:///path or postgresql://user@host/name"
        ) from exc
    driver = _DRIVERS.get(url.drivername)
    if driver is None:
        raise UsageError(
            f"no support for {url.drivername} databases: use sqlite:///path or postgresql://user@host/name"
        )
    if driver.startswith("sqlite") and url.database in (None, "", ":memory:"):
        raise UsageError("a SQLite database needs a file, memory is not kept: write sqlite:///path/to/file.db")
    return url.set(drivername=driver)


def create_engine(url: URL, *, pool_size: int = 8) -> AsyncEngine:
    """
    The engine of a URL from `database_url`.

    Behind a proxy that pools transactions add `?prepared_statement_cache_size=0` to the URL.
    """
    # Parameters are values of passes and digests of tokens: an error that is logged must not hold them.
    common: dict[str, Any] = {
        "pool_size": pool_size, "max_overflow": 0, "json_serializer": _json, "hide_parameters": True,
    }  # fmt: skip
    if url.get_backend_name() == "sqlite":
        engine = create_async_engine(url, async_creator=partial(connect, url), **common)
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return engine
    engine = create_async_engine(url, pool_use_lifo=True, **common)
    event.listen(engine.sync_engine, "checkin", _note_rest)
    event.listen(engine.sync_engine, "checkout", partial(_take_none_that_died, engine.dialect))
    return engine


def _note_rest(connection: object, record: Any) -> None:  # noqa: ARG001 - as the pool calls it
    record.info["rests_since"] = monotonic()


def _take_none_that_died(dialect: Dialect, connection: Any, record: Any, proxy: object) -> None:  # noqa: ARG001
    """
    Refuse a connection whose server is gone; the pool then makes new ones.

    To ask the server takes three ways there and back, as many as much of our work. A connection just used needs no
    question: when its server ends, the driver is told.
    """
    try:
        if monotonic() - record.info.get("rests_since", inf) > RESTED:
            dialect.do_ping(connection)
        gone = connection.driver_connection.is_closed()
    except dialect.loaded_dbapi.Error:
        gone = True
    if gone:
        raise InvalidatePoolError


def _json(value: object) -> str:
    """Several times as fast as the standard library's, which tells in an import of a million rows."""
    return to_json(value, inf_nan_mode="constants").decode()


def _prepare_sqlite(connection: SqliteConnection, record: object) -> None:  # noqa: ARG001
    connection.isolation_level = None  # the driver would begin late, and never IMMEDIATE: `_begin_sqlite` does it
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",  # no slower than NORMAL here, and power loss takes no commit back
        "foreign_keys = ON",
        f"wal_autocheckpoint = {LOG_PAGES}",
        "temp_store = MEMORY",
        "cache_size = -65536",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes the lock at once: a reader that turned writer halfway could only fail.
    writes: Any = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
