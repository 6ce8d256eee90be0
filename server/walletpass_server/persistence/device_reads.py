"""
What phones ask most, read below the ORM: which passes changed, and one pass by its serial.

The statements are compiled once from the same expressions the ORM uses. On SQLite they run at once, on a connection of
the process that only reads: some microseconds, less than the way to a thread. On PostgreSQL they are prepared in a pool
of their own.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import asyncpg
from sqlalchemy import Dialect, Select, bindparam, select

from walletpass.errors import DatabaseUnavailable
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.tables import CredentialRow, OperationRow, PassRow
from walletpass_server.persistence.tag import CHANGED, Changes, changes_of, read_tag

_PATIENCE = 10.0
"""Seconds a phone waits for PostgreSQL at most."""
_BUSY_MS = 1000
_CONNECTIONS = 4
"""To PostgreSQL, of each process: more would only queue there instead of here."""


_FAILURES = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What asyncpg raises; the last one when a connection dies at an unhandy moment. TimeoutError is an OSError."""


class PassAsked(NamedTuple):
    """
    A pass that a phone asks for, as its row has it.

    Attributes:
        client_id, operation_id, id, pass_type_identifier, serial: Which.
        sealed_secret: Its own secret.
        version, model, variables, voided_at: What it shows; `variables` is JSON text.
        changed_at: When it got this version, microseconds since 1970.
        last_modified: For Last-Modified, whole seconds since 1970.
        notified: Wallet to the instants of Notifications, as JSON text.
        credential_id, fingerprint: What signs it now; None where the operation has no Apple credential.
    """

    client_id: int
    operation_id: int
    id: int
    pass_type_identifier: str
    serial: str
    sealed_secret: bytes
    version: int
    model: str
    variables: str
    voided_at: int | None
    changed_at: int
    last_modified: int
    notified: str
    credential_id: int | None
    fingerprint: str | None


class DeviceReads(Protocol):
    """The reads of the device paths, each of one snapshot."""

    async def changed_since(self, device: str, pass_type: str, tag: str | None) -> Changes:
        """
        As `tag.changed_since`, of committed rows.

        Raises:
            DatabaseUnavailable: It does not answer.
        """
        ...

    async def by_serial(self, pass_type: str, serial: str) -> PassAsked | None:
        """A pass by what is unique in the server; None when there is none. Raises DatabaseUnavailable."""
        ...

    async def by_id(self, client_id: int, pass_id: int) -> PassAsked | None:
        """A pass by its row. Raises DatabaseUnavailable."""
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...


def device_reads(database: Database) -> DeviceReads:
    """The reads of an open database, over connections of their own."""
    return _SqliteReads(database) if database.is_sqlite else _PostgresReads(database)


def is_storable(text: str) -> bool:
    """Whether a text can be in a column at all: PostgreSQL refuses NUL, both refuse half of a surrogate pair."""
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False


@dataclass(frozen=True, slots=True)
class _Statement:
    """SQL of one engine, and the values it wants in order."""

    sql: str
    names: Sequence[str]
    known: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, query: Select[*tuple[Any, ...]], dialect: Dialect) -> _Statement:
        compiled = query.compile(dialect=dialect)
        names: Sequence[str] = compiled.positiontup or ()
        return cls(str(compiled), names, compiled.params)

    def values(self, given: Mapping[str, Any]) -> list[Any]:
        return [given[name] if name in given else self.known[name] for name in self.names]


class _Statements:
    def __init__(self, dialect: Dialect) -> None:
        self.changed = _Statement.of(CHANGED, dialect)
        self.by_serial = _Statement.of(
            _ASKED.where(PassRow.pass_type_identifier == bindparam("pass_type"), PassRow.serial == bindparam("serial")),
            dialect,
        )
        self.by_id = _Statement.of(
            _ASKED.where(PassRow.client_id == bindparam("client"), PassRow.id == bindparam("id")), dialect
        )


class _Reads:
    """What both engines share."""

    def __init__(self, database: Database) -> None:
        self._url = database.engine.url
        self._sql = _Statements(database.engine.dialect)

    async def _rows(self, statement: _Statement, given: Mapping[str, Any]) -> Sequence[Any]:
        raise NotImplementedError

    async def changed_since(self, device: str, pass_type: str, tag: str | None) -> Changes:
        known = {"device": device, "pass_type": pass_type, **read_tag(tag)}
        return changes_of(await self._rows(self._sql.changed, known))

    async def by_serial(self, pass_type: str, serial: str) -> PassAsked | None:
        return _one(await self._rows(self._sql.by_serial, {"pass_type": pass_type, "serial": serial}))

    async def by_id(self, client_id: int, pass_id: int) -> PassAsked | None:
        return _one(await self._rows(self._sql.by_id, {"client": client_id, "id": pass_id}))

    def _unavailable(self, exc: Exception) -> DatabaseUnavailable:
        why = str(exc).partition("\n")[0] or type(exc).__name__
        return DatabaseUnavailable(
            f"the database {self._url.render_as_string()} does not answer a phone: {why}; is it running?"
        )


class _SqliteReads(_Reads):
    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._connection = sqlite3.connect(str(self._url.database), check_same_thread=False, isolation_level=None)
        for pragma in ("query_only = ON", f"busy_timeout = {_BUSY_MS}", "cache_size = -32768"):
            self._connection.execute(f"PRAGMA {pragma}")

    async def _rows(self, statement: _Statement, given: Mapping[str, Any]) -> Sequence[Any]:
        try:
            return self._connection.execute(statement.sql, statement.values(given)).fetchall()
        except sqlite3.Error as exc:
            raise self._unavailable(exc) from exc

    async def close(self) -> None:
        self._connection.close()


class _PostgresReads(_Reads):
    """A handful of connections, taken from the top: the pool of asyncpg costs several times what a read does."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        _, options = database.engine.dialect.create_connect_args(self._url)
        options.pop("prepared_statement_name_func", None)
        options["statement_cache_size"] = int(options.pop("prepared_statement_cache_size", 100))
        options["server_settings"] = {"default_transaction_read_only": "on", "application_name": "walletpass-phones"}
        self._options = options
        self._idle: list[asyncpg.Connection[asyncpg.Record]] = []
        self._turns = asyncio.Semaphore(_CONNECTIONS)

    async def _rows(self, statement: _Statement, given: Mapping[str, Any]) -> Sequence[Any]:
        values = statement.values(given)
        async with self._turns:
            for last in (False, True):
                try:
                    return await self._fetch(statement.sql, values)
                except _FAILURES as exc:
                    # A server that was started again left dead connections behind: the next one is fresh.
                    if last or isinstance(exc, TimeoutError):
                        raise self._unavailable(exc) from exc
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


def _one(rows: Sequence[Any]) -> PassAsked | None:
    return PassAsked._make(rows[0]) if rows else None


_ASKED = (
    select(
        PassRow.client_id, PassRow.operation_id, PassRow.id, PassRow.pass_type_identifier, PassRow.serial,
        PassRow.secret, PassRow.version, PassRow.model, PassRow.variables, PassRow.voided_at, PassRow.changed_at,
        PassRow.last_modified, PassRow.notified, CredentialRow.id, CredentialRow.fingerprint,
    )
    .join(OperationRow, (OperationRow.client_id == PassRow.client_id) & (OperationRow.id == PassRow.operation_id))
    .outerjoin(
        CredentialRow,
        (CredentialRow.client_id == OperationRow.client_id) & (CredentialRow.id == OperationRow.apple_credential_id),
    )
)  # fmt: skip
