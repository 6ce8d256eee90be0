"""What of a client goes into its archive: table by table in the order of putting it back, and how rows are written."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Column, Date, LargeBinary, Table

from walletpass_server.persistence.columns import Base, Instant, from_microseconds, to_microseconds
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.tables import (
    AcceptanceRow,
    AssetRow,
    AuditRow,
    ContactKeyRow,
    CredentialRow,
    DailyCountRow,
    DaySealRow,
    DeviceLogRow,
    DeviceRow,
    FactRow,
    GoogleClassRow,
    GoogleObjectRow,
    HolderContactRow,
    HookEndpointRow,
    MatrixModelRow,
    MatrixRow,
    ModelRow,
    OperationRow,
    PassRow,
    PassTypeRow,
    RegistrationRow,
    RunRow,
    TimerRow,
    TokenRow,
    TrafficRow,
    ValueHistoryRow,
)

ROWS: tuple[type[Base], ...] = (
    AcceptanceRow, AssetRow, ModelRow, MatrixRow, MatrixModelRow, PassTypeRow, CredentialRow, OperationRow, RunRow,
    TokenRow, PassRow, ValueHistoryRow, DeviceRow, RegistrationRow, TimerRow, GoogleClassRow, GoogleObjectRow, FactRow,
    DailyCountRow, DaySealRow, ContactKeyRow, HolderContactRow, HookEndpointRow, DeviceLogRow, TrafficRow, AuditRow,
)  # fmt: skip
"""
Left out: keys of the API, secrets and deliveries of hooks, and requests for certificates, which are made anew;
idempotency keys; uploads; letters in the outbox, since every phone is told once after the move.
"""
HOOK = frozenset(
    {"client_id", "id", "name", "url", "environment", "events", "operations", "models", "include", "created_at"}
)
"""Columns of a hook: who is told of what. The rest is how far that was, and its secret."""
TABLES: Mapping[str, Table] = {row.__tablename__: row.__table__ for row in ROWS}  # type: ignore[misc]
SECRETS: Mapping[str, str] = {"credential": "sealed", "token": "sealed", "pass": "secret", "contact_key": "sealed"}
"""Table to the column that is sealed with the keys of a server; in the archive it is opened."""
IDS = frozenset(
    {
        "client_id", "id", "operation_id", "matrix_id", "model_id", "pass_id", "device_id", "run_id", "credential_id",
        "apple_credential_id", "google_credential_id", "cursor", "upper", "last_run",
    }
)  # fmt: skip
"""Columns that hold surrogate keys; elsewhere rows get others, in the same order."""
ANEW = frozenset({"change", "lease", "leased_until"})
"""Columns that mean something on one server only."""

Codec = Callable[[Any], Any]


def columns(table: Table) -> list[Column[Any]]:
    """Those of a table that are kept."""
    known = HOOK if table.name == "hook_endpoint" else table.columns.keys()
    return [column for column in table.columns if column.name not in ANEW and column.name in known]


def writers(table: Table, keyring: Keyring) -> Callable[[Any], dict[str, Any]]:
    """From a row of a table to JSON, its secret opened."""
    codecs = [(column.name, _writer(column)) for column in columns(table)]
    secret = SECRETS.get(table.name)

    def write(row: Any) -> dict[str, Any]:
        kept = row._mapping  # by name: a row's own `count` is a method
        said = {name: None if (value := kept[name]) is None else codec(value) for name, codec in codecs}
        if secret is not None:
            said[secret] = b64encode(keyring.unseal(kept[secret], table.name, secret, kept["id"])).decode()
        return said

    return write


def readers(
    table: Table, keyring: Keyring, shift: Callable[[int], int]
) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """The inverse: ids moved, the secret sealed again in its new place."""
    codecs = [(column.name, _reader(column, shift)) for column in columns(table)]
    secret = SECRETS.get(table.name)

    def read(said: Mapping[str, Any]) -> dict[str, Any]:
        row: dict[str, Any] = {name: None if said[name] is None else codec(said[name]) for name, codec in codecs}
        if secret is not None:
            row[secret] = keyring.seal(row[secret], table.name, secret, row["id"])
        return row

    return read


def _writer(column: Column[Any]) -> Codec:
    if isinstance(column.type, Instant):
        return to_microseconds
    if isinstance(column.type, LargeBinary):
        return lambda value: b64encode(value).decode()
    if isinstance(column.type, Date):
        return date.isoformat
    return _same


def _reader(column: Column[Any], shift: Callable[[int], int]) -> Codec:
    if isinstance(column.type, Instant):
        return from_microseconds
    if isinstance(column.type, LargeBinary):
        return b64decode
    if isinstance(column.type, Date):
        return date.fromisoformat
    if column.name == "operations":
        return lambda ids: [shift(each) for each in ids]
    return shift if column.name in IDS else _same


def _same(value: Any) -> Any:
    return value
