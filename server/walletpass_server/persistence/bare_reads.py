"""
Reads below the ORM, for what is asked more often than all else: phones, and the keys of requests.

The statements are compiled once from the same expressions the ORM uses. On SQLite they run at once, on a connection of
the process that only reads: some microseconds, less than the way to a thread. On PostgreSQL they are prepared in a pool
of their own. Rows are what the driver gives: instants are microseconds since 1970, JSON is text.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

import asyncpg
from sqlalchemy import URL, Dialect, Select

from walletpass.errors import DatabaseUnavailable
from walletpass_server.persistence.database import Database

_PATIENCE = 10.0
"""Seconds a caller waits for PostgreSQL at most."""
_BUSY_MS = 1000
_CONNECTIONS = 4
"""To PostgreSQL, of each process: more would only queue there instead of here."""


_FAILURES = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What asyncpg raises; the last one when a connection dies at an unhandy moment. TimeoutError is an OSError."""


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL of one engine, and the values it wants in order."""

    sql: str
    names: Sequence[str]
    known: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, query: Select[*tuple[Any, ...]], dialect: Dialect) -> Self:
        """Compiled, with a place for each `bindparam`."""
        compiled = query.compile(dialect=dialect)
        return cls(str(compiled), compiled.positiontup or (), compiled.params)

    def values(self, given: Mapping[str, Any]) -> list[Any]:
        """In the order of their places."""
        return [given[name] if name in given else self.known[name] for name in self.names]


class BareReads(Protocol):
    """Reads, each of one snapshot of what is committed."""

    async def rows(self, statement: Statement, given: Mapping[str, Any]) -> Sequence[Any]:
        """
        The rows of a statement, as the driver gives them.

        Raises:
            DatabaseUnavailable: It does not answer.
        """
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...


def bare_reads(database: Database, name: str) -> BareReads:
    """
    Reads of an open database, over connections of their own.

    Args:
        name: Who asks; PostgreSQL shows the connections as `walletpass-<name>`.
    """
    return _SqliteReads(database) if database.is_sqlite else _PostgresReads(database, name)


class _SqliteReads:
    def __init__(self, database: Database) -> None:
        self._url = database.engine.url
        self._connection = sqlite3.connect(str(self._url.database), check_same_thread=False, isolation_level=None)
        for pragma in ("query_only = ON", f"busy_timeout = {_BUSY_MS}", "cache_size = -32768"):
            self._connection.execute(f"PRAGMA {pragma}")

    async def rows(self, statement: Statement, given: Mapping[str, Any]) -> Sequence[Any]:
        try:
            return self._connection.execute(statement.sql, statement.values(given)).fetchall()
        except sqlite3.Error as exc:
            raise _unavailable(self._url, exc) from exc

    async def close(self) -> None:
        self._connection.close()


class _PostgresReads:
    """A handful of connections, taken from the top: the pool of asyncpg costs several times what a read does."""

    def __init__(self, database: Database, name: str) -> None:
        self._url = database.engine.url
        _, options = database.engine.dialect.create_connect_args(self._url)
        options.pop("prepared_statement_name_func", None)
        options["statement_cache_size"] = int(options.pop("prepared_statement_cache_size", 100))
        options["server_settings"] = {"default_transaction_read_only": "on", "application_name": f"walletpass-{name}"}
        self._options = options
        self._idle: list[asyncpg.Connection[asyncpg.Record]] = []
        self._turns = asyncio.Semaphore(_CONNECTIONS)

    async def rows(self, statement: Statement, given: Mapping[str, Any]) -> Sequence[Any]:
        values = statement.values(given)
        async with self._turns:
            for last in (False, True):
                try:
                    return await self._fetch(statement.sql, values)
                except _FAILURES as exc:
                    # A server that was started again left dead connections behind: the next one is fresh.
                    if last or isinstance(exc, TimeoutError):
                        raise _unavailable(self._url, exc) from exc
                    await self.close()
        raise AssertionError("the last try returns or raises")

    async def _fetch(self, sql: str, values: Sequence[Any]) -> Sequence[Any]:
        connection = self._idle.pop() if self._idle else await asyncpg.connect(**self._options, timeout=_PATIENCE)
        try:
            found: Sequence[Any] = await connection.fetch(sql, *values, timeout=_PATIENCE)
        except BaseException:  # a caller that went away too: what the connection is in the middle of, nobody knows
            connection.terminate()
            raise
        self._idle.append(connection)
        return found

    async def close(self) -> None:
        while self._idle:
            self._idle.pop().terminate()  # nothing is ever half done here


def _unavailable(url: URL, exc: Exception) -> DatabaseUnavailable:
    why = str(exc).partition("\n")[0] or type(exc).__name__
    return DatabaseUnavailable(f"the database {url.render_as_string()} does not answer a read: {why}; is it running?")
